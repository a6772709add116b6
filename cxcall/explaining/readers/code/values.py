"""Values of expressions in code: constants, joined texts, and calls that are not evaluated."""

from __future__ import annotations

import re
from typing import Any

from cxcall.explaining.readers.json_values.json_search import find_json_end
from cxcall.explaining.readers.unresolved_variables import (
    is_unresolved,
    mark_unresolved,
)

CONSTANTS: dict[str, Any] = {
    **dict.fromkeys(("true", "yes", "$true"), True),
    **dict.fromkeys(("false", "no", "$false"), False),
    **dict.fromkeys(("null", "none", "nil", "undefined", "$null", "nullptr", "nsnull")),
}
ESCAPES = dict(zip("ntr0bfaev", "\n\t\r\0\b\f\a\x1b\v", strict=True))
"""The characters that escaped letters stand for."""
NAMED_FORMAT = re.compile(r"(?<![{\ufdd0])\{[A-Za-z_][\w.]{0,60}\}(?!\})")  # not a marked variable
FORMAT = re.compile(r"%(?:\([^)]*\))?[-+0-9.]*[sdvqiuf@]|\{[0-9]*(?::[^{}]*)?\}")


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
    return unknown()


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
        return next((each for each in terms if isinstance(each, dict | list)), None) or unknown()
    calls = [each for each in terms if isinstance(each, CodeCall | dict | list)]
    if isinstance(terms[0], list) and not any(isinstance(each, dict) for each in terms[0]):
        return [*terms[0], unknown()]  # items that the code adds
    if calls and not isinstance(terms[0], str):
        return calls[0]
    return "".join(
        mark_unresolved(f"{{{each.name}}}")
        if isinstance(each, CodeCall)
        else interpolated_text(each)
        for each in terms
    )


def unknown() -> str:
    """Return the value of an expression that is not evaluated."""
    return mark_unresolved("{...}")


def fill_format(template: str, values: list[Any]) -> str:
    """Return a format with its values in place of `%s`, `{}`, or `{0}`, and with marks on names such as `{name}`."""
    rest = iter(values)
    marked = NAMED_FORMAT.sub(lambda match: mark_unresolved(match[0]), template)
    return FORMAT.sub(lambda _: interpolated_text(next(rest, unknown())), marked)


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
        return {unknown(): None} if len(values) > 1 else None
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
    return unknown() if value is container or contains_value(value, container) else value


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
    if text[:1] in ("{", "["):
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
