"""Write a number in E.164 that is written in another form, and say what to write if its whole number is not certain."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cxcall.findings.edit import Applicability
from cxcall.phone.e164_numbers import (
    has_decimals,
    is_rounded_number,
    may_be_several,
    without_decimals,
    write_e164,
)

if TYPE_CHECKING:
    Correction = tuple[str, Applicability]

E164_FORM = (
    "a plus sign, then the country code and the number: at most 15 digits, no spaces or punctuation"
)
_INCOMPLETE_E164 = (
    (
        r"0[0-9]{5,14}",
        "write `+` and the country code in place of the leading `0` (Italy keeps it)",
    ),
    (
        r"[0-9]{6,15}",
        "put `+` in front, and after it the country code if the number lacks it",
    ),
)
"""What to write instead of a number by the form of its digits, where that is not certain enough for a correction."""
WITHOUT_TRUNK_PREFIX = "leave out the digits that are dialed only inside the country"
WITHOUT_DECIMALS = "write the number without decimals: a spreadsheet or a program adds them to a column of numbers, so format or read it as text"
AS_TEXT = "in Excel, format the column as text, enter the numbers again, and export the table"


def correct_number(text: str) -> tuple[str, Correction | None]:
    """Return what to write instead of a number that is not E.164, and the number, if it is known.

    None for a text that may be several numbers: a correction must not choose whom to call.
    """
    if is_rounded_number(text):
        return AS_TEXT, None
    if has_decimals(text):
        number = write_e164(without_decimals(text))
        return WITHOUT_DECIMALS, (number, Applicability.UNSAFE) if number else None
    if may_be_several(re.sub(r"^\s*00", "+", text)):
        return f"if it is more than one number, write only one: {E164_FORM}", None
    digits = re.sub(r"[\s().\-/]", "", text)
    if re.fullmatch(r"\+[1-9][0-9]{1,14}", digits):
        return _without_punctuation(text, digits)
    if re.fullmatch(r"00[1-9][0-9]{5,14}", digits):
        number = f"+{digits[2:]}"
        correction = write_e164(number) or number, Applicability.UNSAFE
        return "write `+` in place of the leading `00`", correction
    found = (fix for form, fix in _INCOMPLETE_E164 if re.fullmatch(form, digits))
    return next(found, f"write {E164_FORM}, like `+12025550123`"), None


def _without_punctuation(text: str, digits: str) -> tuple[str, Correction | None]:
    """Return what to write, and the number; a prefix in brackets, as in `+44 (0)20`, is certainly not part of it."""
    written, has_prefix = write_e164(digits), re.search(r"\([0-9]\)", text)
    fix = "remove spaces and punctuation: a plus sign and digits only"
    if written != digits and (written or has_prefix):
        fix = f"{WITHOUT_TRUNK_PREFIX}, and the punctuation"
    if has_prefix and not written:
        return fix, None  # no country has the number with this digit
    without_prefix = re.sub(r"[\s.\-/]|\([0-9]\)", "", text)
    is_certain = written == without_prefix if has_prefix else written in ("", digits)
    return fix, (written or digits, Applicability.SAFE if is_certain else Applicability.UNSAFE)
