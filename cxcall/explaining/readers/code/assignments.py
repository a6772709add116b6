"""Evaluate statements of code: assignments to names, to members of maps, and to several names at once."""

from __future__ import annotations

from typing import Any

from cxcall.explaining.readers.code.calls import Calls
from cxcall.explaining.readers.code.collection_literals import as_map, is_map_maker
from cxcall.explaining.readers.code.elements import assignment_targets, split_at_commas
from cxcall.explaining.readers.code.token_tree import (
    Group,
    chain_name,
    function_body,
    is_operator,
    is_token,
    read_chain,
    split_key,
)
from cxcall.explaining.readers.code.values import (
    CodeCall,
    interpolated_text,
    join_terms,
    unknown,
    without_itself,
)

_ASSIGNMENTS = ("=", ":=", "<-", "+=")
_CHANGES = tuple(". | || & && ++ * / - % << >>".split())
"""Signs that `=` follows in an assignment that changes a value."""


class Assignments(Calls):
    """Evaluates assignments, and keeps the values of names."""

    def _statement(self, items: list[Any], *, is_member: bool = False) -> tuple[str | None, Any]:
        """Evaluate an assignment, a key with its value, or an expression; return (name or None, value)."""
        at = next((index for index, item in enumerate(items) if is_operator(item, _ASSIGNMENTS)), 0)
        left = items[:at]
        if at and not any(is_operator(each, ("=>", "->", "?")) for each in left):
            return self._assign(left, items[at].value, items[at + 1 :], is_member=is_member)
        first, sign, *computed = [*items, None, None]
        if is_member and isinstance(first, Group) and is_operator(sign, (":",)):
            return interpolated_text(self.evaluate(first.items)), self.evaluate(computed[:-2])
        key, rest = split_key(items)
        if key is None or function_body(items):
            return None, self.evaluate(items)
        name = key.value.lstrip(":") if key.kind == "word" else str(key.value)
        value = self.evaluate(rest, name if is_member else "")
        self._report("member" if is_member or name == "do" else "named", name, value)
        return name, value

    def _assign(
        self, left: list[Any], sign: str, right: list[Any], *, is_member: bool
    ) -> tuple[str | None, Any]:
        """Assign the value of the right side; `sign` is `=` and the like, its first part may end the left side."""
        if len(targets := assignment_targets(left)) > 1:
            return self._assign_several(targets, sign, right)
        if len(left) > 1 and is_operator(left[-1], _CHANGES):  # such as `|=`
            left, sign = left[:-1], left[-1].value
        last = left[-1]
        value = self._assigned(right, chain_name(left) if is_member else "")
        if len(left) == 1 and isinstance(last, Group) and last.opening == "[":
            return interpolated_text(self.evaluate(last.items)), value  # `["name"] = value` of C#
        is_type = len(left) > 1 and is_operator(left[-2], (":",))  # `let body: [String: Any] = ...`
        if isinstance(last, Group) and last.opening == "[" and len(left) > 1 and not is_type:
            return self._assign_item(left, value)
        return self._assign_name(left, value, sign, is_member=is_member)

    def _assign_several(
        self, targets: list[list[Any]], sign: str, right: list[Any]
    ) -> tuple[str | None, Any]:
        """Assign to several names: in Go, the first one gets the result before the error; the others are not known."""
        values = [self.evaluate(part) for part in split_at_commas(right)]
        first = values[0] if sign == ":=" and len(values) == 1 else unknown()
        for target in targets:
            value = first if target is targets[0] else unknown()
            if isinstance(target[-1], Group):
                self._assign_item(target, value)
            else:
                self._assign_name(target, value)
        return None, values

    def _assign_name(
        self, left: list[Any], value: Any, sign: str = "=", *, is_member: bool = False
    ) -> tuple[str | None, Any]:
        colon = next((index for index, item in enumerate(left) if is_operator(item, (":",))), 0)
        left = left[: colon or len(left)]  # without a type
        is_string = is_token(left[-1], "string")
        name = left[-1].value if is_string else chain_name(left)
        if name and not is_string:
            value = self._changed(name, sign, value)
        if name:
            owner, _, member = name.rpartition(".")
            if isinstance(self.names.get(owner), dict):
                self.names[owner][member] = without_itself(value, self.names[owner])
                is_member = True
            self.names[name] = value
            self._report("member" if is_member else "named", name, value)
        return name or None, value

    def _changed(self, name: str, sign: str, value: Any) -> Any:
        """Return the value of a name after an assignment with a sign: `a += b`, `a ||= b`."""
        known = self.names.get(name)
        if sign in ("+=", ".", "|", "++", "&"):
            return join_terms([self._lookup(name) if known is None else known, value])
        return unknown() if sign in _CHANGES else value

    def _assigned(self, items: list[Any], member: str) -> Any:
        """Return the value of the right side of an assignment; commas make an array of it in PowerShell."""
        end = read_chain(items, 0)[1] if items and is_token(items[0], "word") else 0
        if end and is_operator(items[end] if items[end:] else None, ("=",)):
            return self._statement(items)[1]  # `a = b = 1`
        if not any(is_operator(each, (",",)) for each in items):
            return self.evaluate(items, member)
        values = [self.evaluate(part, member) for part in split_at_commas(items)]
        return unknown() if any(is_operator(each, ("|",)) for each in items) else values

    def _assign_item(self, left: list[Any], value: Any) -> tuple[str, Any]:
        """Set a member of a map, or add an item to a list: `owner[key] = value`, `$owner[key][] = value`."""
        start = len(left)
        while start > 1 and isinstance(left[start - 1], Group):
            start -= 1
        keys = [
            interpolated_text(self.evaluate(each.items)) if each.items else ""
            for each in left[start:]
        ]
        owner = chain_name(left[:start])
        holder: Any = self.names
        place: Any = owner
        for key in keys:
            target = holder.get(place) if isinstance(holder, dict) else holder[place]
            is_made = is_map_maker(target) or (
                isinstance(target, CodeCall) and target.name.endswith("!")  # of Rust
            )
            if is_made or not target:
                is_kept = isinstance(target, dict if key else list)
                target = target if is_kept else as_map(target) if key else []
                holder[place] = target
            holder, place = target, key
            if isinstance(target, list) and (not key or key.isdigit()):
                target.extend([unknown()] * (not key))
                place = min(int(key[:9] or len(target)), len(target) - 1)
            elif not isinstance(target, dict) or not key:
                break
        else:
            holder[place] = without_itself(value, holder)
        self._report("item", f"{owner}.{keys[-1]}" if owner else keys[-1], value)
        return keys[-1], value
