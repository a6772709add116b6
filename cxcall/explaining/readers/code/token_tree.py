"""Group the tokens of code by brackets, and split them into elements, keys, and names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, TypeGuard

from cxcall.explaining.readers.code.literals import CodeToken
from cxcall.named_tuple import NamedTuple

CLOSING = {")": "(", "]": "[", "}": "{"}
_MAX_DEPTH = 48
_BUILDER_CALL = re.compile(r"(?:put|add|append)(?:_?(?:all|property|json_?\w+))?$", re.IGNORECASE)
BLOCKS = tuple("with if for while def class else elif try except finally async".split())
KEY_SEPARATORS = (":", "=>", "=", "->", "to", ":=")
TRAILING = tuple(", ( = : + => -> . .. & |> && || [ { := <- <> ? ++".split())
LEADING = tuple(". -> + ?. :: |> .. && || & ? : <> ++ = =>".split())


class Group(NamedTuple):
    """Items in brackets; `opening` is `(`, `[`, or `{`, empty for a whole text."""

    opening: str
    items: list[Any]
    line: int


def make_tree(tokens: Iterable[CodeToken]) -> Group:
    """Return tokens grouped by their brackets. An unmatched bracket is left out."""
    stack = [Group("", [], 0)]
    for token in tokens:
        if token.kind != "bracket":
            stack[-1].items.append(token)
        elif token.value not in CLOSING:
            group = Group(token.value, [], token.line)
            if len(stack) < _MAX_DEPTH:
                stack[-1].items.append(group)
                stack.append(group)
        elif any(each.opening[-1:] == CLOSING[token.value] for each in stack[-3:]):
            while stack.pop().opening[-1:] != CLOSING[token.value]:
                pass
    return stack[0]


def is_token(item: Any, *kinds: str) -> TypeGuard[CodeToken]:
    """Return whether an item is a token of one of some kinds."""
    return isinstance(item, CodeToken) and item.kind in kinds


def split_elements(group: Group) -> Iterator[list[Any]]:
    """Yield the elements of a group: separated by `,` or `;`, and in blocks also by line ends."""
    is_lisp = bool(group.items) and is_lisp_map(
        [each for each in group.items if not is_token(each, "newline")]
    )
    has_lines = (group.opening[-1:] in ("{", "") or group.opening == "@(") and not is_lisp
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
            and not (item.value == "," and not group.opening and is_command(element))
            and not (group.opening in ("", "{") and is_second_result(group.items, index))
            and not (item.value == "," and is_next_item(group, element, index))
        )
        is_block = is_new_line and is_block_start(element)
        if (
            is_separator
            or is_block
            or (has_lines and is_new_line and element and not continues(element[-1], item))
        ):
            if element:
                yield element
            element = []
        is_new_line = False
        if not is_separator:
            element.append(item)
    if element:
        yield element


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
    is_member = is_operator(following[1] if following[1:] else None, KEY_SEPARATORS)
    return (is_statement or group.opening == "@{") and is_value and not is_member


def is_newline(item: Any) -> bool:
    """Return whether an item is the end of a line."""
    return is_token(item, "newline")


def is_second_result(items: list[Any], position: int) -> bool:
    """Return whether the comma at a position comes before the second result of a call: `body, err := ...` of Go."""
    return position + 2 < len(items) and is_operator(items[position + 2], (":=",))


def split_tuples(group: Group) -> list[list[list[Any]]]:
    """Return the tuples in a list of OCaml or F#, `["a", 1; "b", 2]`; empty if there are none."""
    signs = {each.value for each in group.items if is_token(each, "operator")}
    if not {",", ";"} <= signs:
        return []
    tuples: list[list[list[Any]]] = [[[]]]
    for item in group.items:
        if is_operator(item, (";",)):
            tuples.append([[]])
        elif is_operator(item, (",",)):
            tuples[-1].append([])
        elif not is_token(item, "newline"):
            tuples[-1][-1].append(item)
    return [each for each in tuples if each != [[]]]


def is_block_start(element: list[Any]) -> bool:
    """Return whether items are a line such as `with session:` or `else:` of Python."""
    is_open = bool(element) and is_operator(element[-1], (":",))
    return is_open and isinstance(element[0], CodeToken) and element[0].value in BLOCKS


def is_map_literal(group: Group, elements: list[list[Any]]) -> bool:
    """Return whether a group has named members, and not the assignments of a block."""
    if group.opening == "@{":  # of PowerShell
        return True
    commas = sum(is_operator(each, (",",)) for each in group.items)
    is_listed = commas + 1 >= len(elements) > 1
    return is_listed or not any(is_operator(each, ("=", ":=", "<-", ";")) for each in group.items)


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


def is_operator(item: Any, values: tuple[str, ...]) -> bool:
    """Return whether an item is one of some operators or words."""
    return is_token(item, "operator", "word") and item.value in values


def split_key(items: list[Any]) -> tuple[Any, list[Any]]:
    """Return (key, rest) of `key: value` and its kinds; (None, items) if there is no key."""
    if len(items) < 3:
        return None, items
    first, sign, *rest = items
    if is_token(first, "string") and is_operator(sign, ("value", "VALUE")):
        return first, rest  # `json_object('name' value x)` of SQL
    if not (is_operator(sign, KEY_SEPARATORS) and is_token(first, "string", "word", "number")):
        return None, items
    is_member = sign.value == "->" and first.value[:1] == "$"  # `$object->member` of PHP
    return (None, items) if is_member else (first, rest)


def chain_name(items: list[Any]) -> str:
    """Return the dotted name that ends some items, such as the left side of an assignment."""
    names: list[str] = []
    for item in reversed(items):
        if is_token(item, "word"):
            if names and names[0] != ".":
                break
            names.insert(0, item.value)
        elif is_operator(item, (".", "->", "::", "?.")):
            names.insert(0, ".")
        elif names and names[0] == ".":
            continue
        elif names:
            break
    return "".join(names).strip(".")


def read_chain(items: list[Any], position: int) -> tuple[str, int]:
    """Return the dotted name that starts at a word, and where it ends."""
    names = [items[position].value]
    position += 1
    while (
        position + 1 < len(items)
        and is_operator(items[position], (".", "->", "::", "?."))
        and is_token(items[position + 1], "word")
    ):
        names.append(items[position + 1].value)
        position += 2
    return ".".join(names), position


def argument_end(items: list[Any], position: int) -> int:
    """Return the end of an argument without brackets that `&` or `+` joins: `send "a" & b`; 0 if there is none."""
    following = items[position + 1] if position + 1 < len(items) else None
    if not is_operator(following, ("&", "+", "..", "<>")):
        return 0
    commas = (at for at in range(position, len(items)) if is_operator(items[at], (",",)))
    return next(commas, len(items))


def is_method_call(items: list[Any], position: int) -> bool:
    """Return whether the dot at a position comes before a name, not before a text that is joined."""
    following = items[position + 1] if position + 1 < len(items) else None
    if not is_token(following, "word"):
        return False
    return following.value[:1] != "$" and following.value[:1] != "\ufdd0"


def is_joined_to_last(items: list[Any], position: int) -> bool:
    """Return whether an operator joins a term to the one before it; two texts also if a name is between them."""
    before, item = items[position - 1], items[position]
    if is_token(before, "operator"):
        return before.value not in ("::", ":", "<", ">", "=>")
    texts = [
        each for each in items[max(position - 2, 0) : position + 2] if is_token(each, "string")
    ]
    if is_token(item, "string"):
        return is_token(before, "string") or len(texts) > 1
    following = items[position + 1] if position + 1 < len(items) else None
    return is_token(before, "string") and is_token(following, "string")


def is_next_argument(items: list[Any], position: int) -> bool:
    """Return whether `=` at a position belongs to the next argument, as in ABAP and SQL: `a = 1 b = 2`."""
    if position < 2 or not isinstance(items[position - 1], CodeToken):
        return False
    before = items[position - 2]
    return items[position - 1].kind == "word" and not (is_token(before, "operator"))


def is_type(items: list[Any], position: int) -> bool:
    """Return whether brackets belong to a type: `[]byte(...)`, `new[] {...}`, `[4]int{...}`, `(string)null`."""
    group, rest = items[position], items[position + 1 : position + 3]
    if not isinstance(group, Group) or not rest:
        return False
    is_word = is_token(rest[0], "word", "string", "number")
    is_new = position > 0 and is_operator(items[position - 1], ("new",))
    if is_new and not group.items and isinstance(rest[0], Group):
        return rest[0].opening == "{"  # `new() { "a" }` of C#
    if group.opening == "(":
        written = "".join(each.value for each in group.items if isinstance(each, CodeToken))
        is_name = bool(group.items) and isinstance(group.items[0], CodeToken)
        return is_word and is_name and chain_name(group.items) == written
    if group.opening != "[":
        return False
    if isinstance(rest[0], Group):
        return not group.items or rest[0].opening == "@{"
    if not is_token(rest[0], "word"):
        return is_word and isinstance(rest[-1], Group)
    end = read_chain(items, position + 1)[1]  # of a name such as `pkg.Type`
    return rest[0].value != "as" and end < len(items) and isinstance(items[end], Group)


def literal_kind(items: list[Any], start: int) -> str:
    """Return `list` or `map` for the type of a literal of Go whose last name is at `start`: `[]string{}`; else an empty text."""
    brackets = items[start - 1] if start > 0 else None
    if not isinstance(brackets, Group) or brackets.opening != "[":
        return ""
    is_map = brackets.items and start > 1 and is_operator(items[start - 2], ("map",))
    return (literal_kind(items, start - 2) or "map") if is_map else "list"


def is_object_cast(item: Any) -> bool:
    """Return whether an item is `(object)`, which converts a list to an object in PHP."""
    is_brackets = isinstance(item, Group) and item.opening == "("
    return is_brackets and [getattr(each, "value", "") for each in item.items] == ["object"]


def is_message(items: list[Any]) -> bool:
    """Return whether brackets contain a message of Objective-C, not a list."""
    first = items[0] if items else None
    second = next((each for each in items[1:] if not is_token(each, "newline")), None)
    is_receiver = (isinstance(first, Group) and first.opening == "[") or (
        is_token(first, "word", "string") and first.value[:1] != ":"
    )
    return (
        is_receiver
        and is_token(second, "word")
        and second.value[:1] not in (":", "$")
        and second.value not in ("for", "to", "=>")
    )


def is_spread(items: list[Any]) -> bool:
    """Return whether items copy the members of another map: `**other`, `...other`."""
    return is_operator(items[0], ("*", "...", "..", "."))


def is_lisp_map(items: list[Any]) -> bool:
    """Return whether items alternate between names and values: `:name "value" :other 1`."""
    first = items[0] if items else None
    is_keyword = is_token(first, "word") and first.value[:1] == ":"
    return is_keyword and len(items) > 1 and not is_operator(items[1], KEY_SEPARATORS)


def is_lisp_list(items: list[Any]) -> bool:
    """Return whether items are maps without separators."""
    return len(items) > 1 and all(isinstance(each, Group) and each.opening == "{" for each in items)


def is_builder_call(items: list[Any]) -> bool:
    """Return whether items are a call that adds to the object of its block: `put("a", "b")`."""
    if len(items) < 2 or not isinstance(items[0], CodeToken) or not isinstance(items[1], Group):
        return False
    return items[1].opening == "(" and _BUILDER_CALL.match(items[0].value) is not None


def is_builder_block(group: Any) -> bool:
    """Return whether an item is a block that builds an object or a list: `{ put("a", "b") }`."""
    is_block = isinstance(group, Group) and group.opening == "{"
    return is_block and any(is_builder_call(each) for each in split_elements(group))
