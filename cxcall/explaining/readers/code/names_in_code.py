"""Find names in code outside the body that was read: added properties, media types, and types."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from typing import Any

from cxcall.documents.json_pointer import objects
from cxcall.explaining.readers.unresolved_variables import UNKNOWN, is_unresolved
from cxcall.runtime.patterns import LazyPattern, compile_on_use

# A name in quotation marks, of a member, or of an argument; not a variable that is only used.
_NAME = compile_on_use(
    r"(?<=[\"'`.:\[>@])([A-Za-z_]\w{1,80})(?![\w(])"
    r"|(?<![\w$])([A-Za-z_]\w{1,80})(?=[\"'`\]]|\s{0,4}(?::(?![:=])|=>|->)|=(?!=)|\s{1,4}(?:to|'|@)\s?)"
    r"|[{,]\s{0,16}([A-Za-z_]\w{1,80})(?=\s{0,8}=(?!=))"
    r"|(?i:-NotePropertyName|-Name)\s+(\w{1,80})"
)
_ACCEPT = compile_on_use(r"accept[^\n]{0,24}application/json", re.IGNORECASE)
_JSON_TYPE = compile_on_use(r"application/json|application_?json|\bas_?json\b", re.IGNORECASE)
# Languages in which a type gives its members other names in JSON.
_TYPED = compile_on_use(
    r"\bjson\.Marshal\(|http\.NewRequest|\bnew [A-Z]\w+(?:\(\))?\s*\{|AsJson|AddJsonBody"
    r"|\bSetBody\("
)
_RUST_CODE = compile_on_use(r"\blet (?:mut )?\w+\s*=.*::|\.await\b|\bvec!\[|\.json\(&")


@lru_cache(maxsize=1)  # a text may have many requests
def _names(code: str) -> frozenset[str]:
    return frozenset(name for found in _NAME.finditer(code) for name in found.groups() if name)


@lru_cache(maxsize=1)
def _counts(code: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", code))


@lru_cache(maxsize=64)
def is_in_code(pattern: str | LazyPattern, code: str) -> bool:
    """Return whether code has a match of a pattern, looked for once for all requests in it."""
    found = re.search(pattern, code) if isinstance(pattern, str) else pattern.search(code)
    return found is not None


@lru_cache(maxsize=1)
def names_json(code: str) -> bool:
    """Return whether a method or an argument in code names the JSON media type, not only as accepted."""
    return _JSON_TYPE.search(_ACCEPT.sub("", code)) is not None


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
        dict.__setitem__(value, name, UNKNOWN if is_filled else _with_later_items(each, counts))
    return value


def has_type_names(body: Any, text: str) -> bool:
    """Return whether a body is a struct of Go, C#, or Rust, whose names in JSON its type decides."""
    maps = body if isinstance(body, list) else [body]
    names = [str(name) for each in maps if type(each) is dict for name in each]
    names = [name for name in names if not is_unresolved(name)]
    is_pascal = all(name[:1].isupper() for name in names) and is_in_code(_TYPED, text)
    is_rust = is_in_code(_RUST_CODE, text) and all(
        re.search(rf"(?<![\"\w]){re.escape(name)}(?:\s*:|\s*[,}}])", text) for name in names
    )
    return bool(names) and bool(is_pascal or is_rust)
