"""The failures that stop a batch, and their counts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Self

from cxcall.findings.errors import UsageError
from cxcall.findings.exit_codes import Outcome
from cxcall.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cxcall.batch.row_result import RowResult

_FAILURES = (Outcome.REFUSED, Outcome.UNDELIVERED, Outcome.UNKNOWN)
_MIN_ROWS_FOR_SHARE = 20


class FailureCounts:
    """The counts of the requests of a run, and of their failures; `has_resumed` says that an earlier run sent some rows."""

    def __init__(self) -> None:
        self.requests = self.failures = self.consecutive = 0
        self.has_resumed = False

    def add(self, result: RowResult) -> None:
        """Count the result of one request, unless it was skipped, or sent by an earlier run."""
        self.has_resumed = self.has_resumed or (result.is_resumed and not result.skip)
        if result.skip or result.is_resumed:
            return
        self.requests += 1
        if result.outcome in _FAILURES:
            self.failures += 1
            self.consecutive += 1
        elif result.outcome is Outcome.ACCEPTED:
            self.consecutive = 0


class FailureLimit(NamedTuple):
    """How many failures stop a batch: some in a row, or a `share` of all rows once there are 20."""

    consecutive: int = 10
    share: float = 0.5

    @classmethod
    def parse(cls, texts: Iterable[str]) -> Self:
        """Parse `10` (failures in a row) or `25%` (of all rows); raises UsageError for any other text."""
        limit = cls()
        for text in texts:
            found = re.fullmatch(r"([0-9]{1,9})(%?)", text.strip())
            if not found or not int(found[1]) or (found[2] and int(found[1]) > 100):  # noqa: PLR2004 - per cent
                raise UsageError(
                    f"invalid number of failures `{text}`",
                    where="--max-failures",
                    fix="write a number of failures in a row, such as `10`, or a share of all requests, such as `25%`",
                )
            number = int(found[1])
            limits = {"share": number / 100} if found[2] else {"consecutive": number}
            limit = limit._replace(**limits)
        return limit

    def find_excess(self, counts: FailureCounts) -> str:
        """Return why a batch with these counts should stop; empty if it should continue."""
        if counts.consecutive >= self.consecutive:
            count = counts.consecutive
            return "1 request failed" if count == 1 else f"{count} requests in a row failed"
        sent, failed = counts.requests, counts.failures
        if not counts.has_resumed and sent >= _MIN_ROWS_FOR_SHARE and failed > self.share * sent:
            return f"{failed} of {sent} requests failed, over {self.share:.0%}"
        return ""
