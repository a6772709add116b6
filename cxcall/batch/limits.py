"""The limits of a batch: its rate, and the failures that stop it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Self

from cxcall.findings.errors import UsageError
from cxcall.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cxcall.batch.statistics.running_counts import BatchStatistics

_MIN_ROWS_FOR_SHARE = 20
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}
_RATE_FORM = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)\s*/\s*(s|m|h)(?:ec|econd|in|inute|our)?")


class Rate(NamedTuple):
    """A number of requests in a number of seconds."""

    requests: float
    seconds: float

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse `300/m`, `5/s`, or `1000/h`; raises UsageError for anything else."""
        found = _RATE_FORM.fullmatch(text.strip().lower())
        if not found or not float(found[1]):
            raise UsageError(
                f"invalid rate `{text}`",
                where="--rate",
                fix="write `--rate 300/m`, `5/s` or `1000/h`",
            )
        return cls(float(found[1]), _UNITS[found[2]])

    @property
    def interval(self) -> float:
        """Seconds from one request to the next."""
        return self.seconds / self.requests

    @property
    def unit(self) -> str:
        """The unit of time: `s`, `m`, or `h`."""
        return next(name for name, seconds in _UNITS.items() if seconds == self.seconds)

    def __str__(self) -> str:
        return f"{self.requests:g}/{self.unit}"


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
