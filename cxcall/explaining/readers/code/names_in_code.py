"""Find names in code outside the body that was read: added properties, media types, and fields of types."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from typing import Any

from cxcall.documents.json_pointer import objects
from cxcall.explaining.readers.unresolved_variables import UNKNOWN, is_unresolved, mark_unresolved
from cxcall.named_tuple import NamedTuple
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
_STRUCT = compile_on_use(
    r"\btype (?P<name>\w+) struct ?\{(?P<body>[^{}]{0,4096}(?:\{\}[^{}]{0,4096}){0,20})\}"
)
_FIELD = compile_on_use(
    r"(?:^|;)[ \t]*(?P<names>[A-Z]\w*(?: ?, ?\w+)*)[ \t]+[^`\n;/]+(?:`(?P<tag>[^`\n]*)`)?",
    re.MULTILINE,
)
_TAG = compile_on_use(r"\bjson:\"(?P<name>[^\",]*)(?P<options>[^\"]*)\"")
_EMBEDDED = compile_on_use(r"^\s*\*?[A-Z][\w.]*[ \t]*$", re.MULTILINE)
# Languages in which a type gives its members other names in JSON.
_TYPED = compile_on_use(
    r"\bjson\.Marshal\(|http\.NewRequest|\bnew [A-Z]\w+(?:\(\))?\s*\{|AsJson|AddJsonBody"
    r"|\bSetBody\(|\[\][A-Za-z][\w.]*\{"
)
_RUST_CODE = compile_on_use(r"\blet (?:mut )?\w+\s*=.*::|\.await\b|\bvec!\[|\.json\(&")
_EMPTY: tuple[Any, ...] = (None, "", 0, [], {})


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


class DeclaredType(NamedTuple):
    """The names in JSON of the fields of a type, in order; `is_whole` is False if an object may have others."""

    fields: dict[str, str]
    always_sent: list[str]
    """Fields that are sent also if the code gives them no value."""
    is_whole: bool


class TypedMap(dict[str, Any]):
    """An object of a declared type, with the names that its fields have in JSON."""

    def __init__(self, declared: DeclaredType, members: dict[str, Any]) -> None:
        super().__init__()
        self._fields = declared.fields
        for name, value in members.items():
            self[name] = value
        for name in declared.always_sent:
            self.setdefault(declared.fields[name], mark_unresolved(f"{{{name}}}"))
        if not declared.is_whole:
            super().__setitem__(UNKNOWN, None)

    def __setitem__(self, name: str, value: Any) -> None:
        is_struct = type(value) is dict and value and all(each[:1].isupper() for each in value)
        # An empty value may be left out.
        shown = UNKNOWN if is_struct or value in _EMPTY else value
        super().__setitem__(self._fields.get(name, name), shown)

    def get(self, name: str, default: Any = None) -> Any:
        """Return the value of a field."""
        return super().get(self._fields.get(name, name), default)


def find_types(text: str) -> dict[str, DeclaredType]:
    """Return the types of Go whose names in JSON a text shows, by their names."""
    found: dict[str, DeclaredType] = {}
    for struct in _STRUCT.finditer(text):
        declared = DeclaredType({}, [], not _EMBEDDED.search(struct["body"]))
        for field in _FIELD.finditer(struct["body"]):
            tag = _TAG.search(field["tag"] or "")
            is_left_out = tag and tag["name"] == "-"
            for name in () if is_left_out else re.findall(r"\w+", field["names"]):
                declared.fields[name] = (tag and tag["name"]) or name
                declared.always_sent.extend([] if tag and "omit" in tag["options"] else [name])
        found[struct["name"]] = declared
    return found


def typed(declared: DeclaredType, value: Any) -> Any:
    """Return a literal of a type, named or positional, as an object; members that are not fields are unknown."""
    names = list(declared.fields)
    if isinstance(value, list) and value and len(value) == len(names):
        value = dict(zip(names, value, strict=True))
    if not isinstance(value, dict):
        return UNKNOWN if value else value  # fields by position that JSON does not have
    own = {name: each for name, each in value.items() if name in declared.fields}
    is_whole = declared.is_whole and len(own) == len(value)
    return TypedMap(declared._replace(is_whole=is_whole), own)


def has_type_names(body: Any, text: str) -> bool:
    """Return whether a body is a struct of Go, C#, or Rust whose type, with its names in JSON, is not shown."""
    maps = body if isinstance(body, list) else [body]
    names = [str(name) for each in maps if type(each) is dict for name in each]
    names = [name for name in names if not is_unresolved(name)]
    is_pascal = all(name[:1].isupper() for name in names) and is_in_code(_TYPED, text)
    is_rust = is_in_code(_RUST_CODE, text) and all(
        re.search(rf"(?<![\"\w]){re.escape(name)}(?:\s*:|\s*[,}}])", text) for name in names
    )
    return bool(names) and bool(is_pascal or is_rust)
