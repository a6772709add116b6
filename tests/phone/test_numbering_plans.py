"""Numbers judged by patterns of our own compiling, against libphonenumber itself, in every country."""

from __future__ import annotations

from random import Random

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from cxcall.phone.numbering_plans import undialable

CODES = sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)
MANY = 1000
"""Of fewer numbers, no pattern is compiled."""


def _is_valid(number: bytes) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(number.decode()))
    except phonenumbers.NumberParseException:
        return False


def _examples(code: int) -> set[bytes]:
    """Return what libphonenumber gives as examples: of every region under a code, and of every kind."""
    found = [phonenumbers.example_number_for_non_geo_entity(code)]
    for region in phonenumbers.COUNTRY_CODE_TO_REGION_CODE[code]:
        found += [
            phonenumbers.example_number_for_type(region, kind) for kind in PhoneNumberType.values()
        ]
        found.append(phonenumbers.invalid_example_number(region))
    return {
        phonenumbers.format_number(number, PhoneNumberFormat.E164).encode()
        for number in found
        if number is not None
    }


def _near(number: bytes, code: int, random: Random) -> list[bytes]:
    """Return numbers close to one: a digit more, less, or another; a prefix that is dialled at home."""
    start = 1 + len(str(code))
    home = [number[:start] + prefix + number[start:] for prefix in (b"0", b"1", b"8", b"15", b"9")]
    others = []
    for at in range(start, len(number)):
        digit = b"%d" % random.randrange(10)
        others += [
            number[:at] + digit + number[at + 1 :],
            number[:at] + number[at + 1 :],
            number[:at] + digit + number[at:],
        ]
    return [number, number + b"0", number + b"23", *home, *others]


def _dialled_at_home(code: int, random: Random) -> list[bytes]:
    """Return numbers that start as the prefix of a call within the country does: it may be taken off."""
    region = phonenumbers.region_code_for_country_code(code)
    prefix = phonenumbers.ndd_prefix_for_region(region, strip_non_digits=True) or ""
    starts = [prefix + more for more in ("", "0", "1", "10")]
    return [
        f"+{code}{start}{random.randrange(10 ** (9 - len(start) + longer)):0{9 - len(start) + longer}}".encode()
        for start in starts
        for longer in range(3)
        for _ in range(100)
    ]


@pytest.mark.usefixtures("untraced")
@pytest.mark.parametrize("code", CODES)
def test_the_verdict_is_libphonenumbers_near_every_example(code: int) -> None:
    random = Random(code)
    numbers = [near for number in sorted(_examples(code)) for near in _near(number, code, random)]
    numbers += _dialled_at_home(code, random)
    numbers += [
        b"+%d%d" % (code, random.randrange(10 ** random.randint(3, 12))) for _ in range(MANY)
    ]
    assert undialable(numbers) == {number for number in numbers if not _is_valid(number)}


@pytest.mark.usefixtures("untraced")
@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.from_regex(r"\A\+[0-9]{1,20}\Z")
        | st.tuples(st.sampled_from(CODES), st.from_regex(r"\A[0-9]{0,14}\Z")).map("+{0[0]}{0[1]}".format),
        max_size=20,
    ),
    st.sampled_from([1, MANY]),
)  # fmt: skip
def test_it_is_so_for_any_digits_few_or_many(texts: list[str], times: int) -> None:
    numbers = [text.encode() for text in texts]
    assert undialable(numbers * times) == {number for number in numbers if not _is_valid(number)}
