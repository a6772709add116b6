"""Make a text that matches the pattern of a JSON Schema, for the patterns that API documents have.

Groups, alternatives, character classes, and repetitions are understood; the result is checked, so that
anything beyond gives no wrong text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cxcall.contracts.json_schema import compile_schema

if TYPE_CHECKING:
    from cxcall.contracts.json_schema import JsonSchema

_CLASSES = {"d": "1", "w": "a", "s": " ", "D": "a", "W": "-", "S": "a", "n": "\n", "t": "\t", "r": "\r"}  # fmt: skip
_REPETITION = re.compile(r"\{(\d+)(?:,(\d*))?\}")
_MOST_REPETITIONS = 1000
_LONGEST = 10_000
_USUAL = (
    "text",
    "+12025550100",
    "12025550100",
    "2026-01-01",
    "https://example.com/",
    "1",
    "a",
    "A",
)
_PROBES = "aA0123456789bBcCfF_-+. /:@#,;"


def sample_text(schema: JsonSchema, usual: str) -> str:
    """Return a text that is valid for a string schema with a `pattern`; `usual` if none is found."""
    is_valid = compile_schema({**schema, "type": "string"}).is_valid
    made: list[str] = []
    for more in (0, 1, 3, 8):
        try:
            made.append(_Pattern(str(schema["pattern"]), more).text())
        except (ValueError, IndexError, re.error):
            continue
    candidates = [usual, *_USUAL, *made]
    lengthened = [
        each.ljust(min(schema.get("minLength", 0), _LONGEST), each[-1:] or "x")
        for each in candidates
    ]
    return next((each for each in [*candidates, *lengthened] if is_valid(each)), usual)


class _Pattern:
    """Reads a pattern from left to right and writes a text that it matches; `more` lengthens repetitions."""

    def __init__(self, pattern: str, more: int) -> None:
        self._pattern, self._at, self._more = pattern, 0, more

    def text(self) -> str:
        """Return the text; raises ValueError where a part is not understood."""
        found = self._alternatives()
        if self._at < len(self._pattern):
            raise ValueError("a part of the pattern is not understood")
        return found

    def _alternatives(self) -> str:
        first = self._sequence()
        while self._peek() == "|":
            self._at += 1
            self._sequence()
        return first

    def _sequence(self) -> str:
        parts = []
        while self._peek() not in ("", "|", ")"):
            part = self._atom()
            count = self._repetitions()
            if len(part) * count > _LONGEST:
                raise ValueError("the text would be too long")
            parts.append(part * count)
        return "".join(parts)

    def _atom(self) -> str:
        char = self._next()
        if char in "^$":
            return ""
        if char == ".":
            return "a"
        if char == "(":
            return self._group()
        if char == "[":
            return self._class()
        return self._escape() if char == "\\" else char

    def _group(self) -> str:
        is_ahead = False
        if self._peek() == "?":
            head = re.compile(r"\?(?::|P?<\w+>|([=!]|<[=!]))").match(self._pattern, self._at)
            if head is None:
                raise ValueError("a group is not understood")
            is_ahead, self._at = bool(head[1]), head.end()
        found = self._alternatives()
        if self._next() != ")":
            raise ValueError("a group has no end")
        return "" if is_ahead else found

    def _class(self) -> str:
        start = self._at
        if self._peek() == "^":
            self._at += 1
        while self._peek() != "]" or self._at == start:
            self._at += 2 if self._peek() == "\\" else 1
            if self._at >= len(self._pattern):
                raise ValueError("a class has no end")
        self._at += 1
        matches = re.compile(f"[{self._pattern[start : self._at]}").fullmatch
        named = self._pattern[start] if self._pattern[start] not in "^\\" else ""
        probes = [*named, *_PROBES, *map(chr, range(33, 127))]
        if not (found := next(filter(matches, probes), "")):
            raise ValueError("a class has no usual character")
        return found

    def _escape(self) -> str:
        char = self._next()
        if char in "bB":
            return ""
        if char.isdigit() or char in "pPxuk":
            raise ValueError("an escape is not understood")
        return _CLASSES.get(char, char)

    def _repetitions(self) -> int:
        char = self._peek()
        least, most = 1, 1
        if char and char in "*+?":
            self._at += 1
            least, most = int(char == "+"), 1 if char == "?" else _MOST_REPETITIONS
        elif match := _REPETITION.match(self._pattern, self._at):
            self._at = match.end()
            least = int(match[1])
            most = least if match[2] is None else int(match[2] or _MOST_REPETITIONS)
        else:
            return 1
        if self._peek() in ("?", "+"):
            self._at += 1
        return min(least + self._more, most, _MOST_REPETITIONS)

    def _peek(self) -> str:
        return self._pattern[self._at : self._at + 1]

    def _next(self) -> str:
        char = self._pattern[self._at]
        self._at += 1
        return char
