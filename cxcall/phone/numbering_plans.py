"""Numbering plans: is a number one that libphonenumber calls valid, told many times faster than it does."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from phonenumbers import PhoneMetadata

_KINDS = (
    "fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost",
    "voip", "personal_number", "pager", "uan", "voicemail",
)  # fmt: skip
_CODE_DIGITS = 3
_FEW = 1000  # numbers: of fewer, libphonenumber is done before a plan is compiled


def undialable(numbers: Sequence[bytes]) -> set[bytes]:
    """Return those of many numbers, each a plus sign and digits, that libphonenumber calls invalid."""
    if len(numbers) < _FEW:
        return {number for number in set(numbers) if not _is_valid(number)}
    plan_of = _plan_of
    return {
        number
        for number in numbers
        if not plan_of(number[1:4]).fullmatch(number) and not _is_valid(number)
    }


def _is_valid(number: bytes) -> bool:
    import phonenumbers

    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(number.decode("ascii"), None))
    except phonenumbers.NumberParseException:
        return False


@cache
def _plan_of(start: bytes) -> re.Pattern[bytes]:
    """Return a pattern of valid numbers that start with these digits; the digits of a code suffice."""
    import phonenumbers

    for end in range(1, len(start) + 1):
        if int(start[:end]) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
            return _plan(int(start[:end]))
    return re.compile(b"(?!)")


@cache
def _plan(code: int) -> re.Pattern[bytes]:
    """Return a pattern of numbers under a calling code, each of which libphonenumber calls valid.

    Of others it says nothing: libphonenumber takes a national prefix off some numbers before it
    looks, and weighs the leading digits of some regions first.
    """
    import phonenumbers

    plans = [
        phonenumbers.PhoneMetadata.metadata_for_region_or_calling_code(code, region)
        for region in phonenumbers.COUNTRY_CODE_TO_REGION_CODE[code]
    ]
    guard, ways = "", []
    for plan in filter(None, plans):
        lead = plan.leading_digits
        ways.append(f"{guard}{f'(?={lead})' if lead else ''}{_valid(plan)}")
        guard += f"(?!{lead})" if lead else ""
    prefix = plans[0] and plans[0].national_prefix_for_parsing
    before = f"(?!{prefix})" if prefix else ""
    return re.compile(rf"\+{code}{before}(?:{'|'.join(ways)})".encode())


def _valid(plan: PhoneMetadata) -> str:
    """Return a pattern of what a region gives out: of its general form, and of a kind and its lengths."""
    general = plan.general_desc
    if general is None:
        return "(?!)"
    by_length: dict[tuple[int, ...], list[str]] = {}
    for kind in (getattr(plan, name) for name in _KINDS):
        if kind is not None and kind.national_number_pattern:
            lengths = kind.possible_length or general.possible_length
            by_length.setdefault(lengths, []).append(kind.national_number_pattern)
    ways = [
        rf"(?=(?:{'|'.join(f'.{{{length}}}' for length in lengths)})\Z)(?:{'|'.join(patterns)})"
        for lengths, patterns in by_length.items()
    ]
    form = general.national_number_pattern
    return rf"(?=(?:{form})\Z)(?:{'|'.join(ways)})" if form and ways else "(?!)"
