"""The failures that stop a batch."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Self

from cxcall.findings.errors import UsageError
from cxcall.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cxcall.batch.statistics.running_counts import BatchStatistics

_MIN_ROWS_FOR_SHARE = 20


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

    def find_excess(self, statistics: BatchStatistics) -> str:
        """Return why a batch with these counts should stop; empty if it should continue."""
        if statistics.consecutive >= self.consecutive:
            count = statistics.consecutive
            return "1 request failed" if count == 1 else f"{count} requests in a row failed"
        sent, failed = statistics.requests, statistics.failures
        if not statistics.resumed and sent >= _MIN_ROWS_FOR_SHARE and failed > self.share * sent:
            return f"{failed} of {sent} requests failed, over {self.share:.0%}"
        return ""
