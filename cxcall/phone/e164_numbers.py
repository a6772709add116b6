"""Read E.164 numbers by libphonenumber's data, write them, and say why one cannot be dialed."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from cxcall.runtime.patterns import compile_pattern

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

_NUMBERS_KEPT, _PARSED_KEPT = 4096, 64
# Other than `+1.202.555.0100`, it has no separators before its only point.
_WITH_DECIMALS = r"(\s*(?:[tT][eE][lL]:)?[+\uff0b]?[0-9]{3,15})\.0{1,2}\s*"


def without_decimals(text: str) -> str:
    """Return a number without decimals, as a spreadsheet or a program adds them: `+12025550123.0`; else the text."""
    if ".0" not in text:
        return text
    found = compile_pattern(_WITH_DECIMALS).fullmatch(text)
    return found[1] if found else text


@lru_cache(maxsize=_PARSED_KEPT)
def parse_number(number: str, region: str | None = None) -> PhoneNumber | None:
    """Return a parsed number with a country code, or of a region; None for another text. Cached for the checks."""
    import phonenumbers

    try:
        return phonenumbers.parse(without_decimals(number), region)
    except phonenumbers.NumberParseException:
        return None


@lru_cache(maxsize=_NUMBERS_KEPT)
def find_number_mistake(number: str) -> str:
    """Return why an E.164 number cannot be dialed, as one clause; empty if it can.

    Source: libphonenumber's metadata. It has numbering plans, not subscribers.
    """
    import phonenumbers

    parsed = parse_number(number)
    if parsed is None:
        codes = phonenumbers.COUNTRY_CODE_TO_REGION_CODE
        is_known = any(number.startswith(f"+{each}") for each in codes)
        return "it is too short" if is_known else "no country has that calling code"
    code = parsed.country_code or 0
    national = phonenumbers.national_significant_number(parsed)
    if phonenumbers.is_valid_number(parsed):
        trunk = number.removeprefix(f"+{code}").removesuffix(national)
        is_trunk = trunk.isdecimal() and number == f"+{code}{trunk}{national}"
        return f"`{trunk}` after country code {code} is dialed only inside the country" * is_trunk
    lengths = _lengths(code)
    if lengths and len(national) not in lengths:
        expected = " or ".join(str(length) for length in lengths)
        return f"country code {code} requires {expected} digits after it; this number has {len(national)}"
    return f"country code {code} has no such number"


def may_be_several(number: str, region: str | None = None) -> bool:
    """Return whether a written number may be two, or have an extension: `+12025550123/99`, or too many digits.

    Some write a slash after an area code, which is no number of its own: `+49 30/123456`.
    """
    import phonenumbers

    parsed, first = parse_number(number, region), parse_number(number.partition("/")[0], region)
    is_beside = "/" in number and first is not None and phonenumbers.is_valid_number(first)
    return is_beside or (parsed is not None and not phonenumbers.is_possible_number(parsed))


def write_e164(number: str) -> str:
    """Return a number with `+` in E.164, without a prefix that is dialed only inside its country; empty if there is none.

    Source: libphonenumber's metadata.
    """
    import phonenumbers

    parsed = parse_number(number)
    if parsed is None or not phonenumbers.is_valid_number(parsed):
        return ""
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def _lengths(country_code: int) -> list[int]:
    """Return the lengths of national numbers under a calling code, in its main region."""
    import phonenumbers

    region = phonenumbers.region_code_for_country_code(country_code)
    if region == phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY:
        metadata = phonenumbers.PhoneMetadata.metadata_for_nongeo_region(country_code, None)
    else:
        metadata = phonenumbers.PhoneMetadata.metadata_for_region(region, None)
    general = metadata.general_desc if metadata is not None else None
    lengths = general.possible_length if general is not None else ()
    return sorted(length for length in lengths if length > 0)


def is_rounded_number(value: str) -> bool:
    """Return whether a text is a number in the form that Excel gives to long ones: `4.42E+11`."""
    return compile_pattern(r"[1-9](?:[.,][0-9]+)?[eE]\+[0-9]{1,2}").fullmatch(value) is not None


def has_decimals(value: str) -> bool:
    """Return whether a text is a number with decimals: `12025550123.0`."""
    return without_decimals(value) != value
