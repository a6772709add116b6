"""Find the phone numbers that a request would dial: by schema, by name, and by form.

This module does not depend on an operation or a document. A schema may declare a number's format. A name
may say that a value is dialed, like the platforms' own names (docs/platforms/). Otherwise the form of a
text shows a number, as in the parameters of a script.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from cxcall.contracts.json_schema import member_schema, merged_schema
from cxcall.documents.json_pointer import join_pointer
from cxcall.named_tuple import NamedTuple
from cxcall.phone.number_masking import INTERNATIONAL_IN_TEXT, plain_digits
from cxcall.phone.number_property_names import (
    PHONE_FORMATS,
    fold_number_name,
    is_folded_caller_name,
    is_folded_number_name,
)
from cxcall.runtime.patterns import compile_pattern, is_uuid

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cxcall.contracts.json_schema import JsonSchema
    from cxcall.contracts.operation import Operation
    from cxcall.contracts.parameters import Parameter
    from cxcall.payloads.payload import Payload

_INTERNATIONAL = r"\+[1-9][0-9]{6,14}"
_NORTH_AMERICAN = (
    r"(?<![\w+@./-])(?:1[-. ]?)?"
    r"(?:\([2-9][0-9]{2}\) ?|[2-9][0-9]{2}[-. ]?)[2-9][0-9]{2}[-. ]?[0-9]{4}(?![\w@/-])"
)
_DIGIT_GROUP = r"[0-9]+"
_SEPARATOR = r"[^0-9A-Za-z|;,]{0,3}"
_MAX_DIGITS = 15
# The numbers in 3GPP TS 22.101, section 10.1.1, that rarely mean anything else in a text.
_EMERGENCY_NUMBERS = ("000", "112", "911", "999")
_EMERGENCY = rf"(?<![\w.:/+-])(?:{'|'.join(_EMERGENCY_NUMBERS)})(?![\w:/-]|\.[0-9])"
_FIELD = r"[|;,\t\n]"
_MIN_LENGTH_IN_TEXT = 7
_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
# Digits dialed before or after a number: a service code such as `*67`, a pause, an extension; or another number.
_NUMBER_END = r"(\*[0-9]{2}(?=\s*[0-9(+])|[^0-9+ ().\-/\s]+)"
_OUTSIDE_LINE = r"^[0-9][ .\-]+(?=[0-9]{3}$)"
_URI_HOST = r"@[^,;|\s]*"
_MAX_ACCESS_DIGITS = 2
_GENERIC_NAMES = ("value", "text", "raw", "display", "uri", "number", "digits")


class Certainty:
    """The reason why a value counts as a number; a higher value is more certain."""

    DIGITS, EMERGENCY, FORM, NAMED = range(4)


class DialedNumber(NamedTuple):
    """A number in a request, and its place: a JSON pointer, or a parameter's location.

    `is_dialed` is False for a number that probably is not dialed, such as a caller ID.
    """

    number: str
    where: str
    is_dialed: bool = True
    is_emergency_in_text: bool = False


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
    `with_digits` adds all other digits that can be a number, however they are separated.
    """
    found = [
        (number, entry.where, certainty)
        for entry in request_values(operation, values, body)
        for number, certainty in _numbers_of(entry, with_digits=with_digits)
    ]
    surest = max((certainty for *_, certainty in found), default=Certainty.DIGITS)
    least = max(surest, Certainty.FORM)
    return [
        DialedNumber(number, where, certainty >= least, certainty == Certainty.EMERGENCY)
        for number, where, certainty in found
    ]


def dialed_numbers(
    operation: Operation, values: Mapping[str, str], body: Payload
) -> list[DialedNumber]:
    """Return the numbers that a request would dial."""
    return [each for each in find_numbers(operation, values, body) if each.is_dialed]


def dialed_part(text: str) -> str:
    """Return the dialed part of a number or a URI: `911` of `sip:%39%31%31@example.com`."""
    from cxcall.phone.dialable_addresses import SCHEME

    plain = compile_pattern(SCHEME).sub("", _normalize_digits(_decode_escapes(text)))
    return compile_pattern(r"[@;?]").split(plain, maxsplit=1)[0].strip()


def request_values(
    operation: Operation, values: Mapping[str, str], body: Payload
) -> Iterator[RequestValue]:
    """Yield the texts and numbers in a request's parameters and body, and the keys of the body's objects."""
    for parameter in operation.parameters:
        text = values.get(parameter.name)
        if text is not None:
            yield from _parameter_values(operation, parameter, text)
    yield from body_values(operation, body.value)


def _parameter_values(
    operation: Operation, parameter: Parameter, text: str
) -> Iterator[RequestValue]:
    value, schema = parameter.value_of(text), parameter.schema
    name = fold_number_name(parameter.name)
    if isinstance(value, dict):
        for each in _walk(operation).values(value, "", name, "", schema, is_declared=True):
            yield each._replace(where=parameter.location)
        return
    if isinstance(value, list):
        schema = schema.get("items", {})
    for each in value if isinstance(value, list) else [value]:
        yield RequestValue(each, parameter.location, name, "", schema, is_declared=True)


def body_values(operation: Operation, body: Any) -> Iterator[RequestValue]:
    """Yield the texts and numbers in a body, and the keys of its objects."""
    yield from _walk(operation).values(body, "", "", "", operation.declared_body_schema)


class _BodyWalk:
    """Walks through bodies of an operation with its schema; each part of the schema is merged once."""

    def __init__(self, operation: Operation) -> None:
        self._resolve = operation.contract.resolve
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
                if len(key) >= _MIN_LENGTH_IN_TEXT:  # a key counts as dialed only by its form
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
        if known is None or known[0] is not node:
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
        yield text, Certainty.NAMED
        yield from _numbers_beside(text, with_digits=with_digits)
        return
    plain = _normalize_digits(_decode_escapes(text))
    if isinstance(value, str) and not is_uuid(value):
        for pattern in (INTERNATIONAL_IN_TEXT, _NORTH_AMERICAN):
            for match in (
                compile_pattern(pattern).finditer(plain)
                if len(plain) >= _MIN_LENGTH_IN_TEXT
                else ()
            ):
                yield match[0], Certainty.DIGITS if is_caller else Certainty.FORM
        if not is_caller and not entry.name.endswith("id"):
            yield from _emergency_numbers(plain, is_declared=entry.is_declared)
    if with_digits and not entry.name.endswith("id"):
        yield from ((digits, Certainty.DIGITS) for digits in {*_possible_numbers(plain)})


def _numbers_beside(text: str, *, with_digits: bool) -> Iterator[tuple[str, int]]:
    """Yield the numbers in a dialed value, unless a number is the whole value.

    People write an access code before a number, an extension after it, or several numbers.
    """
    from cxcall.phone.dialable_addresses import SCHEME

    plain = compile_pattern(_URI_HOST).sub(
        "", compile_pattern(SCHEME).sub("", _normalize_digits(_decode_escapes(text)))
    )
    whole = plain_digits(plain)
    if len(whole) < _MIN_LENGTH_IN_TEXT and whole == plain.strip():
        return  # as most extensions and short numbers are
    rest = compile_pattern(INTERNATIONAL_IN_TEXT).sub(";", plain).replace("/", ";")
    found = [match[0] for match in compile_pattern(INTERNATIONAL_IN_TEXT).finditer(plain)]
    found += [match[0] for match in compile_pattern(_NORTH_AMERICAN).finditer(rest)]
    parts = [part.strip() for part in compile_pattern(_NUMBER_END).split(plain)]
    found += [part for part in parts[::2] if len(plain_digits(part)) >= _MIN_LENGTH_IN_TEXT]
    for number in {plain_digits(each): each for each in [*found, *_short_numbers(parts)]}.values():
        if plain_digits(number) != whole:
            yield number, Certainty.NAMED
    if with_digits and (len(parts) > 1 or len(whole) > _MAX_DIGITS):
        yield from ((digits, Certainty.DIGITS) for digits in {*_possible_numbers(plain)})


def _short_numbers(parts: Sequence[str]) -> Iterator[str]:
    """Yield the short numbers that are dialed first, and emergency numbers that are a field of a list.

    `parts` are numbers, each followed by its separator from the next number.
    """
    is_first = True
    for separator, part in zip(["", *parts[1::2]], parts[::2], strict=True):
        number = compile_pattern(_OUTSIDE_LINE).sub("", part)
        digits = plain_digits(number)
        is_field = bool(
            compile_pattern(_FIELD).search(separator)
            and compile_pattern(_EMERGENCY).fullmatch(number)
        )
        is_short = _MAX_ACCESS_DIGITS < len(digits) < _MIN_LENGTH_IN_TEXT and digits == number
        if is_short and (is_first or is_field):
            yield digits
        is_first = is_first and len(digits) <= _MAX_ACCESS_DIGITS


def _emergency_numbers(text: str, *, is_declared: bool) -> Iterator[tuple[str, int]]:
    """Yield the emergency numbers in a text; a field of a list has the form of a number.

    A single value has this form only if its schema is known, because it may be a house number.
    """
    may_have_one = any(number in text for number in _EMERGENCY_NUMBERS)
    if may_have_one and compile_pattern(_EMERGENCY).search(text):
        fields = [field.strip() for field in compile_pattern(_FIELD).split(text)]
        has_form = is_declared or len(fields) > 1
        for number in dict.fromkeys(compile_pattern(_EMERGENCY).findall(text)):
            yield number, Certainty.FORM if has_form and number in fields else Certainty.EMERGENCY


def _possible_numbers(text: str) -> Iterator[str]:
    """Yield all groups of digits that may be a number, with or without a few separators."""
    groups = list(compile_pattern(_DIGIT_GROUP).finditer(text))
    for index, first in enumerate(groups):
        digits, end = "", first.start()
        for group in groups[index : index + _MAX_DIGITS]:
            digits += group[0]
            if len(digits) > _MAX_DIGITS or not compile_pattern(_SEPARATOR).fullmatch(
                text, end, group.start()
            ):
                break
            end = group.end()
            if len(digits) >= _MIN_LENGTH_IN_TEXT:
                yield digits


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
    from cxcall.phone.dialable_addresses import DIALABLE

    is_dialable = compile_pattern(DIALABLE).fullmatch(dialed_part(text)) is not None
    return is_dialable and not compile_pattern(_DATE).match(text)


def _decode_escapes(text: str) -> str:
    """Return a text without percent-escapes, also those of a text that was escaped twice."""
    while "%" in text and (decoded := unquote(text)) != text:
        text = decoded
    return text


def _normalize_digits(text: str) -> str:
    """Return a text with the digits of every script as `0` to `9`, and without invisible characters."""
    if text.isascii():
        return text
    return "".join(
        str(int(char)) if char.isdecimal() else "+" if char == "\uff0b" else char
        for char in text
        if unicodedata.category(char) != "Cf"
    )
