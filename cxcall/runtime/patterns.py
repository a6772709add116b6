"""Compile regular expressions on first use, as a command starts faster without others, and compare names."""

from __future__ import annotations

import re
from functools import cache, lru_cache


@cache
def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Return a compiled regular expression, the same one for the same text."""
    return re.compile(pattern)


@lru_cache(maxsize=4096)
def fold_name(name: str) -> str:
    """Return a name in lower case, letters and digits only: `contact_id` and `ContactID` become `contactid`."""
    return compile_pattern(r"[\W_]").sub("", name).lower()


def name_words(name: str) -> list[str]:
    """Return the words and numbers that a name is made of, in lower case: `contact`, `id`."""
    words = compile_pattern(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+").findall(name)
    return [word.lower() for word in words]
