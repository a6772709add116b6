"""JSON text -> value, with the line and column of every pointer, and what is wrong where it is not JSON."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from functools import cached_property
from itertools import accumulate
from math import isfinite
from typing import TYPE_CHECKING, Any, NoReturn

from cxcall.documents.json_pointer import child_at, join_pointer, split_pointer
from cxcall.findings.errors import CxcallError
from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.findings.finding import Excerpt, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

BOM = "\ufeff"
BLANK = " \t\r\n"
DEEPEST = 200
"""What the types of JSON are called in a sentence."""

_PIECE = r'"[^"\\]*+(?:\\.[^"\\]*+)*"|[{}\[\]]|[^\s{}\[\],:"]++'


class DocumentError(CxcallError):
    """A text that is not one JSON document."""

    exit_code = ExitCode.INVALID
    outcome = Outcome.INVALID


class Document:
    """One JSON document: its text, its value, and what was found while reading it.

    `first_line` is the line of its file that the text starts at: JSON Lines hold many documents.
    """

    def __init__(
        self,
        name: str,
        text: str,
        value: Any,
        findings: tuple[Finding, ...] = (),
        first_line: int = 1,
    ) -> None:
        self.name = name
        self.text = text
        self.value = value
        self.findings = findings
        self.first_line = first_line

    def find_excerpt(self, pointer: str, *, key: bool = False) -> Excerpt | None:
        """Return the place of a value, or of its name (`key`); None where there is no such place."""
        if pointer and not pointer.startswith("/"):
            return None
        site = self._site
        try:
            for token in split_pointer(pointer):
                site = child_at(site.members, token)
        except KeyError:
            return None
        return self.place(*site.name) if key and site.name else self.place(site.start, site.end)

    def place(self, start: int, end: int) -> Excerpt:
        """Return the place of a stretch of the text, cut at the end of its first line."""
        row = bisect_right(self._starts, start) - 1
        first, line = self._starts[row], self._lines[row]
        column = min(start - first, len(line))
        width = max(min(end - first, len(line)) - column, 1)
        return Excerpt(self.name, self.first_line + row, column + 1, line, width)

    @cached_property
    def _lines(self) -> list[str]:
        return [line.rstrip("\r") for line in self.text.split("\n")]

    @cached_property
    def _starts(self) -> list[int]:
        return [*accumulate((len(line) + 1 for line in self.text.split("\n")), initial=0)]

    @cached_property
    def _site(self) -> _Site:
        return _survey(self.text)[0]


class _Site:
    """Where a value stands in a text, where its name does (and first did), and what stands in it."""

    __slots__ = ("end", "first", "members", "name", "start")

    def __init__(self, start: int, end: int, name: tuple[int, int] | None, opening: str) -> None:
        self.start = start
        self.end = end
        self.name = name
        self.first = name[0] if name else start
        self.members: Any = {} if opening == "{" else [] if opening == "[" else None


def _survey(text: str) -> tuple[_Site, list[tuple[str, _Site]]]:
    """Return the place of everything in a text that is known to be JSON, and of each repeated name."""
    above = [_Site(0, 0, None, "[")]
    tokens: list[str | int] = []
    repeated: list[tuple[str, _Site]] = []
    name: tuple[int, int] | None = None
    for found in re.finditer(_PIECE, text):
        start, end = found.span()
        opening, members = text[start], above[-1].members
        if opening in "}]":
            above.pop().end = end
            tokens.pop()
        elif isinstance(members, dict) and name is None:
            name = start, end
        else:
            site = _Site(start, end, name, opening)
            token = _settle(site, members, text)
            if name and site.first < name[0]:
                path = (*tokens[1:], token)
                repeated.append(("".join(join_pointer("", step) for step in path), site))
            name = None
            if opening in "{[":
                above.append(site)
                tokens.append(token)
    return above[0].members[0], repeated


def _settle(site: _Site, members: Any, text: str) -> str | int:
    """Put a place among those of its siblings; returns its token. The last of one name stays."""
    if site.name is None:
        members.append(site)
        return len(members) - 1
    name: str = json.loads(text[slice(*site.name)])
    if name in members:
        site.first = members[name].first
    members[name] = site
    return name


def parse(text: str, name: str, first_line: int = 1) -> Document:
    """Read one JSON document; raises DocumentError where it is none.

    Duplicate names are an error finding, a byte order mark a warning: the value is still read, as
    `json.loads` reads it. More is refused than there: what could not be sent on as JSON (NaN, numbers
    that become infinite, halves of surrogate pairs), and nesting over 200 levels.
    """
    document = Document(name, text.removeprefix(BOM), None, first_line=first_line)
    try:
        value, is_repeating = _decode(document.text)
    except (ValueError, RecursionError):
        raise DocumentError(_mistake(document)) from None
    findings = [_mark(document)] if text.startswith(BOM) else []
    if is_repeating:
        findings += _duplicates(document)
    return Document(name, document.text, value, tuple(findings), first_line)


def parse_lines(lines: Iterable[str], name: str) -> Iterator[Document | DocumentError]:
    """Read JSON Lines: one document a line, blank ones passed over; a bad line is yielded as its error."""
    for number, line in enumerate(lines, 1):
        if line.strip(BLANK):
            try:
                yield parse(line.rstrip("\r\n"), name, number)
            except DocumentError as error:
                yield error


class _RepeatedNameError(Exception):
    """A name stands twice in one object."""


def _gather(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    gathered = dict(pairs)
    if len(gathered) != len(pairs):
        raise _RepeatedNameError
    return gathered


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _finite(number: str) -> float:
    value = float(number)
    return value if isfinite(value) else _refuse(number)


_ONCE = json.JSONDecoder(object_pairs_hook=_gather, parse_float=_finite, parse_constant=_refuse)
_LAST = json.JSONDecoder(parse_float=_finite, parse_constant=_refuse)


def _decode(text: str) -> tuple[Any, bool]:
    """Return the value of a text, and whether a name is repeated; raises ValueError as `parse` refuses."""
    try:
        value, is_repeating = _ONCE.decode(text), False
    except _RepeatedNameError:
        value, is_repeating = _LAST.decode(text), True
    if not text.isascii():
        text.encode()
    if "\\ud" in text or "\\uD" in text:
        from cxcall.documents.json_syntax_errors import find_half

        if find_half(text):
            raise ValueError(text)
    if text.count("[") + text.count("{") > DEEPEST and is_too_deep(value):
        raise ValueError(text)
    return value, is_repeating


def is_too_deep(value: Any, above: int = 0) -> bool:
    """Tell whether a value, so many levels down in another, makes it nested over 200 levels."""
    level: list[Any] = [[value]]
    for _ in range(DEEPEST + 1 - above):
        if not level:
            return False
        level = [
            member
            for node in level
            for member in (node.values() if type(node) is dict else node)
            if type(member) is dict or type(member) is list
        ]
    return bool(level)


def _finding(message: str, fix: str, why: str, place: Excerpt | None = None) -> Finding:
    return Finding(
        Severity.ERROR, "body-malformed", "body", message, fix=fix, why=why, excerpt=place
    )


def _mistake(document: Document) -> Finding:
    from cxcall.documents.json_syntax_errors import diagnose

    start, end, message, fix = diagnose(document.text, DEEPEST)
    return _finding(message, fix, "JSON (RFC 8259)", document.place(start, end))


def _mark(document: Document) -> Finding:
    return _finding(
        f"`{document.name}` starts with a byte order mark",
        "save it as UTF-8 without one; cxcall sends the body without it",
        "JSON must not start with one (RFC 8259, section 8.1), and some servers refuse it",
        document.place(0, 1),
    )._replace(severity=Severity.WARNING)


def _duplicates(document: Document) -> Iterator[Finding]:
    """Yield an error for each name that stands twice in one object: servers differ in which they take."""
    for pointer, site in _survey(document.text)[1]:
        line = document.place(site.first, site.first).line
        name = split_pointer(pointer)[-1]
        yield _finding(
            f"`{name}` stands twice in one object, first on line {line}",
            "keep the one that is meant",
            "servers differ in which of the two they take",
            document.place(*(site.name or (site.start, site.end))),
        )._replace(where=pointer)
