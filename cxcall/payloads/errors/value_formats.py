"""The formats of texts: what is wrong with a text, what to write instead, and the correct text, in one place for each format."""

from __future__ import annotations

import re
from datetime import MAXYEAR, MINYEAR, UTC, datetime
from typing import TYPE_CHECKING, Any

from cxcall.findings.edit import Applicability
from cxcall.named_tuple import NamedTuple
from cxcall.payloads import undialable_values as wrong_numbers
from cxcall.payloads.errors.value_hints import format_value
from cxcall.phone.impossible_numbers import may_be_several, without_decimals, write_e164
from cxcall.phone.number_masking import mask_number
from cxcall.runtime.patterns import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Callable

    Correction = tuple[Any, Applicability]

_DATE = r"\s*([0-9]{4})-([0-9]{2})-([0-9]{2})(?![0-9])(?s:.*)"
_MONTHS = 12
_SINCE_1970 = r"1[6-9][0-9]{8}(?:[0-9]{3})?"
"""Seconds or milliseconds."""
_E164 = (
    "a plus sign, then the country code and the number: at most 15 digits, no spaces or punctuation"
)
_INCOMPLETE_E164 = (
    # A spreadsheet keeps the plus sign as `'+1...` or `="+1..."`.
    (
        r"""(?:'|=?")\+[1-9][0-9]{1,14}"?""",
        "remove the characters around the number: it begins with `+`",
    ),
    (
        r"0[0-9]{5,14}",
        "write `+` and the country code in place of the leading `0` (Italy keeps it)",
    ),
    (r"[0-9]{6,15}", "put `+` and the country code in front"),
)
"""What to write instead of a number by the form of its digits, where that is not certain enough for a correction."""


class FormatAdvice(NamedTuple):
    """What is wrong with a text, what to write, and if it is known, the correct text."""

    problem: str
    fix: str
    correction: Correction | None = None


class Format(NamedTuple):
    """A format: `kind` is its name in placeholders, `rule` in reasons; findings on it have the code `code`, if it has its own."""

    advise: Callable[[str], FormatAdvice] | None = None
    kind: str = ""
    code: str = ""
    rule: str = ""


def find_format(name: str) -> Format:
    """Return a format by its name in schemas; an empty one if nothing is known of it."""
    return _FORMATS.get(name, Format())


def advise(name: str, value: str) -> FormatAdvice:
    """Return what is wrong with a text that does not have a format; empty without a format."""
    found = find_format(name)
    if found.advise:
        advice = found.advise(value)
        return advice if value or not found.code else advice._replace(problem="is empty")
    return FormatAdvice(
        f"must have the format `{name}`; got `{format_value(value)}`" if name else "", ""
    )


def describe_wrong_date(text: str) -> str:
    """Return the wrong part of a date, such as `there is no month 13`: a whole date would be masked; else empty."""
    from calendar import monthrange

    found = compile_pattern(_DATE).fullmatch(text)
    if not found:
        return ""
    year, month, day = (int(found[number]) for number in (1, 2, 3))
    if not 1 <= month <= _MONTHS:
        return f"there is no month {found[2]}"
    if not year:
        return f"there is no year {found[1]}"
    if not 1 <= day <= monthrange(year, month)[1]:
        return f"{found[1]}-{found[2]} has no day {found[3]}"
    return f"the year {found[1]} is out of range" if year in (MINYEAR, MAXYEAR) else ""


def _like(noun: str, example: str, kind: str = "", *, is_date: bool = False) -> Format:
    """Return the format of texts like an example."""

    def advise_example(value: str) -> FormatAdvice:
        problem = (is_date and describe_wrong_date(value)) or f"got `{format_value(value)}`"
        return FormatAdvice(f"must be {noun}; {problem}", f"write it like `{example}`")

    return Format(advise_example, kind)


def _advise_date_time(value: str) -> FormatAdvice:
    text = value.strip()
    if compile_pattern(_SINCE_1970).fullmatch(text):
        time = datetime.fromtimestamp(int(text[:10]), UTC).isoformat().replace("+00:00", "Z")
        problem = f"must be a time; got `{format_value(value)}`"
        return FormatAdvice(problem, f"write `{time}`", (time, Applicability.UNSAFE))
    is_long = text.isdecimal() and len(text) > len("20261201")
    try:
        moment = datetime.fromisoformat("" if is_long else text)
    except ValueError:
        problem = describe_wrong_date(value) or f"got `{format_value(value)}`"
        return FormatAdvice(f"must be a time; {problem}", "write it like `2026-12-01T09:00:00Z`")
    # From here on the value is a time, so that there is no phone number to mask.
    time = moment.isoformat().replace("+00:00", "Z")
    if moment.tzinfo is None:
        if re.fullmatch("[0-9W-]+", text):
            return FormatAdvice(f"must have a time of day; got `{value}`", f"write `{time}Z`")
        fix = f"write `{time}Z`, or the offset in place of `Z`, such as `+01:00`"
        return FormatAdvice(f"must have a time zone; got `{value}`", fix)
    problem = f"must be a time in the form of RFC 3339; got `{value}`"
    return FormatAdvice(problem, f"write `{time}`", (time, Applicability.SAFE))


def _advise_uuid(value: str) -> FormatAdvice:
    digits = re.sub(r"^(urn:uuid:)|[-{}\s]", "", value.lower())
    found = re.fullmatch("(?=[0-9a-f]+$)(.{8})(.{4})(.{4})(.{4})(.{12})", digits)
    correction = ("-".join(found.groups()), Applicability.SAFE) if found else None
    fix = "copy the exact ID, like `12345678-1234-1234-1234-123456789012`"
    return FormatAdvice(f"must be a UUID; got `{format_value(value)}`", fix, correction)


def _advise_phone(value: str) -> FormatAdvice:
    return FormatAdvice(f"is `{value}`, which has no number to dial", wrong_numbers.FORMS)


def _advise_e164(value: str) -> FormatAdvice:
    return FormatAdvice(f"is `{mask_number(value)}`, which is not E.164", *_correct_number(value))


def _correct_number(text: str) -> tuple[str, Correction | None]:
    """Return what to write instead of a number that is not E.164, and the number, if it is known.

    None for a text that may be several numbers: a correction must not choose whom to call.
    """
    if wrong_numbers.is_rounded_number(text):
        return wrong_numbers.AS_TEXT, None
    if wrong_numbers.has_decimals(text):
        number = write_e164(without_decimals(text))
        return wrong_numbers.WITHOUT_DECIMALS, (number, Applicability.UNSAFE) if number else None
    if may_be_several(re.sub(r"^\s*00", "+", text)):
        return f"if it is more than one number, write only one: {_E164}", None
    digits = re.sub(r"[\s().\-/]", "", text)
    if re.fullmatch(r"\+[1-9][0-9]{1,14}", digits):
        return _without_punctuation(text, digits)
    if re.fullmatch(r"00[1-9][0-9]{5,14}", digits):
        number = f"+{digits[2:]}"
        correction = write_e164(number) or number, Applicability.UNSAFE
        return "write `+` in place of the leading `00`", correction
    found = (fix for form, fix in _INCOMPLETE_E164 if re.fullmatch(form, digits))
    return next(found, f"write {_E164}, like `+12025550123`"), None


def _without_punctuation(text: str, digits: str) -> tuple[str, Correction | None]:
    """Return what to write, and the number; a prefix in brackets, as in `+44 (0)20`, is certainly not part of it."""
    written, has_prefix = write_e164(digits), re.search(r"\([0-9]\)", text)
    fix = "remove spaces and punctuation: a plus sign and digits only"
    if written != digits and (written or has_prefix):
        fix = f"{wrong_numbers.WITHOUT_TRUNK_PREFIX}, and the punctuation"
    if has_prefix and not written:
        return fix, None  # no country has the number with this digit
    without_prefix = re.sub(r"[\s.\-/]|\([0-9]\)", "", text)
    is_certain = written == without_prefix if has_prefix else written in ("", digits)
    return fix, (written or digits, Applicability.SAFE if is_certain else Applicability.UNSAFE)


_FORMATS = {
    "uuid": Format(_advise_uuid, "UUID", "id-format", "a UUID"),
    "e164": Format(_advise_e164, "+E.164 number", "phone-format", f"E.164: {_E164}"),
    "phone": Format(_advise_phone, "+E.164 number", "phone-format"),
    "date-time": Format(_advise_date_time, "RFC 3339 time"),
    "date": _like("a date", "2026-12-01", "date", is_date=True),
    "time": _like("a time with a time zone", "09:00:00Z"),
    "duration": _like("a duration of ISO 8601", "PT30M"),
    "email": _like("an email address", "ada@example.com", "email address"),
    "uri": _like("an absolute URL", "https://example.com/", "URL"),
    "hostname": _like("a host name", "example.com"),
    "ipv4": _like("an IPv4 address", "192.0.2.1"),
    "ipv6": _like("an IPv6 address", "2001:db8::1"),
    "regex": _like("a regular expression", "^[a-z]+$"),
}
