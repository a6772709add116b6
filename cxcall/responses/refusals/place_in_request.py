"""Find the place in the request that a refusal is about: the property, parameter, or value that the response names."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from cxcall.documents.json_pointer import find_value, has_value, leaves, make_pointer
from cxcall.findings.finding import Finding, Severity
from cxcall.responses.failures_in_2xx import names_failed_items
from cxcall.responses.message_in_body import (
    LOCATIONS,
    SOURCE,
    ListedError,
    listed_errors,
    platform_code,
    shorten,
)
from cxcall.responses.refusals.finding_code_table import Advice
from cxcall.responses.refusals.names_in_message import (
    comparison_advice,
    find_coded_parameter,
    find_coded_property,
    find_mentioned_parameter,
    find_named_fields,
    find_named_header,
    find_named_parameter,
    find_named_properties,
    find_named_value,
)
from cxcall.responses.refusals.property_places import PropertyPlaces
from cxcall.responses.refusals.reason_choice import challenge_error, find_cause_of_text
from cxcall.runtime.patterns import compile_on_use, fold_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.contracts.operation import Operation
    from cxcall.contracts.parameters import Parameter
    from cxcall.responses.refusals.finding_code_table import Cause
    from cxcall.responses.refusals.refused_request import RefusedRequest
    from cxcall.transport.http_messages import HttpResponse


_ABOUT_VALUES = ("value-not-allowed", "property-missing")
_ABOUT_HEADERS = (*_ABOUT_VALUES, "header-missing")
_INEXACT = (*_ABOUT_VALUES, "not-provable", "type-mismatch", "header-missing")
"""Codes of a refusal that the message about one place can tell more of."""
# A message such as "Invalid transition from <COMPLETE> to <OFF>" (docs/platforms/genesys-cloud.md#error-codes).
_NEW_STATE = compile_on_use(r"\btransition\b.*\bto [<\['\"]?(\w+)", re.IGNORECASE)
_OF_ONE_PLACE = ("property-missing", "type-mismatch", "state", "not-found")
"""Codes of the causes that the message about one place can have; any other message refuses the value there."""


def place_refusal(
    main: Finding, cause: Cause, request: RefusedRequest, response: HttpResponse, text: str
) -> tuple[Finding, tuple[Finding, ...]]:
    """Return the main finding of a refusal with its place, and findings on other places that the response names.

    `cause` is what the finding says, and `text` the platform's message.
    """
    places = PropertyPlaces(request.operation, request.body)
    is_about_request = response.status < HTTPStatus.INTERNAL_SERVER_ERROR
    listed = [*find_listed_errors(places, response.json())] if is_about_request else []
    if listed and (main.code in _INEXACT or main.code == listed[0].code):
        return _with_place(main, listed[0]), tuple(listed[1:])
    if main.code in _ABOUT_HEADERS and (header := find_named_header(request.operation, text)):
        return _at_header(main, header, cause, request), ()
    return _place_named(main, request, places, response, text)


def _place_named(
    main: Finding,
    request: RefusedRequest,
    places: PropertyPlaces,
    response: HttpResponse,
    text: str,
) -> tuple[Finding, tuple[Finding, ...]]:
    """Return the main finding at the value, parameter, or property that a message or a code names, and other findings."""
    operation, body = request.operation, request.body
    code = main.code if main.code in _ABOUT_VALUES else "value-not-allowed"
    named = (
        *find_named_fields(places, response.json()),
        *find_named_properties(places, _without_codes(text, response), code),
    )
    if value := find_named_value(text, body, request.places):
        return main._replace(**value._asdict()), named
    if main.code in _ABOUT_VALUES and (name := _find_parameter(operation, text, body)):
        return _at_parameter(main, name), named
    if len(named) == 1 and main.code in _ABOUT_VALUES and named[0].code != "property-unknown":
        where, is_listed = named[0].where, "for `" in named[0].message
        message = named[0].message if is_listed else main.message
        is_missing = where[:1] == "/" and body is not None and not has_value(body, where)
        code = "property-missing" if is_missing else main.code
        return main._replace(code=code, where=where, message=message), ()
    if main.code == "state" and len(named) == 1 and named[0].code in _ABOUT_VALUES:
        return main._replace(where=named[0].where), ()
    if len(named) > 1:  # the message is about all values
        return main, tuple(
            each._replace(severity=Severity.NOTE) if each.code in _ABOUT_VALUES else each
            for each in named
        )
    return (main if named else _place_by_words(main, operation, response, text, body)), named


def _without_codes(text: str, response: HttpResponse) -> str:
    """Return a message without the code in parentheses after it, which is not the name of a property."""
    for code in (platform_code(response), challenge_error(response)):
        if code and "." not in code:  # the words of a code with dots may name one
            text = text.replace(f"({code})", "")
    return text


def _find_parameter(operation: Operation | None, text: str, body: Any) -> Parameter | None:
    """Return the parameter that a message names; a name that is also in the body is that property."""
    if named := find_named_parameter(operation, text):
        return named
    found = find_mentioned_parameter(operation, text)
    is_in_body = found is not None and any(
        at.rpartition("/")[2] == found.name for at, _ in leaves(body)
    )
    return None if is_in_body else found


def _place_by_words(
    main: Finding, operation: Operation | None, response: HttpResponse, text: str, body: Any
) -> Finding:
    """Return a refusal with the place from its code, its message, or a list of refused values."""
    code = platform_code(response)
    if main.code in ("value-not-allowed", "state"):
        place = _find_new_state(text, body) or find_coded_property(operation, code, body)
        return main._replace(where=place or main.where)
    if main.code == "property-missing" and (name := find_coded_parameter(operation, code)):
        return _at_parameter(main, name)
    if main.code in ("not-found", "not-provable"):
        return _place_listed_value(main, response.json(), body)
    return main


def _at_parameter(main: Finding, parameter: Parameter) -> Finding:
    message = f"`{parameter.name}` in the {parameter.location}: {main.message}"
    return main._replace(where=parameter.location, origin=parameter.name, message=message)


def _with_place(main: Finding, listed: Finding) -> Finding:
    """Return a refusal with the place, the code, and the message of the first error that it lists."""
    is_property = listed.where[:1] == "/"
    is_said = is_property and listed.message.partition(": ")[2] in main.message
    return listed._replace(
        message=main.message if is_said else listed.message,
        fix=main.fix if is_property else listed.fix,
        why=main.why,
    )


def _at_header(main: Finding, name: str, cause: Cause, request: RefusedRequest) -> Finding:
    """Return a refusal at the header that it names."""
    if cause.fix not in (Advice.CHECK_BODY, Advice.SEND_NAMED_HEADER):
        # The status says which header it is.
        return main._replace(where=f"header:{name}")
    if main.code == "value-not-allowed":
        return main._replace(where=f"header:{name}", fix=comparison_advice(request.operation))
    if name.lower() == "authorization":
        fix = request.missing_token_advice
        return main._replace(code="token-missing", where="header:Authorization", fix=fix)
    return main._replace(code="header-missing", where=f"header:{name}", fix=f"send `{name}: ...`")


def _find_new_state(text: str, body: Any) -> str:
    """Return the place of the new state of a refused transition; empty if it is not in the body."""
    state = _NEW_STATE.search(text)
    values = leaves(body) if state else ()
    return next((at for at, leaf in values if state and str(leaf).lower() == state[1].lower()), "")


def _place_listed_value(main: Finding, response: Any, body: Any) -> Finding:
    """Return a refusal that lists the values it is about, such as `invalidSkills`, with the place of the first one."""
    members = response.items() if isinstance(response, dict) else ()
    for name, listed in members:
        if listed and isinstance(listed, list) and names_failed_items(name):
            refused = [leaf for _, leaf in leaves(listed)]
            place = next((at for at, leaf in leaves(body) if leaf in refused), "")
            if place:
                return main._replace(
                    code="not-found",
                    where=place,
                    message=f"the API lists the value at `{place}` in `{name}`",
                    fix="use an ID that exists there, or leave it out",
                )
    return main


def find_listed_errors(places: PropertyPlaces, response: Any) -> Iterator[Finding]:
    """Yield a finding for each message that a response lists with a place which the request has, or lacks."""
    for error in listed_errors(response):
        place = _find_place(places, error)
        if place is None:
            continue
        where, name = place
        cause = find_cause_of_text(error.message).code
        code = cause if cause in _OF_ONE_PLACE else "value-not-allowed"
        message, fix = (
            f"the API says: {shorten(error.message)}",
            comparison_advice(places.operation),
        )
        if where == "header":
            is_missing = cause in ("property-missing", "header-missing")
            code, where = "header-missing" if is_missing else code, f"header:{name}"
            fix, name = f"send `{name}: ...`" if is_missing else fix, ""
        elif name:
            message = f"`{name}` in the {where}: {message}"
        yield Finding.error(code, where, message, fix=fix, source=SOURCE, origin=name)


def _find_place(places: PropertyPlaces, error: ListedError) -> tuple[str, str] | None:
    """Return (pointer in the body, ""), or (location, name) of a parameter; None if there is neither."""
    operation, body = places.operation, places.body
    location, names = error.location, error.names
    is_named = len(names) > 1 and not has_value(body, make_pointer(names[0]))
    if not location and is_named and (named := LOCATIONS.get(names[0].lower())):
        location, names = named, names[1:]  # `["query", "limit"]`
    if location in ("", "body") and (pointer := _find_pointer(places, names)):
        return pointer, ""
    parameters = operation.parameters if operation and location != "body" else ()
    for each in (parameter.as_sent for parameter in parameters):
        is_there = each.location == location if location else len(names) == 1
        if is_there and each.location in LOCATIONS and fold_name(each.name) == fold_name(names[-1]):
            return each.location, each.name
    return (location, names[-1]) if location not in ("", "body") else None


def _find_pointer(places: PropertyPlaces, names: tuple[str, ...]) -> str:
    """Return the pointer of the property that some names mean, which the body has or lacks; empty if there is none."""
    exact, body, operation = make_pointer(*names), places.body, places.operation
    if has_value(body, exact) or (operation and exact in operation.pointers):
        return exact
    if found := places.locate_folded(names):
        return found
    above = make_pointer(*names[:-1])
    if above and isinstance(find_value(body, above), dict):
        return exact
    return places.locate(names[-1])
