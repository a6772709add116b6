"""The limit of calls to one person in a period."""

from __future__ import annotations

from typing import Self

from cxcall.findings.errors import UsageError
from cxcall.named_tuple import NamedTuple
from cxcall.runtime.patterns import compile_pattern

_PERIODS = {"hour": 3600, "day": 86_400, "week": 604_800}
LONGEST_PERIOD = max(_PERIODS.values())
"""Seconds for which the calls to a person may count."""
_FORM = r"([1-9][0-9]{0,5})/(hour|day|week)"


class CallLimit(NamedTuple):
    """The most calls to one person within any period of `seconds`."""

    calls: int
    seconds: int

    @classmethod
    def parse(cls, text: str, where: str = "--max-attempts") -> Self:
        """Parse `3/day`; raises UsageError for any other form."""
        found = compile_pattern(_FORM).fullmatch(text.strip())
        if not found:
            raise UsageError(
                f"`{text}` is not a number of calls in a period",
                where=where,
                fix="write it like `3/day`; the periods are `hour`, `day`, and `week`",
            )
        return cls(int(found[1]), _PERIODS[found[2]])

    def is_within(self, other: CallLimit) -> bool:
        """Return whether all calls that this limit allows are within the other limit.

        A shorter period with a smaller count may still allow more over the longer one.
        """
        return self.calls <= other.calls and self.seconds >= other.seconds

    def __str__(self) -> str:
        period = next(name for name, seconds in _PERIODS.items() if seconds == self.seconds)
        return f"{self.calls}/{period}"
