"""Spellings of one phone number: with and without its country code, an exit code, or a trunk prefix; and lists of numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.phone.e164_numbers import parse_number, without_decimals, write_e164
from cxcall.phone.number_masking import INTERNATIONAL_IN_TEXT, ascii_digits, plain_digits
from cxcall.runtime.patterns import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from phonenumbers import PhoneNumber

MIN_NATIONAL_DIGITS = 7
_MOST_DIGITS_WITH_LETTERS = 9
"""More digits are a whole number, so that letters beside them are not dialed."""
TEL_SCHEME = r"(?i)^\s*tel:"
_EXTENSION = r"(?i)\s*[,;#].*$|\s+(?:ext(?:n|ension)?|x)\b.*$"
EXIT_CODES = ("00", "011")
"""The digits dialed for `+` in most countries, and in North America."""
TRUNK_PREFIXES = (("8", 7), ("8", 370), ("8", 375), ("80", 375), ("06", 36), ("8", 993), ("1", 692))
"""The national prefixes other than `0`, by country code.

Source: libphonenumber's metadata, the national prefix and the one for parsing. Reading them of all countries takes 0.3 s, which
each command would wait for.
"""
_MOBILE_DIGITS = ((54, "9"), (52, "1"))
"""The digit dialed between the country code and a mobile number from abroad, in Mexico until 2019.

Sources: libphonenumber's `country_mobile_token`; the Mexican numbering plan of 3 August 2019, after which calls with the
digit may still be connected.
"""
_MIN_DIGITS, _MAX_DIGITS = 3, 15  # ITU-T E.164, section 6.2; short codes have three
_ONE_NUMBER = r"(?:tel:)?\s*\+?[0-9 ().\-/\s\u2010-\u2015]+"
_TWO_NUMBERS = r"[0-9]{7,}[ /\s]+[0-9]{7,}|[0-9]{7,}\.[0-9]+$"  # or other decimals than those of a whole number


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


def is_one_number(text: str) -> bool:
    """Return whether a text is exactly one number, without an extension or another number.

    It may have the decimals of a spreadsheet, as in a request.
    """
    plain = without_decimals(ascii_digits(text.strip()))
    is_written = compile_pattern(_ONE_NUMBER).fullmatch(plain) is not None
    has_length = _MIN_DIGITS <= len(plain_digits(plain)) <= _MAX_DIGITS
    return is_written and has_length and not compile_pattern(_TWO_NUMBERS).search(plain)


class NumberList:
    """Numbers of people, each with or without a country code.

    In doubt, a number counts as listed: a spelling without country code matches every country, and may have an
    access code, the code of a carrier, or a trunk prefix before it.
    """

    def __init__(self, numbers: Iterable[str]) -> None:
        self._by_end: dict[str, tuple[str, ...]] = {}
        self.add(numbers)

    def add(self, numbers: Iterable[str]) -> None:
        """Add numbers; if one cannot be read, those before it are in the list."""
        for each in numbers:
            number = _written_digits(each)
            end = number[-MIN_NATIONAL_DIGITS:].lstrip("+")
            others = self._by_end.get(end, ())
            if number not in others:
                self._by_end[end] = (*others, number)

    @property
    def is_empty(self) -> bool:
        """Whether it has no numbers."""
        return not self._by_end

    def __contains__(self, text: str) -> bool:
        digits = text.removeprefix("+")
        if digits.isdecimal() and text.isascii() and not any(self._candidates(text)):
            return False  # most numbers, and digits in a text, without a parser of numbers
        international = compile_pattern(INTERNATIONAL_IN_TEXT).finditer(text)
        written = {_written_digits(text, read) for read in (dialed_digits, plain_digits)}
        written.update(_written_digits(match[0]) for match in international)
        parts = [_split(each) for each in written]
        written.update(f"+{code}{national}" for code, national, _ in parts if code)
        return any(
            _is_same(number, each) for number in written for each in self._candidates(number)
        )

    def _candidates(self, number: str) -> Iterator[str]:
        """Yield the listed numbers with the same end as a number: no prefix changes the end."""
        digits = number.lstrip("+")
        for length in range(_MIN_DIGITS, MIN_NATIONAL_DIGITS + 1):
            if len(digits) >= length:
                yield from self._by_end.get(digits[-length:], ())


def _written_digits(text: str, read: Callable[[str], str] = dialed_digits) -> str:
    """Return the digits of a text, after `+` if it shows a country code."""
    start = compile_pattern(TEL_SCHEME).sub("", text).lstrip()[:1]
    return ("+" if start in ("+", "\uff0b") else "") + read(text)


def _is_same(one: str, other: str) -> bool:
    """Return whether two texts of `_written_digits` may be the same number.

    They are if one ends with the whole national number of the other, if one is a spelling of the other, or if
    libphonenumber reads the same number in the country of one of them.
    """
    (code, whole, one), (other_code, longer, other) = sorted(
        map(_split, (one, other)), key=lambda each: (not each[0], len(each[1]))
    )
    if code and other_code and code != other_code:
        return False
    # Seven digits without a country code may be a local number, which many others end with.
    fewest = MIN_NATIONAL_DIGITS if code else MIN_NATIONAL_DIGITS + 1
    # `011` may be the exit code of North America, or begin a national number.
    forms, texts = national_forms(code, whole), (longer, other.lstrip("+"))
    if whole == longer or any(
        len(form) >= fewest and text.endswith(form) for form in forms for text in texts
    ):
        return True
    if not code:
        return len(whole) >= fewest and whole in number_spellings(longer)
    import phonenumbers

    regions = phonenumbers.region_codes_for_country_code(code)
    reads = ((parse_number(one, region), parse_number(other, region)) for region in regions)
    return any(
        read == known and phonenumbers.is_valid_number(read) for known, read in reads if read
    )


def _split(written: str) -> tuple[int, str, str]:
    """Return country code, national number, and the text; 0 and its digits if the code may be missing."""
    import phonenumbers

    parsed = read_number(written)
    if parsed and (written.startswith("+") or phonenumbers.is_valid_number(parsed)):
        return parsed.country_code or 0, phonenumbers.national_significant_number(parsed), written
    return 0, without_exit_code(written.lstrip("+")).lstrip("0"), written
