"""Compare a number with a list of numbers in any spelling."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.phone.impossible_numbers import parse_number, without_decimals
from cxcall.phone.number_masking import INTERNATIONAL_IN_TEXT, plain_digits
from cxcall.phone.number_spellings import (
    MIN_NATIONAL_DIGITS,
    TEL_SCHEME,
    dialed_digits,
    national_forms,
    number_spellings,
    read_number,
    without_exit_code,
)
from cxcall.runtime.patterns import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_MIN_DIGITS, _MAX_DIGITS = 3, 15  # ITU-T E.164, section 6.2; short codes have three
_ONE_NUMBER = r"(?:tel:)?\s*\+?[0-9 ().\-/\s\u2010-\u2015]+"
_TWO_NUMBERS = r"[0-9]{7,}[ /\s]+[0-9]{7,}|[0-9]{7,}\.[0-9]+$"  # or other decimals than those of a whole number


def is_one_number(text: str) -> bool:
    """Return whether a text is exactly one number, without an extension or another number.

    It may have the decimals of a spreadsheet, as in a request.
    """
    digits = (str(int(char)) if char.isdecimal() else char for char in text.strip())
    plain = without_decimals("".join(digits))
    is_written = compile_pattern(_ONE_NUMBER).fullmatch(plain.replace("\uff0b", "+")) is not None
    has_length = _MIN_DIGITS <= len(plain_digits(plain)) <= _MAX_DIGITS
    return is_written and has_length and not compile_pattern(_TWO_NUMBERS).search(plain)


class NumberList:
    """Numbers of people, each with or without a country code.

    In doubt, a number counts as listed: a spelling without country code matches every country, and may have an
    access code, the code of a carrier, or a trunk prefix before it.
    """

    def __init__(self, numbers: Iterable[str]) -> None:
        self._by_end: dict[str, tuple[str, ...]] = {}
        self.add(numbers)

    def add(self, numbers: Iterable[str]) -> None:
        """Add numbers; if one cannot be read, those before it are in the list."""
        for each in numbers:
            number = _written_digits(each)
            end = number[-MIN_NATIONAL_DIGITS:].lstrip("+")
            others = self._by_end.get(end, ())
            if number not in others:
                self._by_end[end] = (*others, number)

    @property
    def is_empty(self) -> bool:
        """Whether it has no numbers."""
        return not self._by_end

    def __contains__(self, text: str) -> bool:
        digits = text.removeprefix("+")
        if digits.isdecimal() and text.isascii() and not any(self._candidates(text)):
            return False  # most numbers, and digits in a text, without a parser of numbers
        international = compile_pattern(INTERNATIONAL_IN_TEXT).finditer(text)
        written = {_written_digits(text, read) for read in (dialed_digits, plain_digits)}
        written.update(_written_digits(match[0]) for match in international)
        parts = [_split(each) for each in written]
        written.update(f"+{code}{national}" for code, national, _ in parts if code)
        return any(
            _is_same(number, each) for number in written for each in self._candidates(number)
        )

    def _candidates(self, number: str) -> Iterator[str]:
        """Yield the listed numbers with the same end as a number: no prefix changes the end."""
        digits = number.lstrip("+")
        for length in range(_MIN_DIGITS, MIN_NATIONAL_DIGITS + 1):
            if len(digits) >= length:
                yield from self._by_end.get(digits[-length:], ())


def _written_digits(text: str, read: Callable[[str], str] = dialed_digits) -> str:
    """Return the digits of a text, after `+` if it shows a country code."""
    start = compile_pattern(TEL_SCHEME).sub("", text).lstrip()[:1]
    return ("+" if start in ("+", "\uff0b") else "") + read(text)


def _is_same(one: str, other: str) -> bool:
    """Return whether two texts of `_written_digits` may be the same number.

    They are if one ends with the whole national number of the other, if one is a spelling of the other, or if
    libphonenumber reads the same number in the country of one of them.
    """
    (code, whole, one), (other_code, longer, other) = sorted(
        map(_split, (one, other)), key=lambda each: (not each[0], len(each[1]))
    )
    if code and other_code and code != other_code:
        return False
    # Seven digits without a country code may be a local number, which many others end with.
    fewest = MIN_NATIONAL_DIGITS if code else MIN_NATIONAL_DIGITS + 1
    # `011` may be the exit code of North America, or begin a national number.
    forms, texts = national_forms(code, whole), (longer, other.lstrip("+"))
    if whole == longer or any(
        len(form) >= fewest and text.endswith(form) for form in forms for text in texts
    ):
        return True
    if not code:
        return len(whole) >= fewest and whole in number_spellings(longer)
    import phonenumbers

    regions = phonenumbers.region_codes_for_country_code(code)
    reads = ((parse_number(one, region), parse_number(other, region)) for region in regions)
    return any(
        read == known and phonenumbers.is_valid_number(read) for known, read in reads if read
    )


def _split(written: str) -> tuple[int, str, str]:
    """Return country code, national number, and the text; 0 and its digits if the code may be missing."""
    import phonenumbers

    parsed = read_number(written)
    if parsed and (written.startswith("+") or phonenumbers.is_valid_number(parsed)):
        return parsed.country_code or 0, phonenumbers.national_significant_number(parsed), written
    return 0, without_exit_code(written.lstrip("+")).lstrip("0"), written
