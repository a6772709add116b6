"""Statistics of a batch: outcomes, reasons, latencies, and whether failures are a reason to stop."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from cxcall.batch.skips import SkipReason
from cxcall.findings.errors import UsageError
from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.findings.finding import Finding, Severity, resolve_commands
from cxcall.named_tuple import NamedTuple
from cxcall.output.terminal_text import count_phrase

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cxcall.batch.job import CheckedRow
    from cxcall.batch.rate_limiter import Rate
    from cxcall.output.report import Report

LATENCY_BOUNDS_MS = (5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000)
"""Upper bounds of the latency histogram's bars, in milliseconds."""

MAX_SHOWN_FINDINGS = 100
"""How many findings of a check are kept; the others are only counted."""
_MAX_SHOWN_OF_A_KIND = 5
_MAX_LISTED = 20
_MAX_REASONS = 100
_BAR_WIDTH = 40
_FAILURES = (Outcome.REFUSED, Outcome.UNDELIVERED, Outcome.UNKNOWN)
_NOT_PROCESSED = (Outcome.UNDELIVERED, Outcome.ERROR)
OUTCOMES_BY_GRAVITY = (
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
_MIN_ROWS_FOR_SHARE = 20


class FailureLimit(NamedTuple):
    """How many failures stop a batch: some in a row, or a `share` of all rows once there are 20."""

    consecutive: int = 10
    share: float = 0.5

    @classmethod
    def parse(cls, texts: Iterable[str]) -> Self:
        """Read `10` (in a row) and `25%` (of all); raises UsageError for anything else."""
        limit = cls()
        for text in texts:
            found = re.fullmatch(r"([0-9]{1,9})(%?)", text.strip())
            if not found or not int(found[1]) or (found[2] and int(found[1]) > 100):  # noqa: PLR2004 - per cent
                raise UsageError(
                    f"invalid number of failures `{text}`",
                    where="--max-failures",
                    fix="write `--max-failures 10` for so many in a row, or `25%` of all",
                )
            number = int(found[1])
            given = {"share": number / 100} if found[2] else {"consecutive": number}
            limit = limit._replace(**given)
        return limit


@dataclass
class CheckStatistics:
    """The counts of the check of all rows; its size does not grow with their number."""

    rows: int = 0
    invalid: int = 0
    already_sent: int = 0
    numbers_written: int = 0
    skipped: Counter[SkipReason] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    counts: Counter[tuple[str, Severity]] = field(default_factory=Counter)
    repeated_notes: int = 0
    _notes: set[tuple[str, str]] = field(default_factory=set)
    _shown: Counter[tuple[str, Severity]] = field(default_factory=Counter)

    @property
    def valid(self) -> int:
        """How many rows have no errors and are not skipped."""
        return self.rows - self.invalid - self.skipped.total()

    @property
    def to_send(self) -> int:
        """How many rows are still to be sent now."""
        return self.valid - self.already_sent

    @property
    def has_no_number(self) -> bool:
        """Whether invalid numbers leave nothing to send, so that the wrong column may have been read."""
        return bool(self.skipped[SkipReason.INVALID_NUMBER]) and not (
            self.valid or self.skipped[SkipReason.OUTSIDE_HOURS]
        )

    def add(self, checked: CheckedRow) -> None:
        """Count one row, and keep its findings: all errors of invalid rows, and a few of each other kind."""
        self.rows += 1
        is_invalid = checked.request is None
        self.invalid += is_invalid
        self.already_sent += checked.earlier is not None
        self.numbers_written += checked.numbers_written
        if checked.skip:
            self.skipped[checked.skip] += 1
        for finding in checked.findings:
            if self._is_repeated_note(finding):
                self.repeated_notes += 1
                continue
            kind = finding.code, finding.severity
            self.counts[kind] += 1
            most = MAX_SHOWN_FINDINGS if is_invalid else _MAX_SHOWN_OF_A_KIND
            if self._shown[kind] < most and len(self.findings) < MAX_SHOWN_FINDINGS:
                self._shown[kind] += 1
                message = f"row {checked.row.number}: {finding.message}"
                self.findings.append(finding._replace(message=message))

    def _is_repeated_note(self, finding: Finding) -> bool:
        """Return whether a note says of another row what an earlier one says: it would hide the errors."""
        if finding.severity is not Severity.NOTE:
            return False
        said = finding.code, finding.message
        is_repeated = said in self._notes
        if len(self._notes) < _MAX_REASONS:
            self._notes.add(said)
        return is_repeated

    def summary(self) -> str:
        """Return the counts as text: one line, and one for each kind of finding if not all are shown."""
        parts = [count_phrase(self.rows, "row"), f"{self.valid} valid"]
        if self.repeated_notes:
            parts.append(f"the same note for {count_phrase(self.repeated_notes, 'more row')}")
        parts += [f"{self.invalid} not valid"] if self.invalid else []
        if self.skipped:
            parts.append(f"{self.skipped.total()} skipped ({_counts(self.skipped)})")
        parts += [f"{self.already_sent} done by an earlier run"] if self.already_sent else []
        lines = [", ".join(parts)]
        if self.numbers_written:
            lines.append(f"{count_phrase(self.numbers_written, 'number')} written in E.164")
        if self.counts.total() > len(self.findings):
            by_weight = sorted(self.counts.items(), key=lambda item: (item[0][1], -item[1]))
            lines += [f"{count:>9,}  {severity}[{code}]" for (code, severity), count in by_weight]
            lines.append("the first findings of each kind are shown")
        return "\n".join(lines)


class BatchStatistics:
    """The counts of a running batch; its size does not grow with the number of rows."""

    def __init__(self) -> None:
        self.outcomes: Counter[Outcome] = Counter()
        self.reasons: Counter[tuple[str, str, Outcome]] = Counter()
        self.latencies = [0] * (len(LATENCY_BOUNDS_MS) + 1)
        self.speeds: Counter[float] = Counter()
        self.skipped: Counter[SkipReason] = Counter()
        self.unknown: list[tuple[str, str]] = []
        self._unlisted = 0
        self.requests = self.failures = 0
        self.consecutive = 0
        self.resumed = 0
        self.not_processed = 0
        self.may_be_in_flight = 0

    @property
    def total(self) -> int:
        """How many rows have a result."""
        return sum(self.outcomes.values())

    @property
    def sent(self) -> int:
        """How many rows this run dealt with, without those that it skipped."""
        return self.total - self.resumed - self.skipped.total()

    def add(
        self,
        row: str,
        report: Report,
        *,
        is_resumed: bool = False,
        skip: SkipReason | None = None,
        count: int = 1,
    ) -> None:
        """Count the result of one request; only those that this run sent count as failures and latencies.

        `count` is the number of rows that it has, and `row` their numbers.
        """
        self.outcomes[report.outcome] += count
        if skip:
            self.skipped[skip] += count
            return
        if report.outcome is Outcome.UNKNOWN:
            delivery = report.delivery.id if report.delivery else ""
            if len(self.unknown) < _MAX_LISTED:
                self.unknown.append((row, delivery))
            else:
                self._unlisted += count if delivery else 0
        if report.outcome is not Outcome.ACCEPTED:
            self._add_reason(report.findings, report.outcome)
        if is_resumed:
            self.resumed += count
            return
        self.requests += 1
        self.not_processed += (
            report.outcome in _NOT_PROCESSED or report.exit_code is ExitCode.CREDENTIALS
        )
        if report.outcome in _FAILURES:
            self.failures += 1
            self.consecutive += 1
        elif report.outcome is Outcome.ACCEPTED:
            self.consecutive = 0
        exchange = report.delivery.exchange if report.delivery else None
        if exchange is not None and exchange.response is not None:
            latency = exchange.timings.get("total", 0.0) - exchange.timings.get("turn", 0.0)
            self.latencies[bisect_left(LATENCY_BOUNDS_MS, latency)] += 1
            self.speeds[float(f"{latency:.2g}")] += 1

    def _add_reason(self, findings: Sequence[Finding], outcome: Outcome) -> None:
        for finding in findings:
            if finding.severity is Severity.ERROR:
                reason = finding.code, _generalize(finding.message), outcome
                if reason in self.reasons or len(self.reasons) < _MAX_REASONS:
                    self.reasons[reason] += 1
                return

    def reason_to_stop(self, limit: FailureLimit) -> str:
        """Return why the batch should stop; empty while it should not."""
        if self.consecutive >= limit.consecutive:
            return f"{self.consecutive} requests in a row failed"
        sent, failed = self.requests, self.failures
        if not self.resumed and sent >= _MIN_ROWS_FOR_SHARE and failed > limit.share * sent:
            return f"{failed} of {sent} requests failed, over {limit.share:.0%}"
        return ""

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
            "reasons": [
                {"code": code, "message": message, "count": count}
                for (code, message, _), count in self.reasons.most_common()
            ],
            "latencyMs": [
                {"upTo": bound, "count": count}
                for bound, count in zip((*LATENCY_BOUNDS_MS, None), self.latencies, strict=True)
                if count
            ],
        }

    @property
    def is_complete(self) -> bool:
        """Whether everything was sent that should be."""
        return self.outcomes.keys() <= {Outcome.ACCEPTED, Outcome.SKIPPED}

    @property
    def outcome(self) -> Outcome:
        """The gravest outcome of all rows; `unknown` comes first."""
        return next((each for each in OUTCOMES_BY_GRAVITY if self.outcomes[each]), Outcome.ACCEPTED)

    def outcome_counts(self) -> str:
        """Return the number of each outcome, for a progress bar; `unknown` comes first."""
        unknown = Counter({Outcome.UNKNOWN: self.outcomes[Outcome.UNKNOWN]})
        return ", ".join(filter(None, (_counts(+unknown), _counts(self.outcomes - unknown))))

    def latency(self, share: float) -> float | None:
        """Return the latency in ms, to two digits, that a share of the requests did not exceed."""
        left = share * self.speeds.total()
        for speed in sorted(self.speeds):
            left -= self.speeds[speed]
            if left <= 0:
                return speed
        return None

    def speed_line(self, seconds: float, permitted: Rate) -> str:
        """Return the elapsed time, the achieved rate in the unit of the permitted one, and the latencies."""
        p50, p95 = self.latency(0.5), self.latency(0.95)
        if p50 is None or p95 is None or not seconds:
            return ""
        count = self.speeds.total()
        rate = f", {count / seconds * permitted.seconds:,.1f}/{permitted.unit} of {permitted} permitted"
        return f"elapsed: {seconds:,.1f} s{rate if count > 1 else ''}; latency: p50 {p50:g} ms, p95 {p95:g} ms"

    def head_line(self) -> str:
        """Return the number of rows with each outcome."""
        earlier = f" ({self.resumed} of them by an earlier run)" if self.resumed else ""
        return f"{count_phrase(self.total, 'row')}: {self.outcome_counts() or 'none sent'}{earlier}"

    def lines(self) -> list[str]:
        """Return the counts as lines of text: outcomes, reasons, latencies, unknown rows."""
        lines = [self.head_line()]
        lines += [f"skipped: {_counts(self.skipped)}"] if self.skipped else []
        lines += [
            f"  {count} x {code}: {message}"
            for (code, message, _), count in self.reasons.most_common(_MAX_LISTED)
        ]
        lines += ["latency:"] if any(self.latencies) else []
        lines += [
            f"  {f'{name} ms':>11}  {'#' * -(-count * _BAR_WIDTH // max(self.latencies)):<{_BAR_WIDTH}} {count}"
            for name, count in latency_bars(self.latencies, "<=")
        ]
        return [*lines, *self.unknown_rows()]

    def unknown_rows(self) -> list[str]:
        """Return what to do about unknown rows, and the first of them; no lines if there are none."""
        listed = [(row, delivery) for row, delivery in self.unknown if delivery]
        if not (listed or self._unlisted):
            return []
        commands = resolve_commands(listed[0][1] if listed else "DELIVERY_ID")
        commands += ", and so for each of the others" if len(listed) + self._unlisted > 1 else ""
        lines = [f"unknown: find out whether a call was placed, then {commands}:"]
        if sent := self.may_be_in_flight:
            lines.append(
                f"  another process may still be sending {sent} of them: wait until it ends"
            )
        lines += [
            f"  row{'' if row.isdecimal() else 's'} {row}: delivery {delivery}"
            for row, delivery in listed
        ]
        return [*lines, f"  and {self._unlisted} more"] if self._unlisted else lines


def latency_bars(counts: Sequence[int], at_most: str) -> list[tuple[str, int]]:
    """Return name and length of each bar, from the first to the last that is not empty."""
    names = [*(f"{at_most} {bound}" for bound in LATENCY_BOUNDS_MS), f"> {LATENCY_BOUNDS_MS[-1]}"]
    used = [index for index, count in enumerate(counts) if count]
    return list(zip(names, counts, strict=True))[used[0] : used[-1] + 1] if used else []


def _counts(counts: Counter[SkipReason] | Counter[Outcome]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.most_common())


def _generalize(message: str) -> str:
    """Return a message without values, IDs, and row numbers, so that equal reasons are counted as one."""
    return re.sub(r"`[^`]*`|[0-9A-HJKMNP-TV-Z]{18}|\brow [0-9]+", "…", message)
