"""Find the phone numbers that a request would dial, by schema, by name, and by form.

This module does not depend on an operation or a document. A schema may declare a number's format. A name
may say that a value is dialed, like the platforms' own names (docs/platforms/). Otherwise the form of a
text shows a number, as in the parameters of a script.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cxcall.contracts.json_schema import member_schema, merged_schema
from cxcall.documents.json_pointer import join_pointer
from cxcall.named_tuple import NamedTuple
from cxcall.phone.number_masking import FEWEST_DIGITS, mask_number, plain_digits
from cxcall.phone.number_property_names import (
    PHONE_FORMATS,
    fold_number_name,
    is_folded_caller_name,
    is_folded_number_name,
)
from cxcall.phone.numbers_in_text import (
    DIALABLE,
    Certainty,
    dialed_part,
    find_emergency_numbers,
    find_formatted_numbers,
    local_digits,
    numbers_beside,
    plain_text,
    possible_numbers,
)
from cxcall.runtime.patterns import compile_pattern, is_uuid
from cxcall.runtime.secrets.known_secrets import redacted_repr

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cxcall.contracts.json_schema import JsonSchema
    from cxcall.contracts.operation import Operation
    from cxcall.contracts.parameters import Parameter
    from cxcall.payloads.payload import Payload


_INTERNATIONAL = r"\+[1-9][0-9]{6,14}"
_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_PART_WORDS = ("number", "local", "subscriber", "line", "station", "suffix", "ext")
"""Each name that is not that of a dialed number, but may be that of one without its area code, contains one of these."""
_GENERIC_NAMES = ("value", "text", "raw", "display", "uri", "number", "digits")


class DialedNumber(NamedTuple):
    """A number in a request, and its place: a JSON pointer, or a parameter's location.

    `is_dialed` is False for a number that probably is not dialed, such as a caller ID. `is_local` is True for a
    number that is not whole, because another value has its area code.
    """

    number: str
    where: str
    is_dialed: bool = True
    is_emergency_in_text: bool = False
    is_local: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether the number is dialed, and says who is called."""
        return self.is_dialed and not self.is_local

    def __repr__(self) -> str:
        return redacted_repr(self._replace(number=mask_number(self.number)))


class RequestValue(NamedTuple):
    """A value of a request; `name` and `parent` are folded names."""

    value: Any
    where: str
    name: str
    parent: str
    schema: JsonSchema
    is_declared: bool


def find_numbers(
    operation: Operation, values: Mapping[str, str], body: Payload, *, with_digits: bool = False
) -> list[DialedNumber]:
    """Return the numbers in a request's path, query, headers, and body.

    A text that only has the form of a number counts as dialed if neither a schema nor a name marks another value.
    `with_digits` adds all other digits that can be a number, however they are separated, and numbers in several values.
    """
    entries = [*request_values(operation, values, body)]
    found = [
        (number, entry.where, certainty)
        for entry in entries
        for number, certainty in _numbers_of(entry, with_digits=with_digits)
    ]
    has_part = any(word in each.parent + each.name for each in entries for word in _PART_WORDS)
    if not (found or with_digits or has_part):
        return []
    from cxcall.sending.numbers_in_parts import find_places_of_parts, is_whole

    parts = find_places_of_parts(entries)
    whole = [
        each for each in found if each[1] not in parts or is_whole(each[0], local_digits(each[0]))
    ]
    surest = max((certainty for *_, certainty in whole), default=Certainty.DIGITS)
    has_other = surest >= Certainty.FORM
    parts = {place: is_dialed for place, is_dialed in parts.items() if is_dialed or not has_other}
    known = {where for _, where, certainty in found if certainty >= Certainty.FORM}
    found += [
        (str(each.value), each.where, Certainty.NAMED)
        for each in entries
        if each.where in parts and each.where not in known
    ]
    surest = max((certainty for *_, certainty in found), default=Certainty.DIGITS)
    numbers = []
    for number, where, certainty in found:
        is_dialed = certainty >= max(surest, Certainty.FORM)
        is_local = where in parts and not is_whole(number, local_digits(number))
        is_in_text = certainty == Certainty.EMERGENCY
        numbers.append(DialedNumber(number, where, is_dialed, is_in_text, is_local))
    return numbers


def dialed_numbers(
    operation: Operation, values: Mapping[str, str], body: Payload
) -> list[DialedNumber]:
    """Return the numbers that a request would dial."""
    return [each for each in find_numbers(operation, values, body) if each.is_dialed]


def masked_numbers(dialed: Sequence[str]) -> tuple[str, ...]:
    """Return these numbers masked, without short ones that may be a part of another, as in `+1*202*5550123`."""
    long = [each for each in dialed if len(plain_digits(each)) >= FEWEST_DIGITS]
    whole = [each for each in dialed if each in long or not any(each in one for one in long)]
    return tuple(dict.fromkeys(mask_number(_without_secrets(each)) for each in whole))


def _without_secrets(number: str) -> str:
    """Return a number to show, with a likely secret masked that was given in its place."""
    if number.lower() == number.upper():
        return number
    from cxcall.runtime.secrets.likely_secrets import mask_likely_secrets

    return mask_likely_secrets(number)


def request_values(
    operation: Operation, values: Mapping[str, str], body: Payload
) -> Iterator[RequestValue]:
    """Yield the texts and numbers in a request's parameters and body, and the keys of the body's objects."""
    for parameter in operation.parameters:
        text = values.get(parameter.name)
        if text is not None:
            yield from _parameter_values(operation, parameter.as_sent, text)
    yield from _walk(operation).values(body.value, "", "", "", operation.declared_body_schema)


def _parameter_values(
    operation: Operation, parameter: Parameter, text: str
) -> Iterator[RequestValue]:
    value, schema = parameter.value_of(text), parameter.schema
    name = fold_number_name(parameter.name)
    if isinstance(value, dict):
        for each in _walk(operation).values(value, "", name, "", schema, is_declared=True):
            yield each._replace(where=parameter.place)
        return
    if isinstance(value, list):
        schema = schema.get("items", {})
    for each in value if isinstance(value, list) else [value]:
        yield RequestValue(each, parameter.place, name, "", schema, is_declared=True)


class _BodyWalk:
    """Walks through bodies of an operation with its schema; each part of the schema is merged once."""

    def __init__(self, operation: Operation) -> None:
        self._resolve = operation.contract.resolve
        # With each schema, so that no other one takes its `id`.
        self._merged: dict[int, tuple[JsonSchema, JsonSchema]] = {}

    def values(
        self,
        value: Any,
        pointer: str,
        name: str,
        parent: str,
        node: JsonSchema,
        *,
        is_declared: bool = False,
    ) -> Iterator[RequestValue]:
        """Yield the texts and numbers in a value, whose schema is `node`, and the keys of its objects."""
        if isinstance(value, dict):
            schema = self._schema(node)
            declared = schema.get("properties", {})
            for key, member in value.items():
                place, below = join_pointer(pointer, key), member_schema(schema, key)
                if len(key) >= FEWEST_DIGITS:  # a key counts as dialed only by its form
                    yield RequestValue(key, place, "", "", {}, is_declared=True)
                yield from self.values(
                    member, place, fold_number_name(key), name, below, is_declared=key in declared
                )
        elif isinstance(value, list):
            below = member_schema(self._schema(node), "0")
            for index, item in enumerate(value):
                yield from self.values(item, join_pointer(pointer, index), name, parent, below)
        elif isinstance(value, str | int | float) and not isinstance(value, bool):
            yield RequestValue(value, pointer, name, parent, self._schema(node), is_declared)

    def _schema(self, node: JsonSchema) -> JsonSchema:
        if not node:
            return node
        known = self._merged.get(id(node))
        if known is None:
            known = self._merged[id(node)] = node, merged_schema(self._resolve, node)
        return known[1]


@lru_cache(maxsize=64)
def _walk(operation: Operation) -> _BodyWalk:
    return _BodyWalk(operation)


def _numbers_of(entry: RequestValue, *, with_digits: bool) -> Iterator[tuple[str, int]]:
    """Yield the numbers in a value, or the value itself, with their certainty."""
    value = entry.value
    text = f"{value:.0f}" if isinstance(value, float) and value.is_integer() else str(value)
    if not any(map(str.isdecimal, text)) and entry.schema.get("format") not in PHONE_FORMATS:
        return
    is_caller = is_folded_caller_name(entry.name)
    if not is_caller and _is_whole_number(entry, text):
        is_in_caller = is_folded_caller_name(
            "", entry.parent
        )  # such as `{"from": {"number": ...}}`
        yield text, Certainty.FORM if is_in_caller else Certainty.NAMED
        yield from numbers_beside(text, with_digits=with_digits)
        return
    plain = plain_text(text)
    if isinstance(value, str) and not is_uuid(value):
        form = Certainty.DIGITS if is_caller else Certainty.FORM
        yield from ((number, form) for number in find_formatted_numbers(plain))
        if not is_caller and not entry.name.endswith("id"):
            yield from find_emergency_numbers(plain, is_declared=entry.is_declared)
    if with_digits and not entry.name.endswith("id"):
        from cxcall.phone.number_spellings import dials_letters

        if dials_letters(plain):
            yield plain, Certainty.DIGITS
        yield from ((digits, Certainty.DIGITS) for digits in {*possible_numbers(plain)})


def _is_whole_number(entry: RequestValue, text: str) -> bool:
    """Return whether a value as a whole is a number that is dialed."""
    if isinstance(entry.value, str) and entry.schema.get("format") in PHONE_FORMATS:
        return True
    has_plus = text.startswith("+") and not entry.is_declared
    if has_plus and compile_pattern(_INTERNATIONAL).fullmatch(text):
        return True
    is_generic = entry.name in _GENERIC_NAMES
    is_named = is_folded_number_name(entry.name) or (
        is_generic and is_folded_number_name(entry.parent)
    )
    if not is_named:
        return False
    from cxcall.phone.e164_numbers import is_rounded_number

    if is_rounded_number(text):
        return True
    number = dialed_part(text)
    if compile_pattern(DIALABLE).fullmatch(number) is None:
        return _is_number_with_letters(number)
    return not compile_pattern(_DATE).match(text)


def _is_number_with_letters(text: str) -> bool:
    """Return whether a text dials a valid number by letters: with its country code, or in North America."""
    from cxcall.phone.number_spellings import dials_letters

    if not dials_letters(text):
        return False
    import phonenumbers

    from cxcall.phone.e164_numbers import parse_number

    parsed = parse_number(text, "US")
    return parsed is not None and phonenumbers.is_valid_number(parsed)
