"""Recognize the lines with headers, in messages, consoles, and prose."""

from __future__ import annotations

import re

from cxcall.documents.json_text import find_json

HEADER = re.compile(r"^[\s*+-]{0,4}([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*)$")
_LABEL = re.compile(r"\W*(?:request )?headers?\W*[:=]\s*(?=\{)", re.IGNORECASE)
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


def read_header_object(line: str) -> dict[str, str]:
    """Return the headers in a line such as `Headers: {"Accept": "*/*"}`; empty for any other line."""
    label = _LABEL.match(line)
    headers = find_json(line[label.end() :], None) if label else None
    return {name: f"{each}" for name, each in headers.items()} if isinstance(headers, dict) else {}
