"""Read the engagement ID and the correlation ID of a response."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from cxcall.contracts.openapi_document import CXONE, GENESYS_CLOUD
from cxcall.documents.json_pointer import has_value, join_pointer, value_at
from cxcall.findings.finding import Finding, printable
from cxcall.phone.number_masking import mask_text
from cxcall.responses.call_references import is_id, is_segment_of_calls
from cxcall.runtime.patterns import compile_pattern
from cxcall.runtime.secrets.known_secrets import MASKED, redact

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.contracts.operation import Operation
    from cxcall.transport.http_messages import HttpRequest, HttpResponse


_CORRELATION_HEADERS = ("Genesys-Correlation-Id", "ININ-Correlation-Id", "CorrelationId")
_CORRELATION_PLACES = {
    GENESYS_CLOUD: "the header `ININ-Correlation-Id`",
    CXONE: "the header `CorrelationId`",
}
_MAX_ID_LENGTH = 256
_LIKELY_NAMES = (
    "callid callsid callcontrolid calluuid conversationuuid conversationid engagementid interactionid sid uuid id"
).split()
"""Usual names of the ID of a call, without punctuation."""
_NUMBERED = r"(?![0\W_]*$|-)\w[\w.:-]*(?<=\d)"
"""A text with a number at its end, such as `limit-17`."""
_MISSING = "engagement-id-missing"


def engagement_id(
    operation: Operation, response: HttpResponse, first_place: str = ""
) -> tuple[str, str] | None:
    """Return the ID and its place: the user's place, or else the contract's, or else `Location`.

    A secret that the server returns as the ID is masked.
    """
    for place in (*filter(None, [first_place]), *operation.engagement_id, "location"):
        if found := _read_place(place, response, response.json()):
            return redact(found), place
    return None


def likely_engagement_id(
    response: HttpResponse, values_sent: frozenset[str]
) -> tuple[str, str] | None:
    """Return the ID at a usual name in a body, and its place; None if the request contained it.

    It does not prove that the request was accepted.
    """
    body = response.json()
    inner = (
        ("", *(f"/{name}" for name in ("data", "call", "result"))) if isinstance(body, dict) else ()
    )
    for name in _LIKELY_NAMES:
        for above in inner:
            members = value_at(body, above) if has_value(body, above) else None
            for member in members if isinstance(members, dict) else ():
                if re.sub(r"[^a-z]", "", member.lower()) == name:
                    place = f"body:{join_pointer(above, member)}"
                    found = _read_place(place, response, body)
                    if found and found.lower() not in values_sent:
                        return redact(found), place
    return None


def _read_place(place: str, response: HttpResponse, body: Any) -> str:
    """Return the ID at a place; empty without one: a placeholder such as `null`, or a word such as in `Location: /login`."""
    found = _text_at(place, response, body)
    # An ID at its own place has any form, but a `Location` may also lead to a page.
    is_own = place != "location" or _is_behind_calls(response, found)
    is_it = MASKED in found or is_id(found, frozenset[str]() if is_own else None)
    is_it = is_it or (is_own and compile_pattern(_NUMBERED).fullmatch(found) is not None)
    return found if is_it and len(found) <= _MAX_ID_LENGTH else ""


def _is_behind_calls(response: HttpResponse, found: str) -> bool:
    """Return whether the last segment of a `Location` is behind that of calls, and is none itself."""
    above = _location_url(response).path.rstrip("/").split("/")[-2:-1]
    return any(map(is_segment_of_calls, above)) and not is_segment_of_calls(found)


def _text_at(place: str, response: HttpResponse, body: Any) -> str:
    kind, _, name = place.partition(":")
    if kind == "header":
        return response.headers.get(name, "").strip()
    if kind == "location":
        # Only a successful response names the created object in it; a redirect names another address.
        is_success = HTTPStatus.OK <= response.status < HTTPStatus.MULTIPLE_CHOICES
        path = _location_url(response).path if is_success else ""
        return unquote(path.rstrip("/").rpartition("/")[2])
    try:
        value = value_at(body, name)
    except KeyError:
        return ""
    is_id = isinstance(value, str | int) and not isinstance(value, bool)
    return str(value).strip() if is_id else ""


def describe_redirect(response: HttpResponse) -> str:
    """Return `a redirect to` the target, without user information and query; `a redirect` if no headers are known."""
    url = _location_url(response)
    host = url.netloc.rpartition("@")[2]
    target = mask_text(redact(urlunsplit((url.scheme, host, url.path, "", ""))))
    target = printable(target)[:_MAX_ID_LENGTH]
    unknown = " without a valid address" if response.headers else ""
    return f"a redirect to `{target}`" if target else f"a redirect{unknown}"


def _location_url(response: HttpResponse) -> SplitResult:
    """Return the URL in the `Location` header; empty if it is missing or invalid."""
    try:
        return urlsplit(response.headers.get("Location", ""))
    except ValueError:
        return urlsplit("")


def correlation_place(platform: str) -> str:
    """Return the place of the exchange's ID in a platform's response; `platform` may be empty or unknown."""
    return _CORRELATION_PLACES.get(platform, "the response")


def correlation_id(response: HttpResponse) -> str | None:
    """Return the platform's ID of this exchange, from the headers, or else from the error body."""
    places = [response.headers.get(name, "").strip() for name in _CORRELATION_HEADERS]
    body = response.json()
    members = body if isinstance(body, dict) else {}
    places += [str(members.get(name) or "") for name in ("contextId", "correlationId")]
    # `...` stands for an ID that somebody left out.
    return next((redact(each) for each in places if any(map(str.isalnum, each))), None)


def masked_correlation_id(request: HttpRequest, response: HttpResponse | None) -> str | None:
    """Return the correlation ID of a response with the numbers in it masked; None if there is none."""
    found = correlation_id(response) if response else None
    return found and request.mask_echo(found)


def notes_on_undeclared_id(operation: Operation, place: str) -> Iterator[Finding]:
    """Yield a note with the `place` where an ID was found; if it is empty, a note if an ID is to be expected."""
    is_own = not operation.contract.is_shipped
    if place and (is_own or operation.can_place_call):
        yield Finding.note(
            _MISSING,
            "response",
            f"the document does not declare the place of the engagement ID: `{place}` was used, because of its name",
            fix=f"to be sure, name the place: `--engagement-id {place}`",
        )
    elif not place and is_own and operation.can_place_call:
        yield Finding.note(
            _MISSING,
            "response",
            "accepted, but no engagement ID was found in the response",
            fix="name its place: `--engagement-id header:NAME` or `--engagement-id body:/pointer`",
            why="the document does not declare its place, and no usual name is in the response",
        )
