"""The counts of a batch: the check of its rows, its results by outcome and reason, and its latencies."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from decimal import ROUND_UP, Context
from typing import TYPE_CHECKING, Any

from cxcall.batch.skip_reasons import SkipReason
from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.findings.finding import Finding, Severity
from cxcall.output.count_phrases import count_phrase, format_counts
from cxcall.runtime.patterns import UUID_FORM

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cxcall.batch.input.rows import Row
    from cxcall.batch.row_checks import CheckedRow
    from cxcall.batch.row_result import RowResult
    from cxcall.contracts.operation import Operation

_MAX_UNKNOWN = 20
_MAX_REASONS = 100
_VALUE = (
    rf"(?P<place>`/[^`]*`)|`[^`]*`|\b{UUID_FORM}\b"
    r"|[0-9A-HJKMNP-TV-Z]{18}|[+*0-9-]*[*0-9]{4,}|\brow [0-9]+|\b[0-9]+(?= s\b)"
)
_NOT_PROCESSED = (Outcome.UNDELIVERED, Outcome.ERROR)
_OUTCOMES_BY_GRAVITY = (
    Outcome.UNKNOWN,
    Outcome.REFUSED,
    Outcome.UNDELIVERED,
    Outcome.STOPPED,
    Outcome.INVALID,
    Outcome.ERROR,
    Outcome.ACCEPTED,
    Outcome.SKIPPED,
)
"""The outcomes of rows, `unknown` first."""
OUTCOMES_IN_ORDER = sorted(_OUTCOMES_BY_GRAVITY, key=lambda each: each is Outcome.ACCEPTED)
"""The outcomes in the order in which they are shown: accepted rows come after all others."""
BOUNDS_MS = (5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000)
"""Upper bounds of the histogram's bars, in milliseconds."""
_FEWEST_FOR_HISTOGRAM = 20
_MAX_FINDINGS = 100
_MAX_OF_A_KIND = 5
_MAX_NOTES = 100


class BatchStatistics:
    """The counts of a running batch; its size does not grow with the number of rows."""

    def __init__(self) -> None:
        self.outcomes: Counter[Outcome] = Counter()
        self._reasons: Counter[tuple[str, str, Outcome]] = Counter()
        self._messages: dict[tuple[str, str, Outcome], str] = {}
        self.latencies = Latencies()
        self.skipped: Counter[SkipReason] = Counter()
        self.unknown: list[tuple[str, str]] = []
        self.unlisted = 0
        self.is_load, self.questions = False, set[str]()
        self.resumed = self.not_processed = self.may_be_in_flight = 0

    @property
    def total(self) -> int:
        """The number of rows with a result."""
        return self.outcomes.total()

    @property
    def sent(self) -> int:
        """The number of rows with a result of this run, except skipped rows."""
        return self.total - self.resumed - self.skipped.total()

    def add(self, result: RowResult) -> None:
        """Count the result of one request; only requests that this run sent count for latencies."""
        report, outcome, count = result.report, result.outcome, result.row_count
        self.outcomes[outcome] += count
        self.may_be_in_flight += result.may_be_in_flight
        if result.skip:
            self.skipped[result.skip] += count
            return
        if outcome is Outcome.UNKNOWN:
            delivery = result.delivery.id if result.delivery else ""
            self.is_load = bool(result.rows)
            self.questions.add(result.question)
            if len(self.unknown) < _MAX_UNKNOWN:
                self.unknown.append((result.label, delivery))
            else:
                self.unlisted += count if delivery else 0
        if outcome is not Outcome.ACCEPTED:
            self._add_reason(report.findings, outcome, count)
        if result.is_resumed:
            self.resumed += count
            return
        # What stopped a request of several rows concerns only some of them.
        is_left = outcome is Outcome.STOPPED and bool(result.rows)
        is_left = is_left or report.exit_code is ExitCode.CREDENTIALS
        self.not_processed += is_left or outcome in _NOT_PROCESSED
        exchange = result.delivery.exchange if result.delivery else None
        if exchange is not None and exchange.response is not None:
            latency = exchange.timings.get("total", 0.0) - exchange.timings.get("turn", 0.0)
            self.latencies[round_up(latency)] += 1

    def _add_reason(self, findings: Sequence[Finding], outcome: Outcome, rows: int) -> None:
        for finding in findings:
            if finding.severity is Severity.ERROR:
                code, message = finding.code, finding.message
                reason = code, _generalize(message), outcome
                if reason not in self._reasons and len(self._reasons) >= _MAX_REASONS - 1:
                    code, message = "other", "other reasons"
                    reason = code, message, outcome
                self._reasons[reason] += rows
                known = self._messages.setdefault(reason, message)
                self._messages[reason] = known if known == message else reason[1]
                return

    @property
    def reasons(self) -> list[tuple[int, str, str, Outcome]]:
        """The number of rows, code, message, and outcome of each reason, the most frequent first.

        If the messages differ only in values, IDs, or row numbers, the message has `…` in their place.
        """
        return [
            (count, code, self._messages[code, message, outcome], outcome)
            for (code, message, outcome), count in self._reasons.most_common()
        ]

    def as_dict(self) -> dict[str, Any]:
        """Return the counts as JSON data."""
        return {
            "rows": self.total,
            "resumed": self.resumed,
            "outcomes": {str(outcome): count for outcome, count in self.outcomes.items()},
            "skipped": {str(reason): count for reason, count in self.skipped.items()},
            "unknown": [
                {"row": int(row) if row.isdecimal() else row, "deliveryId": delivery or None}
                for row, delivery in self.unknown
            ],
            "unknownNotListed": self.unlisted,
            "reasons": [
                {"code": code, "message": message, "count": count}
                for count, code, message, _ in self.reasons
            ],
            "latencyMs": [
                {"upTo": bound, "count": count}
                for bound, count in self.latencies.histogram()
                if count
            ],
        }

    @property
    def is_complete(self) -> bool:
        """Whether all rows were sent that should be sent."""
        return self.outcomes.keys() <= {Outcome.ACCEPTED, Outcome.SKIPPED}

    @property
    def outcome(self) -> Outcome:
        """The most serious outcome of all rows; `unknown` comes first."""
        return next(
            (each for each in _OUTCOMES_BY_GRAVITY if self.outcomes[each]), Outcome.ACCEPTED
        )

    def outcome_of_run(self, code: ExitCode) -> Outcome:
        """Return the most serious outcome of all rows; `stopped` if only rows that are left explain the exit code."""
        has_failure = self.outcome not in (Outcome.ACCEPTED, Outcome.SKIPPED)
        return self.outcome if has_failure or code is ExitCode.OK else Outcome.STOPPED


def _generalize(message: str) -> str:
    """Return a message without values, IDs, numbers, and row numbers, so that equal reasons are counted as one.

    A place in the body, such as `/contactId`, is kept.
    """
    return re.sub(_VALUE, lambda found: found["place"] or "…", message)


def round_up(latency: float) -> float:
    """Return a latency in milliseconds with two digits, rounded up, because a bar is named by its upper bound."""
    return float(Context(prec=2, rounding=ROUND_UP).create_decimal_from_float(latency))


class Latencies(Counter[float]):
    """The number of requests by latency, in milliseconds."""

    def percentile(self, share: float) -> float | None:
        """Return the latency that a share of the requests did not exceed; None if there are none."""
        left = share * self.total()
        for latency in sorted(self):
            left -= self[latency]
            if left <= 0:
                return latency
        return None

    @property
    def has_histogram(self) -> bool:
        """Whether there are enough requests for a histogram; for a few, the percentiles are enough."""
        return self.total() >= _FEWEST_FOR_HISTOGRAM

    def histogram(self) -> list[tuple[int | None, int]]:
        """Return upper bound and length of each bar, from the first to the last that is not empty."""
        counts = [0] * (len(BOUNDS_MS) + 1)
        for latency, count in self.items():
            counts[bisect_left(BOUNDS_MS, latency)] += count
        used = [index for index, count in enumerate(counts) if count]
        bars = list(zip((*BOUNDS_MS, None), counts, strict=True))
        return bars[used[0] : used[-1] + 1] if used else []

    def bars(self, at_most: str) -> list[tuple[str, int]]:
        """Return name and length of each bar; `at_most` is the sign before an upper bound."""
        return [
            (f"> {BOUNDS_MS[-1]}" if bound is None else f"{at_most} {bound}", count)
            for bound, count in self.histogram()
        ]


@dataclass
class CheckStatistics:
    """The counts of the check of all rows; its size does not grow with their number."""

    rows: int = 0
    invalid: int = 0
    already_sent: int = 0
    stopped: int = 0
    """The rows that the duplicate guard stops now."""
    numbers_written: int = 0
    skipped: Counter[SkipReason] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    counts: Counter[tuple[str, Severity]] = field(default_factory=Counter)
    repeated_notes: int = 0
    call: Operation | None = None
    """The operation as one that can place a call, if a row to send may place one."""
    names_people: bool = False
    """Whether such a row has a number or the ID of a person."""
    of_file: tuple[Finding, ...] = ()
    """The finding on lines of the file that are no rows, which is among the findings."""
    _notes: set[tuple[str, str]] = field(default_factory=set)
    _shown: Counter[tuple[str, Severity, str]] = field(default_factory=Counter)

    @property
    def valid(self) -> int:
        """The number of rows without errors that are not skipped."""
        return self.rows - self.invalid - self.skipped.total()

    @property
    def to_send(self) -> int:
        """The number of rows to send now."""
        return self.valid - self.already_sent - self.stopped

    @property
    def omits_findings(self) -> bool:
        """Whether the rows have more findings than are kept."""
        return self.counts.total() > len(self.findings)

    @property
    def has_unread_lines(self) -> bool:
        """Whether lines that only look blank stop the batch."""
        return any(each.severity is Severity.ERROR for each in self.of_file)

    @property
    def has_no_number(self) -> bool:
        """Whether no row is left to send because of invalid numbers, so that the wrong column may have been read."""
        return bool(self.skipped[SkipReason.INVALID_NUMBER]) and not (
            self.valid or self.skipped[SkipReason.OUTSIDE_HOURS]
        )

    def add(self, checked: CheckedRow) -> None:
        """Count one row, and keep its findings: a few of each kind at each place."""
        self.rows += 1
        is_invalid = checked.request is None
        self.invalid += is_invalid
        self.already_sent += checked.earlier is not None
        self.stopped += checked.is_stopped
        self.numbers_written += checked.numbers_written
        is_left = not (checked.earlier or checked.is_stopped)
        if checked.skip:
            self.skipped[checked.skip] += 1
        elif checked.request and is_left and checked.request.operation.can_place_call:
            self.call = checked.request.operation
            self.names_people = self.names_people or checked.request.names_person
        for each in checked.findings:
            if checked.skip and each.severity is not Severity.ERROR:
                continue  # it is not why the row is skipped
            # An error on a skipped row is a warning, because the batch goes on.
            finding = each._replace(severity=Severity.WARNING) if checked.skip else each
            if self._is_repeated_note(finding):
                self.repeated_notes += 1
            else:
                self._keep(finding, checked.row)

    def _keep(self, finding: Finding, row: Row) -> None:
        """Count a finding, and keep it if there are few of its kind and place; that a column is missing counts once."""
        from cxcall.batch.row_checks import place_in_header

        kind = finding.code, finding.severity
        of_file = place_in_header(row, finding)
        place = *kind, finding.message if of_file else finding.where
        if of_file and self._shown[place]:
            return
        self.counts[kind] += 1
        if self._shown[place] < _MAX_OF_A_KIND and len(self.findings) < _MAX_FINDINGS:
            self._shown[place] += 1
            start = "" if of_file and row.number == 1 else f"row {row.number}: "
            self.findings.append((of_file or finding)._replace(message=f"{start}{finding.message}"))

    def _is_repeated_note(self, finding: Finding) -> bool:
        """Return whether a note repeats an earlier note for another row: many notes would hide the errors."""
        if finding.severity is not Severity.NOTE:
            return False
        key = finding.code, finding.message
        is_repeated = key in self._notes
        if len(self._notes) < _MAX_NOTES:
            self._notes.add(key)
        return is_repeated

    def as_dict(self) -> dict[str, Any]:
        """Return the counts as JSON data."""
        return {
            "rows": self.rows,
            "valid": self.valid,
            "invalid": self.invalid,
            "resumed": self.already_sent,
            "stoppedRows": self.stopped,
            "skipped": {str(reason): count for reason, count in self.skipped.items()},
            "numbersWritten": self.numbers_written,
        }

    def summary(self) -> str:
        """Return the counts as text: one line, and one for each kind of finding if not all are shown."""
        parts = [count_phrase(self.rows, "row"), f"{self.valid} valid"]
        if self.repeated_notes:
            parts.append(f"the same note for {count_phrase(self.repeated_notes, 'more row')}")
        parts += [f"{self.invalid} not valid"] if self.invalid else []
        if self.skipped:
            parts.append(
                f"{self.skipped.total()} skipped ({format_counts(self.skipped.most_common())})"
            )
        parts += [f"{self.already_sent} done by an earlier run"] if self.already_sent else []
        parts += [f"{self.stopped} stopped as duplicates"] if self.stopped else []
        lines = [", ".join(parts)]
        if self.numbers_written:
            lines.append(f"{count_phrase(self.numbers_written, 'number')} written in E.164")
        if self.omits_findings:
            by_weight = sorted(self.counts.items(), key=lambda item: (item[0][1], -item[1]))
            lines += [f"{count:>9,}  {severity}[{code}]" for (code, severity), count in by_weight]
            lines.append("only the first findings of each kind are shown")
        return "\n".join(lines)
