"""Read the values of parameters in a segment of a path, by the segment of its template."""

from __future__ import annotations

import re
from functools import lru_cache

_SLOT = re.compile(r"\{([^{}]*)\}")


def is_mixed_segment(template: str) -> bool:
    """Return whether a segment of a template has a parameter and other text, such as `{from}..{to}`."""
    return "{" in template and not _SLOT.fullmatch(template)


def slot_names(template: str) -> list[str]:
    """Return the names of the parameters in a segment of a template, or in a template."""
    return _SLOT.findall(template)


def slot_values(template: str, segment: str) -> dict[str, str]:
    """Return the values of the parameters in a segment; empty if it has none, or does not fit the template."""
    names, pattern = _pattern(template)
    match = pattern.fullmatch(segment) if names else None
    return dict(zip(names, match.groups(), strict=True)) if match else {}


@lru_cache(maxsize=1024)
def _pattern(template: str) -> tuple[tuple[str, ...], re.Pattern[str]]:
    first, *rest = _SLOT.split(template)
    text = "".join(f"(.+?){re.escape(each)}" for each in rest[1::2])
    is_alone = len(rest) == 2 and not first and not rest[1]  # noqa: PLR2004 - a name and no text
    pattern = "(.*)" if is_alone else re.escape(first) + text
    return tuple(rest[::2]), re.compile(pattern, re.DOTALL | re.IGNORECASE)
