"""Find that guards have no whole number to check: because a request has none, or only a part of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.findings.finding import Finding, Severity
from cxcall.findings.text_lists import list_in_words
from cxcall.phone.number_masking import mask_number

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cxcall.contracts.operation import Operation
    from cxcall.sending.numbers_in_request import DialedNumber
    from cxcall.settings.settings import Settings

_NOT_CHECKED = (
    "emergency and premium-rate numbers, the do-not-call list, and calling hours are only"
    " checked completely for a whole number, such as `+12025550123`"
)


def check_wholeness(
    operation: Operation,
    in_parts: DialedNumber | None,
    settings: Settings,
    *,
    has_number: bool,
    has_id: bool,
) -> Iterator[Finding]:
    """Yield the finding that a guard has no whole number to check: the request has none, or one in parts.

    `has_id` is True if the schema marks the ID of a person.
    """
    if in_parts and (guards := _guards_of_whole_numbers(settings, has_id=has_id)):
        yield _in_parts_finding(in_parts, guards)
        return
    # A campaign's people are counted when they are loaded, and the shipped schemas mark all other IDs of people.
    is_shipped = operation.contract.is_shipped
    may_be_counted = is_shipped and not has_number
    if settings.max_attempts and not (may_be_counted or has_id):
        yield _unchecked_finding(operation, settings.max_attempts)
    elif settings.do_not_call_files or settings.hours or not is_shipped:
        yield _unchecked_finding(operation, "")


def _guards_of_whole_numbers(settings: Settings, *, has_id: bool) -> list[str]:
    """Return the guards of a run that need a whole number, as the options that set them; calls are also counted by IDs."""
    is_enforced = settings.hours and settings.hours_policy == "enforce"
    guards = (settings.do_not_call_files, settings.max_attempts and not has_id, is_enforced)
    names = ("--do-not-call", "--max-attempts", "--hours")
    return [f"`{name}`" for name, guard in zip(names, guards, strict=True) if guard]


def _in_parts_finding(number: DialedNumber, guards: Sequence[str]) -> Finding:
    return Finding.error(
        "number-in-parts",
        "",
        f"`{mask_number(number.number)}` is only a part of a phone number, so that {list_in_words(guards)} cannot be applied",
        "write the whole number as one value in E.164, such as `+12025550123`",
        "the area code seems to be another value, and it cannot be known how the platform joins them",
    )


def _unchecked_finding(operation: Operation, limit: str) -> Finding:
    """Return the note that no whole number was found; with a limit of calls, the warning that nobody's calls are counted."""
    note = Finding.note(
        "number-unchecked",
        "body" if operation.takes_body else "query",
        f"`{operation.name}` may place a call, but no whole number was found in the request",
        "check yourself which number the platform will dial",
        _NOT_CHECKED,
        source=operation.source,
    )
    if not limit:
        return note
    return note._replace(
        severity=Severity.WARNING,
        message=note.message.replace("number", "number and no ID of a person"),
        fix="write the whole number in E.164, or mark the ID of the person in your document with `x-cxcall-person: true`; or check yourself whom the platform will call, and how often it did",
        why=f"`--max-attempts {limit}` was not applied; {note.why}",
    )
