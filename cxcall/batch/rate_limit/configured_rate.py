"""The rate that a batch is told to keep, such as 300 requests a minute."""

from __future__ import annotations

import re
from typing import Self

from cxcall.findings.errors import UsageError
from cxcall.named_tuple import NamedTuple

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
