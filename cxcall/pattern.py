"""Regular expressions that are compiled when they are first used: most runs use few of them.

Compiling those of the libraries of a send, and our own, would cost 10 % of it.
"""

from __future__ import annotations

import re
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, AnyStr

if TYPE_CHECKING:
    from collections.abc import Iterator

_compile = re.compile
_IN_FUNCTION = 1  # CO_OPTIMIZED: the code of a function has it, that of a module or a class has not


class _Pattern:
    """What becomes a pattern once it is asked for a method of one."""

    def __init__(self, *declared: Any) -> None:
        self._declared = declared

    def __getattr__(self, name: str) -> Any:
        member = getattr(_compile(*self._declared), name)
        setattr(self, name, member)
        return member


def pattern(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """Declare a regular expression; use its methods, as `re.sub` and its like take no such pattern."""
    return _Pattern(text, flags)  # type: ignore[return-value]  # it has all of one's members


@contextmanager
def lazy_patterns() -> Iterator[None]:
    """Let modules that load while the block runs have lazy constants of their patterns."""

    def compile(text: Any, flags: int = 0) -> Any:  # noqa: A001, as in re
        if sys._getframe(1).f_code.co_flags & _IN_FUNCTION:  # noqa: SLF001
            return _compile(text, flags)
        return pattern(text, flags)

    re.compile = compile  # type: ignore[assignment]  # as for `pattern`
    try:
        yield
    finally:
        re.compile = _compile
