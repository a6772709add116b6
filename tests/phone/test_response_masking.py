"""Phone numbers in a response are masked: those of its request in any spelling, and others that are written like one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cxcall.phone.number_masking import literal_masker, mask_number, mask_text
from cxcall.phone.response_masking import mask_written_numbers, response_masker
from helpers.cases import each_case

SPACES = "\xa0\u202f\u2009\u2007\u3000"
DASHES = "\u2010\u2011\u2012\u2013\u2014\u2212\xb7\u200b\xad"
DIGITS = (
    "\uff10\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19",
    "\u0660\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668\u0669",
    "\u06f0\u06f1\u06f2\u06f3\u06f4\u06f5\u06f6\u06f7\u06f8\u06f9",
    "\u0966\u0967\u0968\u0969\u096a\u096b\u096c\u096d\u096e\u096f",
    "\u2070\xb9\xb2\xb3\u2074\u2075\u2076\u2077\u2078\u2079",
)
WIDE = [
    "+1 202 - 555 - 0123", "+1 (202) - 555 - 0123", "+1 ( 202 ) 555 - 0123", "202 - 555 - 0123", "1 - 202 - 555 - 0123",
    "(202) - 555-0123", "+1 202.555 - 0123", "+1 202 . 555 . 0123", "+1 202 / 555 / 0123", "+1   202   555   0123",
    "+1\t202\t555\t0123", "+49 - 30 - 901820", "+44 (0)20 - 7946 - 0958", "+213   551   23   45   67",
]  # fmt: skip


def hidden(number: str) -> int:
    """Return how many digits a mask hides."""
    return sum(map(str.isdigit, number)) - 4


@given(
    separator=st.sampled_from([*SPACES, *DASHES]),
    form=st.sampled_from(["+1_202_555_0123", "(202)_555-0123", "+33_6_12_34_56_78"]),
)
def test_separators_that_are_not_ascii_hide_no_number(separator: str, form: str) -> None:
    number = form.replace("_", separator)
    for masked in (response_masker("")(number), mask_text(number), mask_written_numbers(number)):
        assert masked.count("*") == hidden(number)
        assert masked.endswith(number[-2:])
        assert separator in masked


@given(st.sampled_from(DIGITS))
def test_digits_of_other_scripts_hide_no_number(digits: str) -> None:
    number = "12025550123".translate(str.maketrans("0123456789", digits))
    mask = response_masker('{"to": "+12025550123"}')
    assert mask(f"no {number}").count("*") == 7
    assert mask(f"+{number}").endswith(f"*{number[-4:]}")
    assert mask_number(number).count("*") == 7
    assert response_masker(f'{{"to": "{number}"}}')("12025550123") == "*******0123"


@each_case("number", WIDE)
def test_spaces_around_the_signs_hide_no_number(number: str) -> None:
    for masked in (mask_text(f"call {number} now"), response_masker("")(f"call {number} now")):
        assert masked.count("*") == hidden(number)
    for letters in ("\u7535\u8bdd", "\u05d1", "\ub85c"):
        assert mask_text(f"{letters}{number}{letters}").count("*") == hidden(number)


@each_case(
    "text",
    [
        "2020 - 2021 - 2022, 1000 - 2000, 0800 - 1700, 250 - 300",
        "10:00:00 +1000 - 12345 - INFO, 10:00 +0000 - 12345 - 1, 10:00 +0100 - 12345, 10:00 -0530 - 12345",
        "UTC+10 - 2026-11-27, 0123 - 2026-11-27, 02 - 2026-11-27",
        "1,200 - 1,500; 12.50 - 13.00; 2 + 3 - 4; v1.2 - 3.4.5 - 678; 01 - 1234567",
        "1\xa0234,56 \u2013 2\xa0000,00 \u20ac, 12\u202f500\xa0km",
        "2026\u201111\u201102\xa010:00, 10:00\u201312:00",
        "7c1c9d3e\u20116b1a\u20114f0e\u20119f57\u20113e4a1c0b2d11",
    ],
)
def test_ranges_times_and_prices_are_not_numbers(text: str) -> None:
    assert mask_text(text) == text
    assert response_masker("")(text) == text


def test_number_after_the_offset_of_a_time_zone_is_masked() -> None:
    assert mask_text("10:00:00 +0100 - 12025550123") == "10:00:00 +0100 - *******0123"
    assert mask_text("call 0100 - 234 5678") == "call **** - *** 5678"


def test_cell_after_a_number_is_not_a_part_of_it() -> None:
    assert mask_text("+12025550123   200   15 ms") == "+*******0123   200   15 ms"
    assert mask_text("+12025550123\t4567\t15 ms") == "+*******0123\t4567\t15 ms"


@each_case(
    "number, masked",
    [
        ("+1*202*5550123", "+*********0123"),
        ("+1|202|555|0123", "+*|***|***|0123"),
        ("+1 202, 555, 0123", "+* ***, ***, 0123"),
        ("+1.202.KL5.0123", "+*.***.***.0123"),
        ("1-800-FLOWERS", "*-***-***WERS"),
        ("5550123 ext 77", "*****23 ext 77"),
        ("5550123", "***0123"),
    ],
)
def test_number_that_a_guard_found_is_masked_in_any_form(number: str, masked: str) -> None:
    assert literal_masker([number])(f"a {number}.") == f"a {masked}."
    assert response_masker("", [number])(f"a {number}.") == f"a {masked}."
    assert literal_masker([number])(f"9{number}9") == f"9{number}9"
