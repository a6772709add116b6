"""Refuse emergency numbers and premium-rate numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.findings.finding import Finding, list_in_words
from cxcall.phone.impossible_numbers import parse_number
from cxcall.phone.number_masking import mask_number, plain_digits
from cxcall.phone.number_spellings import dialed_digits, read_number
from cxcall.phone.numbers_in_text import dialed_part

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from phonenumbers import PhoneNumber

_MAX_SHORT_NUMBER = 6
_NORTH_AMERICAN_LENGTH = 10
_FEW_REGIONS = 10
"""A number that is an emergency number in more regions, such as 112, is known as one everywhere."""
_SOURCE = "libphonenumber"


def check_kind(number: str) -> Iterator[Finding]:
    """Yield an error for an emergency number or a premium-rate number."""
    import phonenumbers

    dialed = dialed_part(number)
    digits = dialed_digits(dialed)
    parsed = read_number(dialed) or _parse_north_american(digits)
    # A platform may dial the letters of a keypad, or leave them out: `911 Jane`.
    readings = {str(parsed.national_number) if parsed else digits, plain_digits(dialed)}
    short = [each for each in readings if 0 < len(each) <= _MAX_SHORT_NUMBER]
    regions: Iterable[str] = phonenumbers.SUPPORTED_SHORT_REGIONS
    if parsed and parsed.country_code:
        regions = phonenumbers.region_codes_for_country_code(parsed.country_code)
    places = [
        each
        for each in regions
        if any(phonenumbers.is_emergency_number(text, each) for text in short)
    ]
    if places:
        is_rare = not parsed and len(places) <= _FEW_REGIONS
        yield Finding.error(
            "phone-kind",
            "",
            f"`{number}` is an emergency number{f' in {list_in_words(sorted(places))}' if is_rare else ''}",
            f"use a subscriber number; add `--force` if {number} is an internal extension",
            source=_SOURCE,
        )
    elif parsed and phonenumbers.number_type(parsed) == phonenumbers.PhoneNumberType.PREMIUM_RATE:
        yield Finding.error(
            "phone-kind",
            "",
            f"`{mask_number(number)}` is a premium-rate number: each minute is charged",
            "use the person's own number; add `--force` to call this number anyway",
            source=_SOURCE,
        )


def _parse_north_american(digits: str) -> PhoneNumber | None:
    """Return a number in the national form of the North American plan, with or without `1`; None for any other."""
    digits = digits[len(digits) == _NORTH_AMERICAN_LENGTH + 1 and digits[0] == "1" :]
    is_national = len(digits) == _NORTH_AMERICAN_LENGTH and digits[0] > "1" and digits[3] > "1"
    return parse_number(f"+1{digits}") if is_national else None
