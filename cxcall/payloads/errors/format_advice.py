"""What is wrong with a value, what to write instead, and the correct text: for each format, and for limits."""

from __future__ import annotations

import json
import re
from datetime import MAXYEAR, MINYEAR, UTC, datetime
from typing import TYPE_CHECKING, Any

from cxcall.findings.edit import Applicability
from cxcall.named_tuple import NamedTuple
from cxcall.payloads import undialable_values as wrong_numbers
from cxcall.phone.e164_corrections import E164_FORM, correct_number
from cxcall.phone.number_masking import mask_number, mask_text
from cxcall.runtime.patterns import compile_pattern
from cxcall.runtime.secrets.known_secrets import redact
from cxcall.runtime.secrets.likely_secrets import mask_likely_secrets
from cxcall.runtime.secrets.secret_forms import mask_published_formats
from cxcall.runtime.secrets.secret_names import is_named_as_secret

if TYPE_CHECKING:
    from collections.abc import Callable

    Correction = tuple[Any, Applicability]

_MAX_VALUE = 40
_LIMITS = {
    "maximum": ("at most", "or less"),
    "minimum": ("at least", "or more"),
    "exclusiveMaximum": ("less than", ""),
    "exclusiveMinimum": ("more than", ""),
    "maxLength": ("character", "at most"),
    "minLength": ("character", "at least"),
    "maxItems": ("item", "at most"),
    "minItems": ("item", "at least"),
    "maxProperties": ("property", "at most"),
    "minProperties": ("property", "at least"),
}
_LISTED = r"[^\s{}\[\]]+|[+(]?[0-9][0-9 ().-]*"
"""A word or a phone number in a text that lists several."""
_DATE = r"\s*([0-9]{4})-([0-9]{2})-([0-9]{2})(?![0-9])(?s:.*)"
_MONTHS = 12
_SINCE_1970 = r"1[6-9][0-9]{8}(?:[0-9]{3})?"
"""Seconds or milliseconds."""


class FormatAdvice(NamedTuple):
    """What is wrong with a text, what to write, and if it is known, the correct text."""

    problem: str
    fix: str
    correction: Correction | None = None


class Format(NamedTuple):
    """A format: its name in placeholders (`kind`) and in reasons (`rule`), and the code of its findings, if any."""

    advise: Callable[[str], FormatAdvice] | None = None
    kind: str = ""
    code: str = ""
    rule: str = ""


def find_format(name: str) -> Format:
    """Return a format by its name in schemas; an empty one if nothing is known of it."""
    return _FORMATS.get(name, Format())


def advise(name: str, value: str, place: str = "") -> FormatAdvice:
    """Return what is wrong with a text that does not have a format; empty without a format.

    The fix shows no other form of a value that may be a secret, at the JSON Pointer or name `place`:
    where findings are masked, only the form that was sent is known.
    """
    found = find_format(name)
    if found.advise:
        advice = found.advise(value)
        if found.code != "phone-format" and _may_be_secret(place, value):
            advice = advice._replace(fix=found.advise("-").fix)
        return advice if value or not found.code else advice._replace(problem="is empty")
    return FormatAdvice(
        f"must have the format `{name}`; got `{format_value(value)}`" if name else "", ""
    )


def _may_be_secret(place: str, value: str) -> bool:
    is_named = any(map(is_named_as_secret, place.split("/")))
    return is_named or redact(value) != value or mask_likely_secrets(value) != value


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
    visible = "".join(filter(str.isprintable, value.lower()))
    digits = re.sub(r"^(urn:uuid:)|[-{}\s]", "", visible)
    found = re.fullmatch("(?=[0-9a-f]+$)(.{8})(.{4})(.{4})(.{4})(.{12})", digits)
    uuid = "-".join(found.groups()) if found else ""
    correction = (uuid, Applicability.SAFE) if found else None
    known = f"write `{uuid}`"
    fix = known if found else "copy the exact ID, like `12345678-1234-1234-1234-123456789012`"
    return FormatAdvice(f"must be a UUID; got `{format_value(value)}`", fix, correction)


def _advise_phone(value: str) -> FormatAdvice:
    return FormatAdvice(f"is `{value}`, which has no number to dial", wrong_numbers.FORMS)


def _advise_e164(value: str) -> FormatAdvice:
    return FormatAdvice(f"is `{mask_number(value)}`, which is not E.164", *correct_number(value))


_FORMATS = {
    "uuid": Format(_advise_uuid, "UUID", "id-format", "a UUID"),
    "e164": Format(_advise_e164, "+E.164 number", "phone-format", f"E.164: {E164_FORM}"),
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


def is_json_number(value: Any) -> bool:
    """Return whether a value is a number of JSON."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def listed_values(value: Any) -> list[str]:
    """Return the words or numbers that a text lists with commas or semicolons; empty for any other value."""
    if not isinstance(value, str):
        return []
    parts = [each.strip() for each in compile_pattern("[,;]").split(value)]
    are_values = len(parts) > 1 and all(compile_pattern(_LISTED).fullmatch(each) for each in parts)
    return parts if are_values else []


def limit_hint(keyword: str, limit: Any, value: Any) -> tuple[str, str]:
    """Return (what a value must be, what to write) for a value beyond a limit of its schema.

    Both are empty if the schema keyword is not a limit.
    """
    if keyword == "multipleOf":
        rule = f"a multiple of {limit}"
        return f"must be {rule}; got `{format_value(value)}`", f"write {rule}"
    if keyword not in _LIMITS:
        return "", ""
    if isinstance(value, int | float):
        comparison, suffix = _LIMITS[keyword]
        bound = f"{limit} {suffix}" if suffix else f"{comparison} {limit}"
        return f"must be {comparison} {limit}; got `{format_value(value)}`", f"write {bound}"
    unit, comparison = _LIMITS[keyword]
    bound = f"{comparison} {_format_count(limit, unit)}"
    return f"must have {bound}; it has {len(value)}", f"write {bound}"


def _format_count(count: int, unit: str) -> str:
    plural = f"{unit[:-1]}ies" if unit.endswith("y") else f"{unit}s"
    return f"{count} {unit if count == 1 else plural}"


def format_value(value: Any) -> str:
    """Return a value as text for a message, with phone numbers and tokens masked, and shortened if it is long."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    text = mask_text(mask_published_formats(text))
    return text if len(text) <= _MAX_VALUE else f"{text[:_MAX_VALUE]}…"
