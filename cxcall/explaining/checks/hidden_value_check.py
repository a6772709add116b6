"""Check what a document declares as secrets, which no other check sees, and report it without the values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from cxcall.contracts.openapi_document import MASKED_NAMES
from cxcall.contracts.operation import Operation
from cxcall.documents.json_pointer import has_value, split_pointer, value_at
from cxcall.documents.masked_quotations import hide_secrets
from cxcall.explaining.checks.body.body_check import (
    check_parameter_values,
    check_sent_body,
    read_form,
)
from cxcall.explaining.checks.url.path_value_check import path_values
from cxcall.explaining.checks.url.route_check import RouteMatch
from cxcall.explaining.correction.json_repair import repair_body
from cxcall.explaining.named_places import LIST_INDEX
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
    known = {(each.where, each.origin) for each in found}
    hidden, payload = _hidden_values(sent, shown, route), _read_body(shown, route)
    checked = (check_parameter_values(sent, route), check_sent_body(sent, route, operation))
    for each in (finding for findings in checked for finding in findings):
        place = f"{each.where}:{each.origin}" if each.where in ("path", "query") else each.where
        is_member = place.startswith("/")
        words = split_pointer(LIST_INDEX.sub("", place)) if is_member else [each.origin]
        if names.isdisjoint(words[-1:]) or each.code not in _ABOUT_VALUES:
            continue
        value = hidden.get(place)
        if value is None and payload and is_member:
            value = _hidden_member(_read_body(sent, route), payload, place)
        if not (value is None or is_placeholder(value) or (each.where, each.origin) in known):
            excerpt = payload.find_excerpt(each.where) if payload and each.excerpt else None
            plain = each._replace(excerpt=excerpt, edits=(), value="")
            yield hide_secrets(plain, [str(value)])


def _hidden_values(
    sent: ObservedRequest, shown: ObservedRequest, route: RouteMatch
) -> dict[str, str]:
    """Return the hidden values of the path and the query by their places."""
    template = route.operation.path if route.operation else ""
    now = path_values(shown.path, template)
    values = {
        f"path:{name}": value
        for name, value in path_values(sent.path, template).items()
        if now.get(name) != value
    }
    pairs = zip(sent.query, shown.query, strict=True)
    return values | {f"query:{name}": text for (name, text), pair in pairs if text != pair[1]}


def _hidden_member(sent: Payload | None, shown: Payload, place: str) -> Any:
    """Return the value at a place of a body if it is hidden; None if it is shown."""
    if sent is None or not (has_value(sent.value, place) and has_value(shown.value, place)):
        return None
    value = value_at(sent.value, place)
    is_scalar = isinstance(value, str | int | float)
    return value if is_scalar and value != value_at(shown.value, place) else None


def _read_body(request: ObservedRequest, route: RouteMatch) -> Payload | None:
    return read_form(request, route.rules) or repair_body(request)[0]
