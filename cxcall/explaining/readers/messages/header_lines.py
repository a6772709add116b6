"""Recognize the lines with headers, in messages, consoles, and prose."""

from __future__ import annotations

import re

from cxcall.documents.json_text import find_json

HEADER = re.compile(r"^[\s*+-]{0,4}([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*)$")
_LABEL = re.compile(r"\W*(?:request )?headers?\W*[:=]\s*(?=\{)|\s*(?=\{)", re.IGNORECASE)
QUOTED = re.compile(r'"[^"]*"')
_SHORT_NAMES = tuple("accept authorization host origin cookie date icstatusdescription".split())
"""Names without a hyphen."""


def is_header(header: re.Match[str]) -> bool:
    """Return whether a line of prose that matches `HEADER` is a header."""
    return _is_name(header[1]) and not header[2].startswith("//")


def without_quotes(headers: dict[str, str]) -> dict[str, str]:
    """Return headers without the quotes that the console of Postman puts around each value."""
    is_quoted = len(headers) > 1 and all(map(QUOTED.fullmatch, headers.values()))
    return {name: value[1:-1] if is_quoted else value for name, value in headers.items()}


def read_header_object(line: str) -> dict[str, str]:
    """Return the headers in a line such as `Headers: {"Accept": "*/*"}`; empty for any other line.

    Without a label, all names must be those of headers.
    """
    label = _LABEL.match(line)
    found = find_json(line[label.end() :], None) if label else None
    headers = {name: f"{each}" for name, each in found.items()} if isinstance(found, dict) else {}
    is_labeled = label is not None and bool(label[0].strip())
    return headers if is_labeled or all(map(_is_name, headers)) else {}


def _is_name(name: str) -> bool:
    return "-" in name or name.lower() in _SHORT_NAMES
