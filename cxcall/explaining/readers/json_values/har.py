"""Read a HAR 1.2 file, as browsers and proxies save it."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator, Mapping
from typing import Any

from cxcall.explaining.observed_request import ObservedRequest, SourceKind
from cxcall.explaining.readers.messages.client_failures import with_blocked_finding
from cxcall.explaining.readers.request_builder import (
    build_observed_request,
    build_response,
    encode_parts,
)
from cxcall.findings.errors import UsageError


def read_har(
    har: Mapping[str, Any], name: str, entry: int | None = None, numbers: range | None = None
) -> Iterator[ObservedRequest]:
    """Yield the requests of all entries, of the entries with some numbers, or of one entry; numbers start at 1.

    Raises UsageError if there is no entry, or no entry with that number.
    """
    log = har["log"]
    entries = log.get("entries") if isinstance(log, dict) else None
    if not isinstance(entries, list) or not entries:
        raise UsageError(f"`{name}` is a HAR file without entries", where=name, fix="save it again")
    if entry is not None and not 1 <= entry <= len(entries):
        raise UsageError(
            f"`{name}` has no entry {entry}",
            where="--entry",
            fix=f"give a number from 1 to {len(entries)}",
        )
    if entry is not None:
        numbers = range(entry, entry + 1)
    for number in numbers or range(1, len(entries) + 1):
        item = entries[number - 1]
        if isinstance(item, dict):
            before = entries[number - 2] if number > 1 else None
            has_response = _object(item.get("response")).get("status")
            blocked = _is_preflight(before) and not has_response
            if not (_is_preflight(item) and entry is None and number < len(entries)):
                yield _read_entry(item, f"entry {number} of {len(entries)}", is_blocked=blocked)


def _is_preflight(entry: Any) -> bool:
    """Return whether an entry is a CORS preflight request: a browser asks whether it may send another request."""
    request = _object(_object(entry).get("request"))
    names = (str(_object(each).get("name", "")).lower() for each in request.get("headers") or ())
    return request.get("method") == "OPTIONS" and "access-control-request-method" in names


def _read_entry(entry: Mapping[str, Any], origin: str, *, is_blocked: bool) -> ObservedRequest:
    request, response = _object(entry.get("request")), _object(entry.get("response"))
    observed = build_observed_request(
        origin,
        SourceKind.CAPTURE,
        method=request.get("method"),
        url=request.get("url"),
        headers=request.get("headers"),
        body=_request_body(_object(request.get("postData"))),
        response=build_response(
            response.get("status") or None,
            response.get("headers"),
            _decoded_text(_object(response.get("content"))),
            str(response.get("statusText", "")),
        ),
        failure=str(response.get("_error") or ""),
    )
    why = "the preflight request (OPTIONS) came before, and the request itself has no response"
    return with_blocked_finding(observed, why) if is_blocked else observed


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _request_body(data: Mapping[str, Any]) -> str | None:
    if (text := _decoded_text(data)) is not None:
        return text
    params = data.get("params")
    if not isinstance(params, list) or not params:
        return None
    members = [each for each in map(_object, params) if each]
    return encode_parts(
        (each.get("name"), each.get("value"), each.get("fileName")) for each in members
    )


def _decoded_text(content: Mapping[str, Any]) -> str | None:
    """Return the text of a body; some tools write `encoding` for requests, too, unlike HAR 1.2."""
    text = content.get("text")
    if not isinstance(text, str) or content.get("encoding") != "base64":
        return text if isinstance(text, str) else None
    try:
        return b64decode(text).decode("utf-8", "replace")
    except ValueError:
        return text
