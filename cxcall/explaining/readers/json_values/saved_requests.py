"""Read the files in which tools save requests: HAR 1.2 of browsers and proxies, and collections of Postman (v2.0 or v2.1)."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from cxcall.contracts.operation import JSON, MULTIPART, URLENCODED
from cxcall.explaining.observed_request import ObservedRequest, SourceKind
from cxcall.explaining.readers.messages.client_failures import with_blocked_finding
from cxcall.explaining.readers.request_builder import (
    build_observed_request,
    build_response,
    encode_parts,
    request_host,
    with_defaults,
)
from cxcall.explaining.readers.unresolved_variables import (
    fill_braces,
    mark_unresolved,
    remove_marks,
)
from cxcall.explaining.text_secrets import is_secret_variable
from cxcall.findings.errors import UsageError
from cxcall.findings.finding import Finding
from cxcall.payloads.placeholders import placeholder_finding
from cxcall.runtime.patterns import compile_on_use
from cxcall.transport.http_messages import HttpResponse

_MAX_FOLDERS = 32
_PATH_VARIABLE = compile_on_use(r"(?<=/):([^/?#:]+)(?=[/?#]|$)")

LeavesOut = Callable[[str, int], bool]
"""Returns, from the host of a recorded request and the status of its response, whether the rest of it is not read."""


def read_har(
    har: Mapping[str, Any], name: str, entry: int | None, is_left_out: LeavesOut | None
) -> Iterator[ObservedRequest]:
    """Yield the requests of all entries, or of the one with a number; numbers start at 1.

    Leaves out the entries of which `is_left_out` says so. Raises UsageError if there is no entry, or no entry with
    that number.
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
    numbers = range(1, len(entries) + 1) if entry is None else (entry,)
    for number in numbers:
        item = entries[number - 1]
        if not isinstance(item, dict):
            continue
        if _is_preflight(item) and entry is None and number < len(entries):
            continue
        status = _object(item.get("response")).get("status")
        url = _object(item.get("request")).get("url")
        if is_left_out and isinstance(status, int) and is_left_out(request_host(url), status):
            continue
        blocked = number > 1 and _is_preflight(entries[number - 2]) and not status
        yield _read_entry(item, f"entry {number} of {len(entries)}", is_blocked=blocked)


def is_har_entry(value: Any) -> bool:
    """Return whether a JSON value is an entry of a HAR file: a request, and a response with its content."""
    request, response = (_object(_object(value).get(name)) for name in ("request", "response"))
    names = _object(response.get("content")).keys()
    return isinstance(request.get("url"), str) and bool({"text", "mimeType", "size"} & names)


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
    rows = filter(None, map(_object, params))
    return encode_parts((row.get("name"), row.get("value"), row.get("fileName")) for row in rows)


def _decoded_text(content: Mapping[str, Any]) -> str | None:
    """Return the text of a body; some tools write `encoding` for requests, too, unlike HAR 1.2."""
    text = content.get("text")
    if not isinstance(text, str) or content.get("encoding") != "base64":
        return text if isinstance(text, str) else None
    try:
        return b64decode(text).decode("utf-8", "replace")
    except ValueError:
        return text


def is_collection(value: Any) -> bool:
    """Return whether a JSON value is a Postman collection, or one item of one."""
    is_item = isinstance(_object(_object(value).get("request")).get("url"), dict)
    return is_item or isinstance(_object(value).get("item"), list)


def read_collection(value: Mapping[str, Any]) -> Iterator[ObservedRequest]:
    """Yield the requests of a collection in order, including those in folders."""
    listed = _members(value.get("variable"))
    variables = {str(each.get("key")): str(each.get("value", "")) for each in listed}
    items = value["item"] if isinstance(value.get("item"), list) else [value]
    yield from _read_items(items, variables, value.get("auth"), 0)


def _read_items(
    items: list[Any], variables: dict[str, str], auth: Any, depth: int
) -> Iterator[ObservedRequest]:
    for item in items:
        if not isinstance(item, dict) or depth > _MAX_FOLDERS:
            continue
        if isinstance(item.get("item"), list):
            yield from _read_items(item["item"], variables, item.get("auth", auth), depth + 1)
        elif isinstance(item.get("request"), dict | str):
            yield _read_item(item, variables, auth)


def _read_item(item: Mapping[str, Any], variables: dict[str, str], auth: Any) -> ObservedRequest:
    request, saved = item["request"], _members(item.get("response"))
    if isinstance(request, str):
        request = {"url": request, "method": "GET"}
    request = {**request, **_object(saved[0].get("originalRequest"))} if saved else request

    def resolve(text: Any) -> str:
        """Return a text with its variables replaced, or marked if their values are not in the collection."""
        return fill_braces(str(text or ""), variables)

    url = request.get("url")
    headers = {
        resolve(each["key"]): resolve(each.get("value"))
        for each in _members(request.get("header"))
        if "key" in each and not each.get("disabled")
    }
    body, content_type = _body(request.get("body"), resolve)
    defaults = {"Content-Type": content_type} if content_type else {}
    method = request.get("auth") or auth
    if _object(method).get("type") in ("bearer", "oauth2"):
        defaults["Authorization"] = f"Bearer {mark_unresolved('{token}')}"
    raw = _fill_path(resolve(url.get("raw") if isinstance(url, dict) else url), url, resolve)
    has_unknown_host = raw.startswith("\ufdd0")
    path = raw[raw.find("/", raw.find("\ufdd1")) :] if has_unknown_host and "/" in raw else None
    built = build_observed_request(
        f"item {item.get('name', '')}".strip(),
        method=request.get("method"),
        url=None if has_unknown_host else raw,
        path=path,
        headers=with_defaults(headers, defaults),
        body=body,
        response=_response(saved),
    )
    unfilled = () if built.is_successful else _unfilled_segments(built.path)
    return replace(
        built, findings=unfilled, secrets=built.secrets | _secret_values(variables, method)
    )


def _fill_path(raw: str, url: Any, resolve: Callable[[Any], str]) -> str:
    """Return a URL with the values that it gives to the variables in its path, such as `:campaignId`."""
    given = {
        str(each.get("key") or each.get("id")): resolve(each.get("value"))
        for each in _members(_object(url).get("variable"))
    }
    path, mark, query = raw.partition("?")
    return _PATH_VARIABLE.sub(lambda found: given.get(found[1]) or found[0], path) + mark + query


def _unfilled_segments(path: str) -> tuple[Finding, ...]:
    return tuple(
        placeholder_finding(
            "path",
            f"`{found[0]}` in the path",
            fix="give it a value under Path Variables",
            origin=found[1],
            value=found[0],
        )
        for found in _PATH_VARIABLE.finditer(path)
    )


def _secret_values(variables: Mapping[str, str], auth: Any) -> frozenset[str]:
    members = [each for one in _object(auth).values() for each in _members(one)]
    pairs = [(str(each.get("key")), str(each.get("value"))) for each in members]
    pairs += variables.items()
    return frozenset(value for name, value in pairs if is_secret_variable(name, value))


def _members(value: Any) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _body(body: Any, resolve: Any) -> tuple[str | None, str]:
    """Return the body, and the content type that Postman adds."""
    if not isinstance(body, dict):
        return None, ""
    mode = body.get("mode")
    if mode == "raw":
        language = _object(_object(body.get("options")).get("raw")).get("language")
        return resolve(body.get("raw")), JSON if language == "json" else ""
    if mode == "urlencoded":
        pairs = [
            (str(each.get("key")), remove_marks(resolve(each.get("value"))))
            for each in _members(body.get("urlencoded"))
            if not each.get("disabled")
        ]
        return urlencode(pairs), URLENCODED
    if mode == "formdata":
        parts = (
            (
                each.get("key"),
                resolve(each.get("value")),
                (each.get("src") or "file") if each.get("type") == "file" else "",
            )
            for each in _members(body.get("formdata"))
            if not each.get("disabled")
        )
        return encode_parts(parts), MULTIPART
    return None, ""


def _response(saved: list[Mapping[str, Any]]) -> HttpResponse | None:
    if not saved:
        return None
    headers = [
        {"name": each.get("key", ""), "value": each.get("value", "")}
        for each in _members(saved[0].get("header"))
    ]
    return build_response(
        saved[0].get("code"), headers, saved[0].get("body"), str(saved[0].get("status", ""))
    )
