"""Variables whose values a source does not show: readers mark them, and the marks are removed at the end."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeGuard

from cxcall.documents.json_pointer import join_pointer, leaves, objects
from cxcall.documents.json_text import find_json
from cxcall.explaining.readers.json_values.json_search import is_json_start
from cxcall.runtime.patterns import compile_on_use

# Noncharacters of Unicode: JSON may contain them, but text that people exchange does not.
_START, _END = "\ufdd0", "\ufdd1"
MARKS = str.maketrans("", "", _START + _END)
_VARIABLE = compile_on_use(f"{_START}([^{_END}]*){_END}")
# GitHub Actions has `${{ inputs.x }}`, Terraform `${var.x}`, and printf directives in place of a value.
_TEMPLATE = compile_on_use(
    r"\$\{\{\s*(?P<action>[^{}\"\\\n]{1,200}?)\s*\}\}"
    r"|\$\{(?P<terraform>[A-Za-z_][\w-]*(?:\.[\w-]+|\[\w*\])+)\}"
    r"|(?<=[\s\"=/:,\[])%(?:l{0,2}[dus]|[isvt@])(?=[\s\"&/:,\]}]|$)"
)
_NO_JSON = object()
# Postman, n8n, and Make have `{{name}}`, Logic Apps `@{name}`, Salesforce `{!name}`, MuleSoft `#[name]`,
# Velocity `$input.name`, ERB `<%= name %>`.
_IN_BRACES = compile_on_use(
    r"\$?\{\{([^{}]+)\}\}|@\{(?!\w+=)([^{}]+)\}|\{!([^{}]+)\}|#\[([^\[\]]+(?:\[[^\[\]]*\][^\[\]]*)*)\]"
    r"|\$!?(input\.[\w.]+)|\$!\{(input\.[\w.]+)\}|<%=?\s*([^<>%]{1,200}?)\s*-?%>"
)
_INPUT = compile_on_use(r"\$!?\{((?:input|credentials|authResponse)\.[\w.]+)\}|\$!?(input\.[\w.]+)")
# A variable of PowerShell or cmd, a placeholder, or an ellipsis, in place of one or more words of a command.
_MORE_WORDS = compile_on_use(r"\s*(?:[@\[<({]|%\w+%|.*(?:\.\.\.|\u2026))", re.DOTALL)
_MAX_VALUES = 1 << 20
_STRING_OR_VARIABLE = compile_on_use(rf'(?<!\\)"(?:[^"\\]|\\.)*"|{_START}[^{_END}]*{_END}')


def mark_unresolved(text: str) -> str:
    """Return the marked form of a variable in the notation of the source: `{name}`, `$NAME`."""
    return f"{_START}{text}{_END}"


UNKNOWN = mark_unresolved("{...}")
"""A value that is not shown and has no name, such as that of an expression that is not evaluated."""


def mark_templates(text: str) -> str:
    """Return a text with marks on the variables that a program fills in before it sends."""
    if "${" not in text and "%" not in text:
        return text
    return _TEMPLATE.sub(lambda each: mark_unresolved(f"{{{each[1] or each[2] or '...'}}}"), text)


def fill_braces(text: str, values: Mapping[str, str]) -> str:
    """Return a text with the values of its variables such as `{{name}}`, and with marks on unknown ones."""

    def fill(match: re.Match[str]) -> str:
        name = match[match.lastindex or 0].strip()
        return values.get(name) or mark_unresolved(f"{{{name}}}")

    return _IN_BRACES.sub(fill, text)


def mark_inputs(text: str) -> str:
    """Return a text with marks on the variables that data actions of Genesys Cloud fill in: `${input.name}`."""
    return _INPUT.sub(lambda each: mark_unresolved(f"{{{each[1] or each[2]}}}"), text)


def remove_marks(text: str) -> str:
    """Return a text with its variables in the notation of the source."""
    return text.translate(MARKS)


def is_unresolved(value: Any) -> TypeGuard[str]:
    """Return whether a value is a text that starts with a variable."""
    return isinstance(value, str) and value.startswith(_START)


def may_be_more_words(word: str) -> bool:
    """Return whether a word of a command is a variable or a placeholder, which may stand for several words."""
    return is_unresolved(word) or _MORE_WORDS.match(word) is not None


def variable_names(text: str) -> tuple[str, ...]:
    """Return the names of the variables in a text."""
    if _START not in text:
        return ()
    names = (name[1:-1] if name.startswith("{") else name for name in _VARIABLE.findall(text))
    return tuple(dict.fromkeys(names))


def replace_variables(text: str, find: Callable[[str], str | None]) -> str:
    """Return a text with the values of the variables for which `find` returns one, up to 1 MB in total."""
    if _START not in text:
        return text
    room = _MAX_VALUES

    def replace(match: re.Match[str]) -> str:
        nonlocal room
        value = find(match[1])
        room -= len(value or "")
        return match[0] if value is None or room < 0 else value

    return _VARIABLE.sub(replace, text)


def resolve_body(body: str | None) -> tuple[str | None, dict[str, tuple[str, ...]]]:
    """Return a body without marks, and the names of its variables by JSON pointer.

    The body is None if it is a single variable, or if its variables make it invalid JSON.
    """
    if body is None or _START not in body:
        return body, {}
    names = {"": variable_names(body)}
    if not _VARIABLE.sub("", body).strip():
        return None, names
    text = _STRING_OR_VARIABLE.sub(_quote_variable, body)
    value = find_json(text, _NO_JSON)
    if value is _NO_JSON:
        return (None, names) if is_json_start(body) else (remove_marks(body), {})
    return (None if _is_variable(value) else remove_marks(text)), dict(_variables(value))


def _quote_variable(match: re.Match[str]) -> str:
    return match[0] if match[0].startswith('"') else json.dumps(match[0], ensure_ascii=False)


def _is_variable(value: Any) -> bool:
    return isinstance(value, str) and not _VARIABLE.sub("", value)


def _variables(value: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield (pointer, names) of each unknown value; a variable as a name may replace the members before it."""
    for pointer, members in objects(value):
        hidden = [variable_names(each) for each in members]
        last = max((at for at, each in enumerate(hidden) if each), default=-1)
        for name, names in zip([*members][: last + 1], hidden, strict=False):
            yield remove_marks(join_pointer(pointer, name)), names or hidden[last]
    for pointer, leaf in leaves(value):
        names = variable_names(leaf) if isinstance(leaf, str) else ()
        if names and (pointer or _is_variable(leaf)):
            yield remove_marks(pointer), names
