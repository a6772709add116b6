"""Find the place of each value and name in a valid JSON text."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from cxcall.documents.json_pointer import make_pointer

if TYPE_CHECKING:
    from collections.abc import Iterator

_LEXEME = r'"[^"\\]*+(?:\\.[^"\\]*+)*"|[{}\[\]]|[^\s{}\[\],:"]++'


class Span:
    """The place of a value, its name, and its members in a text; `first` is where its name is first."""

    __slots__ = ("end", "first", "members", "name", "start")

    def __init__(self, start: int, end: int, name: tuple[int, int] | None, opening: str) -> None:
        self.start = start
        self.end = end
        self.name = name
        self.first = name[0] if name else start
        self.members: Any = {} if opening == "{" else [] if opening == "[" else None

    @property
    def outer_start(self) -> int:
        """The start of the member: of its name, if it has one."""
        return self.name[0] if self.name else self.start


def find_spans(text: str) -> tuple[Span, list[tuple[str, Span]]]:
    """Return the span of the value of a valid JSON text, and (pointer, span) of each duplicate name."""
    parents = [Span(0, 0, None, "[")]
    tokens: list[str | int] = []
    duplicates: list[tuple[str, Span]] = []
    name: tuple[int, int] | None = None
    for match in re.finditer(_LEXEME, text):
        start, end = match.span()
        opening, members = text[start], parents[-1].members
        if opening in "}]":
            parents.pop().end = end
            tokens.pop()
        elif isinstance(members, dict) and name is None:
            name = start, end
        else:
            span = Span(start, end, name, opening)
            token = _add_member(span, members, text)
            if name and span.first < name[0]:
                duplicates.append((make_pointer(*tokens[1:], token), span))
            name = None
            if opening in "{[":
                parents.append(span)
                tokens.append(token)
    return parents[0].members[0], duplicates


def leaves_of(root: Span) -> Iterator[tuple[str, int, int]]:
    """Yield (name, start, end) of each value that is neither an object nor a list, in the order of the text.

    An item of a list has the name of the list.
    """
    rest = [("", root)]
    while rest:
        name, span = rest.pop()
        members = span.members
        if members is None:
            yield name, span.start, span.end
        else:
            named = (
                members.items() if isinstance(members, dict) else ((name, each) for each in members)
            )
            rest += sorted(named, key=_start_of, reverse=True)


def _start_of(member: tuple[str, Span]) -> int:
    return member[1].start


def _add_member(span: Span, members: Any, text: str) -> str | int:
    """Add a span to those of its parent, and return its name or index. The last of equal names wins."""
    if span.name is None:
        members.append(span)
        return len(members) - 1
    name: str = json.loads(text[slice(*span.name)])
    if name in members:
        span.first = members[name].first
    members[name] = span
    return name
