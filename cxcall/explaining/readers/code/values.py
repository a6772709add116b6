"""Values of expressions in code: constants, joined texts, calls that are not evaluated, and what conversions give.

A value that changes is unknown: `int("5")`, `5.toString()`.
"""

from __future__ import annotations

import re
from typing import Any

from cxcall.explaining.readers.code.token_tree import CASTS, is_token
from cxcall.explaining.readers.json_values.json_search import find_json_end, is_json_start
from cxcall.explaining.readers.unresolved_variables import UNKNOWN, is_unresolved, mark_unresolved
from cxcall.runtime.patterns import compile_on_use

CONSTANTS: dict[str, Any] = {
    **dict.fromkeys(("true", "yes", "$true"), True),
    **dict.fromkeys(("false", "no", "$false"), False),
    **dict.fromkeys(("null", "none", "nil", "undefined", "$null", "nullptr", "nsnull")),
}
NAMED_FORMAT = compile_on_use(
    r"(?<![{\ufdd0])\{[A-Za-z_][\w.]{0,60}\}(?!\})"
)  # not a marked variable
FORMAT = compile_on_use(r"%(?:\([^)]*\))?[-+0-9.]*[sdvqiuf@]|\{[0-9]*(?::[^{}]*)?\}")
_TO_TEXT = compile_on_use(r"(?:string|str|text|to_?s|inspect)!?$", re.IGNORECASE)
_TO_NUMBER = compile_on_use(
    r"(?i)(?:(?:int(?:eger)?|long)(?:_?(?:8|16|32|64))?|number|to_?i|parse)!?$"
)
_TO_BOOLEAN = compile_on_use(r"bool(?:ean)?$", re.IGNORECASE)
_FROM_TEXT = compile_on_use(r"(?:from_?|of_?)(?:string|str|text)$|(?:strip|trim)$", re.IGNORECASE)
_ENCODED = compile_on_use(r"(?:encode|utf8|json|dumps?)$", re.IGNORECASE)
_SAME_LIST = compile_on_use(
    r"(?:(?:to|as|into)_?\w*"
    r"|(?:a|mutable)?(?:clone|copy|dup|freeze|build|all|await|unwrap|bytes|dump|noSpaces|utf8\w*|data)|!)!?$",
    re.IGNORECASE,
)
_OTHER_MAP = compile_on_use(
    r"(?:get|fetch|keys?|values?|entries|items|map|filter|select|find|first|last|dig|pop|has|contains|size|length"
    r"|count|except|omit|slice|pick|without|reject|description)$",
    re.IGNORECASE,
)
_OTHER_METHOD = compile_on_use(
    r"(?:\.|^)(?:(?:flat_?|compact_?|filter_?)?map(?:_?not_?null|_?indexed|v|_?async)?|filter(?:_?not)?|collect|select"
    r"|reject|reduce|fold|inject|find(?:_?all)?|any|some|every|all|each|for_?each|sort(?:ed)?_?by|group_?by|associate"
    r"(?:_?by|_?with)?|partition|take_?while|drop_?while|each_?with_?object|index_?by|to_?h)\??$",
    re.IGNORECASE,
)

_SIZED_LISTS = ("arraylist", "jsonarray", "vec", "vector", "hashset")
_NUMBER = compile_on_use(r"\s*-?[0-9]+(?:\.[0-9]+)?\s*")


class CodeCall:
    """A call that is not evaluated; `arguments` are (keyword or None, value)."""

    __slots__ = ("arguments", "name")

    def __init__(self, name: str, arguments: list[tuple[str | None, Any]]) -> None:
        self.name, self.arguments = name, arguments

    def values(self) -> list[Any]:
        """Return the values of all arguments."""
        return [value for _, value in self.arguments]


class Form(dict[str, Any]):
    """The parameters of a form, which is not sent as JSON."""


NOTHING = object()
_MAX_DIGITS = 400  # more digits are not a float, and Python refuses more than 4300


def parse_literal_number(text: str) -> Any:
    """Return a token as a number; its text if it is too large or not a number."""
    digits = text.rstrip("LlDdUuMm") if not text.lower().startswith("0x") else text
    if len(digits) > _MAX_DIGITS:
        return text
    try:
        return int(digits, 0) if digits.lstrip("-").isdigit() else float(digits.rstrip("Ff"))
    except ValueError:
        return int(digits.lstrip("0") or "0") if digits.isdigit() else text


def interpolated_text(value: Any) -> str:
    """Return a value as text, to be part of another text."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool | None):
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, int | float):
        return str(value)
    return UNKNOWN


def wrapped_text(value: Any) -> str:
    """Return a value as text, or the first text in a call or a list around it."""
    if isinstance(value, CodeCall | list):
        inner = value.values() if isinstance(value, CodeCall) else value
        return next(filter(None, map(wrapped_text, inner)), "")
    if isinstance(value, bool | int | float):
        return str(value).lower()
    return value if isinstance(value, str) else ""


def join_terms(terms: list[Any]) -> Any:
    """Return a single term unchanged, texts as one text, and maps or lists as one; other results are unknown."""
    if len(terms) == 1:
        return terms[0]
    if all(isinstance(each, dict) for each in terms) and terms:
        return {name: value for each in terms for name, value in each.items()}
    if all(isinstance(each, list) for each in terms) and terms:
        return [value for each in terms for value in each]
    if not any(isinstance(each, str) for each in terms):
        return next((each for each in terms if isinstance(each, dict | list)), None) or UNKNOWN
    calls = [each for each in terms if isinstance(each, CodeCall | dict | list)]
    if isinstance(terms[0], list) and not any(isinstance(each, dict) for each in terms[0]):
        return [*terms[0], UNKNOWN]  # items that the code adds
    if calls and not isinstance(terms[0], str):
        return calls[0]
    return "".join(
        mark_unresolved(f"{{{each.name}}}")
        if isinstance(each, CodeCall)
        else interpolated_text(each)
        for each in terms
    )


def fill_format(template: str, values: list[Any]) -> str:
    """Return a format with its values in place of `%s`, `{}`, or `{0}`, and with marks on names such as `{name}`."""
    rest = iter(values)
    marked = NAMED_FORMAT.sub(lambda match: mark_unresolved(match[0]), template)
    return FORMAT.sub(lambda _: interpolated_text(next(rest, UNKNOWN)), marked)


def is_trivial(content: Any) -> bool:
    """Return whether a map or list is empty, or a list without maps."""
    is_list = isinstance(content, list) and not any(isinstance(each, dict) for each in content)
    is_hidden = isinstance(content, dict) and all(is_unresolved(name) for name in content)
    return is_list or is_hidden or (isinstance(content, list) and all(map(is_trivial, content)))


def is_hollow(content: Any) -> bool:
    """Return whether a map or list contains only variables."""
    if not isinstance(content, list) or not content:
        return False
    return all(is_unresolved(x) or isinstance(x, CodeCall) or is_hollow(x) for x in content)


def as_members(arguments: list[tuple[str | None, Any]]) -> dict[str, Any] | None:
    """Return the arguments of a call as an object: named values, pairs, or both; None if they are not one."""
    values = [value for _, value in arguments]
    if not arguments:
        return None
    if all(isinstance(each, dict) for each in values) and not any(name for name, _ in arguments):
        return {name: value for each in values for name, value in each.items()}
    if all(name for name, _ in arguments):
        return {str(name): value for name, value in arguments}
    if len(values) == 1 and isinstance(values[0], list):
        values = values[0]
    pairs = [each.values() if isinstance(each, CodeCall) else each for each in values]
    if not all(isinstance(each, list) and len(each) == 2 for each in pairs):
        pairs = [[*each] for each in zip(values[::2], values[1::2], strict=False)]
    if not all(is_name(each[0]) for each in pairs):
        return {UNKNOWN: None} if len(values) > 1 else None
    return {each[0]: each[1] for each in pairs} or None


def is_name(value: Any) -> bool:
    """Return whether a value may be the name of a property."""
    return isinstance(value, str) and re.fullmatch(r"[A-Za-z_$][\w.$-]*", value) is not None


def contains_value(outer: Any, inner: Any) -> bool:
    """Return whether a map or list contains a value at any depth; None counts as contained."""
    if inner is None:
        return True
    members = (
        outer.values() if isinstance(outer, dict) else outer if isinstance(outer, list) else ()
    )
    return any(each is inner or contains_value(each, inner) for each in members)


def without_itself(value: Any, container: Any) -> Any:
    """Return a value to add to a map or list; unknown if it contains that map or list itself."""
    return UNKNOWN if value is container or contains_value(value, container) else value


def measure(value: Any, limit: int) -> int:
    """Return the number of characters and members in a value, repeated ones included; stops above the limit."""
    size, waiting = 0, [value]
    while waiting and size <= limit:
        each = waiting.pop()
        size += 1
        if isinstance(each, str):
            size += len(each)
        elif isinstance(each, CodeCall):
            waiting.extend(each.values())
        elif isinstance(each, dict | list):
            waiting.extend(each.values() if isinstance(each, dict) else each)
    return size


def is_in_pieces(content: Any) -> bool:
    """Return whether a text is only a part of a body that code joins: a word, or incomplete JSON."""
    if not isinstance(content, str) or is_unresolved(content):
        return False
    text = content.strip()
    if is_json_start(text):
        return not find_json_end(text, 0) and not text.endswith(("}", "]"))
    return re.fullmatch(r"[\w-]+", text) is not None


def unwrap(content: Any) -> Any:
    """Return the text or map in brackets of C++ or Lua; any other value unchanged."""
    mode = content.get("mode") if isinstance(content, dict) else None
    if isinstance(mode, str) and mode in content:
        return content[mode]  # the form of Postman: `{mode: "raw", raw: text}`
    is_one = isinstance(content, list) and len(content) == 1
    if is_one and isinstance(content[0], str) and content[0].lstrip()[:1] == "{":
        return content[0]
    is_inner = is_one and isinstance(content[0], list) and len(content[0]) == 1
    return content[0][0] if is_inner and isinstance(content[0][0], dict) else content


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
    return value if is_same and name[:1] != "-" else UNKNOWN


def member_of(value: Any, name: str) -> Any:
    """Return what a property or a method without arguments gives for a list, a map, or a number."""
    if isinstance(value, list) and not _SAME_LIST.match(name):
        return UNKNOWN
    if isinstance(value, dict) and _OTHER_MAP.match(name):
        return UNKNOWN
    if isinstance(value, dict) and name in value:
        return value[name]
    if isinstance(value, int | float):
        return converted(name, value) if is_conversion(name) else UNKNOWN
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
        members |= other if isinstance(other, dict) else {UNKNOWN: None}
    return members


def copied(name: str, values: Any) -> Any:
    """Return the list that a constructor makes of one list: `JSONArray(listOf("a"))`; None if it makes another one."""
    if isinstance(values, dict) and {"repeating", "arrayLiteral"} & values.keys():
        return UNKNOWN  # of Swift
    if not isinstance(values, list) or len(values) != 1 or re.search(r"_?of$", name, re.IGNORECASE):
        return None
    (value,) = values
    last = name.rpartition(".")[2].lower()
    if isinstance(value, list):
        is_copy = last in ("jsonarray", "jarray", "arraylist", "tuple", "set", "hashset", "c")
        return value if is_copy else UNKNOWN
    if isinstance(value, int | dict) and not isinstance(value, bool):
        # A number is the size of the list. A map is one item of `list(...)` and of PHP's `array(...)`.
        kinds = (*_SIZED_LISTS, *(("list", "array") if isinstance(value, int) else ()))
        return UNKNOWN if last in kinds else None
    is_document = isinstance(value, str) and value.lstrip()[:1] == "["
    return UNKNOWN if is_document else None


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
