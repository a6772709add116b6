"""Find the places in a request of the errors that its refusal lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxcall.documents.json_pointer import find_value, has_value, make_pointer
from cxcall.findings.finding import Finding
from cxcall.responses.message_in_body import LOCATIONS, SOURCE, ListedError, listed_errors, shorten
from cxcall.responses.refusals.names_in_message import comparison_advice, locate_property
from cxcall.responses.refusals.reason_choice import find_cause_of_text
from cxcall.runtime.patterns import fold_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.contracts.operation import Operation

_ABOUT_VALUES = ("property-missing", "type-mismatch", "state", "not-found")
"""Codes of the causes that the message about one place can have; any other message refuses the value there."""


def find_listed_errors(operation: Operation | None, response: Any, body: Any) -> Iterator[Finding]:
    """Yield a finding for each message that a response lists with a place which the request has, or lacks."""
    for error in listed_errors(response):
        place = _find_place(operation, error, body)
        if place is None:
            continue
        where, name = place
        cause = find_cause_of_text(error.message).code
        code = cause if cause in _ABOUT_VALUES else "value-not-allowed"
        message, fix = f"the API says: {shorten(error.message)}", comparison_advice(operation)
        if where == "header":
            is_missing = cause in ("property-missing", "header-missing")
            code, where = "header-missing" if is_missing else code, f"header:{name}"
            fix, name = f"send `{name}: ...`" if is_missing else fix, ""
        elif name:
            message = f"`{name}` in the {where}: {message}"
        yield Finding.error(code, where, message, fix=fix, source=SOURCE, origin=name)


def _find_place(
    operation: Operation | None, error: ListedError, body: Any
) -> tuple[str, str] | None:
    """Return the pointer in the body and an empty name, or the location and the name of a parameter; None if there is neither."""
    location, names = error.location, error.names
    is_named = len(names) > 1 and not has_value(body, make_pointer(names[0]))
    if not location and is_named and (named := LOCATIONS.get(names[0].lower())):
        location, names = named, names[1:]  # `["query", "limit"]`
    if location in ("", "body") and (pointer := _find_pointer(operation, names, body)):
        return pointer, ""
    parameters = operation.parameters if operation and location != "body" else ()
    for each in (parameter.as_sent for parameter in parameters):
        is_there = each.location == location if location else len(names) == 1
        if is_there and each.location in LOCATIONS and fold_name(each.name) == fold_name(names[-1]):
            return each.location, each.name
    return (location, names[-1]) if location not in ("", "body") else None


def _find_pointer(operation: Operation | None, names: tuple[str, ...], body: Any) -> str:
    """Return the pointer of the property that some names mean, which the body has or lacks; empty if there is none."""
    exact = make_pointer(*names)
    declared = operation.pointers if operation else ()
    if has_value(body, exact) or exact in declared:
        return exact
    folded = fold_name(exact)  # ASP.NET writes `To` for `to`
    first = ("0",) if body and isinstance(body, list) else ()
    owner = body[0] if first else body
    members = [make_pointer(*first, each) for each in owner] if isinstance(owner, dict) else []
    forms = (folded, fold_name(make_pointer(*first, *names)))
    if found := next((each for each in (*members, *declared) if fold_name(each) in forms), ""):
        return found
    above = make_pointer(*names[:-1])
    if above and isinstance(find_value(body, above), dict):
        return exact
    return locate_property(operation, names[-1], body)
