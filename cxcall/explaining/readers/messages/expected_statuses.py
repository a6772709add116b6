"""Decide whether a status was received, or is expected, described by a document, or the area code of a phone number."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from cxcall.runtime.patterns import compile_on_use

# What was received stands behind one of these, not what is expected.
_RECEIVED = r"\b(?:actual|but|current|got|happen(?:ed|s)|instead|reality|received?|returned)\b"
_EXPECTED = compile_on_use(
    rf"\b(?:should|would|expect\w*|docs|documentation)\b"
    rf"(?:(?! and |{_RECEIVED})(?:HTTP/[0-9.]+|/[\w/{{}}-]*+|[^\n.;,/])){{0,60}}$",
    re.IGNORECASE,
)
# `Expected: 201 Created`, `Erwartet: Liste wird angelegt (201).`, or the line above: `### Expected behavior`.
_LABEL = compile_on_use(
    r"[ \t>*_#-]*(?:what (?:did )?(?:I|you) )?"
    r"(?:expect\w{0,10}|desired|erwartet\w{0,4}|attendue?|esperad[ao]|(?:should|soll(?:te)?)(?=[^\n]*:))"
    r"(?: \w{1,30}){0,3}[ *_]*(?P<sign>[:?]?)[ *_]*",
    re.IGNORECASE,
)
_LABELED = compile_on_use(
    rf"(?:(?!{_RECEIVED}|\b(?:kein|no|not|without)\b|[.!?;]\s)(?:HTTP/[0-9.]+|[^\n{{/])){{0,200}}+",
    re.IGNORECASE,
)
_PHONE_NUMBER = compile_on_use(
    r"(?:\)[ .-]?[0-9]{3}[ .-]?|[ .-][0-9]{3}[.-]|(?:(?<=[a-z] [0-9]{3})|(?<=\+1 [0-9]{3})) [0-9]{3} "
    r"|(?<=[a-z] [0-9]{3} [0-9]{3}) )[0-9]{4}\b"
)
"""The rest of a phone number behind its area code: `(415) 555-2671`."""
_FENCE = compile_on_use(r"\s*(?:[`~]{3}.*)?$")
_MAX_CLAUSE = 200


def with_line_above(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield each line with the last one above it that has text."""
    above = ""
    for line in lines:
        yield line, above
        above = above if _FENCE.match(line) else line


def is_status_received(status: re.Match[str], above: str = "") -> bool:
    """Return whether a status in a line is neither expected nor a part of a phone number."""
    return not (is_area_code(status) or _is_expected(status, above))


def is_area_code(status: re.Match[str]) -> bool:
    """Return whether the number of a match starts a phone number."""
    return _PHONE_NUMBER.match(status.string, _span(status)[1]) is not None


def is_labeled(status: re.Match[str], above: str = "") -> bool:
    """Return whether a status stands behind a label such as `Expected:` in its line, or alone in the line above."""
    line, (start, _) = status.string, _span(status)
    label = _LABEL.match(line)
    first = label.end() if label and label["sign"] else 0 if _LABEL.fullmatch(above) else start + 1
    between = _LABELED.match(line, first, start) if first <= start else None
    return between is not None and between.end() == start


def _is_expected(status: re.Match[str], above: str = "") -> bool:
    """Return whether the line of a status, or a label directly above it, says that it is expected, or a document does."""
    line, (start, _) = status.string, _span(status)
    return is_labeled(status, above) or bool(
        _EXPECTED.search(line, max(start - _MAX_CLAUSE, 0), start)
    )


def _span(status: re.Match[str]) -> tuple[int, int]:
    named = status.groupdict().get("status")
    return status.span("status" if named else status.lastindex or 0)
