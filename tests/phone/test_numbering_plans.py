"""Patterns of valid numbers against libphonenumber itself, in every country."""

from __future__ import annotations

from random import Random

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from cxcall.phone.numbering_plans import is_certainly_valid
from helpers.work import examples

CODES = sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)


def _is_valid(number: str) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return False


def _examples(code: int) -> set[str]:
    """Return what libphonenumber gives as examples: of every region under a code, and of every kind."""
    found = [phonenumbers.example_number_for_non_geo_entity(code)]
    for region in phonenumbers.COUNTRY_CODE_TO_REGION_CODE[code]:
        found += [
            phonenumbers.example_number_for_type(region, kind) for kind in PhoneNumberType.values()
        ]
        found.append(phonenumbers.invalid_example_number(region))
    return {
        phonenumbers.format_number(number, PhoneNumberFormat.E164)
        for number in found
        if number is not None
    }


def _near(number: str, code: int, random: Random) -> list[str]:
    """Return numbers close to one: a digit more, less, or another; a prefix that is dialed at home."""
    start = 1 + len(str(code))
    home = [number[:start] + prefix + number[start:] for prefix in ("0", "1", "8", "15", "9")]
    others = []
    for at in range(start, len(number)):
        digit = str(random.randrange(10))
        others += [
            number[:at] + digit + number[at + 1 :],
            number[:at] + number[at + 1 :],
            number[:at] + digit + number[at:],
        ]
    return [number, number + "0", number + "23", *home, *others]


def _dialed_at_home(code: int, random: Random) -> list[str]:
    """Return numbers that start as the prefix of a call within the country does: it may be taken off."""
    region = phonenumbers.region_code_for_country_code(code)
    prefix = phonenumbers.ndd_prefix_for_region(region, strip_non_digits=True) or ""
    starts = [prefix + more for more in ("", "0", "1", "10")]
    return [
        f"+{code}{start}{random.randrange(10 ** (9 - len(start) + longer)):0{9 - len(start) + longer}}"
        for start in starts
        for longer in range(3)
        for _ in range(100)
    ]


@pytest.mark.usefixtures("untraced")
@pytest.mark.parametrize("code", CODES)
def test_patterns_match_only_valid_numbers(code: int) -> None:
    random = Random(code)
    examples = sorted(_examples(code))
    numbers = [near for number in examples for near in _near(number, code, random)]
    numbers += _dialed_at_home(code, random)
    numbers += [f"+{code}{random.randrange(10 ** random.randint(3, 12))}" for _ in range(1000)]
    assert [number for number in numbers if is_certainly_valid(number) and not _is_valid(number)] == []  # fmt: skip


def test_patterns_match_most_valid_numbers() -> None:
    examples = [number for code in CODES for number in _examples(code) if _is_valid(number)]
    assert sum(map(is_certainly_valid, examples)) > 0.9 * len(examples)


@pytest.mark.usefixtures("untraced")
@settings(max_examples=examples(1000), deadline=None)
@given(
    st.from_regex(r"\A\+[0-9]{1,20}\Z")
    | st.from_regex(r"\A\+\d{1,20}\n?\Z")
    | st.tuples(st.sampled_from(CODES), st.from_regex(r"\A[0-9]{0,14}\Z")).map("+{0[0]}{0[1]}".format)
    | st.text(max_size=15)
)  # fmt: skip
def test_patterns_match_no_other_text(text: str) -> None:
    assert not is_certainly_valid(text) or _is_valid(text)
