"""A JSON exchange: method, host, path, headers, body, status, response; or an envelope of cxcall's own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from cxcall.explaining.observed_request import ObservedRequest
from cxcall.explaining.readers.unresolved_variables import is_unresolved, known_of, named, plain
from cxcall.transport.messages import Headers, HttpResponse

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAMES = {"method", "host", "path", "url", "status", "response", "response_body", "request"}


def is_exchange(value: Any) -> bool:
    """Tell whether a JSON value is an exchange."""
    return isinstance(value, dict) and len(_NAMES & value.keys()) > 1


def read_exchange(value: Mapping[str, Any], origin: str) -> ObservedRequest:
    """Return what an exchange tells; what is null, or not there, is what the source is silent of."""
    asked = value.get("request") if isinstance(value.get("request"), dict) else value
    assert isinstance(asked, dict)  # noqa: S101 - one of the two
    given = value.get("response", value.get("response_body"))
    answered = (
        given if isinstance(given, dict) and "status" in given and "headers" in given else None
    )
    status = answered["status"] if answered else value.get("status")
    body = answered.get("body") if answered else given
    return observed_request_of(
        origin,
        method=asked.get("method"),
        url=asked.get("url"),
        host=asked.get("host"),
        path=asked.get("path"),
        headers=asked.get("headers"),
        body=asked.get("body"),
        response=response_of(status, answered.get("headers") if answered else None, body),
        null_means_unknown=True,
    )


def observed_request_of(
    origin: str,
    *,
    method: Any = None,
    url: Any = None,
    host: Any = None,
    path: Any = None,
    headers: Any = None,
    body: Any = None,
    response: HttpResponse | None = None,
    null_means_unknown: bool = False,
) -> ObservedRequest:
    """Put an attempt together from what was found of it; a URL is taken apart."""
    scheme = None
    target = plain(str(path)) if path else ""
    if url:
        parts = _split(plain(str(url)))
        scheme, host = parts.scheme or None, host or parts.netloc.rpartition("@")[2] or None
        target = target or f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
    path_only, _, query = target.partition("?")
    given = _headers(headers) if headers or not null_means_unknown else None
    text, unknown = known_of(_text(body))
    for name, value in (given or {}).items():
        if is_unresolved(value):
            unknown[f"header:{name.title()}"] = named(value)
    return ObservedRequest(
        origin=origin,
        method=plain(str(method)).upper() if method else None,
        scheme=scheme,
        host=str(host) if host else None,
        path=(path_only if path_only.startswith("/") else f"/{path_only}") if path_only else None,
        query=tuple(parse_qsl(query.partition("#")[0], keep_blank_values=True)),
        headers=_shown(given),
        body=text,
        response=response,
        null_means_unknown=null_means_unknown,
        unknown=unknown,
    )


def response_of(status: Any, headers: Any, body: Any, reason: str = "") -> HttpResponse | None:
    """Return an answer; its status is 0 where only its body is known, and None where nothing is."""
    text = _text(body)
    if text is None and not isinstance(status, int):
        return None
    code = status if isinstance(status, int) and not isinstance(status, bool) else 0
    return HttpResponse(
        code, reason, _headers(headers) or Headers(), (text or "").encode("utf-8", "replace")
    )


def _split(url: str) -> Any:
    try:
        return urlsplit(url if "//" in url else f"//{url}")
    except ValueError:  # such as half an IPv6 address
        return urlsplit("")


def _headers(given: Any) -> Headers | None:
    if isinstance(given, dict):
        return Headers((str(name), str(value)) for name, value in given.items())
    if isinstance(given, list):
        pairs = (each for each in given if isinstance(each, dict) and "name" in each)
        return Headers((str(each["name"]), str(each.get("value", ""))) for each in pairs)
    return None


def _shown(headers: Headers | None) -> Headers | None:
    """Return headers as they are shown; None, which is silence, where one has a name that is not known."""
    if headers is None or any(map(is_unresolved, headers)):
        return None
    return Headers((name, plain(value)) for name, value in headers.items())


def _text(body: Any) -> str | None:
    if body is None:
        return None
    text = body if isinstance(body, str) else json.dumps(body, indent=2, ensure_ascii=False)
    return text.encode("utf-8", "replace").decode()
