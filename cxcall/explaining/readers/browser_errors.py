"""Read the messages of browsers on requests that they blocked (CORS)."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from cxcall.explaining.readers.request_builder import build_observed_request
from cxcall.findings.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cxcall.explaining.observed_request import ObservedRequest

# Of Chromium, of Firefox, and of Safari.
_MESSAGE = re.compile(
    r"""^[^\n]*?(?:
        Access\ to\ \w+\ at\ ['"\u2018]?(?P<chromium>https?://[^\s'"\u2019]+)[^\n]*\ blocked\ by\ CORS\ policy
      | Cross-Origin\ Request\ Blocked:[^\n]*?\ at\ (?P<firefox>https?://[^\s'"\u2019]+?)\.?\ \(
      | \ cannot\ load\ (?P<safari>https?://[^\s'"\u2019]+?)\.?\ due\ to\ access\ control\ checks
    )[^\n]*$""",
    re.MULTILINE | re.VERBOSE,
)


def without_blocked_requests(text: str) -> str:
    """Return a text with empty lines in place of messages on blocked requests: they are neither code nor responses."""
    return _MESSAGE.sub("", text)


def add_blocked_requests(
    requests: Sequence[ObservedRequest], text: str
) -> Iterator[ObservedRequest]:
    """Yield requests, with the finding on those that a message says are blocked; of others, only the URL is shown."""
    urls = [match[match.lastgroup or ""] for match in _MESSAGE.finditer(text)]
    blocked = {
        (each.host, each.path): each
        for each in (
            build_observed_request("browser error", url=url, headers_are_shown=False)
            for url in urls
        )
    }
    for request in requests:
        is_blocked = blocked.pop((request.host, request.path), None) is not None
        yield with_blocked_finding(request) if is_blocked else request
    yield from map(with_blocked_finding, blocked.values())


def with_blocked_finding(request: ObservedRequest, why: str = "") -> ObservedRequest:
    """Return a request with the finding that the browser blocked it."""
    is_token = request.path.endswith("/token")
    finding = Finding.error(
        "token-grant"
        if is_token and "client_credentials" not in (request.body or "")
        else "credential"
        if is_token
        else "state",
        "request",
        "the browser blocked the request: the server does not allow it from a web page (CORS, cross-origin resource sharing)",
        fix="a page must not hold a client secret: use the authorization code grant with PKCE, or get the token on a server"
        if is_token
        else "send it from a server, or add the origin to the allowed domains of the client",
        why=why or "the browser says so",
    )
    return replace(request, findings=(*request.findings, finding))
