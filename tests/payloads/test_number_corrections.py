"""Corrections of numbers that people write with a prefix that is dialed only inside a country."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from cxcall.findings.edit import Applicability
from cxcall.payloads.errors.value_corrections import correct_text
from cxcall.phone.e164_numbers import find_number_mistake
from helpers.cases import each_case

if TYPE_CHECKING:
    from helpers.command import Cxcall

LONDON = "+442079460123"


@each_case(
    "written, number, is_safe",
    [
        ("+44 (0)20 7946 0123", LONDON, True),
        ("+44(0)2079460123", LONDON, True),
        ("+49(0)30/123456", "+4930123456", True),
        ("+7(8)495 123 45 67", "+74951234567", True),
        ("+39 06 698 12345", "+390669812345", True),  # Italy keeps the 0
        ("+39 (0)6 698 12345", "+390669812345", False),
        ("+1 (202) 555-0123", "+12025550123", True),
        ("+49 36920/12345", "+493692012345", True),
        ("+44 020 7946 0123", LONDON, False),
        ("0044 020 7946 0123", LONDON, False),
        ("00442079460123", LONDON, False),
        ("+4930123456.0", "+4930123456", False),
        ("+39 (0)6 (698) 12345", "+390669812345", False),
    ],
    quick=2,
)
def test_number_is_corrected_without_the_prefix_of_its_country(
    written: str, number: str, *, is_safe: bool
) -> None:
    applicability = Applicability.SAFE if is_safe else Applicability.UNSAFE
    assert correct_text(written, {"format": "e164"}) == (number, applicability)


@each_case(
    "written",
    [
        "+44 (0)20 (7946) 095", "+12025550.00",
        "+34 (0) 912 345 678", "+39 (0)333 1234567", "+12025550123/99", "+1 202 555 0123 99",
        "+49 30 123456 / 7", "0049 30 123456/123457", "2025550123 / 2025550199",
    ],
)  # fmt: skip
def test_number_that_no_country_has_or_that_may_be_several_is_not_corrected(written: str) -> None:
    assert correct_text(written, {"format": "e164"}) is None


def test_prefix_after_the_country_code_is_a_mistake() -> None:
    assert find_number_mistake("+4402079460123").startswith("`0` after country code 44")
    assert [find_number_mistake(each) for each in (LONDON, "+390669812345")] == ["", ""]


def test_number_of_a_known_country_is_too_short_and_not_of_an_unknown_one() -> None:
    assert {find_number_mistake(each) for each in ("+44", "+1", "+12")} == {"it is too short"}
    assert find_number_mistake("+9991234") == "no country has that calling code"


@pytest.mark.slow
def test_files_and_hints_leave_the_prefix_out(cxcall: Cxcall) -> None:
    list_ = json.dumps(["+44 (0)20 7946 0123", "+12025550123"])
    file = cxcall.file("numbers.json", list_)
    ran = cxcall("validate", file, "--operation", "add-dnc-numbers", "-o", "json", code=3)
    assert "dialed only inside the country" in ran.out
    cxcall("validate", file, "--operation", "add-dnc-numbers", "--fix", code=0)
    assert json.loads((cxcall.folder / "numbers.json").read_text()) == [LONDON, "+12025550123"]
    prefixed = cxcall.file("prefixed.json", '["+4402079460123"]')
    ran = cxcall("validate", prefixed, "--operation", "add-dnc-numbers", "-o", "json", code=0)
    assert ran.codes == ["phone-unlikely"]
    assert "dialed only inside the country" in ran.envelope["findings"][0]["fix"]
    several = cxcall.file("several.json", '["+12025550123/99"]')
    ran = cxcall("validate", several, "--operation", "add-dnc-numbers", "--fix", code=3)
    assert "write only one" in ran.out + ran.err
    national = cxcall.file("numbers.json", '["02079460123"]')
    ran = cxcall("validate", national, "--operation", "add-dnc-numbers", "-o", "json", code=3)
    assert "in place of the leading `0`" in ran.out
