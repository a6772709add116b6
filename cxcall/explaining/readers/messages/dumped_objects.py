"""Evaluate the objects that programs print in the form of their language: JavaScript, Python, Ruby, PHP, Java."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

from cxcall.explaining.readers.json_values.json_search import find_json_end, printed_maps
from cxcall.explaining.readers.json_values.request_objects import (
    is_error_body,
    is_resource,
    read_object,
)
from cxcall.explaining.readers.unresolved_variables import mark_unresolved
from cxcall.runtime.patterns import compile_on_use
from cxcall.runtime.text_decoding import DOUBLE_QUOTES, SINGLE_QUOTES

# What a console leaves out of an object: `[Object]`, `{…}`, `Array(0)`, `…` at its end, and an error with its stack.
_LEFT_OUT = compile_on_use(
    r"(?P<prototype>\[Object: null prototype\] )"
    r"|\[((?:Object|Array|Function|Circular)[^\[\]\n]*)\]|\{\u2026\}|(?<=: )Array\(\d+\)|(?P<end>, \u2026)(?=\s*[}\]])"
    r"|(?<=: )\w*Error: [^\n{}]*(?:\n\s+at (?:[^\n{]|\{(?!\s*$))*)*(?P<open>\{\s*$)?",
    re.MULTILINE,
)
_COMMENT_SIGN = compile_on_use(r"(?<![:\w\"'])//|/\*+|^[ \t]*\*+(?=\s)|\*/|#(?=\s)", re.MULTILINE)
_AS_JSON = compile_on_use(
    rf'[{{\[][\s{{\[]*(?:[{DOUBLE_QUOTES}{SINGLE_QUOTES}]|"(?!(?:[^"\\]|\\.)*"\s*=>)|[}}\]]|$)'
)
_NAMED = compile_on_use(r"\b(?:status|message|code|statusCode|error)\b['\"]?\s*(?::|=>|=)")


def _mark_left_out(found: re.Match[str]) -> str:
    """Return the mark of a value that a console leaves out; the brace of the members of an error."""
    if found["open"] or found["end"] or found["prototype"]:
        return found["open"] or ""
    return f'"{mark_unresolved(f"{{{found[2] or found[0][:5]}}}")}"'


def dumped_error(text: str) -> Any:
    """Return the first error body of the objects that a text dumps, or in their `body`; None if there is none."""
    found = dumped_objects(text)
    inner = (each.get("body") for each in found)
    return next(filter(is_error_body, (*inner, *found)), None)


def dumped_object(text: str) -> Any:
    """Return the first dumped object in a text; None if there is none."""
    return next(iter(dumped_objects(text)), None)


def dumped_objects(text: str) -> list[dict[str, Any]]:
    """Return the objects with a request, response, or error, in the form that JavaScript, Python, or Ruby prints."""
    text = _LEFT_OUT.sub(_mark_left_out, _COMMENT_SIGN.sub(" ", text))
    if not _NAMED.search(text):
        return []
    start = text.find("{")
    evaluated = _evaluated_groups(text[start:], "{") if start >= 0 else iter(())
    values = chain(islice(printed_maps(text), 8), islice(evaluated, 8))
    plain = (_without_calls(value) for value in values if isinstance(value, dict))
    return [one for one in plain if is_error_body(one) or is_resource(one) or read_object(one, "")]


def _evaluated_groups(text: str, openings: str) -> Iterator[Any]:
    """Yield the value of each outermost group of a text, evaluated as code, that starts with one of these brackets."""
    from cxcall.explaining.readers.code.evaluator import Evaluator
    from cxcall.explaining.readers.code.token_tree import Group, make_tree
    from cxcall.explaining.readers.code.tokens import scan

    for each in make_tree(scan(text)).items:
        if isinstance(each, Group) and each.opening in tuple(openings):
            yield Evaluator(lambda *_: None).evaluate([each])


def object_text(text: str) -> str:
    """Return the object at the start of a text as JSON; unchanged if its names are in quotes of JSON, or in typographic ones.

    Empty if there is none, or if it is not complete.
    """
    end = find_json_end(text, 0)
    if not end:
        return ""
    written = text[:end]
    if _AS_JSON.match(written):
        return written
    value = next(_evaluated_groups(written, "{["), None)
    is_object = isinstance(value, dict | list)
    return json.dumps(_without_calls(value), ensure_ascii=False) if is_object else ""


def _without_calls(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): _without_calls(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_without_calls(each) for each in value]
    return value if isinstance(value, str | int | float | bool | None) else None
