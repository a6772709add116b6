"""Evaluate code as far as it is literal: assignments, calls, and expressions."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from cxcall.explaining.readers.code.calls import Calls
from cxcall.explaining.readers.code.collection_literals import as_map, is_map_maker
from cxcall.explaining.readers.code.elements import split_at, split_elements
from cxcall.explaining.readers.code.powershell_pipes import PIPED_INTO, as_piped_json
from cxcall.explaining.readers.code.sent_body import with_queries
from cxcall.explaining.readers.code.token_tree import (
    Group,
    cast_type,
    chain_name,
    function_body,
    has_parameters,
    is_index,
    is_joined_to_last,
    is_method_call,
    is_operator,
    is_token,
    is_type,
    item_at,
    make_tree,
    read_chain,
    split_key,
    without_parameters,
)
from cxcall.explaining.readers.code.tokens import CodeToken, scan
from cxcall.explaining.readers.code.values import (
    CONSTANTS,
    NOTHING,
    CodeCall,
    converted,
    fill_format,
    interpolated_text,
    is_convertible,
    join_terms,
    may_calculate,
    parse_literal_number,
    without_itself,
)
from cxcall.explaining.readers.unresolved_variables import UNKNOWN

_KEYWORDS = frozenset(
    """
    new await return let var const val def my final if else in try ref throw print echo yield async
    mut static auto local our not with as do begin public private export default import from use
    using include raise
    """.split()
)
_CONDITIONS = tuple("if unless or and -as -join -split -replace -eq -and -or".split())
_CONDITIONALS = tuple("if unless switch match when case foreach".split())
_ENDS = ("?", "|>", ">>=", "==", "||", "&&", "??")
_ASSIGNMENTS = ("=", ":=", "<-", "+=")
_CHANGES = tuple(". | || & && ++ * / - % << >>".split())
"""Signs that `=` follows in an assignment that changes a value."""
_ARITHMETIC = ("*", "-", "/", "|", ">>", "::", "+")


class Evaluator(Calls):
    """Evaluates code in order, keeps the values of names, and reports values, calls, and names."""

    def run(self, text: str) -> None:
        """Evaluate all statements of a text."""
        self.prepare(text)
        for element in split_elements(make_tree(scan(text))):
            with suppress(RecursionError):  # nested deeper than real code
                self._statement(element)

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
        if len(names := split_at(left, (",",))) > 1:
            value = self._assigned(right, "")  # in Go, the first one gets it, and not the error
            for target in names:
                is_first = sign == ":=" and target is names[0]
                self._assign_name(target, value if is_first else UNKNOWN)
            return None, value
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
        return UNKNOWN if sign in _CHANGES else value

    def _assigned(self, items: list[Any], member: str) -> Any:
        """Return the value of the right side of an assignment; commas make an array of it in PowerShell."""
        end = read_chain(items, 0)[1] if items and is_token(items[0], "word") else 0
        if end and is_operator(item_at(items, end), ("=",)):
            return self._statement(items)[1]  # `a = b = 1`
        if not any(is_operator(each, (",",)) for each in items):
            return self.evaluate(items, member)
        values = [self.evaluate(part, member) for part in split_at(items, (",",))]
        return UNKNOWN if any(is_operator(each, ("|",)) for each in items) else values

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
        if owner and owner not in self.names and owner[:1] != "$":  # made by code that is not shown
            self.names[owner] = {UNKNOWN: None} if keys[0] and not keys[0].isdigit() else UNKNOWN
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
                target.extend([UNKNOWN] * (not key))
                place = min(int(key[:9] or len(target)), len(target) - 1)
            elif not isinstance(target, dict) or not key:
                break
        else:
            holder[place] = without_itself(value, holder)
        self._report("item", f"{owner}.{keys[-1]}" if owner else keys[-1], value)
        return keys[-1], value

    def evaluate(self, items: list[Any], member: str = "") -> Any:
        """Return the value of an expression; what is not literal stays a CodeCall or an unresolved name.

        `member` is the name of the member of a map that has the value.
        """
        if start := function_body(items):
            self.evaluate(items[start:])
            return UNKNOWN
        items = without_parameters(items)
        terms: list[Any] = []
        position = 0
        while position < len(items):
            item = items[position]
            if is_token(item, "operator"):
                following = self._operator(item.value, terms, items, position)
                if following is None:
                    break
                position = following
                continue
            if terms and is_operator(item, _CONDITIONS):
                self._end(item.value, terms, items[position + 1 :])
                break
            if terms and is_index(items, position):
                terms[-1], position = UNKNOWN, position + 1
                continue
            position = self._take_term(terms, items, position)
        result = join_terms(with_queries(terms))
        for each in (result,) if isinstance(result, str) else terms:
            if isinstance(each, str):
                self._report("text", member, each)
        is_conditional = len(items) > 1 and is_operator(items[0], _CONDITIONALS)
        return UNKNOWN if is_conditional and not is_token(items[1], "operator") else result

    def _take_term(self, terms: list[Any], items: list[Any], position: int) -> int:
        """Evaluate a term, add it to those before it if an operator joins them, and return the position after it."""
        is_joined = not terms or is_joined_to_last(items, position)
        is_block = has_parameters(items[position])
        value, position = self._term(items, position)
        if value is not NOTHING and is_joined:
            terms.append(value)
        elif isinstance(value, dict | list) and isinstance(terms[-1], CodeCall) and not is_block:
            terms[-1] = value  # `new Type() { Name = "value" }`
        return position

    def _term(self, items: list[Any], position: int) -> tuple[Any, int]:
        item = items[position]
        if cast := cast_type(items, position):
            value, position = self._term(items, position + 1)
            return converted(cast, value), position
        if is_type(items, position):
            return NOTHING, position + 1
        if isinstance(item, Group):
            return self._group(item), position + 1
        if item.kind == "word":
            return self._word(items, position)
        if item.kind == "number":
            return parse_literal_number(item.value), position + 1
        return self.resolve_text(item.value), position + 1

    def _operator(self, sign: str, terms: list[Any], items: list[Any], position: int) -> int | None:
        """Apply an operator to the terms before it; return the next position, or None if the expression ends."""
        is_query = bool(terms) and isinstance(terms[-1], str) and terms[-1].endswith(("?", "&"))
        if sign in (".", "?.", "->") and terms and not is_query and is_method_call(items, position):
            terms[-1], position = self._method(terms[-1], items, position + 1)
            return position
        following = item_at(items, position + 1)
        if following is not None and self._takes_rest(sign, terms, items, position):
            return None
        command = following.value.lower() if isinstance(following, CodeToken) else ""
        command = command if sign == "|" else ""
        if terms and command == "convertto-json":
            ends = (at for at in range(position + 2, len(items)) if is_operator(items[at], ("|",)))
            end = next(ends, len(items))
            terms[:] = [as_piped_json(terms[-1], items[:position], items[position + 2 : end])]
            return end
        if terms and command.startswith(PIPED_INTO):
            self._report("named", "body", terms[-1])
            self.evaluate(items[position + 1 :])
            return None
        if sign == "%" and terms and isinstance(terms[-1], str):
            rest = self.evaluate(items[position + 1 :])
            terms[-1] = fill_format(terms[-1], rest if isinstance(rest, list) else [rest])
            return None
        if sign in _ENDS and terms:
            self._end(sign, terms, items[position + 1 :])
            return None
        is_arithmetic = sign in _ARITHMETIC and terms and following is not None
        if is_arithmetic and may_calculate(sign, terms[-1], following):
            terms[-1] = UNKNOWN
        return position + 1

    def _takes_rest(self, sign: str, terms: list[Any], items: list[Any], position: int) -> bool:
        """Apply a sign before a value, or `<<`, which adds the rest to a list; return whether it is one of these."""
        if position == 0 and sign in ("!", "~", "+", "-"):
            self.evaluate(items[1:])
            terms.append(UNKNOWN)
            return True
        if sign != "<<" or not terms or not isinstance(terms[-1], list):
            return False
        added = self.evaluate(items[position + 1 :])
        terms[-1].append(without_itself(added, terms[-1]))
        return True

    def _end(self, sign: str, terms: list[Any], rest: list[Any]) -> None:
        """Evaluate the rest after a condition or a pipe only to report its calls; the selected value is unknown."""
        self._tail(rest)
        other = {"?": (":",), "if": ("else",)}.get(sign, ())
        is_choice = any(is_operator(each, other) for each in rest)
        is_value = is_convertible(terms[-1]) and not isinstance(terms[-1], CodeCall | dict)
        is_piped = sign == "|>" and is_value
        if is_choice or is_piped or sign in ("==", "&&", "and") or sign[0] == "-":
            terms[:] = [UNKNOWN]

    def _tail(self, items: list[Any]) -> None:
        """Evaluate the rest after an operator such as `|>` only to report its calls."""
        for part in split_at(items, ("|>", "->", ">>=", "?", ":", "&&", "||", "==")):
            self.evaluate(part)

    def _word(self, items: list[Any], position: int) -> tuple[Any, int]:
        """Evaluate a name, a call, or a command with its arguments, starting at a word; return the value and the rest."""
        word = items[position].value
        following = item_at(items, position + 1)
        if word == "as" and isinstance(following, Group) and following.opening == "[":
            return NOTHING, position + 2  # a type: `as [String: Any?]`
        if word.lower() in _KEYWORDS and not is_operator(following, (".", "(", "->")):
            return NOTHING, position + 1
        if word.lower() in CONSTANTS and not isinstance(following, Group):
            return CONSTANTS[word.lower()], position + 1
        if word[:1] == ":":
            return word[1:], position + 1
        name, position = read_chain(items, position)
        following = item_at(items, position)
        if isinstance(following, Group):
            return self._call(name, items, position)
        is_argument = is_token(following, "string", "word", "number") and following.value != "in"
        if is_argument and "." not in name[:1]:
            return self._command(name, items, position)
        self._report("name", name, None)
        return self._lookup(name), position
