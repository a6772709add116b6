"""The spellings of a phone number."""

from __future__ import annotations

import phonenumbers
import pytest

from cxcall.phone.e164_numbers import without_decimals
from cxcall.phone.number_spellings import TRUNK_PREFIXES, NumberList, number_spellings, usual_digits
from helpers.cases import each_case


@pytest.mark.slow
def test_trunk_prefixes_are_those_of_the_metadata() -> None:
    regions = map(phonenumbers.PhoneMetadata.metadata_for_region, phonenumbers.SUPPORTED_REGIONS)
    known = {(each.national_prefix, each.country_code) for each in regions if each is not None}
    others = {(prefix, code) for prefix, code in known if prefix not in (None, "0") and code != 1}
    assert others <= set(TRUNK_PREFIXES)
    for prefix, code in TRUNK_PREFIXES:
        (region, *_) = phonenumbers.region_codes_for_country_code(code)
        metadata = phonenumbers.PhoneMetadata.metadata_for_region(region)
        assert metadata is not None
        parsed = phonenumbers.example_number(region)
        assert parsed is not None
        written = f"{prefix}{phonenumbers.national_significant_number(parsed)}"
        assert phonenumbers.parse(written, region) == parsed, (prefix, code)


@pytest.mark.parametrize(
    "text", ["+1 202 JKL 0123", "1-202-JKL-0123", "202 jkl 0123", "011 1 202 JKL 0123"]
)
def test_letters_of_a_number_are_those_of_a_keypad(text: str) -> None:
    assert text in NumberList(["+12025550123"])
    assert "+12025550123" in NumberList([text])
    assert usual_digits(text) in number_spellings("+12025550123")
    assert usual_digits("+12025550123") in number_spellings(text)


@pytest.mark.parametrize("text", ["2025550123 Ada", "202-555-0123 home"])
def test_letters_beside_a_whole_number_are_not_dialed(text: str) -> None:
    assert text in NumberList(["+12025550123"])
    assert usual_digits(text) in number_spellings("+12025550123")


def test_letters_beside_a_short_number_are_not_its_digits() -> None:
    assert "22 12 34 56 Ola" in NumberList(["+4722123456"])


@pytest.mark.parametrize(
    "text",
    [
        "+12025550123.0",
        "12025550123.0",
        "2025550123.00",
        "tel:+12025550123.0",
        # more digits than a number of the country has
        "+12025550123/1",
        "+12025550123-0",
        "+12025550123 (0)",
    ],
)
def test_decimals_and_surplus_digits_are_not_part_of_a_number(text: str) -> None:
    assert text in NumberList(["+12025550123"])
    assert usual_digits(text) in number_spellings("+12025550123")


def test_decimals_may_also_be_dialed() -> None:
    assert "+4930123456.0" in NumberList(["+4930123456"])
    assert "+4930123456.0" in NumberList(["+49301234560"])
    assert "+4930123456" in NumberList(["+4930123456.0"])


@pytest.mark.parametrize("text", ["+1.202.555.0100", "202.555.0100", "+1202555.0100", "202.555.00"])
def test_separators_are_not_decimals(text: str) -> None:
    assert without_decimals(text) == text


@each_case(
    "number, listed",
    [
        (
            "+390612345678",
            "612345678",
        ),  # a spreadsheet removed the zero, which belongs to the number
        ("+390612345678", "+39612345678"),
        ("+2250707123456", "707123456"),
        ("+242061234567", "61234567"),
        ("+5491123456789", "1123456789"),  # the 9 is dialed only from abroad
        ("+5491123456789", "01123456789"),
        ("+5491123456789", "+541123456789"),
        ("+5215512345678", "+525512345678"),  # the 1 was dialed from abroad until 2019
    ],
)
def test_listed_number_without_a_digit_of_the_whole_number_is_found(
    number: str, listed: str
) -> None:
    assert number in NumberList([listed])
    assert listed in NumberList([number])
    other = f"{number[:-1]}0"
    assert other not in NumberList([listed])


@pytest.mark.parametrize(
    "number", ["1123456789", "91123456789", "+5491123456789", "1115-2345-6789"]
)
def test_mobile_number_of_argentina_is_found_as_it_is_dialed_there(number: str) -> None:
    assert number in NumberList(["11 15 2345 6789"])
    assert "11 15 2345 6789" in NumberList([number])
    assert "1123456780" not in NumberList([number])
