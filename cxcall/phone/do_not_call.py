"""Compare a number with a list of numbers, whatever spelling each of them has."""

from __future__ import annotations

from functools import cache
from itertools import takewhile
from typing import TYPE_CHECKING

from cxcall.runtime.patterns import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

INTERNATIONAL_IN_TEXT = r"\+[1-9](?:[ ()./-]{0,2}[0-9]){6,14}"
_OTHER_THAN_DIGITS = r"[^0-9]"
_EXIT_CODE = r"^(?:00|011)(?=[1-9])"
_MIN_NATIONAL_DIGITS = 7
_MIN_DIGITS, _MAX_DIGITS = 3, 15  # ITU-T E.164, section 6.2; short codes have three
_ONE_NUMBER = r"(?:tel:)?\s*\+?[0-9 ().\-/\s\u2010-\u2015]+"
_TWO_NUMBERS = r"[0-9]{7,}[ /\s]+[0-9]{7,}|[0-9]{7,}\.[0-9]+$"  # or a spreadsheet's fraction
_SCHEME = r"(?i)^\s*tel:"


def plain_digits(text: str) -> str:
    """Return the digits of a text, those of other scripts as `0` to `9`."""
    if text.isascii():
        return compile_pattern(_OTHER_THAN_DIGITS).sub("", text)
    return "".join(str(int(char)) for char in text if char.isdecimal())


def is_one_number(text: str) -> bool:
    """Return whether a text is exactly one number, without an extension or another number."""
    plain = "".join(str(int(char)) if char.isdecimal() else char for char in text.strip())
    is_written = compile_pattern(_ONE_NUMBER).fullmatch(plain.replace("\uff0b", "+")) is not None
    has_length = _MIN_DIGITS <= len(plain_digits(plain)) <= _MAX_DIGITS
    return is_written and has_length and not compile_pattern(_TWO_NUMBERS).search(plain)


class NumberList:
    """Numbers of people, each with or without the code of its country.

    In doubt, a number counts as listed: a spelling without country code matches every country, and may have an
    access code, the code of a carrier, or a trunk prefix before it.
    """

    def __init__(self, numbers: Iterable[str]) -> None:
        self._by_end: dict[str, tuple[str, ...]] = {}
        for each in numbers:
            number = _written(each)
            end = number[-_MIN_NATIONAL_DIGITS:].lstrip("+")
            self._by_end[end] = (*self._by_end.get(end, ()), number)

    def __contains__(self, text: str) -> bool:
        if text.isdecimal() and text.isascii() and not any(self._candidates(text)):
            return False  # most of the digits in a text, without a parser of numbers
        international = compile_pattern(INTERNATIONAL_IN_TEXT).finditer(text)
        written = {_written(text), *(_written(match[0]) for match in international)}
        return any(
            _is_same(number, each) for number in written for each in self._candidates(number)
        )

    def _candidates(self, number: str) -> Iterator[str]:
        """Yield the listed numbers that end as a number does: no prefix changes the end."""
        digits = number.lstrip("+")
        for length in range(_MIN_DIGITS, _MIN_NATIONAL_DIGITS + 1):
            if len(digits) >= length:
                yield from self._by_end.get(digits[-length:], ())


def _written(text: str) -> str:
    """Return the digits of a text, after `+` if that shows that the country code is there."""
    start = compile_pattern(_SCHEME).sub("", text).lstrip()[:1]
    return ("+" if start in ("+", "\uff0b") else "") + plain_digits(text)


def _is_same(one: str, other: str) -> bool:
    """Return whether two texts of `_written` may be the same number.

    They are if one ends with the whole national number of the other, if one has the trunk prefix of a country in
    place of its code, or if libphonenumber reads the same number in the country of one of them.
    """
    (code, whole), (other_code, longer) = sorted(
        map(_split, (one, other)), key=lambda each: (not each[0], len(each[1]))
    )
    if code and other_code and code != other_code:
        return False
    # Seven digits without a country code may be a local number, which many others end with.
    fewest = _MIN_NATIONAL_DIGITS if code else _MIN_NATIONAL_DIGITS + 1
    if whole == longer or (len(whole) >= fewest and longer.endswith(whole)):
        return True
    if not code:
        return _has_trunk_prefix(whole, longer)
    import phonenumbers

    return any(
        read == _read(other, region)
        for region in phonenumbers.region_codes_for_country_code(code)
        if (read := _read(one, region))
    )


def _has_trunk_prefix(one: str, other: str) -> bool:
    """Return whether one number has a trunk prefix where the other one has the code of the same country."""
    ends = zip(reversed(one), reversed(other), strict=False)
    length = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], ends))
    starts = {one[:-length], other[:-length]} if length else set()
    return any(
        starts == {trunk, code} and length in lengths for trunk, code, lengths in _trunk_prefixes()
    )


@cache
def _trunk_prefixes() -> tuple[tuple[str, str, tuple[int, ...]], ...]:
    """Return the trunk prefix, the country code, and the lengths of national numbers of each region that has a prefix."""
    import phonenumbers

    every = map(
        phonenumbers.PhoneMetadata.metadata_for_region, sorted(phonenumbers.SUPPORTED_REGIONS)
    )
    return tuple(
        (each.national_prefix, str(each.country_code), each.general_desc.possible_length)
        for each in every
        if each and each.general_desc and each.national_prefix
    )


def _split(written: str) -> tuple[int, str]:
    """Return the country code and the national number of a text; 0 and its digits if it may lack the code."""
    import phonenumbers

    digits = compile_pattern(_EXIT_CODE).sub("", written.lstrip("+"))
    has_code = written.startswith("+") or digits != written
    try:
        parsed = phonenumbers.parse(f"+{digits}", None) if has_code else None
    except phonenumbers.NumberParseException:
        parsed = None
    if parsed and (written.startswith("+") or phonenumbers.is_valid_number(parsed)):
        return parsed.country_code or 0, phonenumbers.national_significant_number(parsed)
    return 0, digits.lstrip("0")


def _read(written: str, region: str) -> tuple[int, str] | None:
    """Return the valid number that a text is when it is dialed in a region."""
    import phonenumbers

    try:
        parsed = phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(parsed):
        return None
    return parsed.country_code or 0, phonenumbers.national_significant_number(parsed)


def number_spellings(text: str) -> set[str]:
    """Return the digits that another spelling of a number may have: with, or without, its country code."""
    return set().union(*_spellings(text))


def _spellings(text: str) -> Iterator[set[str]]:
    """Yield the digits that a list may have for a text that is, or contains, a number."""
    digits = plain_digits(text)
    for match in compile_pattern(INTERNATIONAL_IN_TEXT).finditer(text):
        yield _international_spellings(plain_digits(match[0]))
    if not digits:
        return
    has_plus, has_exit_code = (
        text.lstrip().startswith("+"),
        compile_pattern(_EXIT_CODE).match(digits),
    )
    if has_plus or has_exit_code:
        yield _international_spellings(compile_pattern(_EXIT_CODE).sub("", digits))
    if not has_plus and not digits.startswith("00"):  # `011` may be the start of a national number
        yield _national_spellings(digits)


def _international_spellings(digits: str) -> set[str]:
    """Return the spellings of a number with its country code."""
    import phonenumbers

    try:
        parsed = phonenumbers.parse(f"+{digits}", None)
    except phonenumbers.NumberParseException:
        return {digits}
    national = phonenumbers.national_significant_number(parsed)
    return {digits, f"{parsed.country_code}{national}", national, f"0{national}"}


def _national_spellings(digits: str) -> set[str]:
    """Return the spellings of a number that may lack its country code."""
    import phonenumbers

    stripped = digits.lstrip("0")
    found = {digits, stripped, f"0{stripped}", *_international_spellings(stripped)}
    if len(stripped) >= _MIN_NATIONAL_DIGITS:
        codes = phonenumbers.COUNTRY_CODE_TO_REGION_CODE
        found |= {f"{code}{each}" for code in codes for each in (digits, stripped)}
    return found - {""}
