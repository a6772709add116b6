"""JSON pointers (RFC 6901): build, split, and resolve them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxcall.findings.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence


TYPE_NAMES = {
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "object": "an object",
    "array": "an array",
    "null": "null",
}


def join_pointer(pointer: str, token: str | int) -> str:
    """Return a JSON pointer (RFC 6901) with one more token."""
    text = str(token)
    if "~" in text or "/" in text:
        text = text.replace("~", "~0").replace("/", "~1")
    return f"{pointer}/{text}"


def make_pointer(*tokens: str | int) -> str:
    """Return the JSON pointer of some tokens."""
    return "".join(join_pointer("", each) for each in tokens)


def split_pointer(pointer: str) -> list[str]:
    """Return the tokens of a JSON pointer; raises UsageError if it is not valid."""
    if pointer and not pointer.startswith("/"):
        raise UsageError(
            f"`{pointer}` is not a valid JSON pointer",
            where=pointer,
            fix="start it with `/`, like `/contactId`",
        )
    tokens = pointer.split("/")[1:]
    if "~" not in pointer:
        return tokens
    return [token.replace("~1", "/").replace("~0", "~") for token in tokens]


def enclosing_pointers(pointer: str) -> Iterator[str]:
    """Yield a pointer, and the pointers of the objects and arrays around its value, without the whole document."""
    while pointer:
        yield pointer
        pointer = pointer.rpartition("/")[0]


def value_at(value: Any, pointer: str) -> Any:
    """Return the value at a pointer; raises KeyError if there is none."""
    for token in split_pointer(pointer):
        value = child_at(value, token)
    return value


def has_value(value: Any, pointer: str) -> bool:
    """Return whether there is a value at a pointer."""
    try:
        value_at(value, pointer)
    except KeyError:
        return False
    return True


def find_value(value: Any, pointer: str) -> Any:
    """Return the value at a pointer; None if there is no value, or if the pointer is invalid."""
    try:
        return value_at(value, pointer) if pointer else None
    except KeyError:
        return None


def leaves(value: Any, pointer: str = "") -> Iterator[tuple[str, Any]]:
    """Yield (pointer, value) of each scalar, empty object, and empty array in a JSON value."""
    if isinstance(value, dict) and value:
        for name, member in value.items():
            yield from leaves(member, join_pointer(pointer, name))
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from leaves(item, join_pointer(pointer, index))
    else:
        yield pointer, value


def objects(value: Any, pointer: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (pointer, object) of every object in a JSON value, outermost first."""
    if isinstance(value, dict):
        yield pointer, value
        for name, member in value.items():
            yield from objects(member, join_pointer(pointer, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from objects(item, join_pointer(pointer, index))


def map_values(value: Any, change: Callable[[str, Any], Any], pointer: str = "") -> Any:
    """Return a copy of a JSON value with each value replaced by `change(pointer, value)`, outermost first."""
    value = change(pointer, value)
    if isinstance(value, dict):
        places = ((name, join_pointer(pointer, name)) for name in value)
        return {name: map_values(value[name], change, place) for name, place in places}
    if isinstance(value, list):
        items = enumerate(value)
        return [map_values(item, change, join_pointer(pointer, index)) for index, item in items]
    return value


def type_of(value: Any) -> str:
    """Return the JSON type of a value."""
    for name, kind in (("boolean", bool), ("string", str), ("integer", int), ("number", float)):
        if isinstance(value, kind):
            return name
    return "object" if isinstance(value, dict) else "array" if isinstance(value, list) else "null"


def child_at(value: Mapping[str, Any] | Sequence[Any] | None, token: str) -> Any:
    """Return the member or item that a token of a pointer names; raises KeyError if there is none."""
    if isinstance(value, dict):
        return value[token]
    if isinstance(value, list) and token.isdecimal() and len(token) <= len(str(len(value))):
        index = int(token)
        if token == str(index) and index < len(value):
            return value[index]
    raise KeyError(token)
