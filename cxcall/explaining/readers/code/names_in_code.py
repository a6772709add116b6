"""Find names of properties in code outside the body that was read: other lines may add them to it."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from typing import Any

from cxcall.documents.json_pointer import objects
from cxcall.explaining.readers.code.values import unknown

# A name in quotation marks, of a member, or of an argument; not a variable that is only used.
_NAME = re.compile(
    r"(?<=[\"'`.:\[>@])([A-Za-z_]\w{1,80})(?![\w(])"
    r"|(?<![\w$])([A-Za-z_]\w{1,80})(?=[\"'`\]]|\s{0,4}(?::(?![:=])|=>|->)|=(?!=)|\s{1,4}(?:to|'|@)\s?)"
    r"|[{,]\s{0,16}([A-Za-z_]\w{1,80})(?=\s{0,8}=(?!=))"
    r"|(?i:-NotePropertyName|-Name)\s+(\w{1,80})"
)


@lru_cache(maxsize=1)  # a text may have many requests
def _names(code: str) -> frozenset[str]:
    return frozenset(name for found in _NAME.finditer(code) for name in found.groups() if name)


@lru_cache(maxsize=1)
def _counts(code: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", code))


def names_outside(body: Any, code: str) -> frozenset[str]:
    """Return the names of members in code that are nowhere in the object or list that it builds."""
    if not isinstance(body, dict | list):
        return frozenset()
    shown = {name for _, members in objects(body) for name in members}
    return _names(code) - shown


def with_later_items(body: Any, code: str) -> Any:
    """Return a body with unknown values for empty lists and maps that code names again, and so may fill."""
    if not isinstance(body, dict | list):
        return body
    return _with_later_items(body, _counts(code))


def _with_later_items(value: Any, counts: Counter[str]) -> Any:
    if isinstance(value, list):
        return [_with_later_items(each, counts) for each in value]
    if not isinstance(value, dict):
        return value
    for name, each in value.items():
        is_filled = each in ([], {}) and counts[str(name)] > 1
        dict.__setitem__(value, name, unknown() if is_filled else _with_later_items(each, counts))
    return value
