"""Check what a document declares as secrets, which no other check sees, and report it without the values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from cxcall.contracts.openapi_document import MASKED_NAMES
from cxcall.contracts.operation import Operation
from cxcall.documents.json_pointer import has_value, leaves, split_pointer, value_at
from cxcall.documents.masked_quotations import hide_secrets
from cxcall.explaining.checks.body.body_check import (
    check_parameter_values,
    check_sent_body,
    read_body,
)
from cxcall.explaining.checks.url.path_value_check import path_values
from cxcall.explaining.checks.url.route_check import RouteMatch
from cxcall.explaining.named_places import LIST_INDEX, Place, place_of_finding
from cxcall.explaining.observed_request import ObservedRequest
from cxcall.findings.finding import Finding
from cxcall.payloads.payload import Payload
from cxcall.payloads.placeholders import is_placeholder

_ABOUT_VALUES = ("type-mismatch", "value-not-allowed", "id-format")


def check_hidden_values(
    sent: ObservedRequest,
    shown: ObservedRequest,
    route: RouteMatch,
    operation: Operation | None,
    found: Iterable[Finding],
) -> Iterator[Finding]:
    """Yield what is wrong with declared secrets that `shown` has no longer, and that nothing in `found` is about."""
    declared = route.operation.contract.declared if route.operation else {}
    names = {*declared.get(MASKED_NAMES, ())}
    if not names or (sent.body, sent.query, sent.path) == (shown.body, shown.query, shown.path):
        return
    payload = read_body(shown, route)
    hidden = {
        place: value
        for place, name, value in _hidden_values(sent, shown, route, payload)
        if name in names and not is_placeholder(value)
    }
    if not hidden:
        return
    open_places = hidden.keys() - set(map(place_of_finding, found))
    for each in (*check_parameter_values(sent, route), *check_sent_body(sent, route, operation)):
        if (place := place_of_finding(each)) in open_places and each.code in _ABOUT_VALUES:
            excerpt = payload.find_excerpt(each.where) if payload and each.excerpt else None
            plain = each._replace(excerpt=excerpt, edits=(), value="")
            yield hide_secrets(plain, [str(hidden[place])])


def _hidden_values(
    sent: ObservedRequest, shown: ObservedRequest, route: RouteMatch, payload: Payload | None
) -> Iterator[tuple[Place, str, Any]]:
    """Yield (place, name, value) of each value that `shown`, whose body is `payload`, has no longer."""
    template = route.operation.path if route.operation else ""
    now = path_values(shown.path, template)
    for name, value in path_values(sent.path, template).items():
        if now.get(name) != value:
            yield ("path", name), name, value
    for (name, text), (_, other) in zip(sent.query, shown.query, strict=True):
        if text != other:
            yield ("query", name), name, text
    whole = read_body(sent, route)
    if whole is None or payload is None:
        return
    for at, value in leaves(whole.value):
        if has_value(payload.value, at) and value_at(payload.value, at) != value:
            yield (at, ""), "".join(split_pointer(LIST_INDEX.sub("", at))[-1:]), value
