"""Create a text that matches the pattern of a JSON Schema, for patterns that are common in API documents.

The standard library parses the pattern, with a module that is not public; in a Python without it, only usual
texts are tried. The result is checked, so that a pattern for other engines does not result in a wrong text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from cxcall.contracts.json_schema import new_validator

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cxcall.contracts.json_schema import JsonSchema

_CLASSES = {"DIGIT": "d", "SPACE": "s", "WORD": "w"}
_MOST_REPETITIONS = 1000
_LONGEST = 10_000
_USUAL = (
    *("text", "+12025550100", "12025550100", "2026-01-01", "https://example.com/"),
    *("1", "a", "A"),
)
_PROBES = [*"a1- A023456789bBcCfF_+./:@#,;", *map(chr, range(33, 127))]
_NOTHING = ("AT", "ASSERT", "ASSERT_NOT")


def sample_text(schema: JsonSchema, usual: str) -> str:
    """Return a text that is valid for a string schema with a `pattern`; `usual` if none is found."""
    is_valid = new_validator({**schema, "type": "string"}).is_valid
    parts: list[str] = []
    for more in (0, 1, 3, 8):
        try:
            # ECMA-262 writes named groups without the `P`.
            pattern = re.sub(r"\(\?<(?![=!])", "(?P<", str(schema["pattern"]))
            parts.append(_write(_parse(pattern), more))
        except (ImportError, ValueError, KeyError, RecursionError, OverflowError, re.error):
            break
    candidates = [usual, *_USUAL, *parts]
    longer = [
        each.ljust(min(schema.get("minLength", 0), _LONGEST), each[-1:] or "x")
        for each in candidates
    ]
    return next((each for each in [*candidates, *longer] if is_valid(each)), usual)


def _parse(pattern: str) -> Iterable[tuple[Any, Any]]:
    from re import _parser  # type: ignore[attr-defined]

    nodes: Iterable[tuple[Any, Any]] = _parser.parse(pattern)
    return nodes


def _write(nodes: Iterable[tuple[Any, Any]], more: int) -> str:
    """Return a text that parsed nodes match; `more` lengthens repetitions. Raises ValueError for an unsupported node."""
    return "".join(_write_node(str(kind), value, more) for kind, value in nodes)


def _write_node(kind: str, value: Any, more: int) -> str:
    if kind == "LITERAL":
        return chr(value)
    if kind in ("IN", "ANY", "NOT_LITERAL"):
        items = value if kind == "IN" else [("NEGATE", None), ("LITERAL", value)]
        return _choose(items)
    if kind == "BRANCH":
        return _write(value[1][0], more)
    if kind in ("SUBPATTERN", "ATOMIC_GROUP"):
        return _write(value[-1] if kind == "SUBPATTERN" else value, more)
    if kind.endswith("_REPEAT"):
        least, most, inner = value
        count: int = min(least + more, int(most), _MOST_REPETITIONS)
        part = _write(inner, more)
        if len(part) * count > _LONGEST:
            raise ValueError("the text would be too long")
        return part * count
    if kind in _NOTHING:
        return ""
    raise ValueError(kind)


def _choose(items: list[tuple[Any, Any]]) -> str:
    """Return a usual character of a class, or else its first one."""
    first, value = items[0]
    named = {"LITERAL": [value], "RANGE": value}.get(str(first), ())
    is_negated = str(first) == "NEGATE"
    probes = [*map(chr, named[:1]), *_PROBES]
    matching = (each for each in probes if any(_is_of(each, *item) for item in items) != is_negated)
    return next(matching, "")


def _is_of(char: str, kind: Any, value: Any) -> bool:
    if str(kind) == "LITERAL":
        return value is not None and ord(char) == value
    if str(kind) == "RANGE":
        return bool(value[0] <= ord(char) <= value[1])
    if str(kind) != "CATEGORY":
        return False
    name = str(value).removeprefix("CATEGORY_")
    is_negated, letter = name.startswith("NOT_"), _CLASSES[name.removeprefix("NOT_")]
    return (re.match(rf"\{letter}", char) is None) == is_negated
