"""Moulds: the form of a line that was checked in full, as a pattern; a line that fits needs no check.

A mould is the text of the line itself, with a slot in place of each value. A slot takes only values
that leave every verdict as it was: the operations that the line fits, those that it does not fit,
and that nothing is doubtful in it. Where that cannot be said of a value, its slot takes that very
value and no other. A line that fits no mould may be right or wrong: it is checked in full.

What a mould does not look at is left to its user: that the text is UTF-8, and that the numbers in
it (`NUMBERS`) can be dialled.
"""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING, Any

from cxcall.contracts.json_schema import compile_schema
from cxcall.documents.json_pointer import has_value, join_pointer, leaves, value_at
from cxcall.payloads.operation_matching import (
    candidate_operations,
    count_unknown_properties,
    may_match,
)
from cxcall.slot import below, opened, slot

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cxcall.contracts.contract import Operation
    from cxcall.contracts.json_schema import JsonSchema

NUMBERS = re.compile(rb'"(\+[0-9]++)"')
_PIECE = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*"|[{}\[\]]|[^\s{}\[\],:"]++')
_MOST_MOULDS = 64
_MOST_TRIES = 512
_OF_SHAPE = {"required", "additionalProperties", "type"}
_ON_THE_WAY = {"properties", "items", "additionalProperties", "$ref", "allOf"}


class Moulds:
    """What was learned from lines: a pattern for each verdict that they had."""

    def __init__(self, known: Sequence[Operation], named: Operation | None = None) -> None:
        self.known, self.named = known, named
        self._forms: dict[tuple[str, ...], list[bytes]] = {}
        self._patterns: list[tuple[re.Pattern[bytes], tuple[str, ...]]] = []
        self._tries = _MOST_TRIES

    def fitting(self, text: bytes, at: int) -> tuple[int, tuple[str, ...]]:
        """Return how far the lines from `at` on fit a mould, and the operations that they are valid as."""
        for pattern, operations in self._patterns:
            found = pattern.match(text, at)
            if found and found.end() > at:
                return found.end(), operations
        return at, ()

    def learn(self, line: bytes, value: Any, operations: tuple[str, ...]) -> None:
        """Take the form of a line in which nothing was found; its end of line is not part of it."""
        count = sum(map(len, self._forms.values()))
        if not self._tries or count == _MOST_MOULDS or line[:1] not in (b"{", b"["):
            return
        self._tries -= 1
        candidates = [self.named] if self.named else candidate_operations(self.known, value)
        by_name = {entry.name: entry for entry in candidates}
        if len(by_name) < len(candidates):
            return  # two operations of one name cannot be told apart in a verdict
        fitted = [by_name.pop(name) for name in operations]
        if not all(_stays_unfit(entry, fitted[0], value) for entry in by_name.values()):
            return
        form = _Cast(fitted, value).form(line)
        forms = self._forms.setdefault(operations, [])
        if form not in forms and re.fullmatch(form, line):
            forms.append(form)
            self._add(forms, operations)

    def _add(self, forms: list[bytes], operations: tuple[str, ...]) -> None:
        """Match the last of the forms, too: by itself, until they are twice as many as were put together."""
        if len(forms) & (len(forms) - 1):
            self._patterns.append((_compiled(forms[-1:]), operations))
            return
        others = [entry for entry in self._patterns if entry[1] != operations]
        self._patterns = [(_compiled(forms), operations), *others]


def _compiled(forms: list[bytes]) -> re.Pattern[bytes]:
    """Compile a pattern of lines in any of these forms; the groups of each get names of their own."""
    own = [
        re.sub(rb"\(\?P([<=])same", rb"(?P\1same%d_" % number, form)
        for number, form in enumerate(forms)
    ]
    lines = rb"(?:(?:%b)\r*\n)" % b"|".join(own)
    # With no way back into a line that was taken, it takes a third less time; Python's `re` loses
    # its groups there, and before 3.11.5 (gh-106052) its place, too.
    is_safe = sys.version_info >= (3, 11, 5) and rb"(?P<" not in lines
    return re.compile(lines + (rb"*+" if is_safe else rb"*"))


def _stays_unfit(operation: Operation, fitted: Operation, value: Any) -> bool:
    """Tell whether a body of this shape fits another operation better, whatever its values are."""
    if count_unknown_properties(operation, value) > count_unknown_properties(fitted, value):
        return True
    if not may_match(operation.contract, operation.schema_at(""), value):
        return True
    return any(
        misfit.kind.name in _OF_SHAPE and _is_plain(misfit.schema_path)
        for misfit in compile_schema(operation.body_schema).iter_errors(value)
    )


def _is_plain(path: Sequence[str | int]) -> bool:
    """Tell whether a rule holds at its place whatever stands there: no condition is on the way to it."""
    steps = iter(path)
    for step in steps:
        if step in ("properties", "components", "schemas"):
            next(steps, None)  # a name
        elif not isinstance(step, int) and step not in _ON_THE_WAY | _OF_SHAPE:
            return False
    return True


class _Level:
    """An object or array that is open while a line is read: its place, and the rules of its members."""

    def __init__(self, pointer: str, rules: list[JsonSchema | None], *, is_object: bool) -> None:
        self.pointer, self.rules, self.is_object = pointer, rules, is_object
        self.name: str | None = None
        self.count = 0

    def take(self) -> str | int:
        """Return the token of the member that stands next."""
        if self.is_object:
            name, self.name = self.name or "", None
            return name
        self.count += 1
        return self.count - 1


class _Cast:
    """The making of one mould, for the operations that a line fits; it was checked as the first."""

    def __init__(self, operations: Sequence[Operation], value: Any) -> None:
        self.operations, self.value = operations, value
        self.checked = operations[0]
        self.equal: dict[str, str] = {}  # place -> the value that it shares with another place
        self.cast: dict[str, bytes] = {}  # such a value -> its slot

    def form(self, line: bytes) -> bytes:
        """Return the pattern of a line; where two values must be equal, the line itself may not match it."""
        for pointer, _ in leaves(self.value):
            kind, _, other = str(
                self.checked.schema_at(pointer).get("x-cxcall-same-as", "")
            ).partition(":")
            if kind == "body" and has_value(self.value, other):
                same = value_at(self.value, pointer)
                if isinstance(same, str):
                    self.equal[pointer] = self.equal[other] = same
        return b"".join(self._pieces(line))

    def _pieces(self, line: bytes) -> Iterator[bytes]:
        root = [opened(entry.contract, entry.body_schema) for entry in self.operations]
        levels: list[_Level] = []
        at = 0
        for found in _PIECE.finditer(line):
            written = found[0]
            yield re.escape(line[at : found.start()])
            at = found.end()
            level = levels[-1] if levels else None
            if written in (b"}", b"]"):
                levels.pop()
                yield re.escape(written)
            elif level and level.is_object and level.name is None:
                level.name = json.loads(written)
                yield re.escape(written)
            else:
                pointer, rules = self._member(level) if level else ("", root)
                if written in (b"{", b"["):
                    levels.append(_Level(pointer, rules, is_object=written == b"{"))
                    yield re.escape(written)
                else:
                    yield self._slot(written, pointer, rules)
        yield re.escape(line[at:])

    def _member(self, level: _Level) -> tuple[str, list[JsonSchema | None]]:
        token = level.take()
        rules = [
            below(entry.contract, rule, token)
            for entry, rule in zip(self.operations, level.rules, strict=True)
        ]
        return join_pointer(level.pointer, token), rules

    def _slot(self, written: bytes, pointer: str, rules: list[JsonSchema | None]) -> bytes:
        pattern = slot(written, rules, str(self.checked.schema_at(pointer).get("format", "")))
        same = self.equal.get(pointer)
        if same is None:
            return pattern
        name = b"same%d" % sorted(set(self.equal.values())).index(same)
        if same in self.cast:
            again = b"(?P=%b)" % name
            return again if self.cast[same] == pattern else b"(?=%b)%b" % (again, pattern)
        self.cast[same] = pattern
        return b"(?P<%b>%b)" % (name, pattern)
