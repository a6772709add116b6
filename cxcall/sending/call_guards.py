"""Guards before a call: emergency and premium numbers, the do-not-call list, calling hours."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from cxcall.documents.json_pointer import join_pointer
from cxcall.documents.text_files import read_text
from cxcall.findings.errors import StoppedError, UsageError
from cxcall.findings.finding import Finding, Severity
from cxcall.named_tuple import NamedTuple
from cxcall.phone import phone_numbers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from phonenumbers import PhoneNumber

    from cxcall.contracts.operation import Operation
    from cxcall.payloads.payload import Payload
    from cxcall.phone.calling_hours import Hours
    from cxcall.settings.settings import Settings

GUARD_CODES = ("do-not-call", "outside-hours")
"""The codes of findings that `--force` does not override, because they protect the person who is called."""

_PHONE_FORMATS = ("e164", "phone")
_INTERNATIONAL = r"\+[1-9][0-9]{6,14}"
_MAX_SHORT_NUMBER = 6
_SOURCE = "libphonenumber"


class DialedNumber(NamedTuple):
    """A number that a request would dial, and its place: a JSON pointer, or a parameter's location."""

    number: str
    where: str


def check_numbers(operation: Operation, values: Mapping[str, str], body: Payload, settings: Settings) -> Iterator[Finding]:  # fmt: skip
    """Yield the findings on the numbers that a request would dial; none if it places no call."""
    if not operation.can_place_call:
        return
    hours = _hours(settings.hours)
    listed = read_do_not_call_list(settings.do_not_call) if settings.do_not_call else frozenset()
    for number, where in dialed_numbers(operation, values, body):
        findings = [*_check_kind(number), *_check_do_not_call(number, listed, settings)]
        if hours:
            findings += _check_hours(number, hours, enforce=settings.hours_policy == "enforce")
        is_in_body = where.startswith("/")
        excerpt = body.find_excerpt(where) if is_in_body else None
        origin = body.find_origin(where) if is_in_body else ""
        for finding in findings:
            yield finding._replace(where=where, excerpt=excerpt, origin=origin)


def stop_on_guards(findings: Iterable[Finding]) -> None:
    """Raise StoppedError with the findings that `--force` does not override, if there are any."""
    if stopping := [finding for finding in findings if is_stopping(finding)]:
        raise StoppedError(*stopping)


def is_stopping(finding: Finding) -> bool:
    """Return whether a finding stops the request even with `--force`."""
    return finding.severity is Severity.ERROR and finding.code in GUARD_CODES


def dialed_numbers(
    operation: Operation, values: Mapping[str, str], body: Payload
) -> Iterator[DialedNumber]:
    """Yield the numbers that a request would dial.

    Those are the values whose schema has a phone format. Where no schema declares a place, such as
    the columns of a contact, those are the values in E.164.
    """
    for parameter in operation.parameters:
        if parameter.schema.get("format") in _PHONE_FORMATS and parameter.name in values:
            yield DialedNumber(values[parameter.name], parameter.location)
    yield from _dialed_in_body(operation, body.value, "")


def _dialed_in_body(operation: Operation, value: Any, pointer: str) -> Iterator[DialedNumber]:
    if isinstance(value, dict | list):
        members = value.items() if isinstance(value, dict) else enumerate(value)
        for name, member in members:
            yield from _dialed_in_body(operation, member, join_pointer(pointer, name))
    elif isinstance(value, str):
        has_phone_format = operation.schema_at(pointer).get("format") in _PHONE_FORMATS
        if has_phone_format or (
            re.fullmatch(_INTERNATIONAL, value) and not _is_declared(operation, pointer)
        ):
            yield DialedNumber(value, pointer)


def _is_declared(operation: Operation, pointer: str) -> bool:
    parent, _, name = pointer.rpartition("/")
    return name in operation.schema_at(parent).get("properties", {})


def _check_kind(number: str) -> Iterator[Finding]:
    """Yield an error for an emergency number or a premium-rate number."""
    import phonenumbers

    digits = re.sub(r"[^0-9]", "", number)
    parsed = parse_number(number)
    national = str(parsed.national_number) if parsed else digits
    regions: Iterable[str] = phonenumbers.SUPPORTED_SHORT_REGIONS
    if parsed and parsed.country_code:
        regions = phonenumbers.region_codes_for_country_code(parsed.country_code)
    if len(national) <= _MAX_SHORT_NUMBER and any(
        phonenumbers.is_emergency_number(national, region) for region in regions
    ):
        yield _error("phone-kind", f"`{number}` is an emergency number", f"use a subscriber number; add `--force` if {number} is an internal extension")  # fmt: skip
    elif parsed and phonenumbers.number_type(parsed) == phonenumbers.PhoneNumberType.PREMIUM_RATE:
        yield _error("phone-kind", f"`{phone_numbers.mask(number)}` is a premium-rate number: each minute is charged", "use the person's own number; add `--force` if you mean this one")  # fmt: skip


def _error(code: str, message: str, fix: str, why: str = "", source: str = _SOURCE) -> Finding:
    return Finding(Severity.ERROR, code, "", message, fix=fix, why=why, source=source)


def parse_number(number: str) -> PhoneNumber | None:
    """Return a parsed E.164 number; None for anything else."""
    import phonenumbers

    try:
        return phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return None


def time_zones(number: str) -> tuple[str, ...]:
    """Return the names of the time zones that a number may be in; empty when none is known."""
    parsed = parse_number(number)
    if parsed is None:
        return ()
    from phonenumbers import timezone

    found: tuple[str, ...] = timezone.time_zones_for_number(parsed)
    return () if found == (timezone.UNKNOWN_TIMEZONE,) else found


def local_times(number: str) -> dict[str, time]:
    """Return the current time of day in every time zone that a number may be in."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    now, times = datetime.now(UTC), {}
    for zone in time_zones(number):
        try:
            times[zone] = now.astimezone(ZoneInfo(zone)).time()
        except ZoneInfoNotFoundError:  # the system's time zone data is older than libphonenumber's
            continue
    return times


def _hours(text: str) -> Hours | None:
    if not text:
        return None
    from cxcall.phone.calling_hours import Hours

    return Hours.parse(text)


def _check_hours(number: str, hours: Hours, *, enforce: bool) -> Iterator[Finding]:
    """Yield a finding for a number whose time zone is unknown, or that may be in one outside the hours."""
    times, masked = local_times(number), phone_numbers.mask(number)
    outside = [(zone, moment) for zone, moment in times.items() if moment not in hours]
    if not times:
        message = (
            f"nothing says in which time zone `{masked}` is, so not whether it is within {hours}"
        )
        fix = "write the number in E.164, or look up the person's time yourself and leave out `--hours`"
        why = ""
    elif outside:
        (zone, moment), *others = outside
        more = f"; also in {len(others)} more of its {len(times)} time zones" if others else ""
        message = (
            f"local time of `{masked}` is {moment:%H:%M} ({zone}), outside calling hours{more}"
        )
        fix = f"call within {hours} there"
        why = "a mobile number may be anywhere: these are the zones that its digits allow"
    else:
        return
    finding = _error("outside-hours", message, fix, why)
    yield finding if enforce else finding._replace(severity=Severity.WARNING)


@cache
def read_do_not_call_list(path: str) -> frozenset[str]:
    """Return the digits of the numbers in a file, which has one on each line or in its first column.

    Skips blank lines, text after `#`, and a heading without digits. Raises UsageError when the file
    cannot be read, or another line holds no number.
    """
    numbers = set()
    for line_number, line in enumerate(read_text(str(Path(path).expanduser())).splitlines(), 1):
        cell = re.split(r"[,;\t#]", line.lstrip("\ufeff"))[0].strip().strip("\"'")
        digits = re.sub(r"[^0-9]", "", cell)
        if digits:
            numbers.add(digits.removeprefix("00"))
        elif cell and line_number > 1:
            raise UsageError(
                f"line {line_number} of `{path}` holds no number",
                where="--do-not-call",
                fix="write one number a line, best in E.164: `+12025550123`",
            )
    return frozenset(numbers)


def _check_do_not_call(
    number: str, listed: frozenset[str], settings: Settings
) -> Iterator[Finding]:
    parsed = parse_number(number)
    digits = re.sub(r"[^0-9]", "", number)
    # A list may omit country codes. In doubt, the number counts as listed.
    if listed & {digits, str(parsed.national_number) if parsed else digits}:
        yield _error(
            "do-not-call",
            f"`{phone_numbers.mask(number)}` is on the do-not-call list",
            "do not call; if the person asked for it since, take the number off the list",
            source=settings.do_not_call,
        )
