"""Read the values of parameters in a segment of a path, by the segment of its template."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

SLOT = re.compile(r"\{([^{}]*)\}")
"""A parameter in the template of a path, or a variable in that of a server; the group is its name."""


def is_mixed_segment(template: str) -> bool:
    """Return whether a segment of a template has a parameter and other text, such as `{from}..{to}`."""
    return "{" in template and not SLOT.fullmatch(template)


def slot_names(template: str) -> list[str]:
    """Return the names of the parameters in a segment of a template, or in a template."""
    return SLOT.findall(template)


def slot_values(template: str, segment: str) -> dict[str, str]:
    """Return the values of the parameters in a segment; empty if it has none, or does not fit the template.

    Each value ends at the first text that follows its parameter, which may be percent-encoded; only a parameter alone
    may be empty.
    """
    if not is_mixed_segment(template):
        return dict.fromkeys(slot_names(template), segment)
    decoded = quote(unquote(segment), safe=SLOT.sub("", template)) if "%" in segment else segment
    return _split(template, segment) or _split(template, decoded)


def _split(template: str, segment: str) -> dict[str, str]:
    start, *rest = SLOT.split(template)
    if not segment.startswith(start):
        return {}
    values, at = dict[str, str](), len(start)
    last = len(rest) // 2 - 1
    for index, (name, text) in enumerate(zip(rest[::2], rest[1::2], strict=True)):
        end = len(segment.removesuffix(text)) if index == last else segment.find(text, at + 1)
        if end <= at or not segment.startswith(text, end):
            return {}
        values[name], at = segment[at:end], end + len(text)
    return values
