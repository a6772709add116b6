"""Guards before a phone rings: what kind of number it is, what time it is there, who asked not to be called."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from cxcall.documents.json_pointer import join_pointer
from cxcall.documents.text_files import read_text
from cxcall.findings.errors import StoppedError, UsageError
from cxcall.findings.finding import Finding, Severity
from cxcall.phone import phone_numbers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from phonenumbers import PhoneNumber

    from cxcall.contracts.contract import Operation
    from cxcall.payloads.payload import Payload
    from cxcall.phone.calling_hours import Hours
    from cxcall.settings.settings import Settings

GUARD_CODES = ("do-not-call", "outside-hours")
"""The codes of guards that `--force` does not pass: they are about the person who is called."""

_PHONE_FORMATS = ("e164", "phone")
_INTERNATIONAL = r"\+[1-9][0-9]{6,14}"
_MAX_SHORT_NUMBER = 6
_SOURCE = "libphonenumber"


class DialedNumber(NamedTuple):
    """A number that a request would ring, and where it stands: a pointer, or a parameter's location."""

    number: str
    where: str


def check_numbers(operation: Operation, values: Mapping[str, str], body: Payload, settings: Settings) -> Iterator[Finding]:  # fmt: skip
    """Yield what speaks against ringing the numbers of a request; nothing for one that rings nobody."""
    if not operation.rings:
        return
    hours = _hours(settings.hours)
    listed = read_do_not_call_list(settings.do_not_call) if settings.do_not_call else frozenset()
    for rung in dialed_numbers(operation, values, body):
        found = [*_check_kind(rung.number), *_check_do_not_call(rung.number, listed, settings)]
        if hours:
            found += _check_hours(rung.number, hours, enforce=settings.hours_policy == "enforce")
        in_body = rung.where.startswith("/")
        excerpt = body.find_excerpt(rung.where) if in_body else None
        origin = body.find_origin(rung.where) if in_body else ""
        for finding in found:
            yield finding._replace(where=rung.where, excerpt=excerpt, origin=origin)


def stop_on_guards(findings: Iterable[Finding]) -> None:
    """Raise StoppedError where a guard says no; `--force` is for mistakes, not for people."""
    stopping = [entry for entry in findings if is_stopping(entry)]
    if stopping:
        raise StoppedError(*stopping)


def is_stopping(finding: Finding) -> bool:
    """Tell whether a finding is a guard's no."""
    return finding.severity is Severity.ERROR and finding.code in GUARD_CODES


def dialed_numbers(
    operation: Operation, values: Mapping[str, str], body: Payload
) -> Iterator[DialedNumber]:
    """Yield the numbers that a request would ring.

    Those are the values whose schema says so by its format; where a place is declared by none, as the
    columns of a contact are not, what is written in E.164.
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
        form = operation.schema_at(pointer).get("format")
        is_open = not _is_declared(operation, pointer)
        if form in _PHONE_FORMATS or (is_open and re.fullmatch(_INTERNATIONAL, value)):
            yield DialedNumber(value, pointer)


def _is_declared(operation: Operation, pointer: str) -> bool:
    above, _, name = pointer.rpartition("/")
    return name in operation.schema_at(above).get("properties", {})


def _check_kind(number: str) -> Iterator[Finding]:
    """Yield an error for a number that nobody wants rung by mistake."""
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
        yield _error("phone-kind", f"`{number}` is an emergency number", "name the number of a person; an extension of that name: `--force`")  # fmt: skip
    elif parsed and phonenumbers.number_type(parsed) == phonenumbers.PhoneNumberType.PREMIUM_RATE:
        yield _error("phone-kind", f"`{phone_numbers.mask(number)}` is a premium-rate number: each minute is charged", "name the person's own number; if it is meant: `--force`")  # fmt: skip


def _error(code: str, message: str, fix: str, why: str = "", source: str = _SOURCE) -> Finding:
    return Finding(Severity.ERROR, code, "", message, fix=fix, why=why, source=source)


def parse_number(number: str) -> PhoneNumber | None:
    """Return a number in E.164 as libphonenumber knows it; None for any other address."""
    import phonenumbers

    try:
        return phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return None


def time_zones(number: str) -> tuple[str, ...]:
    """Return the names of the time zones that a number may be in; empty when they are not known."""
    parsed = parse_number(number)
    if parsed is None:
        return ()
    from phonenumbers import timezone

    found: tuple[str, ...] = timezone.time_zones_for_number(parsed)
    return () if found == (timezone.UNKNOWN_TIMEZONE,) else found


def local_times(number: str) -> dict[str, time]:
    """Return the time of day, now, at every time zone that a number may be in."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    now, found = datetime.now(UTC), {}
    for zone in time_zones(number):
        try:
            found[zone] = now.astimezone(ZoneInfo(zone)).time()
        except ZoneInfoNotFoundError:  # the system's list is older than libphonenumber's
            continue
    return found


def _hours(text: str) -> Hours | None:
    if not text:
        return None
    from cxcall.phone.calling_hours import Hours

    return Hours.parse(text)


def _check_hours(number: str, hours: Hours, *, enforce: bool) -> Iterator[Finding]:
    """Yield what the clock says: outside at any of its zones is outside, as nobody knows which it is."""
    severity = Severity.ERROR if enforce else Severity.WARNING
    times = local_times(number)
    outside = {zone: moment for zone, moment in times.items() if moment not in hours}
    if not times:
        yield Finding(
            severity,
            "outside-hours",
            "",
            f"nothing says in which time zone `{phone_numbers.mask(number)}` is, so not whether it is within {hours}",
            fix="write the number in E.164, or look up the person's time yourself and leave out `--hours`",
            source=_SOURCE,
        )
    elif outside:
        zone, moment = next(iter(outside.items()))
        many = f", and outside at {len(outside) - 1} more of its {len(times)} time zones" if len(outside) > 1 else ""  # fmt: skip
        yield Finding(
            severity,
            "outside-hours",
            "",
            f"it is {moment:%H:%M} at {zone}, where `{phone_numbers.mask(number)}` may be{many}",
            fix=f"call within {hours} there",
            why="a mobile number may be anywhere: these are the zones that its digits allow",
            source=_SOURCE,
        )


@cache
def read_do_not_call_list(path: str) -> frozenset[str]:
    """Read a list of numbers, one a line or the first column of a CSV file, as their digits.

    Blank lines, what follows a `#`, and a heading without digits are passed over. Raises UsageError
    when the file cannot be read, or a line holds no number.
    """
    found = set()
    for place, line in enumerate(read_text(str(Path(path).expanduser())).splitlines(), 1):
        cell = re.split(r"[,;\t#]", line.lstrip("\ufeff"))[0].strip().strip("\"'")
        digits = re.sub(r"[^0-9]", "", cell)
        if digits:
            found.add(digits.removeprefix("00"))
        elif cell and place > 1:
            raise UsageError(
                f"line {place} of `{path}` holds no number",
                where="--do-not-call",
                fix="write one number a line, best in E.164: `+12025550123`",
            )
    return frozenset(found)


def _check_do_not_call(
    number: str, listed: frozenset[str], settings: Settings
) -> Iterator[Finding]:
    parsed = parse_number(number)
    digits = re.sub(r"[^0-9]", "", number)
    # A list may be written without country codes: who may have asked not to be called is not called.
    if listed & {digits, str(parsed.national_number) if parsed else digits}:
        yield _error(
            "do-not-call",
            f"`{phone_numbers.mask(number)}` is on the do-not-call list",
            "do not call; if the person asked for it since, take the number off the list",
            source=settings.do_not_call,
        )
