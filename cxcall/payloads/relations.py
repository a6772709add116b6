"""Check what a value must be beside its schema: one of a list in the body, less than another, unlike others, a time zone."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from cxcall.documents.json_pointer import find_value, join_pointer
from cxcall.findings.finding import Finding, Severity
from cxcall.payloads.placeholders import is_placeholder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cxcall.contracts.operation import Operation
    from cxcall.payloads.payload import Payload

    Problem = tuple[str, str, str] | None
    """Message, correction, and reason; None for a value that is right."""

_WHY = "the schema does not say so, but the API may refuse the request"


def find_broken_relations(
    operation: Operation, body: Payload, pointer: str, value: Any
) -> Iterator[Finding]:
    """Yield a warning for each relation that a value does not have (the extensions of a schema in RELATIONS)."""
    schema = operation.schema_at(pointer)
    for extension, check in RELATIONS.items():
        problem = (
            check(schema[extension], body.value, pointer, value) if extension in schema else None
        )
        if problem:
            message, fix, why = problem
            yield body.make_finding(
                Severity.WARNING,
                "value-not-allowed",
                pointer,
                message,
                fix=fix,
                why=why,
                source=f"contract {operation.contract.name}",
            )


def _shown(value: Any) -> str:
    from cxcall.payloads.suggestions import format_value  # only for what is wrong

    return format_value(value)


def _check_among(place: str, body: Any, pointer: str, value: Any) -> Problem:
    listed = find_value(body, place)
    if not isinstance(listed, list) or value in listed:
        return None
    message = f"`{pointer}` is `{_shown(value)}`, which is not in `{place}`"
    fix = f"use one of its values, or add it to `{place}`"
    return message, fix, "the API refuses a column that the list does not have"


def _check_below(rule: dict[str, str], body: Any, pointer: str, value: Any) -> Problem:
    """Compare with another value, at a place in the body or beside this one."""
    place, above = rule["place"], pointer.rpartition("/")[0]
    place = place if place[:1] == "/" else join_pointer(above, place)
    other = find_value(body, place)
    is_comparable = type(other) is type(value) and isinstance(value, str | int | float)
    if not is_comparable or value < other:
        return None
    message = (
        f"`{pointer}` is `{_shown(value)}`, which is not less than `{_shown(other)}` at `{place}`"
    )
    return message, rule["says"], _WHY


def _check_distinct(_: Any, body: Any, pointer: str, value: Any) -> Problem:
    """Compare with the same member of the items before."""
    tokens = pointer.split("/")
    index = max((at for at, each in enumerate(tokens) if each.isdecimal()), default=0)
    for number in range(int(tokens[index]) if index else 0):
        place = "/".join((*tokens[:index], str(number), *tokens[index + 1 :]))
        if value is not None and find_value(body, place) == value:
            return f"`{_shown(value)}` is at `{place}` already", "remove one of the two", _WHY
    return None


def _check_time_zone(_: Any, body: Any, pointer: str, value: Any) -> Problem:  # noqa: ARG001 - as the others
    is_name = isinstance(value, str) and bool(value) and not is_placeholder(value)
    if not is_name or _is_time_zone(value) or not _is_time_zone("UTC"):
        return None
    message = f"`{pointer}` is `{_shown(value)}`, which is not the name of a time zone"
    return message, "use a name of the IANA database, such as `Europe/Berlin`", _WHY


@cache
def _is_time_zone(name: str) -> bool:
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


RELATIONS: dict[str, Callable[[Any, Any, str, Any], Problem]] = {
    "x-cxcall-among": _check_among,
    "x-cxcall-below": _check_below,
    "x-cxcall-distinct": _check_distinct,
    "x-cxcall-time-zone": _check_time_zone,
}
