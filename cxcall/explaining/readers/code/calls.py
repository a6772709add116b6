"""Evaluate calls in code: constructors and builders of maps and lists, formats, and commands without brackets."""

from __future__ import annotations

import re
from typing import Any

from cxcall.explaining.readers.code.collection_literals import (
    ITEM_TYPES,
    LIST_MAKERS,
    MAP_CALLS,
    MapsAndLists,
    as_map,
    is_map_maker,
)
from cxcall.explaining.readers.code.elements import split_elements
from cxcall.explaining.readers.code.names_in_code import typed
from cxcall.explaining.readers.code.request_roles import METHOD_NAME
from cxcall.explaining.readers.code.token_tree import (
    Group,
    is_operator,
    is_route,
    is_token,
    item_at,
    literal_kind,
    read_chain,
)
from cxcall.explaining.readers.code.tokens import CodeToken
from cxcall.explaining.readers.code.values import (
    CONSTANTS,
    FORMAT,
    NAMED_FORMAT,
    NOTHING,
    CodeCall,
    as_members,
    copied,
    fill_format,
    gives_other_items,
    interpolated_text,
    join_terms,
    member_of,
    merged,
    parse_literal_number,
    without_itself,
)
from cxcall.explaining.readers.unresolved_variables import (
    UNKNOWN,
    is_unresolved,
    mark_unresolved,
    remove_marks,
)
from cxcall.runtime.patterns import compile_on_use

_KIND = "(?:json_?|j)?(?:property|parameter|field|pair|member|item|string|str|text|number|int|bool|boolean|value|object|obj|array|list|node|element|entry|null|raw)?"
_ADDERS = compile_on_use(
    r"^(?:(?:put|add|set|append|insert|with|try_?add)_?"
    rf"(?:{_KIND}|all|without_?validation|if_?absent)|store|accumulate|field|setdefault"
    r"|body_mut)$",
    re.IGNORECASE,
)
_LIST_ADDERS = compile_on_use(
    rf"^(?:add|append|push|push_?back|put|insert)_?{_KIND}$", re.IGNORECASE
)
_LIST_CHANGES = compile_on_use(r"(?i)(?:add|append|push|extend|insert|unshift|concat!|put|merge!)")
_READERS = compile_on_use(
    r"^(?:get|to|as|dump|string|has|contains|is|write|find|opt|json|build|encode|serialize"
    r"|length|size|each|for|keys|values)",
    re.IGNORECASE,
)
_SAME = compile_on_use(
    r"^(?:trim|strip|to_?s(?:tr(?:ing)?)?|to_owned|into|clone|copy"
    r"|as_(?:str|ref|bytes|text)|c_str|freeze|unwrap|(?:get_?)?bytes|encode|utf8_?\w*|data"
    r"|noSpaces|build|dump|!)!?$",
    re.IGNORECASE,
)
_SERIALIZERS = compile_on_use(r"to_?json|writevalueas|serializ|stringify|dumps", re.IGNORECASE)


class Calls(MapsAndLists):
    """Evaluates calls, and applies those that change maps and lists."""

    def _call(self, name: str, items: list[Any], position: int) -> tuple[Any, int]:
        """Evaluate `name(...)`, `name[...]`, `name{...}`, and `type[]{...}`."""
        group = items[position]
        after = item_at(items, position + 1)
        opening, start = group.opening[-1:], position - 1 - 2 * name.count(".")
        if group.opening == "@(":
            return self._command(name, items, position)  # the argument of PowerShell is a list
        if name[:1] == "@" and "." in name and opening == "(":
            return NOTHING, position + 1  # a decorator or an annotation: `@app.post("/call")`
        if opening == "(" and is_route(name, elements := list(split_elements(group))):
            for each in elements[1:]:
                self.evaluate(each)
            return UNKNOWN, position + 1
        if opening == "[":
            return self._index(name, items, position)
        if opening == "{" and not group.items and isinstance(after, Group) and after.opening == "{":
            group, position = after, position + 1  # after the type `interface{}`
        if (opening == "{" and gives_other_items(name)) or name == "for":
            self._elements(group, is_map=False)
            return UNKNOWN, position + 1
        if opening == "{":
            return self._literal(name, group, literal_kind(items, start)), position + 1
        return self._bracket_call(name, items, position)

    def _bracket_call(self, name: str, items: list[Any], position: int) -> tuple[Any, int]:
        """Evaluate `name(...)`."""
        group = items[position]
        if LIST_MAKERS.search(name):
            items = self._elements(group, is_map=False)
            copy = copied(name, items)
            return items if copy is None else copy, position + 1
        is_map = MAP_CALLS.search(name) is not None and not gives_other_items(name)
        arguments = self._arguments(group, is_map=is_map)
        members = as_members(arguments) if is_map else None
        if members is not None:
            self._report("map", "", members)
            return members, position + 1
        return self._finish_call(name, arguments), position + 1

    def _literal(self, name: str, group: Group, kind: str) -> Any:
        """Evaluate `name{...}`, a map or a list; `kind` is the one that its type shows, if any."""
        is_made = LIST_MAKERS.search(name) or ITEM_TYPES.match(name)
        is_list = kind == "list" or (not kind and is_made is not None)
        value = self._elements(group, is_map=not is_list)
        value = value if isinstance(value, dict | list) and value else [] if is_list else {}
        if declared := self.types.get(name.rpartition(".")[2]):
            is_many = kind == "list" and isinstance(value, list)  # with its names in JSON
            value = [typed(declared, each) for each in value] if is_many else typed(declared, value)
        elif not is_list and isinstance(value, list) and len(value) > 1:
            value = UNKNOWN  # the fields of a struct by position
        self._report("call", name, CodeCall(name, [(None, value)]))
        return value

    def _index(self, name: str, items: list[Any], position: int) -> tuple[Any, int]:
        """Evaluate `name[key]`, a member of a map."""
        group = items[position]
        following = item_at(items, position + 1)
        is_block = isinstance(following, Group) and following.opening == "{"
        if not group.items or is_block or is_token(following, "word"):
            return NOTHING, position + 1  # a type: `new[] {...}`, `map[string]any{...}`
        key, owner = interpolated_text(self.evaluate(group.items)), self._lookup(name)
        value = owner.get(key) if isinstance(owner, dict) else None
        if value is None:
            value = mark_unresolved(f"{{{remove_marks(key).strip('{}') or name}}}")
        return value, position + 1

    def _arguments(self, group: Group, *, is_map: bool = False) -> list[tuple[str | None, Any]]:
        return [self._statement(element, is_member=is_map) for element in split_elements(group)]

    def _finish_call(self, name: str, arguments: list[tuple[str | None, Any]]) -> Any:
        """Report a call, and apply it if it adds to a map or list, or fills a format."""
        owner, _, method = name.rpartition(".")
        values = [value for _, value in arguments]
        if owner and (added := self._add(owner, method, values)) is not None:
            self._report("add", name, CodeCall(name, arguments))
            return added
        if name == "append" and len(values) > 1:  # of Go: gives the list with more items
            return [*(values[0] if isinstance(values[0], list) else [UNKNOWN]), *values[1:]]
        maker = method.lower().rstrip("!")
        if maker in ("format", "glue", "sprintf", "join", "urljoin", "resolve", "concat"):
            texts = [each for each in values if isinstance(each, str)]
            pattern = NAMED_FORMAT if maker in ("format", "glue") else FORMAT
            if texts and (FORMAT.search(texts[0]) or pattern.search(texts[0])):
                value = fill_format(texts[0], values[values.index(texts[0]) + 1 :])
                self._report("filled", texts[0], value)
                return value
        known = self.names.get(owner)
        if isinstance(known, dict) and values and not _READERS.match(method):
            first = values[0]
            more = {first if is_unresolved(first) else UNKNOWN: None}
            added = first if isinstance(first, dict) else more
            known.update({name: without_itself(value, known) for name, value in added.items()})
        if isinstance(known, list) and values and _LIST_CHANGES.match(method):
            known.append(UNKNOWN)
        is_client = isinstance(known, dict) and METHOD_NAME.search(name)
        is_own = owner and not is_client and isinstance(known, str | dict | list)
        own: list[tuple[str | None, Any]] = [(None, known)] if is_own else []
        call = CodeCall(name, own + arguments)
        self._report("call", name, call)
        pair = values if name.endswith("ValuePair") else None  # of .NET and Apache: of a form
        return UNKNOWN if name in self.functions else pair or call

    def _add(self, owner: str, method: str, values: list[Any]) -> Any:
        """Apply `owner.put(key, value)` and `owner.push(value)`; return its result, or None for any other method."""
        target = self.names.get(owner)
        if len(values) == 1 and isinstance(values[0], CodeCall | list):
            pair = values[0].values() if isinstance(values[0], CodeCall) else values[0]
            if len(pair) == 2 and isinstance(pair[0], str):
                values = pair  # `add(new KeyValuePair("a", "b"))`
        changed = self._add_to(target, method, values)
        if changed is None:
            return None
        self.names[owner], result = changed
        return result

    def _add_to(self, target: Any, method: str, values: list[Any]) -> tuple[Any, Any] | None:
        """Apply a method that adds to a map or list; return the collection and the result, or None for any other method."""
        is_list = isinstance(target, list)
        is_map = isinstance(target, dict) or is_map_maker(target) or target == []
        is_named = bool(values) and isinstance(values[0], str) and is_map
        if is_named and len(values) == 2 and _ADDERS.match(method):
            members, (member, value) = as_map(target), values
            is_list = self.has_json_object and method in ("append", "accumulate")
            members[member] = UNKNOWN if is_list else without_itself(value, members)
            return members, members
        if is_list and len(values) == 1 and _LIST_ADDERS.match(method):
            target.append(without_itself(values[0], target))
            return target, target
        return None

    def _method(self, target: Any, items: list[Any], position: int) -> tuple[Any, int]:
        """Evaluate `.name(...)` after a value; a builder of a map or list evaluates to it."""
        name, position = read_chain(items, position)
        following = item_at(items, position)
        # Ruby needs no brackets.
        if isinstance(target, dict | list) and name.lower().replace("_", "") == "tojson":
            return CodeCall(name, [(None, target)]), position + isinstance(following, Group)
        is_changed = isinstance(target, str) and not is_unresolved(target) and not _SAME.match(name)
        if not isinstance(following, Group):
            part = mark_unresolved(f"{{{name}}}") if is_changed else member_of(target, name)
            return part, position
        arguments = self._arguments(following)
        values = [value for _, value in arguments]
        if name in ("format", "formatted") and isinstance(target, str):
            return fill_format(target, values), position + 1
        if name == "join" and isinstance(target, str):  # of Python
            return UNKNOWN, position + 1
        added = self._add_to(target, name, values)
        if added is not None:
            self._report("add", name, CodeCall(name, arguments))
            return added[1], position + 1
        call = self._report_method(target, name, arguments)
        if isinstance(target, CodeCall) and values and _SERIALIZERS.search(name):
            is_changed = True  # such as `new Gson().toJson(body)`
        if isinstance(target, dict) and (all_members := merged(target, name, values)) is not target:
            return all_members, position + 1
        return call if is_changed else member_of(target, name), position + 1

    def _report_method(
        self, target: Any, name: str, arguments: list[tuple[str | None, Any]]
    ) -> CodeCall:
        is_text = isinstance(target, str)
        if is_text and METHOD_NAME.search(name):
            self._report("text", "", target)  # `"https://...".httpPost()` of Kotlin
        call = CodeCall(name, [(None, target), *arguments] if is_text else arguments)
        self._report("call", name, call)
        return call

    def _command(self, name: str, items: list[Any], position: int) -> tuple[Any, int]:
        """Evaluate a call without brackets, as in a shell, Ruby, OCaml, or Lisp."""
        arguments: list[tuple[str | None, Any]] = []
        flag: str | None = None
        while position < len(items):
            item = items[position]
            if is_token(item, "word") and item.value[:1] == "-":
                if flag:
                    arguments.append((flag, True))
                flag = item.value[1:]
                position += 1
                continue
            is_end = is_token(item, "operator") and item.value not in ("@", ",")
            if is_end or (isinstance(item, CodeToken) and item.value == "in"):
                break
            value, position = self._joined_argument(items, position)
            if value is not NOTHING:
                arguments.append((flag, value))
                if flag:
                    self._report("named", flag, value)
                flag = None
        call = self._finish_call(name, arguments) if arguments else self._lookup(name)
        return call, position

    def _joined_argument(self, items: list[Any], position: int) -> tuple[Any, int]:
        """Evaluate an argument, and what the sign of Basic joins to it."""
        value, position = self._argument(items, position)
        terms = [value]
        while position < len(items) - 1 and is_operator(items[position], ("&",)):
            term, position = self._argument(items, position + 1)
            terms.append(term)
        return join_terms(terms) if NOTHING not in terms else value, position

    def _argument(self, items: list[Any], position: int) -> tuple[Any, int]:
        item = items[position]
        if isinstance(item, Group):
            return self._group(item), position + 1
        if item.kind == "string":
            value: Any = self.resolve_text(item.value)
            self._report("text", "", value)
            return value, position + 1
        if item.kind == "number":
            return parse_literal_number(item.value), position + 1
        if item.kind == "word":
            following = item_at(items, position + 1)
            if item.value.lower() in CONSTANTS:
                return CONSTANTS[item.value.lower()], position + 1
            if item.value[:1] == ":":
                return item.value[1:], position + 1
            name, end = read_chain(items, position)
            if isinstance(following, Group) and following.opening == "(" and end == position + 1:
                return self._call(name, items, end)
            self._report("name", name, None)
            return self._lookup(name), end
        return NOTHING, position + 1
