"""Write national phone numbers in E.164, and find numbers that cannot be valid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.documents.json_pointer import find_value
from cxcall.findings.errors import UsageError
from cxcall.findings.finding import Finding
from cxcall.payloads.payload import set_value
from cxcall.payloads.undialable_values import (
    WHY_DIALED,
    find_lost_digits,
    find_unlikely_number,
    is_written_number,
)
from cxcall.phone.e164_numbers import has_decimals, is_rounded_number, may_be_several
from cxcall.phone.number_masking import mask_number, plain_digits
from cxcall.sending.numbers_in_request import dialed_numbers

if TYPE_CHECKING:
    from cxcall.contracts.operation import Operation
    from cxcall.payloads.payload import Payload

_FLAG = "--default-country"
FEWEST_DIGITS, _MOST_DIGITS = 4, 18
"""The fewest digits of a national number in any country, and the most of a number with an exit code and that of a carrier.

Sources: libphonenumber's metadata; ITU-T E.164, section 6.2: 15 digits with the country code.
"""


def parse_country(text: str) -> str:
    """Return the code of a country (ISO 3166-1) in upper case; raises UsageError for an unknown one."""
    import phonenumbers

    country = text.strip().upper()
    if country not in phonenumbers.SUPPORTED_REGIONS:
        raise UsageError(
            f"unknown country `{text}`",
            where=_FLAG,
            fix="write its two letters, such as `US`, `GB`, or `DE`",
            why="numbers without a country code are read as numbers of this country",
        )
    return country


def write_in_e164(operation: Operation, values: dict[str, str], body: Payload, country: str) -> int:
    """Write the numbers to be dialed in E.164, in `values` and `body`; return how many were changed.

    A national number counts as one of `country`. A value that is not exactly one valid number is not
    changed, nor is a local number whose area code is another value.
    """
    count = 0
    for number, where, *_, is_local in dialed_numbers(operation, values, body):
        written = _as_e164(number, country)
        if written in (None, number) or is_local:
            continue
        if not where.startswith("/"):
            for parameter in operation.parameters:
                if parameter.as_sent.place == where and values.get(parameter.name) == number:
                    values[parameter.name] = str(written)
                    count += 1
        elif find_value(body.value, where) == number:
            set_value(body.value, where, written, _FLAG)
            count += 1
    return count


def find_invalid_number(number: str, country: str) -> Finding | None:
    """Return a warning, without a place, on a number that is not valid; None if it may be valid, or is another text.

    A national number counts as one of `country`. Without a country, it is refused only if its length fits none.
    """
    if number.startswith("+"):
        return find_unlikely_number(number)
    if is_rounded_number(number):
        return find_lost_digits(number)
    if not is_written_number(number):
        return None
    fix = "write the whole number, preferably in E.164: `+12025550123`"
    if country:
        is_valid, why = _as_e164(number, country) is not None, f"not a valid number in `{country}`"
        fix += "; one of another country needs its country code"
    else:
        count = len(plain_digits(number))
        is_valid = FEWEST_DIGITS <= count <= _MOST_DIGITS
        why = f"too {'short' if count < FEWEST_DIGITS else 'long'} for a number of any country"
    if is_valid:
        return None
    message = f"`{mask_number(number)}` is {why}"
    return Finding.warning("phone-format", "", message, fix, WHY_DIALED, source="libphonenumber")


def _as_e164(text: str, country: str) -> str | None:
    """Return a number in E.164; None for a text that is not exactly one valid number.

    Source: libphonenumber's metadata.
    """
    import phonenumbers

    if not is_written_number(text) or has_decimals(text):
        return None
    try:
        parsed = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(parsed) or may_be_several(text, country):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
