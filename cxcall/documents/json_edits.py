"""Apply edits (operations of JSON Patch) to a JSON value, or to its text without touching the rest of it."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from cxcall.documents.json_document import Document, parse_json
from cxcall.documents.json_pointer import child_at, enclosing_pointers, split_pointer, value_at

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cxcall.documents.json_spans import Span
    from cxcall.findings.edit import Edit


def apply_edits(value: Any, edits: Iterable[Edit]) -> Any:
    """Apply edits to a JSON value in place, in order, and return it.

    Raises KeyError if the place of an edit does not exist.
    """
    for edit in edits:
        new = edit.value
        if _is_rename(edit):
            _rename(value, edit)
            continue
        if edit.op == "move":
            new = value_at(value, edit.source)
            _remove(value, edit.source)
        if edit.op == "remove":
            _remove(value, edit.pointer)
        elif not edit.pointer:
            value = new
        else:
            parent = value_at(value, edit.pointer.rpartition("/")[0])
            name = split_pointer(edit.pointer)[-1]
            if isinstance(parent, list):
                child_at(parent, name)
                parent[int(name)] = new
            else:
                parent[name] = new
    return value


def _rename(value: Any, edit: Edit) -> None:
    """Rename a member and keep its place among the others."""
    members = value_at(value, edit.pointer.rpartition("/")[0])
    old, new = (split_pointer(each)[-1] for each in (edit.source, edit.pointer))
    child_at(members, old)
    pairs = [
        (new if name == old else name, members[name])
        for name in members
        if name == old or name != new
    ]
    members.clear()
    members.update(pairs)


def _remove(value: Any, pointer: str) -> None:
    parent = value_at(value, pointer.rpartition("/")[0])
    del parent[split_pointer(pointer)[-1]]


def edit_text(document: Document, edits: Iterable[Edit]) -> str:
    """Return the text of a document with edits applied in order; the rest is unchanged.

    An edit whose place does not exist is left out.
    """
    editor = _TextEditor(document)
    for edit in edits:
        with suppress(KeyError):
            editor.apply(edit)
    return editor.flush().text


def text_changes(document: Document, edit: Edit) -> list[tuple[int, int, str]]:
    """Return the changes of text, as (start, end, new text), for one edit of a document.

    Raises KeyError if its place does not exist.
    """
    if edit.op == "replace":
        span = document.find_span(edit.pointer)
        return [(span.start, span.end, edit.text)]
    if edit.op == "remove":
        return [(*_removed_part(document, edit.pointer), "")]
    if edit.op == "add":
        return [_insertion(document, edit.pointer, edit.text)]
    span = document.find_span(edit.source)
    if _is_rename(edit):
        _require_absent(document, edit.pointer)
        name = json.dumps(split_pointer(edit.pointer)[-1], ensure_ascii=False)
        return [(*(span.name or (0, 0)), name)]
    insertion = _insertion(document, edit.pointer, document.text[span.start : span.end])
    return [(*_removed_part(document, edit.source), ""), insertion]


class _TextEditor:
    """Edits one text. Independent changes are made together, in one pass."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._changes: list[tuple[int, int, str]] = []
        self._touched: set[str] = set()
        self._above: set[str] = set()

    def apply(self, edit: Edit) -> None:
        """Apply one edit; raises KeyError if its place does not exist."""
        is_in_place = edit.op == "replace" or _is_rename(edit)
        pointers = {edit.pointer, edit.source}
        way = {each for place in pointers for each in enclosing_pointers(place)}
        if not is_in_place or way & self._touched or pointers & self._above:
            self.flush()
        self._changes += text_changes(self._document, edit)
        self._touched |= pointers
        self._above |= way
        if not is_in_place:
            self.flush()

    def flush(self) -> Document:
        """Apply the pending changes, and return the resulting document."""
        if self._changes:
            text = self._document.text
            for start, end, new in sorted(self._changes, reverse=True):
                text = text[:start] + new + text[end:]
            self._document = parse_json(text, self._document.name, self._document.first_line)
            self._changes, self._touched, self._above = [], set(), set()
        return self._document


def _is_rename(edit: Edit) -> bool:
    above = edit.source.rpartition("/")[0]
    return edit.op == "move" and bool(edit.source) and above == edit.pointer.rpartition("/")[0]


def _require_absent(document: Document, pointer: str) -> dict[str, Span]:
    """Return the members of the object to which a name is added; raises KeyError if it has that name."""
    above, _, _ = pointer.rpartition("/")
    members = document.find_span(above).members
    if not isinstance(members, dict) or split_pointer(pointer)[-1] in members:
        raise KeyError(pointer)
    return members


def _removed_part(document: Document, pointer: str) -> tuple[int, int]:
    """Return the part of the text that is removed with a member: its name, value, and one comma."""
    parent = document.find_span(pointer.rpartition("/")[0])
    members = list(parent.members.values()) if isinstance(parent.members, dict) else parent.members
    index = members.index(document.find_span(pointer))
    if index + 1 < len(members):
        return members[index].outer_start, members[index + 1].outer_start
    if index:
        return members[index - 1].end, members[index].end
    return parent.start + 1, parent.end - 1


def _insertion(document: Document, pointer: str, value: str) -> tuple[int, int, str]:
    """Return the change that adds a member at the end of its object, in the style of the members before it."""
    members = list(_require_absent(document, pointer).values())
    parent, text = document.find_span(pointer.rpartition("/")[0]), document.text
    name = json.dumps(split_pointer(pointer)[-1], ensure_ascii=False)
    if not members:
        return parent.start + 1, parent.end - 1, f"{name}: {value}"
    last = members[-1]
    colon = text[last.name[1] : last.start] if last.name else ": "
    before = text[parent.start + 1 : members[0].outer_start]
    comma = f",{before}" if "\n" in before else ", " if colon.endswith(" ") else ","
    if len(members) > 1:
        comma = text[members[-2].end : last.outer_start]
    return last.end, last.end, f"{comma}{name}{colon}{value}"
