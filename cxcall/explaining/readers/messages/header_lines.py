"""Recognize the lines with headers, in messages, consoles, and prose."""

from __future__ import annotations

import re

HEADER = re.compile(r"^[\s*+-]{0,4}([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*)$")
QUOTED = re.compile(r'"[^"]*"')
_SHORT_NAMES = frozenset(
    """
    accept authorization host origin cookie date icstatusdescription
    """.split()
)
"""Names without a hyphen."""


def is_header(header: re.Match[str]) -> bool:
    """Return whether a line of prose that matches `HEADER` is a header."""
    name = header[1].lower()
    return ("-" in name or name in _SHORT_NAMES) and not header[2].startswith("//")


def without_quotes(headers: dict[str, str]) -> dict[str, str]:
    """Return headers without the quotes that the console of Postman puts around each value."""
    is_quoted = len(headers) > 1 and all(map(QUOTED.fullmatch, headers.values()))
    return {name: value[1:-1] if is_quoted else value for name, value in headers.items()}
