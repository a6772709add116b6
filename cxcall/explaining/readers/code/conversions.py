"""Values that conversions and methods give: `int("5")`, `5.toString()`. What is not certain is unknown."""

from __future__ import annotations

import re
from typing import Any

from cxcall.explaining.readers.code.code_forms import CASTS
from cxcall.explaining.readers.code.token_tree import Group, is_token
from cxcall.explaining.readers.code.values import CodeCall, interpolated_text, unknown
from cxcall.explaining.readers.unresolved_variables import is_unresolved

_TO_TEXT = re.compile(r"(?:string|str|text|to_?s|inspect)!?$", re.IGNORECASE)
_TO_NUMBER = re.compile(r"(?i)(?:(?:int(?:eger)?|long)(?:_?(?:8|16|32|64))?|number|to_?i|parse)!?$")
_TO_BOOLEAN = re.compile(r"bool(?:ean)?$", re.IGNORECASE)
_FROM_TEXT = re.compile(r"(?:from_?|of_?)(?:string|str|text)$", re.IGNORECASE)
_ENCODED = re.compile(r"(?:encode|utf8|json|dumps?)$", re.IGNORECASE)
_TRIMMED = re.compile(r"(?:strip|trim)$", re.IGNORECASE)
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

_SIZED_LISTS = ("arraylist", "jsonarray", "vec", "vector", "hashset")
_SQL_TYPES = ("json", "jsonb", "text", "uuid", "varchar")
"""Types to which PostgreSQL converts a text without a change: `'{}'::jsonb`."""


def is_conversion(name: str) -> bool:
    """Return whether a call of a name converts its argument to a text, a number, or a logical value."""
    return any(each.search(name) for each in (_TO_TEXT, _TO_NUMBER, _TO_BOOLEAN))


def converted(name: str, value: Any) -> Any:
    """Return what a conversion gives for a value; a variable stays as it is."""
    if value is None or is_unresolved(value):
        return value
    if isinstance(value, CodeCall):
        return CodeCall(name, [(None, value)])
    if name[:1] == "-":
        return unknown()
    if name == "array":
        return value if isinstance(value, list) else [value]
    if _FROM_TEXT.search(name):
        return value if isinstance(value, str) and not is_numeric(value) else unknown()
    if _TO_TEXT.search(name):
        return _as_text(value)
    if _TO_BOOLEAN.search(name):
        return value if isinstance(value, bool) else unknown()
    if _TO_NUMBER.search(name) or name in CASTS:
        return _as_integer(value)
    if _TRIMMED.search(name) and isinstance(value, str):
        return value.strip()
    is_text_of = isinstance(value, dict | list) and _ENCODED.search(name)
    return unknown() if is_text_of else value


def _as_text(value: Any) -> str:
    is_integer = isinstance(value, int) and not isinstance(value, bool)
    return value if isinstance(value, str) else str(value) if is_integer else unknown()


def _as_integer(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,18}", value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else unknown()


def is_numeric(text: str) -> bool:
    """Return whether a text is a number, so that arithmetic may convert it."""
    return re.fullmatch(r"\s*-?[0-9]+(?:\.[0-9]+)?\s*", text) is not None


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


def item_of(value: Any, group: Group) -> Any:
    """Return the item of a list or a map that an index or a name in brackets selects."""
    key = group.items[0].value
    if isinstance(value, dict):
        return value.get(key, unknown())
    is_index = isinstance(value, list) and key.isdigit() and int(key[:9]) < len(value)
    return value[int(key)] if is_index else unknown()


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


def negated(sign: str, value: Any) -> Any:
    """Return a value after a sign before it: `+"5"`, `!0`, `-x`."""
    if sign == "!" and isinstance(value, int):
        return not value
    if sign == "+" and isinstance(value, str):
        return _as_integer(value.strip()) if is_numeric(value) else value
    if sign == "+" and not isinstance(value, bool | None):
        return value
    is_number = sign == "-" and isinstance(value, int | float) and not isinstance(value, bool)
    return -value if is_number else unknown()


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


def accumulated(known: Any, method: str, value: Any) -> Any:
    """Return what `JSONObject` has for a name after a method adds a value: `append` and `accumulate` make a list."""
    if method not in ("append", "accumulate"):
        return value
    if isinstance(known, list):
        return [*known, value]
    return [value] if method == "append" else value if known is None else [known, value]


def may_calculate(sign: str, before: Any, following: Any) -> bool:
    """Return whether an operator after a value calculates, and does not join texts or maps."""
    if isinstance(before, dict | list):
        return False
    if isinstance(before, str) and not is_unresolved(before):
        if sign == "::" and is_token(following, "word") and following.value.lower() in _SQL_TYPES:
            return False
        is_number = is_numeric(str(before)) and (is_token(following, "number") or sign == ">>")
        return is_number or (sign == "*" and is_token(following, "number")) or sign == "::"
    return sign in ("*", "-", "/") or (sign in ("|", ">>") and is_token(following, "number"))


def extended_url(url: Any, name: str, values: list[Any]) -> str:
    """Return what a method of Flurl (.NET) makes of a URL: the URL with more segments, or unchanged; empty for other methods."""
    if not (isinstance(url, str) and "://" in url):
        return ""
    if re.match(r"AppendPathSegments?$", name) and values:
        return "/".join([url.rstrip("/"), *(interpolated_text(each).strip("/") for each in values)])
    return url if re.match(r"With(?:Header|OAuth|Basic|Timeout|Cookie)|Allow\w*Http", name) else ""
