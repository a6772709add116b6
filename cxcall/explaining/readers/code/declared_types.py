"""Read the types that code declares, and the names that their fields have in JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from cxcall.explaining.readers.code.names_in_code import is_in_code
from cxcall.explaining.readers.code.values import unknown
from cxcall.explaining.readers.unresolved_variables import mark_unresolved
from cxcall.named_tuple import NamedTuple

_MAX_TYPE = 4096
_BODY = rf"(?P<body>[^{{}}]{{0,{_MAX_TYPE}}}(?:\{{\}}[^{{}}]{{0,{_MAX_TYPE}}}){{0,20}})"
_GO = re.compile(rf"\btype (?P<name>\w+) struct ?\{{{_BODY}\}}")
_GO_FIELD = re.compile(
    r"\s*(?P<names>\w+(?: ?, ?\w+)*)[ \t]+[^`]*?(?:`(?P<tag>[^`]*)`)?\s*(?://.*)?$"
)
_GO_TAG = re.compile(r'\bjson:"(?P<name>[^",]*)(?P<options>[^"]*)"')
_RUST = re.compile(
    rf"(?P<marks>(?:#\[[^\[\]]*\]\s*){{1,8}})(?:pub(?:\([a-z]+\))? )?struct (?P<name>\w+)(?:<[^<>]*>)? ?\{{{_BODY}\}}"
)
_RUST_FIELD = re.compile(
    r"(?P<marks>(?:#\[[^\[\]]*\]\s*)*)(?:pub(?:\([a-z]+\))? )?(?:r#)?(?P<name>[a-z_]\w*) ?:"
)
_RUST_NAME = re.compile(r'\brename ?= ?"([^"]+)"')
_CSHARP = re.compile(
    r"\b(?:class|record|struct) (?P<name>\w+)[^{};()]{0,100}"
    r"\{(?P<body>(?:[^{}]|\{[^{}]{0,200}\}){0,4096})\}"
)
_CSHARP_FIELD = re.compile(
    r"\[Json(?:PropertyName|Property)\((?:PropertyName ?= ?)?\"(?P<json>[^\"]+)\"[^\]]*\]\s*"
    r"public (?:required )?[\w.<>\[\]?, ]+? (?P<name>\w+) ?(?=\{|=|;)"
)
_KOTLIN = re.compile(
    r"\bdata class (?P<name>\w+) ?\((?P<body>(?:[^()]|\([^()]{0,200}\)){0,4096})\)"
)
_KOTLIN_FIELD = re.compile(
    r"(?:@(?:\w+:)?(?:SerialName|SerializedName|JsonProperty|Json)"
    r"\((?:\w+ ?= ?)?\"(?P<json>[^\"]+)\"\)\s*)?va[lr] (?P<name>\w+) ?:"
)
# Languages in which a type gives its members other names in JSON.
_TYPED = re.compile(
    r"\bjson\.Marshal\(|http\.NewRequest|\bnew [A-Z]\w+(?:\(\))?\s*\{|AsJson|AddJsonBody"
    r"|\bSetBody\("
)
_RUST_CODE = re.compile(r"\blet (?:mut )?\w+\s*=.*::|\.await\b|\bvec!\[|\.json\(&")
_EMPTY: tuple[Any, ...] = (None, "", 0, [], {})


class DeclaredField(NamedTuple):
    """A field of a type: its name in JSON, and whether it is sent if no value, or an empty one, is given."""

    json_name: str
    is_always_sent: bool
    omits_empty: bool = False


class DeclaredType(NamedTuple):
    """A type by its fields in order; `is_whole` is False if it may have others."""

    fields: dict[str, DeclaredField]
    is_whole: bool


class TypedMap(dict[str, Any]):
    """An object of a declared type, with the names that its fields have in JSON."""

    def __init__(self, declared: DeclaredType, members: dict[str, Any]) -> None:
        super().__init__()
        self._fields = declared.fields
        for name, value in members.items():
            self[name] = value
        for name, field in declared.fields.items():
            if field.is_always_sent and field.json_name not in self:
                self[name] = mark_unresolved(f"{{{name}}}")
        if not declared.is_whole:
            super().__setitem__(unknown(), None)

    def __setitem__(self, name: str, value: Any) -> None:
        field = self._fields.get(name)
        if field and field.omits_empty and value in _EMPTY:
            return
        is_struct = type(value) is dict and value and all(each[:1].isupper() for each in value)
        super().__setitem__(field.json_name if field else name, unknown() if is_struct else value)

    def get(self, name: str, default: Any = None) -> Any:
        """Return the value of a field."""
        field = self._fields.get(name)
        return super().get(field.json_name if field else name, default)


def find_types(text: str) -> dict[str, DeclaredType]:
    """Return the types of Go, Rust, C#, and Kotlin whose names in JSON a text shows, by their names."""
    found: dict[str, DeclaredType] = {}
    for each in _GO.finditer(text) if "struct" in text else ():
        found[each["name"]] = _go_type(each["body"])
    for each in _RUST.finditer(text) if "Serialize" in text else ():
        if declared := _rust_type(each["marks"], each["body"]):
            found[each["name"]] = declared
    has_other = re.search(r"JsonPropertyName|JsonSerializer|AsJson", text)
    is_mixed = "JsonProperty(" in text and has_other
    for each in _CSHARP.finditer(text) if "[Json" in text and not is_mixed else ():
        fields = _named_fields(_CSHARP_FIELD, each["body"])
        if "JsonIgnore" not in each["body"] and len(fields) == each["body"].count("public "):
            found[each["name"]] = DeclaredType(fields, is_whole=True)
    for each in _KOTLIN.finditer(text) if "data class" in text else ():
        found[each["name"]] = DeclaredType(_named_fields(_KOTLIN_FIELD, each["body"]), True)  # noqa: FBT003 - a field
    return found


def _named_fields(pattern: re.Pattern[str], body: str) -> dict[str, DeclaredField]:
    """Return the fields in the body of a type by their names, with the names in JSON that marks give them."""
    found = pattern.finditer(body)
    return {
        each["name"]: DeclaredField(each["json"] or each["name"], is_always_sent=False)
        for each in found
    }


def typed(declared: DeclaredType, value: Any) -> Any:
    """Return a literal of a type, named or positional, as an object; members that are not fields are unknown."""
    names = list(declared.fields)
    if isinstance(value, list) and value and len(value) == len(names):
        value = dict(zip(names, value, strict=True))
    if not isinstance(value, dict):
        return unknown() if value else value  # fields by position that JSON does not have
    own = {name: each for name, each in value.items() if name in declared.fields}
    is_whole = declared.is_whole and len(own) == len(value)
    return TypedMap(DeclaredType(declared.fields, is_whole), own)


def constructed(declared: DeclaredType, arguments: list[tuple[str | None, Any]]) -> TypedMap | None:
    """Return the object that a constructor makes of positional and named arguments; None if they do not fit its type."""
    names = iter(declared.fields)
    members = {name or next(names, ""): value for name, value in arguments}
    is_fitting = declared.is_whole and all(name in declared.fields for name in members)
    return TypedMap(declared, members) if is_fitting else None


def has_type_names(body: Any, text: str) -> bool:
    """Return whether a body is a struct of Go, C#, or Rust whose type, with its names in JSON, is not shown."""
    maps = body if isinstance(body, list) else [body]
    names = [str(name) for each in maps if type(each) is dict for name in each]
    is_pascal = all(name[:1].isupper() for name in names) and is_in_code(_TYPED, text)
    is_rust = is_in_code(_RUST_CODE, text) and all(
        re.search(rf"(?<![\"\w]){re.escape(name)}(?:\s*:|\s*[,}}])", text) for name in names
    )
    return bool(names) and bool(is_pascal or is_rust)


def _go_type(body: str) -> DeclaredType:
    fields: dict[str, DeclaredField] = {}
    is_whole = True
    for line in re.split(r"[\n;]", body):
        if not line.strip() or line.strip().startswith("//"):
            continue
        field = _GO_FIELD.match(line)
        if field is None:
            is_whole = False  # an embedded type
            continue
        fields.update(_go_fields(field))
    return DeclaredType(fields, is_whole)


def _go_fields(field: re.Match[str]) -> Iterator[tuple[str, DeclaredField]]:
    tag = _GO_TAG.search(field["tag"] or "")
    for name in re.findall(r"\w+", field["names"]):
        is_hidden = (tag is not None and tag["name"] == "-") or not name[:1].isupper()
        if not is_hidden:
            is_optional = tag is not None and "omit" in tag["options"]
            yield name, DeclaredField((tag and tag["name"]) or name, not is_optional, is_optional)


def _rust_type(marks: str, body: str) -> DeclaredType | None:
    rule = re.search(r'rename_all ?= ?"(\w+)"', marks)
    if "Serialize" not in marks or (rule and rule[1] not in ("camelCase", "snake_case")):
        return None
    fields: dict[str, DeclaredField] = {}
    for field in _RUST_FIELD.finditer(body):
        renamed = _RUST_NAME.search(field["marks"])
        name = field["name"]
        if rule and rule[1] == "camelCase":
            name = re.sub(r"_([a-z0-9])", lambda found: found[1].upper(), name)
        omits_empty = "skip_serializing_if" in field["marks"]
        name = renamed[1] if renamed else name
        fields[field["name"]] = DeclaredField(name, is_always_sent=False, omits_empty=omits_empty)
    return DeclaredType(fields, "flatten" not in body)
