"""Compare a number with a list of numbers, whatever spelling each of them has."""

from __future__ import annotations

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
_TRUNK_ZERO = r"(?<=[0-9 ])\(0\)"


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

    In doubt, a number counts as listed: a spelling without country code matches every country.
    """

    def __init__(self, numbers: Iterable[str]) -> None:
        written = (compile_pattern(_TRUNK_ZERO).sub("", each) for each in numbers)
        self._digits = frozenset(
            compile_pattern(_EXIT_CODE).sub("", plain_digits(each)) for each in written
        )
        self._ends = frozenset(digits[-_MIN_NATIONAL_DIGITS:] for digits in self._digits)

    def __contains__(self, text: str) -> bool:
        if text.isdecimal() and text.isascii() and text[-_MIN_NATIONAL_DIGITS:] not in self._ends:
            return False  # most of the digits in a text, without a parser of numbers
        return any(not self._digits.isdisjoint(each) for each in _spellings(text))


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
