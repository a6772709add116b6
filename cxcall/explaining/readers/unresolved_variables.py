"""What a source names and does not show, such as a variable: marked while it is read, then taken out."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from cxcall.documents.json_pointer import leaves, objects

if TYPE_CHECKING:
    from collections.abc import Iterator

# Noncharacters of Unicode: text that people exchange holds none, and JSON may.
_OPEN, _SHUT = "\ufdd0", "\ufdd1"
MARKS = str.maketrans("", "", _OPEN + _SHUT)
_UNSEEN = re.compile(f"{_OPEN}([^{_SHUT}]*){_SHUT}")
_STRING_OR_UNSEEN = re.compile(rf'"(?:[^"\\]|\\.)*"|{_OPEN}[^{_SHUT}]*{_SHUT}')


def mark_unresolved(shown: str) -> str:
    """Return the stand-in of a value that is not known, shown like this: `{name}`, `$NAME`."""
    return f"{_OPEN}{shown}{_SHUT}"


def plain(text: str) -> str:
    """Return a text with its stand-ins as they are shown."""
    return text.translate(MARKS)


def is_unresolved(text: str) -> bool:
    """Tell whether a text begins with what is not known."""
    return text.startswith(_OPEN)


def named(text: str) -> tuple[str, ...]:
    """Return the names of what is not known in a text; none where all is known."""
    names = (name[1:-1] if name.startswith("{") else name for name in _UNSEEN.findall(text))
    return tuple(dict.fromkeys(names))


def known_of(body: str | None) -> tuple[str | None, dict[str, tuple[str, ...]]]:
    """Return a body as far as it is known, and the names of what is not by JSON pointer.

    None is a body of which nothing is known; so is one that is no JSON once names stand in it.
    """
    if body is None or _OPEN not in body:
        return body, {}
    names = {"": named(body)}
    if not _UNSEEN.sub("", body).strip():
        return None, names
    text = _STRING_OR_UNSEEN.sub(_as_string, body)
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return (None, names) if body.lstrip()[:1] in ("{", "[") else (plain(body), {})
    return (None if _is_all_unseen(value) else plain(text)), dict(_places(value))


def _as_string(found: re.Match[str]) -> str:
    return found[0] if found[0].startswith('"') else json.dumps(found[0], ensure_ascii=False)


def _is_all_unseen(value: Any) -> bool:
    return isinstance(value, str) and not _UNSEEN.sub("", value)


def _places(value: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the pointer of each value that is not known; an object is not that has an unknown name."""
    for pointer, held in objects(value):
        if names := named("".join(held)):
            yield pointer, names
    for pointer, leaf in leaves(value):
        if isinstance(leaf, str) and (names := named(leaf)) and (pointer or _is_all_unseen(leaf)):
            yield plain(pointer), names
