"""Read a HAR 1.2 file, as browsers and proxies save it."""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from cxcall.explaining.readers.request_builder import build_observed_request, build_response
from cxcall.findings.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cxcall.explaining.observed_request import ObservedRequest


def read_har(
    har: Mapping[str, Any], name: str, entry: int | None = None
) -> Iterator[ObservedRequest]:
    """Yield the requests of all entries, or of the entry with a number from 1.

    Raises UsageError where there is no entry, or none of that number.
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
    for number, item in enumerate(entries, 1):
        if entry in (None, number) and isinstance(item, dict):
            yield _read_entry(item, f"entry {number} of {len(entries)}")


def _read_entry(entry: Mapping[str, Any], origin: str) -> ObservedRequest:
    request, response = _object(entry.get("request")), _object(entry.get("response"))
    return build_observed_request(
        origin,
        method=request.get("method"),
        url=request.get("url"),
        headers=request.get("headers"),
        body=_request_body(_object(request.get("postData"))),
        response=build_response(
            response.get("status") or None,
            response.get("headers"),
            _response_body(_object(response.get("content"))),
            str(response.get("statusText", "")),
        ),
    )


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _request_body(data: Mapping[str, Any]) -> str | None:
    if isinstance(data.get("text"), str):
        return str(data["text"])
    params = data.get("params")
    if not isinstance(params, list) or not params:
        return None
    members = map(_object, params)
    return urlencode([(each.get("name", ""), each.get("value", "")) for each in members if each])


def _response_body(content: Mapping[str, Any]) -> str | None:
    text = content.get("text")
    if not isinstance(text, str) or content.get("encoding") != "base64":
        return text if isinstance(text, str) else None
    try:
        return b64decode(text).decode("utf-8", "replace")
    except ValueError:
        return text
