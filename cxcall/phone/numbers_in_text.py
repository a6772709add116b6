"""Find phone numbers in a text: by their form, and emergency numbers by their digits; and decide whether it can be dialed."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from cxcall.phone.number_masking import (
    FEWEST_DIGITS,
    INTERNATIONAL_IN_TEXT,
    ascii_character,
    ascii_digits,
    mask_number,
    plain_digits,
    written_numbers,
)
from cxcall.runtime.patterns import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

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
# Digits dialed before or after a number: a service code such as `*67`, a pause, an extension; or another number.
_NUMBER_END = r"(\*[0-9]{2}(?=\s*[0-9(+])|[^0-9+ ().\-/\s]+)"
_OUTSIDE_LINE = r"^[0-9][ .\-]+(?=[0-9]{3}$)"
_AROUND_NUMBER = r"\*[0-9]{2}|[^\W\d_]+|[,;#*]"
"""A service code, or what is before an extension. All other characters separate the digits of one number."""
_URI_HOST = r"@[^,;|\s]*"
_MAX_ACCESS_DIGITS = 2
SCHEME = r"(?i)^\s*(?:tel|sips?|callto):"
_EXTENSION = r"(?:x|ext|extn|extension)\b\.?|(?:x|ext|extn|extension)\.?(?=\s*[0-9])"
DIALABLE = rf"(?i)\s*[+*#(]*[0-9](?:[0-9 ().\-/\s*#,;+pw]|{_EXTENSION})*"
_HAS_SCHEME = rf"{SCHEME}\s*\S"
_ADDRESS = r"\s*[^\s@<>]+@[^\s@<>]+\s*"  # also `FlowName@localhost`


class Certainty:
    """The reason why a value counts as a number; a higher value is more certain."""

    DIGITS, EMERGENCY, FORM, NAMED = range(4)


def dialed_part(text: str) -> str:
    """Return the dialed part of a number or a URI: `911` of `sip:%39%31%31@example.com`."""
    plain = compile_pattern(SCHEME).sub("", plain_text(text))
    return compile_pattern(r"[@;?]").split(plain, maxsplit=1)[0].strip()


def local_digits(text: str) -> str:
    """Return the digits of a dialed number without an access code before it and an extension after it."""
    from cxcall.phone.e164_numbers import without_decimals

    parts = compile_pattern(_AROUND_NUMBER).split(without_decimals(dialed_part(text)))
    numbers = [each for each in map(plain_digits, parts) if each]
    return next((each for each in numbers if len(each) > _MAX_ACCESS_DIGITS), "".join(numbers[:1]))


def find_formatted_numbers(text: str) -> Iterator[str]:
    """Yield the parts of a plain text that have the form of an international or North American number."""
    if len(text) >= FEWEST_DIGITS:
        for pattern in (INTERNATIONAL_IN_TEXT, _NORTH_AMERICAN):
            yield from (match[0] for match in compile_pattern(pattern).finditer(text))


def numbers_beside(text: str, *, with_digits: bool) -> Iterator[tuple[str, int]]:
    """Yield the numbers in a dialed value, unless a number is the whole value.

    People write an access code before a number, an extension after it, or several numbers.
    """
    from cxcall.phone.e164_numbers import without_decimals

    plain = compile_pattern(_URI_HOST).sub("", compile_pattern(SCHEME).sub("", plain_text(text)))
    plain = without_decimals(plain)
    whole = plain_digits(plain)
    if len(whole) < FEWEST_DIGITS and whole == plain.strip():
        return  # as most extensions and short numbers are
    rest = compile_pattern(INTERNATIONAL_IN_TEXT).sub(";", plain).replace("/", ";")
    found = [match[0] for match in compile_pattern(INTERNATIONAL_IN_TEXT).finditer(plain)]
    found += [match[0] for match in compile_pattern(_NORTH_AMERICAN).finditer(rest)]
    parts = [part.strip() for part in compile_pattern(_NUMBER_END).split(plain)]
    found += [part for part in parts[::2] if len(plain_digits(part)) >= FEWEST_DIGITS]
    for number in {plain_digits(each): each for each in [*found, *_short_numbers(parts)]}.values():
        if plain_digits(number) != whole:
            yield number, Certainty.NAMED
    if with_digits and (len(parts) > 1 or len(whole) > _MAX_DIGITS):
        yield from ((digits, Certainty.DIGITS) for digits in {*possible_numbers(plain)})


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
        is_short = _MAX_ACCESS_DIGITS < len(digits) < FEWEST_DIGITS and digits == number
        if is_short and (is_first or is_field):
            yield digits
        is_first = is_first and len(digits) <= _MAX_ACCESS_DIGITS


def find_emergency_numbers(text: str, *, is_declared: bool) -> Iterator[tuple[str, int]]:
    """Yield the emergency numbers in a text; a field of a list has the form of a number.

    A single value has this form only if its schema is known, because it may be a house number.
    """
    may_have_one = any(number in text for number in _EMERGENCY_NUMBERS)
    if may_have_one and compile_pattern(_EMERGENCY).search(text):
        fields = [field.strip() for field in compile_pattern(_FIELD).split(text)]
        has_form = is_declared or len(fields) > 1
        for number in dict.fromkeys(compile_pattern(_EMERGENCY).findall(text)):
            yield number, Certainty.FORM if has_form and number in fields else Certainty.EMERGENCY


def possible_numbers(text: str) -> Iterator[str]:
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
            if len(digits) >= FEWEST_DIGITS:
                yield digits


def plain_text(text: str) -> str:
    """Return a text without percent-escapes and invisible characters, its digits, dashes, and spaces those of ASCII."""
    while "%" in text and (decoded := unquote(text)) != text:  # it may be escaped twice
        text = decoded
    if text.isascii():
        return text
    visible = (char for char in text if unicodedata.category(char) != "Cf")
    return "".join(_plain_character(char) for char in visible)


def _plain_character(char: str) -> str:
    plain = char if char.isascii() else ascii_character(char)
    is_other = plain in "A~" or (plain.isdecimal() and not char.isdecimal())  # a letter, or `²`
    return char if is_other else plain


def is_dialable(text: str) -> bool:
    """Return whether a text has one of the forms that the platforms dial.

    Sources: docs/platforms/genesys-cloud.md#phone-numbers, docs/platforms/nice-cxone.md#operations-that-place-a-call.
    """
    forms = (_HAS_SCHEME, _ADDRESS)
    if any(compile_pattern(form).match(text) for form in forms):
        return True
    return compile_pattern(DIALABLE).fullmatch(ascii_digits(text)) is not None


def numbers_in(value: Any) -> list[str]:
    """Return the masked phone numbers in a JSON value's strings."""
    if isinstance(value, dict | list):
        members = value.values() if isinstance(value, dict) else value
        return [number for member in members for number in numbers_in(member)]
    return [*map(mask_number, written_numbers(value))] if isinstance(value, str) else []
