"""Compile regular expressions on first use, as those that a command does not need would slow down its start."""

from __future__ import annotations

import re
from functools import cache


@cache
def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Return a compiled regular expression, the same one for the same text."""
    return re.compile(pattern)
