"""Spellings of one phone number: with and without its country code, an exit code, or a trunk prefix."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.phone.impossible_numbers import parse_number, without_decimals, write_e164
from cxcall.phone.number_masking import plain_digits
from cxcall.runtime.patterns import compile_pattern

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

MIN_NATIONAL_DIGITS = 7
_MOST_DIGITS_WITH_LETTERS = 9
"""More digits are a whole number, so that letters beside them are not dialed."""
TEL_SCHEME = r"(?i)^\s*tel:"
_EXTENSION = r"(?i)\s*[,;#].*$|\s+(?:ext(?:n|ension)?|x)\b.*$"
EXIT_CODES = ("00", "011")
"""The digits dialed for `+` in most countries, and in North America."""
TRUNK_PREFIXES = (
    ("8", 7),
    ("8", 370),
    ("8", 375),
    ("80", 375),
    ("06", 36),
    ("8", 993),
    ("1", 692),
)
"""The national prefixes other than `0`, by country code.

Source: libphonenumber's metadata, the national prefix and the one for parsing. Reading them of all countries takes 0.3 s, which
each command would wait for.
"""
_MOBILE_DIGITS = ((54, "9"), (52, "1"))
"""The digit dialed between the country code and a mobile number from abroad, in Mexico until 2019.

Sources: libphonenumber's `country_mobile_token`; the Mexican numbering plan of 3 August 2019, after which calls with the
digit may still be connected.
"""


def dialed_digits(text: str) -> str:
    """Return the digits that a text dials: letters are those of a keypad, as in `+1 202 JKL 0123`.

    Letters beside a whole number, such as a name or an extension, are left out, and the decimals of a spreadsheet.
    """
    text = without_decimals(text)
    digits = plain_digits(text)
    has_letters = text.lower() != text.upper()
    if not has_letters or len(without_exit_code(digits)) > _MOST_DIGITS_WITH_LETTERS:
        return digits
    import phonenumbers

    number = compile_pattern(TEL_SCHEME).sub("", text).strip()
    if not phonenumbers.is_alpha_number(number):
        return digits
    number = compile_pattern(_EXTENSION).sub("", number)
    return plain_digits(phonenumbers.convert_alpha_characters_in_number(number))


def dials_letters(text: str) -> bool:
    """Return whether a text is a number with letters of a keypad, such as `1-800-FLOWERS`."""
    return text.lower() != text.upper() and dialed_digits(text) != plain_digits(text)


def read_number(text: str) -> PhoneNumber | None:
    """Return a text with a country code as a number; None if the country code may be missing."""
    if parsed := parse_number(text):
        return _whole_number(parsed)
    digits = dialed_digits(text)
    prefix = next((each for each in EXIT_CODES if digits.startswith(each)), "")
    international = f"+{digits.removeprefix(prefix)}"
    # `0113` to `0118` are also area codes of the United Kingdom.
    if prefix == "00" or (prefix and write_e164(international)):
        return parse_number(international)
    return None


def _whole_number(number: PhoneNumber) -> PhoneNumber:
    """Return a number without the digits that are too many for its country: a switch may ignore them."""
    import phonenumbers

    reason = phonenumbers.is_possible_number_with_reason(number)
    if reason != phonenumbers.ValidationResult.TOO_LONG:
        return number
    shorter = phonenumbers.PhoneNumber()
    shorter.merge_from(number)
    return shorter if phonenumbers.truncate_too_long_number(shorter) else number


def usual_digits(text: str) -> str:
    """Return the digits of a number, with its country code if it has one."""
    parsed = read_number(text)
    return f"{parsed.country_code}{parsed.national_number}" if parsed else dialed_digits(text)


def number_spellings(text: str) -> set[str]:
    """Return the results of `usual_digits` for any spelling of a number; without a country code, of every country."""
    digits, parsed = dialed_digits(text), read_number(text)
    found = {usual_digits(text), without_exit_code(digits)}
    if parsed:
        found |= _international_spellings(parsed)
    if not parsed or digits.startswith("011"):  # this may be the start of a national number
        found |= _national_spellings(digits)
    return found - {""}


def without_exit_code(digits: str) -> str:
    """Return the digits of a number without the exit code that is dialed for `+`."""
    return compile_pattern(rf"^(?:{'|'.join(EXIT_CODES)})(?=[1-9])").sub("", digits)


def national_forms(code: int, national: str) -> set[str]:
    """Return a national number as it is, and with and without what may be left out.

    That is a leading zero of its own, which a spreadsheet removes, and the digit of `_MOBILE_DIGITS`.
    """
    found = {national, national.lstrip("0")}
    for digit in (each for country, each in _MOBILE_DIGITS if country == code):
        found |= {national.removeprefix(digit), f"{digit}{national}"}
    return found


def _international_spellings(number: PhoneNumber) -> set[str]:
    """Return the spellings of a number with and without its country code."""
    import phonenumbers

    code = number.country_code or 0
    nationals = national_forms(code, phonenumbers.national_significant_number(number))
    if code in dict(_MOBILE_DIGITS):  # inside Argentina, `15` after the area code stands for the 9
        style = phonenumbers.PhoneNumberFormat.NATIONAL
        known = [parsed for each in nationals if (parsed := parse_number(f"+{code}{each}"))]
        nationals |= {
            plain_digits(phonenumbers.format_number(each, style)).lstrip("0") for each in known
        }
    trunks = ("", "0", *(prefix for prefix, country in TRUNK_PREFIXES if country == code))
    return {
        f"{start}{trunk}{each}" for start in ("", code) for trunk in trunks for each in nationals
    }


def _national_spellings(digits: str) -> set[str]:
    """Return the spellings of a number that may lack its country code."""
    import phonenumbers

    stripped = digits.lstrip("0")
    found = {digits, stripped, f"0{stripped}"}
    if parsed := parse_number(f"+{stripped}"):
        found |= _international_spellings(parsed)
    if len(stripped) >= MIN_NATIONAL_DIGITS:
        codes = phonenumbers.COUNTRY_CODE_TO_REGION_CODE
        found |= {f"{code}{each}" for code in codes for each in (digits, stripped)}
    for code, _ in _MOBILE_DIGITS:
        parsed = parse_number(digits, phonenumbers.region_code_for_country_code(code))
        if parsed and phonenumbers.is_valid_number(parsed):
            found |= _international_spellings(parsed)
    for prefix, code in TRUNK_PREFIXES:
        national = digits.removeprefix(prefix)
        found |= {national, f"{prefix}{national}", f"{code}{national}"}
    return found
