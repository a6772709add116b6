"""Count the results of a batch: by outcome and reason, and by latency."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from cxcall.batch.report.report_rows import NOT_SENT
from cxcall.batch.statistics import OUTCOMES_IN_ORDER, Latencies
from cxcall.findings.exit_codes import Outcome
from cxcall.named_tuple import NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

    from cxcall.batch.report.report_rows import BatchReport

ORDER = [*map(str, OUTCOMES_IN_ORDER), NOT_SENT]
"""Outcomes, the most serious first."""


_LEAST_RATE = 0.05


class Summary(NamedTuple):
    """The counts of a report. Times are UTC; latencies are milliseconds; a request may have many rows.

    `results` has the time and the outcome of each row that was sent.
    """

    rows: int
    requests: int
    outcomes: Counter[str]
    reasons: list[tuple[str, str, int]]
    began_at: datetime | None
    ended_at: datetime | None
    latencies: Latencies
    results: list[tuple[datetime, str]]

    @property
    def seconds(self) -> float:
        """From the beginning of the first request to the end of the last one, with any pause before `--resume`."""
        return (
            (self.ended_at - self.began_at).total_seconds()
            if self.began_at and self.ended_at
            else 0.0
        )

    @property
    def rate(self) -> float:
        """The average number of requests per second."""
        return self.requests / self.seconds if self.seconds else 0.0

    @property
    def span_text(self) -> str:
        """What the seconds are, and the average rate; one request has no rate, and with a long pause it says nothing."""
        has_rate = self.requests > 1 and self.rate >= _LEAST_RATE
        rate = f", {self.rate:,.1f} requests/s on average" if has_rate else ""
        return f"from the first request to the last result{rate}"

    def as_dict(self) -> dict[str, Any]:
        """Return the counts as JSON."""
        return {
            "rows": self.rows,
            "outcomes": dict(self.outcomes),
            "reasons": [
                {"outcome": outcome, "reason": reason, "count": count}
                for outcome, reason, count in self.reasons
            ],
            "beganAt": self.began_at.isoformat() if self.began_at else None,
            "endedAt": self.ended_at.isoformat() if self.ended_at else None,
            "perSecond": round(self.rate, 2),
            "latencyMs": {
                "p50": self.latencies.percentile(0.5),
                "p95": self.latencies.percentile(0.95),
            },
        }


def summarize(report: BatchReport) -> Summary:
    """Return the counts of a report."""
    rows = report.rows
    outcomes = Counter(row.outcome for row in rows)
    if report.missing:
        outcomes[NOT_SENT] = report.missing
    reasons = Counter((row.outcome, row.reason) for row in rows if row.outcome != Outcome.ACCEPTED)
    ordered = sorted(reasons.items(), key=lambda item: (_rank(item[0][0]), -item[1]))
    began_at = min((row.began for row in rows if row.began), default=None)
    sent = [row for row in rows if row.began and row.at]
    ended_at = max((row.at for row in sent if row.at), default=None)
    requests = {row.request or row.delivery or row.row: row for row in rows}.values()
    return Summary(
        len(rows) + report.missing,
        sum(1 for row in requests if row.delivery),
        Counter({name: outcomes[name] for name in sorted(outcomes, key=_rank)}),
        [(outcome, reason, count) for (outcome, reason), count in ordered],
        began_at,
        ended_at,
        Latencies(row.latency for row in requests if row.latency is not None),
        [(row.at, row.outcome) for row in sent if row.at],
    )


def _rank(outcome: str) -> int:
    return ORDER.index(outcome) if outcome in ORDER else len(ORDER)
