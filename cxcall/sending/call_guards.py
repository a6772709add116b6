"""Guards before a call: the kind of a number, the do-not-call list, calling hours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxcall.contracts.acting_words import selects_action, verbs_of_functions
from cxcall.contracts.openapi_document import risk_text, values_with_risk
from cxcall.documents.json_pointer import find_value
from cxcall.findings.errors import StoppedError, UnusableGuardError, UsageError
from cxcall.findings.finding import Finding, Severity, add_notice, printable
from cxcall.findings.text_lists import list_in_words
from cxcall.phone.number_masking import mask_number, plain_digits
from cxcall.phone.numbers_in_text import dialed_part
from cxcall.sending.people_in_request import marked_ids

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from phonenumbers import PhoneNumber

    from cxcall.contracts.json_schema import JsonSchema
    from cxcall.contracts.operation import Operation
    from cxcall.payloads.payload import Payload
    from cxcall.phone.calling_hours import Hours
    from cxcall.phone.number_spellings import NumberList
    from cxcall.sending.call_times import CallTime
    from cxcall.sending.checked_request import CheckedRequest
    from cxcall.sending.numbers_in_request import DialedNumber
    from cxcall.settings.settings import Settings

DO_NOT_CALL, OUTSIDE_HOURS, IN_PARTS = "do-not-call", "outside-hours", "number-in-parts"
GUARD_CODES = (DO_NOT_CALL, OUTSIDE_HOURS, IN_PARTS)
"""The codes of findings that `--force` does not override, because they protect the person who is called."""

UNCHECKED = "number-unchecked"
"""The code of the note that no whole number was found, so the guards may have checked nothing."""
_MAX_SHORT_NUMBER = 6
_NORTH_AMERICAN_LENGTH = 10
_FEW_REGIONS = 10
"""A number that is an emergency number in more regions, such as 112, is known as one everywhere."""
_SOURCE = "libphonenumber"


def check_numbers(
    operation: Operation,
    numbers: Sequence[DialedNumber],
    values: Mapping[str, str],
    body: Payload,
    settings: Settings,
    times: Sequence[CallTime],
) -> Iterator[Finding]:
    """Yield the findings on the numbers that a request would dial at some times; none if it cannot place a call.

    `values` are the values of its parameters.
    """
    if not operation.can_place_call:
        return
    hours = parse_hours(settings.hours)
    lists = read_guards(settings)
    has_number = any(number.is_dialed for number in numbers)
    listed_places = set()
    for each in numbers:
        number, where, is_dialed, is_in_text, _ = each
        # Digits of a text may be read as several numbers: one finding is enough.
        is_reported = where in listed_places and not is_dialed
        findings = [] if is_reported else [*_check_do_not_call(number, lists)]
        listed_places |= {where} if findings else set()
        if is_dialed:
            findings = [*check_kind(number), *findings]
        elif is_in_text and not has_number:
            findings.append(_emergency_number_in_text(number))
        if is_dialed and hours:
            from cxcall.sending.call_times import check_hours

            findings += check_hours(
                number, hours, times, enforce=settings.hours_policy == "enforce"
            )
        yield from (_with_place(finding, each, body) for finding in findings)
    in_parts = next((each for each in numbers if each.is_dialed and each.is_local), None)
    has_guard = settings.max_attempts or lists or hours or not operation.contract.is_shipped
    if has_guard and (in_parts or not any(each.is_whole for each in numbers)):
        from cxcall.sending.unchecked_numbers import check_wholeness

        has_id = any(marked_ids(operation, values, body))
        for found in check_wholeness(
            operation, in_parts, settings, has_number=has_number, has_id=has_id
        ):
            yield _with_place(found, in_parts, body) if in_parts else found


def parse_hours(text: str) -> Hours | None:
    """Return the calling hours of a setting; None if there are none."""
    if not text:
        return None
    from cxcall.phone.calling_hours import Hours

    return Hours.parse(text)


def read_guards(settings: Settings) -> list[tuple[str, NumberList]]:
    """Return the do-not-call lists, each with its path; raises UnusableGuardError if a guard of a call cannot be applied."""
    if settings.ignored_guards:
        raise UnusableGuardError(*settings.ignored_guards)
    try:
        return read_lists(settings)
    except UsageError as error:
        raise UnusableGuardError(*error.findings) from error


def read_lists(settings: Settings) -> list[tuple[str, NumberList]]:
    """Return the numbers of the do-not-call lists, each with its path; raises UsageError if one cannot be read."""
    lists = []
    for path, setting in settings.do_not_call_lists.items():
        from cxcall.sending.do_not_call_list import read_do_not_call_list

        try:
            listed = read_do_not_call_list(path)
        except UsageError as error:  # at the place that names the file
            (finding,) = error.findings
            where = setting.locate() or finding.where
            raise UsageError(
                finding.message, where=where, fix=finding.fix, why=finding.why
            ) from None
        if listed.is_empty:
            add_notice(_empty_list(path, setting.locate()))
        lists.append((path, listed))
    return lists


def _empty_list(path: str, where: str) -> Finding:
    return Finding.warning(
        "do-not-call-empty",
        where or "--do-not-call",
        f"the do-not-call list `{printable(path)}` has no numbers",
        "check the file; write one number per line, preferably in E.164: `+12025550123`",
        "an empty list does not stop any call",
    )


def _with_place(finding: Finding, number: DialedNumber, body: Payload) -> Finding:
    """Return a finding with the place of a number; in the quoted line, a part of a number is masked here, and nowhere else."""
    found = body.locate(finding, number.where)
    if found.excerpt and number.is_local:
        text = found.excerpt.text.replace(number.number, mask_number(number.number))
        return found._replace(excerpt=found.excerpt._replace(text=text))
    return found


def _emergency_number_in_text(number: str) -> Finding:
    return Finding.warning(
        UNCHECKED,
        "",
        f"`{number}` in this text is an emergency number, and no other number was found in the request",
        "check that the platform will not dial it",
        source="3GPP TS 22.101",
    )


def stop_on_guards(findings: Iterable[Finding]) -> None:
    """Raise StoppedError with the findings that `--force` does not override, if there are any."""
    if stopping := [finding for finding in findings if is_stopping(finding)]:
        raise StoppedError(*stopping)


def is_stopping(finding: Finding) -> bool:
    """Return whether a finding stops the request even with `--force`."""
    return finding.severity is Severity.ERROR and finding.code in GUARD_CODES


class GuardError(StoppedError):
    """A guard stops a request that is ready to be sent: the time or the do-not-call list is another by now."""


def stop_before_sending(checked: CheckedRequest, now: datetime) -> None:
    """Raise GuardError if a number is on the do-not-call list, or outside the enforced calling hours at the time `now`.

    Time has passed since the check: the user was asked, the request waited for its slot or its next attempt, or a
    program kept it.
    """
    settings, body = checked.settings, checked.payload
    if not checked.operation.can_place_call:
        return
    lists, times = read_lists(settings), None
    is_enforced = settings.hours and settings.hours_policy == "enforce"
    hours = parse_hours(settings.hours) if is_enforced else None
    for number, where, is_dialed, *_ in checked.checked_numbers:
        findings = [*_check_do_not_call(number, lists)]
        if hours and is_dialed:
            from cxcall.sending.call_times import check_hours, find_call_times

            times = times or find_call_times(checked.operation, checked.values, body, now)
            findings += check_hours(number, hours, times, enforce=True)
        for finding in findings:
            raise GuardError(body.locate(finding, where))


def _check_do_not_call(number: str, lists: Iterable[tuple[str, NumberList]]) -> Iterator[Finding]:
    """Yield a finding for each list that has a number."""
    for path, listed in lists:
        if any(each in listed for each in (dialed_part(number), number) if each):
            yield Finding.error(
                "do-not-call",
                "",
                f"`{mask_number(number)}` is on the do-not-call list",
                fix="do not call; if the person has since asked for a call, remove the number from "
                f"`{printable(path)}`",
                source=path,
            )


def with_risk(operation: Operation, values: Mapping[str, str], payload: Payload) -> Operation:
    """Return an operation as one that can place a call if a value says so, or is none of those that the schema allows.

    With `--force`, a value is sent as it is, and the API may read `Remove ` like `Remove`.
    """
    for place, risky in values_with_risk(operation.declared).items():
        value, schema = _value_and_schema(operation, place, values, payload)
        allowed = schema.get("enum", [value])
        is_risky = risk_text(value).strip().casefold() in map(str.casefold, risky)
        if is_risky or value not in allowed or (not risky and value is not None):
            return operation.as_call
    is_shipped = operation.contract.is_shipped
    is_call = not is_shipped and _selects_call(operation, values, payload)
    return operation.as_call if is_call else operation


def _value_and_schema(
    operation: Operation, place: str, values: Mapping[str, str], payload: Payload
) -> tuple[Any, JsonSchema]:
    """Return the value at a place that `values_with_risk` names, and its schema; a truth value of the query as a text."""
    if not place.startswith("query:"):
        return find_value(payload.value, place), operation.schema_at(place)
    found = [each for each in operation.parameters if f"query:{each.as_sent.name}" == place]
    value = next((values[each.name] for each in found if each.name in values), None)
    is_flag = value is not None and found[0].schema.get("type") == "boolean"
    return value, {"enum": ["true", "false"]} if is_flag else {}


def _selects_call(operation: Operation, values: Mapping[str, str], payload: Payload) -> bool:
    """Return whether a parameter, or a member at the top of the body, selects a function that may call somebody."""
    texts = [(each.as_sent.name, values.get(each.name, "")) for each in operation.parameters]
    bodies = payload.value if isinstance(payload.value, list) else [payload.value]
    for body in filter(lambda each: isinstance(each, dict), bodies):
        texts += [(name, str(value)) for name, value in body.items()]
    verbs = verbs_of_functions(operation.path, is_read=operation.is_read)
    return any(selects_action(*each, verbs) for each in texts)


def check_kind(number: str) -> Iterator[Finding]:
    """Yield an error for an emergency number or a premium-rate number."""
    import phonenumbers

    from cxcall.phone.number_spellings import dialed_digits, read_number

    dialed = dialed_part(number)
    digits = dialed_digits(dialed)
    parsed = read_number(dialed) or _parse_north_american(digits)
    # A platform may dial the letters of a keypad, or leave them out: `911 Jane`.
    readings = {str(parsed.national_number) if parsed else digits, plain_digits(dialed)}
    short = [each for each in readings if 0 < len(each) <= _MAX_SHORT_NUMBER]
    regions: Iterable[str] = phonenumbers.SUPPORTED_SHORT_REGIONS
    if parsed and parsed.country_code:
        regions = phonenumbers.region_codes_for_country_code(parsed.country_code)
    places = [
        each
        for each in regions
        if any(phonenumbers.is_emergency_number(text, each) for text in short)
    ]
    if places:
        is_rare = not parsed and len(places) <= _FEW_REGIONS
        yield Finding.error(
            "phone-kind",
            "",
            f"`{number}` is an emergency number{f' in {list_in_words(sorted(places))}' if is_rare else ''}",
            f"use a subscriber number; add `--force` if {number} is an internal extension",
            source=_SOURCE,
        )
    elif parsed and phonenumbers.number_type(parsed) == phonenumbers.PhoneNumberType.PREMIUM_RATE:
        yield Finding.error(
            "phone-kind",
            "",
            f"`{mask_number(number)}` is a premium-rate number: each minute is charged",
            "use the person's own number; add `--force` to call this number anyway",
            source=_SOURCE,
        )


def _parse_north_american(digits: str) -> PhoneNumber | None:
    """Return a number in the national form of the North American plan, with or without `1`; None for any other."""
    from cxcall.phone.e164_numbers import parse_number

    digits = digits[len(digits) == _NORTH_AMERICAN_LENGTH + 1 and digits[0] == "1" :]
    is_national = len(digits) == _NORTH_AMERICAN_LENGTH and digits[0] > "1" and digits[3] > "1"
    return parse_number(f"+1{digits}") if is_national else None
