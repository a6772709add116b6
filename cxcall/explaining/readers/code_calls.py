"""Evaluate calls in code: constructors and builders of maps and lists, formats, and commands without brackets."""

from __future__ import annotations

import re
from typing import Any

from cxcall.explaining.readers.code_values import (
    CONSTANTS,
    FORMAT,
    NOTHING,
    Call,
    as_text,
    fill_format,
    parse_number,
)
from cxcall.explaining.readers.literals import Token
from cxcall.explaining.readers.structures import Structures
from cxcall.explaining.readers.token_tree import Group, read_chain, split_elements
from cxcall.explaining.readers.unresolved_variables import mark_unresolved, remove_marks

_LIST_MAKERS = re.compile(r"(?:^|\W)(?:c|list|listOf|arrayOf|array|asList|List\.of|vec!|qw|mutableListOf|tuple|seq|Seq|Array)$")  # fmt: skip
_PAIR_MAKERS = re.compile(
    r"(?:^|\W)(?:Map\.of|hash|Hashtable|ImmutableMap\.of|jsonObject|object)$", re.IGNORECASE
)
_MAP_MAKERS = re.compile(
    r"json_?object|hash_?map|dictionary|hashtable|linkedhashmap|multivaluemap|\bmap\b|mapof|valuemap|^h$|urlsearchparams"
    r"|formdata|headers?$|header(?:map|init)|header\.init|namevaluecollection|list<?|arraylist|array(?:list)?$|url\.values|objectnode"
    r"|jobject|jsonnode|valuelist|propertybag|multidict|ordereddict|formbody|requestbody\.builder|psobject|pscustomobject|expando",
    re.IGNORECASE,
)
_ADDERS = re.compile(r"^(?:put|add|set|append|insert|store|add_?(?:property|parameter|field)|accumulate|addstring|putraw|with|tryadd(?:withoutvalidation)?|field|put_?if_?absent|set_?item|setdefault|body_mut)$", re.IGNORECASE)  # fmt: skip
_LIST_ADDERS = re.compile(r"^(?:add|append|push|push_?back|put|insert|addobject)$", re.IGNORECASE)


class Calls(Structures):
    """Evaluates calls; maps and lists are kept up to date."""

    def _call(self, name: str, items: list[Any], position: int) -> tuple[Any, int]:
        """Evaluate `name(...)`, `name[...]`, `name{...}`, and `type[]{...}`."""
        group = items[position]
        after = items[position + 1] if position + 1 < len(items) else None
        opening = group.opening[-1:]
        if opening == "[":
            if not group.items or (isinstance(after, Group) and after.opening == "{") or (isinstance(after, Token) and after.kind == "word"):  # fmt: skip
                return NOTHING, position + 1  # a type: `new[] {...}`, `map[string]any{...}`
            key = as_text(self.evaluate(group.items))
            owner = self._lookup(name)
            value = owner.get(key) if isinstance(owner, dict) else None
            return mark_unresolved(f"{{{remove_marks(key).strip('{}') or name}}}") if value is None else value, position + 1  # fmt: skip
        if opening == "{" and not group.items and isinstance(after, Group) and after.opening == "{":
            return NOTHING, position + 1  # a type: `interface{}{...}`
        if opening == "{":
            value = self._group(group)
            if not isinstance(value, dict | list):
                value = {}
            self._report("call", name, Call(name, [(None, value)]))
            return value, position + 1
        is_array = _LIST_MAKERS.search(name)
        if is_array or name in (
            "dict",
            "mapOf",
            "hashMapOf",
            "mutableMapOf",
            "linkedMapOf",
            "Map",
            "object",
            "JObject",
        ):
            value = self._elements(group, is_map=not is_array)
            if not isinstance(value, list) or is_array:
                return value, position + 1
        arguments = self._arguments(group)
        if _PAIR_MAKERS.search(name) and len(arguments) > 1 and len(arguments) % 2 == 0:
            flat = [value for _, value in arguments]
            return {
                as_text(key): value for key, value in zip(flat[::2], flat[1::2], strict=True)
            }, position + 1
        return self._finish_call(name, arguments), position + 1

    def _arguments(self, group: Group) -> list[tuple[str | None, Any]]:
        return [self._statement(element) for element in split_elements(group)]

    def _finish_call(self, name: str, arguments: list[tuple[str | None, Any]]) -> Any:
        """Report a call; apply one that adds to a map or list, or that fills a format."""
        owner, _, method = name.rpartition(".")
        values = [value for _, value in arguments]
        if owner and self._add(owner, method, values):
            self._report("add", name, Call(name, arguments))
            return self.names[owner]
        if (
            method.lower() in ("format", "sprintf", "join", "urljoin", "resolve", "concat")
            and values
        ):
            texts = [each for each in values if isinstance(each, str)]
            if texts and FORMAT.search(texts[0]):
                value = fill_format(texts[0], values[values.index(texts[0]) + 1 :])
                self._report("text", "", value)
                return value
        if method == "update" and isinstance(self.names.get(owner), dict) and values:
            members = values[0] if isinstance(values[0], dict) else {as_text(values[0]): None}
            self.names[owner].update(members)
            return self.names[owner]
        known = self.names.get(owner)
        own = [(None, known)] if owner and isinstance(known, str | dict | list) else []
        call = Call(name, own + arguments)
        self._report("call", name, call)
        return call

    def _add(self, owner: str, method: str, values: list[Any]) -> bool:
        """Apply `owner.put(key, value)` and `owner.push(value)`; tell whether it was one."""
        target = self.names.get(owner)
        if len(values) == 1 and isinstance(
            values[0], Call | list
        ):  # `add(new KeyValuePair("a", "b"))`
            pair = values[0].values() if isinstance(values[0], Call) else values[0]
            if len(pair) == 2 and isinstance(pair[0], str):
                values = pair
        is_pair = len(values) == 2 and isinstance(values[0], str) and bool(_ADDERS.match(method))
        if isinstance(target, list) and not (is_pair and not target):
            if len(values) == 1 and _LIST_ADDERS.match(method):
                target.append(values[0])
                return True
            return False
        maker = target.name if isinstance(target, Call) and _MAP_MAKERS.search(target.name) else ""
        if is_pair and (isinstance(target, dict) or maker or target == []):
            if not isinstance(target, dict):
                target = self.names[owner] = {}
            target[values[0]] = values[1]
            return True
        is_list = re.search("list|array", maker, re.IGNORECASE) and _LIST_ADDERS.match(method)
        if is_list and len(values) == 1:
            self.names[owner] = [values[0]]
        return bool(is_list)

    def _method(self, target: Any, items: list[Any], position: int) -> tuple[Any, int]:
        """Evaluate `.name(...)` after a value; builders of maps return the map, others the value."""
        name, position = read_chain(items, position)
        following = items[position] if position < len(items) else None
        if (
            isinstance(target, dict | list) and name.lower().replace("_", "") == "tojson"
        ):  # Ruby needs no brackets
            return Call(name, [(None, target)]), position + isinstance(following, Group)
        if not isinstance(following, Group):
            return target, position
        arguments = self._arguments(following)
        values = [value for _, value in arguments]
        if name == "format" and isinstance(target, str):
            return fill_format(target, values), position + 1
        is_map = isinstance(target, dict) or (
            isinstance(target, Call) and _MAP_MAKERS.search(target.name)
        )
        if is_map and len(values) == 2 and isinstance(values[0], str) and _ADDERS.match(name):
            members = target if isinstance(target, dict) else {}
            members[values[0]] = values[1]
            self._report("add", name, Call(name, arguments))
            return members, position + 1
        own = [(None, target)] if isinstance(target, str) else []
        self._report("call", name, Call(name, own + arguments))
        return target, position + 1

    def _command(self, name: str, items: list[Any], position: int) -> tuple[Any, int]:
        """Evaluate a call without brackets: of a shell, Ruby, OCaml, or Lisp."""
        arguments: list[tuple[str | None, Any]] = []
        flag: str | None = None
        while position < len(items):
            item = items[position]
            if isinstance(item, Token) and item.kind == "word" and item.value[:1] == "-":
                if flag:
                    arguments.append((flag, True))
                flag = item.value[1:]
                position += 1
                continue
            if isinstance(item, Token) and (
                item.value == "in"
                or (item.kind == "operator" and item.value not in ("`", "!", "@", ","))
            ):
                break
            value, position = self._argument(items, position)
            if value is not NOTHING:
                arguments.append((flag, value))
                if flag:
                    self._report("named", flag, value)
                flag = None
        call = self._finish_call(name, arguments) if arguments else self._lookup(name)
        return call, position

    def _argument(self, items: list[Any], position: int) -> tuple[Any, int]:
        item = items[position]
        if isinstance(item, Group):
            return self._group(item), position + 1
        if item.kind == "string":
            value: Any = self.resolve_text(item.value)
            self._report("text", "", value)
            return value, position + 1
        if item.kind == "number":
            return parse_number(item.value), position + 1
        if item.kind == "word":
            following = items[position + 1] if position + 1 < len(items) else None
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
