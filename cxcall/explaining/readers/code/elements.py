"""Split the tokens of code into elements: the statements of a block, the items of a list, the parts of an assignment."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, takewhile
from typing import Any

from cxcall.explaining.readers.code.token_tree import (
    KEY_SEPARATORS,
    Group,
    is_newline,
    is_operator,
    is_token,
    item_at,
    read_chain,
)
from cxcall.explaining.readers.code.tokens import CodeToken

BLOCKS = tuple("with if for while def class else elif try except finally async".split())
TRAILING = tuple(", ( = : + => -> . .. & |> && || [ { := <- <> ? ++".split())
_ASSIGNMENTS = ("=", ":=")
_MOST_TARGETS = 64
"""Items up to the sign of an assignment to several names."""
_OF_NAMES = tuple(". -> :: : , * ? &".split())
LEADING = tuple(". -> + ?. :: |> .. && || & ? : <> ++ = =>".split())


def split_elements(group: Group) -> Iterator[list[Any]]:
    """Yield the elements of a group: separated by `,` or `;`, and in blocks also by line ends."""
    element: list[Any] = []
    is_new_line = False
    for index, item in enumerate(group.items):
        kind = item.kind if isinstance(item, CodeToken) else ""
        if kind == "newline":
            is_new_line = True
            continue
        is_separator = (
            kind == "operator"
            and item.value in (",", ";")
            and not (item.value == "," and is_part_of_element(group, element, index))
        )
        if is_separator or (is_new_line and is_complete(group, element, index)):
            if element:
                yield element
            element = []
        is_new_line = False
        if not is_separator:
            element.append(item)
    if element:
        yield element


def is_part_of_element(group: Group, element: list[Any], position: int) -> bool:
    """Return whether the comma at a position is between arguments, items, or targets within an element."""
    return (
        (not group.opening and is_command(element))
        or is_next_item(group, element, position)
        or is_target_list(group, element, position)
    )


def is_complete(group: Group, element: list[Any], position: int) -> bool:
    """Return whether an element ends before the line that starts at a position.

    Outside of brackets, it may be prose: `Our code:`, or anything above a line that assigns to a name.
    """
    if not element or is_block_start(element):
        return True
    has_lines = group.opening[-1:] in ("{", "") or group.opening == "@("
    is_assigned = is_operator(element[-1], _ASSIGNMENTS)  # `a =` above `b = 1`
    if not (has_lines and continues(element[-1], group.items[position])):
        return has_lines
    is_label = is_operator(element[-1], (":",)) and all(is_token(x, "word") for x in element[:-1])
    is_prose = is_label or (not is_assigned and _assigns(group.items, position))
    return is_prose and not group.opening


def _assigns(items: list[Any], position: int) -> bool:
    """Return whether a line that starts at a position assigns to one or more names, which may have types."""
    for at in range(position, len(items)):
        item = items[at]
        if is_operator(item, (*_ASSIGNMENTS, "<-")):
            return at > position
        is_index = isinstance(item, Group) and item.opening == "["
        if not (is_index or is_token(item, "word") or is_operator(item, _OF_NAMES)):
            return False
    return False


def is_next_item(group: Group, element: list[Any], position: int) -> bool:
    """Return whether the comma at a position is between items of an array in PowerShell: `$a = "b", "c"`."""
    if not any(is_operator(each, ("=", "+=")) for each in element):
        return False
    start, *_ = element
    is_variable = is_token(start, "word") and start.value[:1] == "$"
    is_statement = group.opening in ("", "{") and (is_variable or not isinstance(start, CodeToken))
    following = [each for each in group.items[position + 1 : position + 4] if not is_newline(each)]
    is_value = bool(following) and (
        not isinstance(following[0], CodeToken) or following[0].kind in ("string", "number", "word")
    )
    is_member = is_operator(item_at(following, 1), KEY_SEPARATORS)
    return (is_statement or group.opening == "@{") and is_value and not is_member


def is_target_list(group: Group, element: list[Any], position: int) -> bool:
    """Return whether the comma at a position is in an assignment to several names: `a, err := f()`."""
    if any(is_operator(each, _ASSIGNMENTS) for each in element):
        return False
    following = islice(group.items, position, position + _MOST_TARGETS)
    line = takewhile(lambda each: not is_newline(each), following)
    sign = next((each.value for each in line if is_operator(each, _ASSIGNMENTS)), "")
    if not sign or group.opening not in ("", "{"):
        return False
    before = group.items[: position - len(element)][-2:]
    # In braces, `{ a, b = c }` is an object of C#, whose lines end with commas.
    is_listed = len(before) < 2 or not is_newline(before[1]) or is_operator(before[0], (",",))
    return not group.opening or sign == ":=" or not is_listed


def split_at(items: list[Any], signs: tuple[str, ...]) -> list[list[Any]]:
    """Return items in parts separated by some operators, without empty parts."""
    parts: list[list[Any]] = [[]]
    for item in items:
        if is_operator(item, signs):
            parts.append([])
        else:
            parts[-1].append(item)
    return [each for each in parts if each]


def is_block_start(element: list[Any]) -> bool:
    """Return whether items are a line such as `with session:` or `else:` of Python."""
    is_open = bool(element) and is_operator(element[-1], (":",))
    return is_open and isinstance(element[0], CodeToken) and element[0].value in BLOCKS


def is_command(items: list[Any]) -> bool:
    """Return whether items are a method call without brackets whose first argument is a text: `http.open "POST"`."""
    if not items or not is_token(items[0], "word"):
        return False
    end = read_chain(items, 0)[1]
    return end > 1 and end < len(items) and is_token(items[end], "string")


def continues(before: Any, after: Any) -> bool:
    """Return whether a line continues in the next one, which starts with `after`."""
    if is_token(before, "operator") and before.value in TRAILING:
        return True
    if not isinstance(after, CodeToken):
        return after.opening[-1:] == "{" and is_token(before, "word")
    return after.kind == "operator" and after.value in LEADING
