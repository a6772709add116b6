"""Read browsers' messages about requests that they blocked (CORS)."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from cxcall.explaining.readers.request_builder import build_observed_request
from cxcall.findings.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cxcall.explaining.observed_request import ObservedRequest

# Messages of Chromium; of Firefox, in the user's language; of Safari, whose first line does not name the URL.
_MESSAGE = re.compile(
    r"""^[^\n]*?(?:
        Access\ to\ \w+\ at\ ['"\u2018]?(?P<chromium>https?://[^\s'"\u2019]{1,2000})[^\n]*\ blocked\ by\ CORS\ policy
      | (?<!from\ )(?<![\w/])(?P<firefox>https?://[^\s'"\u2019()]{1,2000}?)\.?\ (?:\(|\w+\ ?:\ )[^\n]{0,160}\b(?:CORS|Access-Control-Allow)\b
      | \ cannot\ load\ (?P<safari>https?://[^\s'"\u2019]{1,2000}?)\.?\ due\ to\ access\ control\ checks
      | \bOrigin\ https?://\S+\ is\ not\ allowed\ by\ Access-Control-Allow-Origin
      | \bPreflight\ response\ is\ not\ successful
    )[^\n]*$""",
    re.MULTILINE | re.VERBOSE,
)
_REFUSED = re.compile(
    r"(?P<kind>[Hh]eader|[Mm]ethod)(?: field)? ['\"\u2018]?(?P<name>[\w-]+)['\"\u2019]?"
    r" is not allowed [^\n]*Access-Control-Allow-(?:Headers|Methods)"
)


def without_blocked_requests(text: str) -> str:
    """Return a text with empty lines in place of messages about blocked requests."""
    return _MESSAGE.sub("", text)


def add_blocked_requests(
    requests: Sequence[ObservedRequest], text: str
) -> Iterator[ObservedRequest]:
    """Yield requests, with a finding on blocked ones, and a request for each other URL that was blocked."""
    blocked = {}
    for message in _MESSAGE.finditer(text):
        if message.lastgroup:
            url = message[message.lastgroup]
            request = build_observed_request("browser error", url=url, headers_are_shown=False)
            blocked[request.host, request.path] = (request, _fix_of(message[0]))
    for request in requests:
        _, fix = blocked.pop((request.host, request.path), (None, None))
        yield request if fix is None else with_blocked_finding(request, fix=fix)
    for request, fix in blocked.values():
        yield with_blocked_finding(request, fix=fix)


def _fix_of(message: str) -> str:
    """Return the advice on the header or method that a message names; empty if it names neither."""
    if not (refused := _REFUSED.search(message)):
        return ""
    if refused["kind"].lower() == "header":
        return f"leave out the header `{refused['name']}`, which the server does not allow from a web page, or send the request from a server"
    return f"send it from a server: `{refused['name']}` is not allowed from a web page"


def with_blocked_finding(request: ObservedRequest, why: str = "", fix: str = "") -> ObservedRequest:
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
        fix="a web page must not contain a client secret: use the authorization code grant with PKCE, or get the token on a server"
        if is_token
        else fix or "send it from a server, or add the origin to the allowed domains of the client",
        why=why or "the error message of the browser",
    )
    return replace(request, findings=(*request.findings, finding))
