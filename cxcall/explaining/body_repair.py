"""Repair a body that is JSON but for its quotes, so that the rest of it can be checked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cxcall.documents.json_document import DocumentError, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.documents.json_document import Document
    from cxcall.findings.finding import Finding

_DOUBLE_QUOTES, _SINGLE_QUOTES = (
    "\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb",
    "\u2018\u2019\u201a\u201b\u2032",
)
_STRAIGHT = str.maketrans({**dict.fromkeys(_DOUBLE_QUOTES, '"'), "\u00a0": " "})
_STRAIGHT_SINGLE = str.maketrans(dict.fromkeys(f"{_SINGLE_QUOTES}'", '"'))
_CURLY = re.compile(f"[{_DOUBLE_QUOTES}{_SINGLE_QUOTES}]")
_TRAILING_COMMA = re.compile(r",(?=\s*[}\]])")
# Words of Python for values of JSON, between the punctuation of JSON.
_PYTHON_WORD = re.compile(r"(?<=[:,\[\s])(?:True|False|None)(?=\s*[,}\]])")
_JSON_WORDS = {"True": "true", "False": "false", "None": "null"}


def parse_repaired(text: str, name: str) -> tuple[Document | None, tuple[Finding, ...]]:
    """Return a body as it was meant, and what is wrong with it as JSON; None where it cannot be repaired.

    Each repair keeps the length, so that lines and columns are those of the text as it is.
    """
    try:
        return parse(text, name), ()
    except DocumentError as error:
        findings = error.findings
    for repaired in _repairs(text):
        try:
            document = parse(repaired, name)
        except DocumentError:
            continue
        return document, (_describe(text, repaired, findings[0]),)
    return None, findings


def _repairs(text: str) -> Iterator[str]:
    """Yield more and more repaired texts."""
    repaired = text.translate(_STRAIGHT)
    yield repaired
    repaired = _TRAILING_COMMA.sub(" ", repaired)
    yield repaired
    yield _PYTHON_WORD.sub(
        lambda match: _JSON_WORDS[match[0]], repaired.translate(_STRAIGHT_SINGLE)
    )


def _describe(text: str, repaired: str, finding: Finding) -> Finding:
    """Return the finding on what was repaired: curly quotes once, anything else as the parser says it."""
    curly = [match.start() for match in _CURLY.finditer(text) if repaired[match.start()] == '"']
    if not curly:
        return finding
    quote = text[curly[0]]
    return finding._replace(
        message=f'the body has curly quotes, such as `{quote}`, in {len(curly)} places, where JSON requires `"`',
        fix='replace each of them with a straight quote, `"`',
        why="word processors, chats, and web pages change quotes; JSON (RFC 8259) knows only the straight one",
    )
