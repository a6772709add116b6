"""Recognize functions, conversions, and selections in the tokens of code."""

from __future__ import annotations

from typing import Any

from cxcall.explaining.readers.code.token_tree import KEY_SEPARATORS, Group, is_operator, is_token

CASTS = tuple(
    "int integer int32 int64 long short byte float double decimal number string bool boolean array".split()
)
_COMPUTING = ("map", "grep", "sort", "split", "qw")


def without_parameters(items: list[Any]) -> list[Any]:
    """Return the items of a block of Ruby or Rust without its parameters: `|x, y| x.name`."""
    if not items or not is_operator(items[0], ("|",)):
        return items
    ends = (at for at in range(1, len(items)) if is_operator(items[at], ("|",)))
    return items[next(ends, 0) + 1 :]


def function_body(items: list[Any]) -> int:
    """Return the index at which the body of a function starts, as in `x => x.name`; 0 if the items are not a function."""
    at = next((index for index, item in enumerate(items) if is_operator(item, ("=>",))), 0)
    left, right = items[:at], items[at + 1 :]
    if not left or not right:
        return 0
    if isinstance(left[0], Group):
        return at + 1 if left[0].opening == "(" else 0
    if len(left) > 1:
        is_marked = is_operator(left[0], ("async", "fn", "static"))
        return at + 1 if is_marked and not is_token(left[1], "operator") else 0
    is_used = (is_token(left[0], "word") and len(right) > 1) or isinstance(right[0], Group)
    is_name = is_token(left[0], "word") and left[0].value[:1] not in (":", "$")
    return at + 1 if is_name and is_used and _uses(right, left[0].value) else 0


def _uses(items: list[Any], name: str) -> bool:
    """Return whether a name is among some items at any depth, and not only as a key."""
    return any(
        _uses(each.items, name)
        if isinstance(each, Group)
        else each[:2] == ("word", name) and not is_operator(after, ("=>", ":"))
        for each, after in zip(items, [*items[1:], None], strict=True)
    )


def cast_type(items: list[Any], position: int) -> str:
    """Return the type that brackets before a value convert it to: `(int)"5"`, `[string]$a`; empty if they are none."""
    group, rest = items[position], items[position + 1 : position + 2]
    if not isinstance(group, Group) or not rest or len(group.items) != 1:
        return ""
    is_brackets = group.opening == "(" or (group.opening == "[" and not position)
    name = group.items[0].value.lower() if is_token(group.items[0], "word") else ""
    is_static = group.opening == "[" and is_operator(rest[0], ("::",))
    is_value = is_token(rest[0], "word", "string", "number")
    is_known = name in CASTS or (is_static and bool(name))
    return name if is_brackets and is_known and (is_value or is_static) else ""


def is_index(items: list[Any], position: int) -> bool:
    """Return whether brackets select an item of the value before them: `["a", "b"][0]`."""
    before, group = items[position - 1], items[position]
    if not (position and isinstance(before, Group) and isinstance(group, Group)):
        return False
    is_one = len(group.items) == 1 and is_token(group.items[0], "number", "string")
    return is_one and group.opening == "[" and before.line == group.line


def is_comprehension(group: Group) -> bool:
    """Return whether items compute the content of a list or map: `x for x in y`, `map { ... } @y`."""
    items = [each for each in group.items if not is_token(each, "newline")]
    first = items[0] if items else None
    words = [each.value for each in items if is_token(each, "word")]
    is_perl = is_operator(first, _COMPUTING) and len(items) > 1
    return (
        (is_perl and not is_operator(items[1], (",", *KEY_SEPARATORS)))
        or ("for" in words and "in" in words)
        or words[:1] == ["for"]
    )


def is_route(name: str, elements: list[list[Any]]) -> bool:
    """Return whether a call declares what a server does at a path: `app.post("/call", (req, res) => { ... })`."""
    first = elements[0][0] if len(elements) > 1 else None
    last = elements[-1] if elements else []
    is_function = is_operator(last[0], ("function", "func", "async", "fn")) if last else False
    is_path = is_token(first, "string") and first.value[:1] == "/"
    return "." in name and is_path and (is_function or bool(function_body(last)))
