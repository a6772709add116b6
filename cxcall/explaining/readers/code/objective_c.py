"""What messages of Objective-C give: `[items mutableCopy]`, `[@"a" stringByAppendingString:b]`."""

from __future__ import annotations

import re
from typing import Any

from cxcall.explaining.readers.code.conversions import member_of
from cxcall.explaining.readers.code.values import (
    interpolated_text,
    join_terms,
    unknown,
    without_itself,
)

_CHANGED_TEXT = re.compile("stringBy|components|substring|uppercase|lowercase|capitalized")
_FROM_COLLECTION = re.compile("With(?:Dictionary|Array)$")
_CHANGES = re.compile("add|set|remove|insert|replace")


def new_collection(class_name: str) -> Any:
    """Return a new map or list for the name of its class; None for any other name."""
    if not class_name.startswith("NS"):
        return None
    return {} if class_name.endswith("Dictionary") else [] if class_name.endswith("Array") else None


def unary_message(target: Any, items: list[Any]) -> Any:
    """Return what a message without arguments gives for a known value: `[numbers copy]`."""
    name = getattr(items[-1], "value", "")
    return member_of(target, name) if isinstance(target, dict | list) and target else target


def text_message(text: str, arguments: list[tuple[str | None, Any]]) -> Any:
    """Return what a message with arguments gives for a text; most encodings keep it."""
    (name, value), *_ = arguments
    if name == "stringByAppendingString":
        return join_terms([text, value])
    return unknown() if _CHANGED_TEXT.match(name or "") else text


def collection_message(name: str, values: list[Any]) -> Any:
    """Return the map or list that a message makes: `dictionaryWithObjectsAndKeys:value, name, nil`; None for others."""
    first = values[0]
    second = values[1] if len(values) > 1 else None
    if _FROM_COLLECTION.search(name) and isinstance(first, dict | list):
        return first.copy()
    if name.endswith("WithObjectsAndKeys"):
        return {
            interpolated_text(key): value
            for value, key in zip(first[::2], first[1::2], strict=False)
        }
    if name == "dictionaryWithObject" and second is not None:
        return {interpolated_text(second): first}
    if name.endswith("WithObjects") and second is None:
        return first
    if name == "arrayWithObject":
        return [first]
    is_capacity = name.endswith("WithCapacity")
    return (
        ([] if name.startswith("array") else {} if name.startswith("dict") else None)
        if is_capacity
        else None
    )


def change_by_message(collection: Any, name: str, values: list[Any]) -> bool:
    """Apply a message that changes a map or a list; return whether it is one."""
    if not _CHANGES.match(name):
        return False
    if isinstance(collection, list):
        is_item = name == "addObject"
        collection.append(without_itself(values[0], collection) if is_item else unknown())
    elif len(values) == 2 and isinstance(values[1], str):
        collection[values[1]] = without_itself(values[0], collection)
    else:
        collection |= values[0] if isinstance(values[0], dict) else {unknown(): None}
    return True
