"""Group the tokens of code by brackets, and recognize keys, names, types, functions, and literals among them."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import zip_longest
from typing import Any, TypeGuard

from cxcall.explaining.readers.code.tokens import CodeToken
from cxcall.named_tuple import NamedTuple

CLOSING = {")": "(", "]": "[", "}": "{"}
_MAX_DEPTH = 48
CASTS = tuple(
    "int integer int32 int64 long short byte float double decimal number string bool boolean array".split()
)
_OF_STATEMENTS = (";", "const", "let", "var", "return")
_COMPUTING = ("map", "grep", "sort", "split", "qw")
KEY_SEPARATORS = (":", "=>", "=", "->", "to", ":=")


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


def item_at(items: list[Any], position: int) -> Any:
    """Return the item at a position; None after the last one."""
    return items[position] if position < len(items) else None


def is_newline(item: Any) -> bool:
    """Return whether an item is the end of a line."""
    return is_token(item, "newline")


def is_map_literal(group: Group, elements: list[list[Any]]) -> bool:
    """Return whether a group has named members, and not the assignments of a block."""
    if group.opening == "@{":  # of PowerShell
        return True
    commas = sum(is_operator(each, (",",)) for each in group.items)
    is_listed = commas + 1 >= len(elements) > 1
    return is_listed or not any(is_operator(each, ("=", ":=", "<-", ";")) for each in group.items)


def is_operator(item: Any, values: tuple[str, ...]) -> bool:
    """Return whether an item is one of some operators or words."""
    return is_token(item, "operator", "word") and item.value in values


def split_key(items: list[Any]) -> tuple[Any, list[Any]]:
    """Return (key, rest) of `key: value` and its kinds; (None, items) if there is no key."""
    if len(items) < 3:
        return None, items
    first, sign, *rest = items
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


def is_method_call(items: list[Any], position: int) -> bool:
    """Return whether the dot at a position comes before a name, not before a text that is joined."""
    following = item_at(items, position + 1)
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
    following = item_at(items, position + 1)
    return is_token(before, "string") and is_token(following, "string")


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
    """Return `list` or `map` for a literal of Go whose type ends at `start`: `[]string{}`; else an empty text."""
    brackets = items[start - 1] if start > 0 else None
    if not isinstance(brackets, Group) or brackets.opening != "[":
        return ""
    is_map = brackets.items and start > 1 and is_operator(items[start - 2], ("map",))
    return (literal_kind(items, start - 2) or "map") if is_map else "list"


def is_spread(items: list[Any]) -> bool:
    """Return whether items copy the members of another map: `**other`, `...other`."""
    return is_operator(items[0], ("*", "...", "..", "."))


def has_parameters(item: Any) -> bool:
    """Return whether an item is a block of Ruby with parameters: `{ |x| x.name }`."""
    return isinstance(item, Group) and is_operator(next(iter(item.items), None), ("|",))


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
    is_function = _uses(right, left[0].value) or _has_statements(right[0])
    return at + 1 if is_name and is_used and is_function else 0


def _has_statements(item: Any) -> bool:
    """Return whether an item is a block with statements, and not the value of a key: `res => { done(); }`."""
    is_block = isinstance(item, Group) and item.opening == "{"
    return is_block and any(is_operator(each, _OF_STATEMENTS) for each in item.items)


def _uses(items: list[Any], name: str) -> bool:
    """Return whether a name is among some items at any depth, and not only as a key."""
    return any(
        _uses(each.items, name)
        if isinstance(each, Group)
        else each[:2] == ("word", name) and not is_operator(after, ("=>", ":"))
        for each, after in zip_longest(items, items[1:])
    )


def cast_type(items: list[Any], position: int) -> str:
    """Return the type that brackets before a value convert it to: `(int)"5"`, `[string]$a`; empty if they are none."""
    group, rest = items[position], items[position + 1 : position + 2]
    if not isinstance(group, Group) or not rest or len(group.items) != 1:
        return ""
    is_brackets = group.opening == "(" or (group.opening == "[" and not position)
    name = group.items[0].value.lower() if is_token(group.items[0], "word") else ""
    is_value = is_token(rest[0], "word", "string", "number")
    return name if is_brackets and is_value and name in CASTS else ""


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
