"""Statistics of a running batch: outcomes, reasons, and latencies."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from cxcall.batch.skip_reasons import SkipReason
from cxcall.batch.statistics.latencies import Latencies, round_up
from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.findings.finding import Severity
from cxcall.runtime.patterns import UUID_FORM

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cxcall.batch.row_result import RowResult
    from cxcall.findings.finding import Finding

_MAX_UNKNOWN = 20
_MAX_REASONS = 100
_VALUE = (
    rf"(?P<place>`/[^`]*`)|`[^`]*`|\b{UUID_FORM}\b"
    r"|[0-9A-HJKMNP-TV-Z]{18}|[+*0-9-]*[*0-9]{4,}|\brow [0-9]+"
)
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
OUTCOMES_IN_ORDER = sorted(OUTCOMES_BY_GRAVITY, key=lambda each: each is Outcome.ACCEPTED)
"""The outcomes in the order in which they are shown: accepted rows come after all others."""


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
        self.is_load = False
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
            if len(self.unknown) < _MAX_UNKNOWN:
                self.unknown.append((result.label, delivery))
            else:
                self.unlisted += count if delivery else 0
        if outcome is not Outcome.ACCEPTED:
            self._add_reason(report.findings, outcome)
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

    def _add_reason(self, findings: Sequence[Finding], outcome: Outcome) -> None:
        for finding in findings:
            if finding.severity is Severity.ERROR:
                code, message = finding.code, finding.message
                reason = code, _generalize(message), outcome
                if reason not in self._reasons and len(self._reasons) >= _MAX_REASONS - 1:
                    code, message = "other", "other reasons"
                    reason = code, message, outcome
                self._reasons[reason] += 1
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
        return not self.skipped[SkipReason.ALREADY_CALLED] and self.outcomes.keys() <= {
            Outcome.ACCEPTED,
            Outcome.SKIPPED,
        }

    @property
    def outcome(self) -> Outcome:
        """The most serious outcome of all rows; `unknown` comes first."""
        return next((each for each in OUTCOMES_BY_GRAVITY if self.outcomes[each]), Outcome.ACCEPTED)

    def outcome_of_run(self, code: ExitCode) -> Outcome:
        """Return the most serious outcome of all rows; `stopped` if only rows that are left explain the exit code."""
        has_failure = self.outcome not in (Outcome.ACCEPTED, Outcome.SKIPPED)
        return self.outcome if has_failure or code is ExitCode.OK else Outcome.STOPPED


def _generalize(message: str) -> str:
    """Return a message without values, IDs, numbers, and row numbers, so that equal reasons are counted as one.

    A place in the body, such as `/contactId`, is kept.
    """
    return re.sub(_VALUE, lambda found: found["place"] or "…", message)
