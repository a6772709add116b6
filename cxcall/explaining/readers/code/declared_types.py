"""Read the types that code declares, and the names that their fields have in JSON."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from cxcall.explaining.readers.code.names_in_code import is_in_code
from cxcall.explaining.readers.code.values import unknown
from cxcall.explaining.readers.unresolved_variables import mark_unresolved
from cxcall.named_tuple import NamedTuple

_MAX_TYPE = 4096
_BODY = (
    rf"(?P<body>[^{{}}]{{0,{_MAX_TYPE}}}(?:\{{[^{{}}]{{0,200}}\}}[^{{}}]{{0,{_MAX_TYPE}}}){{0,50}})"
)
_NAME, _PUBLIC = r"(?P<name>\w+)", r"(?:pub(?:\([a-z]+\))? )?"
# For each language, a sign of it in the text, a type, and a field with the mark that gives its name in JSON.
_LANGUAGES = [
    (sign, re.compile(declaration), re.compile(field, re.MULTILINE))
    for sign, declaration, field in (
        (
            r"\bstruct\b",
            rf"\btype {_NAME} struct ?\{{{_BODY}\}}",
            r"(?:^|;)[ \t]*(?P<names>[A-Z]\w*(?: ?, ?\w+)*)[ \t]+[^`\n;/]+(?:`(?P<marks>[^`\n]*)`)?",
        ),
        (
            r"Serialize",
            rf"(?P<marks>(?:#\[[^\[\]]*\]\s*){{1,8}}){_PUBLIC}struct {_NAME}(?:<[^<>]*>)? ?\{{{_BODY}\}}",
            r"(?P<marks>(?:#\[[^\[\]]*\]\s*){0,8})" + _PUBLIC + r"(?:r#)?(?P<names>[a-z_]\w*) ?:",
        ),
        (
            r"\[Json",
            rf"\b(?:class|record|struct) {_NAME}[^{{}};()]{{0,100}}\{{{_BODY}\}}",
            r"(?P<marks>(?:\[[^\[\]]*\]\s*){0,8})public (?:required )?[\w.<>\[\]?, ]+? (?P<names>\w+) ?(?=\{|=|;)",
        ),
        (
            r"data class",
            rf"\bdata class {_NAME} ?\((?P<body>(?:[^()]|\([^()]{{0,200}}\)){{0,{_MAX_TYPE}}})\)",
            r"(?P<marks>(?:@[\w:]+(?:\([^()]{0,200}\))?\s{0,80}){0,8})va[lr] (?P<names>\w+) ?:",
        ),
    )
]
_JSON_NAME = re.compile(
    r"\bjson:\"([^\",]*)|\brename ?= ?\"([^\"]+)\""  # of Go and Rust
    r"|\bJson(?:PropertyName|Property)?\((?:\w+ ?= ?)?\"([^\"]+)\"|\bSerial(?:ized)?Name\(\"([^\"]+)\""
)
_OTHER_NAMES = re.compile(
    r"\bflatten\b|JsonIgnore|skip_serializing\b|rename_all ?= ?\"(?!camelCase|snake_case)"
    r"|^\s*\*?[A-Z][\w.]*[ \t]*$",  # an embedded type of Go
    re.MULTILINE,
)
"""Marks with which the members of an object differ from the fields of its type."""
# Languages in which a type gives its members other names in JSON.
_TYPED = re.compile(
    r"\bjson\.Marshal\(|http\.NewRequest|\bnew [A-Z]\w+(?:\(\))?\s*\{|AsJson|AddJsonBody"
    r"|\bSetBody\("
)
_RUST_CODE = re.compile(r"\blet (?:mut )?\w+\s*=.*::|\.await\b|\bvec!\[|\.json\(&")
_WORD = re.compile(r"\w+")
_SNAKE = re.compile(r"_([a-z0-9])")
_EMPTY: tuple[Any, ...] = (None, "", 0, [], {})


class DeclaredType(NamedTuple):
    """The names in JSON of the fields of a type, in order; `is_whole` is False if an object may have others."""

    fields: dict[str, str]
    is_whole: bool
    always_sent: tuple[str, ...] = ()
    """Fields that are sent also if the code gives them no value."""


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
            super().__setitem__(unknown(), None)

    def __setitem__(self, name: str, value: Any) -> None:
        is_struct = type(value) is dict and value and all(each[:1].isupper() for each in value)
        # An empty value may be left out.
        shown = unknown() if is_struct or value in _EMPTY else value
        super().__setitem__(self._fields.get(name, name), shown)

    def get(self, name: str, default: Any = None) -> Any:
        """Return the value of a field."""
        return super().get(self._fields.get(name, name), default)


def find_types(text: str) -> dict[str, DeclaredType]:
    """Return the types of Go, Rust, C#, and Kotlin whose names in JSON a text shows, by their names."""
    found: dict[str, DeclaredType] = {}
    for sign, declaration, field in _LANGUAGES:
        for each in declaration.finditer(text) if re.search(sign, text) else ():
            marks = each.groupdict().get("marks") or ""
            members = [*field.finditer(each["body"])]
            fields = _fields(members, is_camel="camelCase" in marks)
            own = [
                name
                for one in members
                for name in _WORD.findall(one["names"])
                if name in fields
                if "omit" not in (one["marks"] or "")
            ]
            is_whole = not _OTHER_NAMES.search(marks + each["body"])
            is_go = declaration is _LANGUAGES[0][1]
            found[each["name"]] = DeclaredType(fields, is_whole, tuple(own) if is_go else ())
    return found


def _fields(found: Iterable[re.Match[str]], *, is_camel: bool) -> dict[str, str]:
    """Return the names in JSON by the names of fields; `is_camel` says that they are in camel case without a mark."""
    fields = {}
    for field in found:
        mark = _JSON_NAME.search(field["marks"] or "")
        given = next(filter(None, mark.groups()), "") if mark else ""
        for name in _WORD.findall(field["names"]):
            usual = _SNAKE.sub(lambda part: part[1].upper(), name) if is_camel else name
            fields[name] = given or usual
    return {name: each for name, each in fields.items() if each != "-"}


def typed(declared: DeclaredType, value: Any) -> Any:
    """Return a literal of a type, named or positional, as an object; members that are not fields are unknown."""
    names = list(declared.fields)
    if isinstance(value, list) and value and len(value) == len(names):
        value = dict(zip(names, value, strict=True))
    if not isinstance(value, dict):
        return unknown() if value else value  # fields by position that JSON does not have
    own = {name: each for name, each in value.items() if name in declared.fields}
    is_whole = declared.is_whole and len(own) == len(value)
    return TypedMap(declared._replace(is_whole=is_whole), own)


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
