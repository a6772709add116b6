"""Values that conversions and methods give. A value that changes is unknown: `int("5")`, `5.toString()`."""

from __future__ import annotations

import re
from typing import Any

from cxcall.explaining.readers.code.token_tree import CASTS, is_token
from cxcall.explaining.readers.code.values import CodeCall, interpolated_text, unknown
from cxcall.explaining.readers.unresolved_variables import is_unresolved

_TO_TEXT = re.compile(r"(?:string|str|text|to_?s|inspect)!?$", re.IGNORECASE)
_TO_NUMBER = re.compile(r"(?i)(?:(?:int(?:eger)?|long)(?:_?(?:8|16|32|64))?|number|to_?i|parse)!?$")
_TO_BOOLEAN = re.compile(r"bool(?:ean)?$", re.IGNORECASE)
_FROM_TEXT = re.compile(r"(?:from_?|of_?)(?:string|str|text)$|(?:strip|trim)$", re.IGNORECASE)
_ENCODED = re.compile(r"(?:encode|utf8|json|dumps?)$", re.IGNORECASE)
_SAME_LIST = re.compile(
    r"(?:(?:to|as|into)_?\w*"
    r"|(?:a|mutable)?(?:clone|copy|dup|freeze|build|all|await|unwrap|bytes|dump|noSpaces|utf8\w*|data)|!)!?$",
    re.IGNORECASE,
)
_OTHER_MAP = re.compile(
    r"(?:get|fetch|keys?|values?|entries|items|map|filter|select|find|first|last|dig|pop|has|contains|size|length"
    r"|count|except|omit|slice|pick|without|reject|description)$",
    re.IGNORECASE,
)
_OTHER_METHOD = re.compile(
    r"(?:\.|^)(?:(?:flat_?|compact_?|filter_?)?map(?:_?not_?null|_?indexed|v|_?async)?|filter(?:_?not)?|collect|select"
    r"|reject|reduce|fold|inject|find(?:_?all)?|any|some|every|all|each|for_?each|sort(?:ed)?_?by|group_?by|associate"
    r"(?:_?by|_?with)?|partition|take_?while|drop_?while|each_?with_?object|index_?by|to_?h)\??$",
    re.IGNORECASE,
)

PIPED_INTO = ("invoke-", "irm", "iwr")
"""The start of commands of PowerShell that send their pipeline input as the body."""
_DEPTH = re.compile(r"-?d(?:e(?:p(?:th?)?)?)?$", re.IGNORECASE)
_DEFAULT_DEPTH = 2
_SIZED_LISTS = ("arraylist", "jsonarray", "vec", "vector", "hashset")
_NUMBER = re.compile(r"\s*-?[0-9]+(?:\.[0-9]+)?\s*")


def is_conversion(name: str) -> bool:
    """Return whether a call of a name converts its argument to a text, a number, or a logical value."""
    return any(each.search(name) for each in (_TO_TEXT, _TO_NUMBER, _TO_BOOLEAN))


def converted(name: str, value: Any) -> Any:
    """Return a value after a conversion: unknown if its type or text changes; a variable stays as it is."""
    if value is None or is_unresolved(value):
        return value
    if isinstance(value, CodeCall):
        return CodeCall(name, [(None, value)])
    if _FROM_TEXT.search(name):
        is_same = isinstance(value, str) and value == value.strip() and not _NUMBER.fullmatch(value)
    elif _TO_TEXT.search(name):
        is_same = isinstance(value, str)
    elif _TO_BOOLEAN.search(name):
        is_same = isinstance(value, bool)
    elif _TO_NUMBER.search(name) or name in CASTS:
        is_same = type(value) is int
    else:
        is_same = not (isinstance(value, dict | list) and _ENCODED.search(name))
    return value if is_same and name[:1] != "-" else unknown()


def member_of(value: Any, name: str) -> Any:
    """Return what a property or a method without arguments gives for a list, a map, or a number."""
    if isinstance(value, list) and not _SAME_LIST.match(name):
        return unknown()
    if isinstance(value, dict) and _OTHER_MAP.match(name):
        return unknown()
    if isinstance(value, dict) and name in value:
        return value[name]
    if isinstance(value, int | float):
        return converted(name, value) if is_conversion(name) else unknown()
    is_text = _TO_TEXT.search(name) and isinstance(value, dict | list | CodeCall)
    is_again = isinstance(value, CodeCall) and is_conversion(value.name) and is_conversion(name)
    return CodeCall(name, [(None, value)]) if is_text or is_again else value


def gives_other_items(name: str) -> bool:
    """Return whether a function or method applies a block to each item: `xs.map { ... }`."""
    return "." in name and not name.endswith(".Map") and _OTHER_METHOD.search(name) is not None


def is_convertible(value: Any) -> bool:
    """Return whether a value is a list of texts, or a scalar that is neither a URL nor JSON: a pipe converts it."""
    if isinstance(value, list):
        return not any(isinstance(each, dict | list) for each in value)
    return not isinstance(value, str) or not re.search(r"[/{]", value)


def merged(value: dict[str, Any], name: str, others: list[Any]) -> dict[str, Any]:
    """Return a map with the members of others, which may be variables, if the name of a method says that it adds them."""
    if not re.search(r"^(?:deep_?)?merge!?$|^assign$|^plus$", name, re.IGNORECASE):
        return value
    members = dict(value)
    for other in others:
        members |= other if isinstance(other, dict) else {unknown(): None}
    return members


def copied(name: str, values: Any) -> Any:
    """Return the list that a constructor makes of one list: `JSONArray(listOf("a"))`; None if it makes another one."""
    if isinstance(values, dict) and {"repeating", "arrayLiteral"} & values.keys():
        return unknown()  # of Swift
    if not isinstance(values, list) or len(values) != 1 or re.search(r"_?of$", name, re.IGNORECASE):
        return None
    (value,) = values
    last = name.rpartition(".")[2].lower()
    if isinstance(value, list):
        is_copy = last in ("jsonarray", "jarray", "arraylist", "tuple", "set", "hashset", "c")
        return value if is_copy else unknown()
    if isinstance(value, int | dict) and not isinstance(value, bool):
        # A number is the size of the list. A map is one item of `list(...)` and of PHP's `array(...)`.
        kinds = (*_SIZED_LISTS, *(("list", "array") if isinstance(value, int) else ()))
        return unknown() if last in kinds else None
    is_document = isinstance(value, str) and value.lstrip()[:1] == "["
    return unknown() if is_document else None


def may_calculate(sign: str, before: Any, following: Any) -> bool:
    """Return whether an operator after a value calculates, and does not join texts or maps."""
    if isinstance(before, dict | list):
        return False
    if sign in ("|", "+"):
        is_number = isinstance(before, int | float) or (
            isinstance(before, str) and _NUMBER.fullmatch(before)
        )
        return sign == "|" and bool(is_number) and is_token(following, "number")
    return True


def as_converted_to_json(value: Any, options: list[Any]) -> Any:
    """Return a value as `ConvertTo-Json` prints it, which converts objects below its depth (2 by default) to text."""
    named = [
        at for at, each in enumerate(options) if is_token(each, "word") and _DEPTH.match(each.value)
    ]
    depth = options[named[0] + 1 : named[0] + 2] if named else []
    if named and not (depth and is_token(depth[0], "number")):
        return value
    levels = int(depth[0].value) if depth else _DEFAULT_DEPTH
    # A list at the top may not be a level.
    return _as_printed(value, levels + isinstance(value, list))


def _as_printed(value: Any, levels: int) -> Any:
    if isinstance(value, dict):
        inner = {name: _as_printed(each, levels - 1) for name, each in value.items()}
        return inner if levels >= 0 else "System.Collections.Hashtable"
    if isinstance(value, list):
        items = [_as_printed(each, levels - 1) for each in value]
        return items if levels >= 0 else " ".join(map(interpolated_text, items))
    return value
