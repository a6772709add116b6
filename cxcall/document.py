"""JSON text -> value, with the line and column of every pointer, and what is wrong where it is not JSON."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from json.decoder import scanstring  # type: ignore[attr-defined]  # the reader of json.loads itself
from typing import TYPE_CHECKING, Any

from cxcall.errors import CxcallError, Excerpt, ExitCode, Finding, Outcome, Severity, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

STDIN = "-"
_SPACE = re.compile(r"[ \t\n\r]*")
_SCALAR = re.compile(r"[^\s,\]}]*")
BOM = "\ufeff"
DEEPEST = 200


class UnreadableError(UsageError):
    """A file that cannot be read at all."""


class DocumentError(CxcallError):
    """A text that is not one JSON document."""

    exit_code = ExitCode.INVALID
    outcome = Outcome.INVALID


def join_pointer(pointer: str, token: str | int) -> str:
    """Append one token to a JSON pointer (RFC 6901)."""
    return f"{pointer}/{str(token).replace('~', '~0').replace('/', '~1')}"


def split_pointer(pointer: str) -> list[str]:
    """Return the tokens of a JSON pointer; raises UsageError when it is none."""
    if pointer and not pointer.startswith("/"):
        raise UsageError(
            f"`{pointer}` is no JSON pointer",
            where=pointer,
            fix="start it with `/`, like `/contactId`",
        )
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]


def value_at(value: Any, pointer: str) -> Any:
    """Return the value at a pointer; raises KeyError when there is none."""
    for token in split_pointer(pointer):
        if isinstance(value, dict):
            value = value[token]
        elif isinstance(value, list) and token.isdecimal() and int(token) < len(value):
            value = value[int(token)]
        else:
            raise KeyError(pointer)
    return value


@dataclass(frozen=True)
class Document:
    """One JSON document: its text, its value, and what was found while reading it.

    `first_line` is the line of its file that the text starts at: JSON Lines hold many documents.
    """

    name: str
    text: str = field(repr=False)
    value: Any = field(repr=False)
    findings: tuple[Finding, ...] = ()
    first_line: int = 1

    def excerpt(self, pointer: str, *, key: bool = False) -> Excerpt | None:
        """Return the place of a value, or of its name (`key`); None where there is no such place."""
        keys, values = self._places
        span = keys.get(pointer) if key else None
        span = span or values.get(pointer)
        return None if span is None else self.place(*span)

    def place(self, start: int, end: int) -> Excerpt:
        """Return the place of a stretch of the text, cut at the end of its first line."""
        row = bisect_right(self._starts, start) - 1
        first = self._starts[row]
        line = self.text[first : self._starts[row + 1] - 1 if row + 1 < len(self._starts) else None]
        line = line.rstrip("\r\n")
        column = min(start - first, len(line))
        width = max(min(end - first, len(line)) - column, 1)
        return Excerpt(self.name, self.first_line + row, column + 1, line, width)

    @cached_property
    def _starts(self) -> list[int]:
        starts = [0]
        position = self.text.find("\n")
        while position >= 0:
            starts.append(position + 1)
            position = self.text.find("\n", position + 1)
        return starts

    @cached_property
    def _places(self) -> tuple[dict[str, tuple[int, int]], dict[str, tuple[int, int]]]:
        keys: dict[str, tuple[int, int]] = {}
        values: dict[str, tuple[int, int]] = {}
        for pointer, is_key, start, end in _walk(self.text):
            (keys if is_key else values)[pointer] = (start, end)
        return keys, values


def _skip(text: str, at: int) -> int:
    return _SPACE.match(text, at).end()  # type: ignore[union-attr]  # it matches nothing, too


def _end_of_scalar(text: str, at: int) -> int:
    return _SCALAR.match(text, at).end()  # type: ignore[union-attr]  # it matches nothing, too


def _walk(text: str) -> Iterator[tuple[str, bool, int, int]]:
    """Yield (pointer, is the name, start, end) for everything in a text that is known to be JSON."""
    yield from _walk_value(text, _skip(text, 0), "", [0])


def _walk_value(
    text: str, at: int, pointer: str, ended: list[int]
) -> Iterator[tuple[str, bool, int, int]]:
    """Walk one value from `at`; where it ended is left in `ended[0]`, for the caller to go on from."""
    opening = text[at]
    if opening not in "{[":
        ended[0] = scanstring(text, at + 1)[1] if opening == '"' else _end_of_scalar(text, at)
        yield pointer, False, at, ended[0]
        return
    cursor, index = _skip(text, at + 1), 0
    while text[cursor] not in "}]":
        token: str | int = index
        if opening == "{":
            token, end = scanstring(text, cursor + 1)
            yield join_pointer(pointer, token), True, cursor, end
            cursor = _skip(text, _skip(text, end) + 1)
        yield from _walk_value(text, cursor, join_pointer(pointer, token), ended)
        cursor = _skip(text, ended[0])
        if text[cursor] == ",":
            cursor = _skip(text, cursor + 1)
        index += 1
    ended[0] = cursor + 1
    yield pointer, False, at, ended[0]


def has_value(value: Any, pointer: str) -> bool:
    """Tell whether there is a value at a pointer."""
    try:
        value_at(value, pointer)
    except KeyError:
        return False
    return True


def read_text(path: str) -> str:
    """Read a file, or stdin (`-`), as UTF-8; a byte order mark stays, for `parse` to report.

    Raises UnreadableError where there is nothing to read, DocumentError where it is not UTF-8.
    """
    data = _read_stdin() if path == STDIN else _read_file(path)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DocumentError(_undecodable(path, data, error)) from None


def _read_stdin() -> bytes:
    import sys

    if sys.stdin.isatty():
        raise UnreadableError(
            "`-` reads stdin, and stdin is a terminal", where="-", fix="name a file, or pipe one in"
        )
    return sys.stdin.buffer.read()


def _read_file(path: str) -> bytes:
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - a path as given, in messages too
            return file.read()
    except FileNotFoundError:
        raise UnreadableError(
            f"`{path}` does not exist", where=path, fix="check its name"
        ) from None
    except IsADirectoryError:
        raise UnreadableError(
            f"`{path}` is a folder, a file is needed", where=path, fix="name a file in it"
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UnreadableError(
            f"`{path}` cannot be read: {reason}", where=path, fix="check its name and permissions"
        ) from None


def _undecodable(path: str, data: bytes, error: UnicodeDecodeError) -> Finding:
    wide = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
    name = wide.get(data[:2]) or ("UTF-16" if b"\x00" in data[:4] else "")
    said = f"it is {name}" if name else f"byte 0x{data[error.start]:02x} at offset {error.start}"
    return Finding(
        Severity.ERROR,
        "body-malformed",
        "body",
        f"`{path}` is not UTF-8: {said}",
        fix=f"iconv -f {name or 'latin1'} -t utf-8 {path} > utf8.json",
        why="JSON is UTF-8 (RFC 8259)",
    )


def parse(text: str, name: str, first_line: int = 1) -> Document:
    """Read one JSON document; raises DocumentError where it is none.

    Duplicate names are an error finding, a byte order mark a warning: the value is still read, as
    `json.loads` reads it.
    """
    findings: list[Finding] = []
    if text.startswith(BOM):
        text = text[1:]
        findings.append(_mark(name))
    repeated: list[str] = []

    def gather(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        gathered = dict(pairs)
        if len(gathered) != len(pairs):
            repeated.append("")
        return gathered

    document = Document(name, text, None, first_line=first_line)
    try:
        value = json.loads(text, object_pairs_hook=gather, parse_constant=_refuse)
    except (ValueError, RecursionError):
        from cxcall.malformed import diagnose

        raise DocumentError(_error(document, *diagnose(text))) from None
    _refuse_unusable(document, value)
    if repeated:
        findings += _duplicates(document)
    return Document(name, text, value, tuple(findings), first_line)


def parse_lines(lines: Iterable[str], name: str) -> Iterator[Document | DocumentError]:
    """Read JSON Lines: one document a line, blank ones passed over; a bad line is yielded as its error."""
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield parse(line.rstrip("\r\n"), name, number)
            except DocumentError as error:
                yield error


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _refuse_unusable(document: Document, value: Any) -> None:
    """Raise DocumentError for JSON that cannot be sent on: nested too deeply, or half a character."""
    text = document.text
    if text.count("[") + text.count("{") > DEEPEST and _depth(value) > DEEPEST:
        raise DocumentError(
            _error(
                document, 0, 1, f"it is nested over {DEEPEST} levels deep", "send a flatter body"
            )
        )
    at = text.lower().find("\\ud")
    if at >= 0:
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            fix = "write both halves of the pair, or the character itself"
            message = "an escape stands for half of a character (a lone surrogate)"
            raise DocumentError(_error(document, at, at + 6, message, fix)) from None


def _depth(value: Any) -> int:
    depth, level = 0, [value]
    while level:
        depth += 1
        level = [
            member
            for node in level
            if isinstance(node, dict | list)
            for member in (node.values() if isinstance(node, dict) else node)
        ]
    return depth - 1


def _error(document: Document, start: int, end: int, message: str, fix: str) -> Finding:
    return Finding(
        Severity.ERROR,
        "body-malformed",
        "body",
        message,
        fix=fix,
        why="JSON (RFC 8259)",
        excerpt=document.place(start, end),
    )


def _mark(name: str) -> Finding:
    return Finding(
        Severity.WARNING,
        "body-malformed",
        "body",
        f"`{name}` starts with a byte order mark",
        fix="save it as UTF-8 without one; cxcall sends the body without it",
        why="JSON must not start with one (RFC 8259, section 8.1), and some servers refuse it",
        excerpt=Excerpt(name, 1, 1, ""),
    )


def _duplicates(document: Document) -> Iterator[Finding]:
    """Yield an error for each name that stands twice in one object: servers differ in which they take."""
    first: dict[str, int] = {}
    for pointer, is_key, start, end in _walk(document.text):
        if not is_key:
            continue
        if pointer in first:
            line = document.place(first[pointer], first[pointer]).line
            name = split_pointer(pointer)[-1]
            yield Finding(
                Severity.ERROR,
                "body-malformed",
                pointer,
                f"`{name}` stands twice in one object, first on line {line}",
                fix="keep the one that is meant",
                why="servers differ in which of the two they take",
                excerpt=document.place(start, end),
            )
        first.setdefault(pointer, start)
