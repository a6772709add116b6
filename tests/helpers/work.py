"""The amount of work of a test, measures that do not depend on the load of the machine, and a time limit."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


EXAMPLES = float(os.environ.get("CXCALL_EXAMPLES", "0.1"))
"""The share of a release's examples that Hypothesis tries in the whole suite."""


def examples(count: int) -> int:
    """Return the number of examples that Hypothesis tries; the quick suite tries a twentieth."""
    return max(10, int(count * (0.05 if is_quick() else EXAMPLES)))


def stride() -> int:
    """Return how far apart the steps are that a test interrupts in turn, an odd number: a release tries each one."""
    return max(1, round(0.5 / EXAMPLES))


def is_quick() -> bool:
    """Return whether this run is the quick suite."""
    return settings.get_current_profile_name() == "quick"


def count_calls(action: Callable[[], object]) -> int:
    """Return how many calls of Python functions an action makes."""
    count = 0

    def note(_frame: object, event: str, _argument: Any) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        action()
    finally:
        sys.setprofile(before)
    return count


@contextmanager
def time_limit(seconds: float = 60) -> Iterator[None]:
    """Raise TimeoutError in a block that hangs; the limit is far above the time of the slowest machine."""

    def stop(_number: int, _frame: object) -> NoReturn:
        raise TimeoutError(f"it did not end within {seconds:g} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
