"""Parse JSON with the line and column of every pointer, and with a finding if it is not valid."""

from __future__ import annotations

import json
from bisect import bisect_right
from functools import cached_property
from itertools import accumulate
from math import isfinite
from typing import TYPE_CHECKING, Any

from cxcall.documents.json_pointer import child_at, split_pointer
from cxcall.documents.json_text import (
    WHITE_SPACE,
    exact_number,
    refuse_constant,
    stop_on_deep_text,
)
from cxcall.findings.errors import CxcallError
from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.findings.finding import Excerpt, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cxcall.documents.json_spans import Span

BOM = "\ufeff"
MAX_DEPTH = 200
"""The maximum depth of nesting."""

_MARGIN = 1000
"""Characters of a line around a mistake that are searched for secrets."""


class DocumentError(CxcallError):
    """The text is not one valid JSON document."""

    exit_code = ExitCode.INVALID
    outcome = Outcome.INVALID


class Document:
    """One JSON document: its text, its value, and the findings on its text.

    `first_line` is the line of the file where the text starts: a file of JSON Lines has many documents.
    """

    findings: tuple[Finding, ...] = ()

    def __init__(self, name: str, text: str, value: Any, first_line: int) -> None:
        self.name = name
        self.text = text
        self.value = value
        self.first_line = first_line

    def find_excerpt(self, pointer: str, *, key: bool = False) -> Excerpt | None:
        """Return the position of a value, or of its name (`key`); None if the pointer leads nowhere."""
        if pointer and not pointer.startswith("/"):
            return None
        try:
            span = self.find_span(pointer)
        except KeyError:
            return None
        return self.excerpt(*(span.name if key and span.name else (span.start, span.end)))

    def find_span(self, pointer: str) -> Span:
        """Return the place of a value and its name in the text; raises KeyError if there is none."""
        span = self._root
        for token in split_pointer(pointer):
            span = child_at(span.members, token)
        return span

    def excerpt(self, start: int, end: int) -> Excerpt:
        """Return the position of a part of the text, of which at most the first line is quoted."""
        row = bisect_right(self._starts, start) - 1
        first, line = self._starts[row], self._lines[row]
        column = min(start - first, len(line))
        width = max(min(end - first, len(line)) - column, 1)
        return Excerpt(self.name, self.first_line + row, column + 1, line, width)

    @cached_property
    def _lines(self) -> list[str]:
        """The lines of the text for quotations in findings, with asterisks in place of secrets."""
        text = self.text
        if isinstance(self.value, dict | list):
            from cxcall.documents.json_spans import leaves_of
            from cxcall.documents.masked_quotations import blank_spans

            text = blank_spans(text, leaves_of(self._root))
        return [line.rstrip("\r") for line in text.split("\n")]

    @cached_property
    def _starts(self) -> list[int]:
        return [*accumulate((len(line) + 1 for line in self.text.split("\n")), initial=0)]

    @cached_property
    def _root(self) -> Span:
        from cxcall.documents.json_spans import find_spans

        return find_spans(self.text)[0]


def parse_json(text: str, name: str, first_line: int = 1) -> Document:
    """Parse one JSON document; raises DocumentError if it is not valid.

    The value is that of `json.loads`, but a whole number keeps its digits; a duplicate name is an error finding, a byte
    order mark a warning. It refuses values that cannot be sent as JSON (NaN, numbers that become infinite,
    lone surrogates), and nesting of more than 200 levels.
    """
    document = Document(name, text.removeprefix(BOM), None, first_line)
    try:
        document.value, has_duplicates = _decode(document.text)
    except (ValueError, RecursionError):
        raise DocumentError(_syntax_error(document)) from None
    findings = [_byte_order_mark(document)] if text.startswith(BOM) else []
    if has_duplicates:
        findings += _duplicate_names(document)
    document.findings = tuple(findings)
    return document


def parse_lines(lines: Iterable[str], name: str) -> Iterator[Document | DocumentError]:
    """Parse JSON Lines: yield one document, or its error, per line that is not blank."""
    for number, line in enumerate(lines, 1):
        if line.strip(WHITE_SPACE):
            try:
                yield parse_json(line.rstrip("\r\n"), name, number)
            except DocumentError as error:
                yield error


class _DuplicateNameError(Exception):
    """An object has two members with the same name."""


def _unique_members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _DuplicateNameError
    return members


def _finite(number: str) -> float:
    value = float(number)
    return exact_number(number, value) if isfinite(value) else refuse_constant(number)


_UNIQUE = json.JSONDecoder(
    object_pairs_hook=_unique_members, parse_float=_finite, parse_constant=refuse_constant
)
_LAST_WINS = json.JSONDecoder(parse_float=_finite, parse_constant=refuse_constant)


def _decode(text: str) -> tuple[Any, bool]:
    """Return the value, and whether an object has a duplicate name; raises ValueError for texts that `parse_json` refuses."""
    stop_on_deep_text(text)
    try:
        value, has_duplicates = _UNIQUE.decode(text), False
    except _DuplicateNameError:
        value, has_duplicates = _LAST_WINS.decode(text), True
    if not text.isascii():
        text.encode()  # raises an error at a lone surrogate
    if "\\ud" in text or "\\uD" in text:
        from cxcall.documents.json_syntax_errors import find_lone_surrogate

        if find_lone_surrogate(text):
            refuse_constant(text)
    if text.count("[") + text.count("{") > MAX_DEPTH and is_too_deep(value):
        refuse_constant(text)
    return value, has_duplicates


def is_too_deep(value: object, depth: int = 0) -> bool:
    """Return whether a value at `depth` levels within another one is nested deeper than 200 levels.

    `json.dumps` could exhaust the stack then; tuples and subclasses count as it counts them. A repeated part is
    checked once.
    """
    level: list[Any] = [[value]]
    seen: set[int] = set()
    for _ in range(MAX_DEPTH + 1 - depth):
        members = {
            id(member): member
            for node in level
            for member in (node.values() if isinstance(node, dict) else node)
            if isinstance(member, dict | list | tuple)
        }
        level = [members[each] for each in members.keys() - seen]
        if not level:
            return False
        seen |= members.keys()
    return True


def _malformed_finding(message: str, fix: str, why: str, excerpt: Excerpt) -> Finding:
    return Finding.error("body-malformed", "body", message, fix=fix, why=why, excerpt=excerpt)


def _syntax_error(document: Document) -> Finding:
    from cxcall.documents.json_syntax_errors import diagnose

    start, end, message, fix = diagnose(document.text, MAX_DEPTH)
    if document.name.lower().endswith((".yaml", ".yml")):
        message, fix = "YAML is not supported", "convert the file to JSON"
    place = document.excerpt(start, end)
    finding = _malformed_finding(
        message, fix, "the text does not follow the syntax of JSON (RFC 8259)", place
    )
    from cxcall.documents.masked_quotations import hide_secrets
    from cxcall.runtime.secrets.likely_secrets import find_likely_secrets

    return hide_secrets(finding, find_likely_secrets(place.crop(_MARGIN).text))


def _byte_order_mark(document: Document) -> Finding:
    return _malformed_finding(
        f"`{document.name}` starts with a byte order mark",
        "save it as UTF-8 without one; cxcall sends the body without it",
        "JSON must not start with one (RFC 8259, section 8.1), and some servers refuse it",
        document.excerpt(0, 1),
    )._replace(severity=Severity.WARNING)


def _duplicate_names(document: Document) -> Iterator[Finding]:
    from cxcall.documents.json_spans import find_spans

    for pointer, span in find_spans(document.text)[1]:
        line = document.excerpt(span.first, span.first).line
        yield _malformed_finding(
            f"duplicate name `{split_pointer(pointer)[-1]}` in one object, first on line {line}",
            "keep only one of them",
            "servers differ in which one they use",
            document.excerpt(*(span.name or (span.start, span.end))),
        )._replace(where=pointer)
