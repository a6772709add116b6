"""Keep the values of names, and evaluate literals of maps and lists in the syntax of many languages."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from cxcall.explaining.readers.code.elements import split_elements
from cxcall.explaining.readers.code.names_in_code import DeclaredType, find_types
from cxcall.explaining.readers.code.request_roles import FORM_MAKERS
from cxcall.explaining.readers.code.sent_body import encode_query, form_members
from cxcall.explaining.readers.code.token_tree import (
    Group,
    is_comprehension,
    is_map_literal,
    is_operator,
    is_spread,
    is_token,
)
from cxcall.explaining.readers.code.values import (
    NOTHING,
    CodeCall,
    Form,
    interpolated_text,
    measure,
)
from cxcall.explaining.readers.unresolved_variables import UNKNOWN, mark_unresolved
from cxcall.runtime.patterns import compile_on_use

LIST_MAKERS = compile_on_use(
    r"(?:^|\W)"
    r"(?:c|vec!|qw|tuple|seq|vector|(?:list|set|stream|array|immutablelist)\.of|singleton_?list"
    r"|set_?of"
    r"|(?:j|q)?(?:json_?|mutable_?|array_?|as_?)?(?:list|arr|array)(?:_?of)?"
    r"|jsonb?(?:_build)?_array)$",
    re.IGNORECASE,
)
ITEM_TYPES = compile_on_use(r"(?:string|int\d*|long|object|any|float\d*|bool)$")
MAP_CALLS = compile_on_use(
    r"(?:^|\W)(?:dict|hasheq|struct|hash(?:table)?|(?:immutable)?map\.of"
    r"|(?:mutable_?|hash_?|linked_?)?map(?:_?of)?|multimap"
    r"|(?:j|q)?(?:json_?)?obj(?:ect)?|jsonb?(?:_build)?_object|object\.assign"
    r"|(?:array_|deep_?)?merge)$",
    re.IGNORECASE,
)
MAP_MAKERS = compile_on_use(
    r"json_?object|hash_?map|dictionary|hashtable|linkedhashmap|multivaluemap|\bmap\b"
    r"|mapof|valuemap|^h$|urlsearchparams"
    r"|formdata|headers?$|header(?:map|init)|header\.init|namevaluecollection|list<?"
    r"|arraylist|array(?:list)?$|url\.values|objectnode"
    r"|jobject|jsonnode|valuelist|propertybag|multidict|ordereddict|formbody"
    r"|requestbody\.builder|psobject|pscustomobject|expando"
    r"|parsequerystring|\.query$",
    re.IGNORECASE,
)
# `def name(`, `const name = (a) =>`
_FUNCTION = compile_on_use(
    r"\b(?:def|function|func|fun|fn|sub|defp)\s+(\w+)"
    r"|\b(\w+)\s*=\s*(?:async\s+)?(?:function\b|lambda\b|\w+\s*=>|\([^()]{0,200}\)\s*=>)"
)
# `urlencode(params)` and `params.toString()`, the text of a query.
_ENCODED = compile_on_use(r"^[\w.]+\((\$?[\w.]+)\)$|(?:\.|->)\w+\(\)$")
# The greatest total size of the values of names, as a multiple of the length of the text.
_ALLOWANCE = 16
_LEAST_ALLOWANCE = 100_000


def is_map_maker(value: Any) -> bool:
    """Return whether a value is a call that makes a map."""
    return isinstance(value, CodeCall) and MAP_MAKERS.search(value.name) is not None


def as_map(value: Any) -> dict[str, Any]:
    """Return a map, the one that a call makes, with the members of a map that it gets, or else a new one."""
    if isinstance(value, dict):
        return value
    values = value.values() if isinstance(value, CodeCall) else ()
    given = next((each for each in values if isinstance(each, dict)), {})
    is_form = isinstance(value, CodeCall) and FORM_MAKERS.search(value.name)
    return Form(given) if is_form else {**given}


class MapsAndLists:
    """Evaluates groups of tokens, and looks up names; a derived class evaluates expressions.

    The values of names may be used only so often that the result is not too large.

    `report(kind, name, value)` is called for each named value (`named`, `item`, `member`), map (`map`), call (`call`), addition
    to a map (`add`), name (`name`), and text (`text`).
    """

    evaluate: Callable[..., Any]
    _statement: Callable[..., tuple[str | None, Any]]

    def __init__(self, report: Callable[[str, str, Any], None]) -> None:
        self._report = report
        self.names: dict[str, Any] = {}
        self.types: dict[str, DeclaredType] = {}
        self.functions: frozenset[str] = frozenset()
        self.has_json_object = False
        self._allowance = _LEAST_ALLOWANCE

    def prepare(self, text: str) -> None:
        """Read the types and functions that a text declares, and set how much it may use."""
        self.types = find_types(text)
        self.has_json_object = "JSONObject" in text
        self.functions = frozenset(found[1] or found[2] for found in _FUNCTION.finditer(text))
        self._allowance = _LEAST_ALLOWANCE + _ALLOWANCE * len(text)

    def _lookup(self, name: str) -> Any:
        """Return the value of a name, or the name as an unresolved variable."""
        value, (owner, _, member) = self.names.get(name, NOTHING), name.rpartition(".")
        if value is NOTHING and owner and isinstance(self.names.get(owner), dict):
            value = self.names[owner].get(member, NOTHING)
        # An empty list is filled later.
        if value is NOTHING or value == [] or not self._may_use(value):
            return mark_unresolved(f"{{{name.lstrip('$')}}}")
        return value

    def _may_use(self, value: Any) -> bool:
        """Return whether the value of a name may be used once more: `a = a + a` doubles it each time."""
        self._allowance -= measure(value, self._allowance)
        return self._allowance >= 0

    def resolve_text(self, text: str) -> str:
        """Return a text with the variables whose values are known."""
        if "\ufdd0" not in text:
            return text

        def replace(match: re.Match[str]) -> str:
            name = match[1].strip("{}").replace("->", ".")
            is_query = text[: match.start()].endswith(("?", "&"))
            name = _ENCODED.sub(r"\1", name) if is_query else name
            for known in (name, f"${name.lstrip('$')}", name.lstrip("$")):
                value = self.names.get(known)
                if isinstance(value, str | int | float) and self._may_use(value):
                    return interpolated_text(value)
                if is_query and (members := form_members(value)):
                    return encode_query(members)
            return match[0]

        return re.sub("\ufdd0([^\ufdd1]*)\ufdd1", replace, text)

    def _group(self, group: Group) -> Any:
        if group.opening == "(":
            elements = list(split_elements(group))
            if len(elements) == 1:
                is_kept = is_operator(group.items[0], (",",))  # a list in a pipe of PowerShell
                return UNKNOWN if is_kept else self._statement(elements[0])[1]
            named = [self._statement(element) for element in elements]
            if named and all(name for name, _ in named):
                return dict(named)  # the named tuple of Julia: `(a = 1, b = 2)`
            return [value for _, value in named]
        return self._elements(group, is_map=group.opening[-1:] == "{" and group.opening != "#{")

    def _elements(self, group: Group, *, is_map: bool) -> Any:
        """Evaluate a map or a list; a map has names or pairs, a list has neither."""
        elements = list(split_elements(group))
        is_literal = is_map_literal(group, elements)
        named = [self._statement(element, is_member=is_literal) for element in elements]
        if not named:
            return {} if is_map or group.opening[-1:] == "{" else []
        if is_comprehension(group):
            return UNKNOWN
        members: dict[str, Any] = {}
        has_names = [
            self._take_member(members, element, name, value, group, is_map=is_map)
            for element, (name, value) in zip(elements, named, strict=True)
        ]
        if any(has_names) or (members and len(members) == len(elements) and group.opening == "{"):
            if is_literal or len(elements) == 1:  # not the variables of a block
                self._report("map", "", members)
            return members
        items: list[Any] = []
        for element, (_, value) in zip(elements, named, strict=True):
            is_list = isinstance(value, list) and is_spread(element)
            items.extend(value if is_list else [value])
        is_nested = group.opening == "@(" and len(items) == 1 and isinstance(items[0], list)
        return items[0] if is_nested else items  # `@(@("a"))` of PowerShell

    def _take_member(
        self,
        members: dict[str, Any],
        element: list[Any],
        name: str | None,
        value: Any,
        group: Group,
        *,
        is_map: bool,
    ) -> bool:
        """Add an element to a map, and return whether the element can only belong to a map."""
        if name is not None:
            members[name] = value
            return True
        if is_spread(element):
            members |= value if isinstance(value, dict) else {interpolated_text(value): None}
            return isinstance(value, dict) or group.opening[-1:] == "{"
        if is_map and isinstance(value, list) and len(value) == 2 and isinstance(value[0], str):
            members[value[0]] = value[1]
            return True
        if is_map and len(element) == 1 and is_token(element[0], "word"):
            name = element[0].value.lstrip("$")
            members[name] = value
            self._report("member", name, value)  # `{ params, headers }`
        return False
