"""Say why there was no response, from what the client reported."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cxcall.findings.finding import Finding
from cxcall.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.explaining.observed_request import ObservedRequest


_MAX_LENGTH = 200


class _Failure(NamedTuple):
    """What a client's words mean: the words, the finding code, the problem, and the correction."""

    words: str
    code: str
    problem: str
    fix: str


_FROM_SERVER = "call the API from a server, or log the user in with PKCE: a web page must not hold a client's secret"
_NOT_AGAIN = (
    "find out whether it was processed before you send it again: a call may have been placed"
)
# The words of browsers, Node, Python, curl, Java, and .NET.
_FAILURES = (
    _Failure(
        r"ENOTFOUND|EAI_AGAIN|getaddrinfo|could ?n.t resolve|Name or service not known|NameResolution|NAME_NOT_RESOLVED"
        r"|NXDOMAIN|nodename nor servname|UnknownHost|No such host|Name does not resolve",
        "host-unknown", "`{host}` cannot be found: no such host", "check the region and the spelling of the host",
    ),
    _Failure(
        r"CORS|cross-origin|Access-Control|ERR_BLOCKED|ERR_FAILED|Failed to fetch|NetworkError when attempting|Load failed",
        "undelivered", "the browser blocked it: cross-origin requests (CORS) to `{host}` are not allowed here", _FROM_SERVER,
    ),
    _Failure(
        r"certificate|CERT_|self.signed|SSL|TLS|trust anchor", "undelivered",
        "no secure connection to `{host}` could be made", "add the certificate authority of your network; do not switch the check off",
    ),
    _Failure(
        r"ECONNREFUSED|refused|ERR_CONNECTION_REFUSED", "undelivered",
        "`{host}` refused the connection", "check host and port, and the proxy of your network",
    ),
    _Failure(
        r"time(d)? ?-?out|ETIMEDOUT|ECONNABORTED|ESOCKETTIMEDOUT|TimeoutError|ECONNRESET|reset by peer|socket hang up|Connection aborted|RemoteDisconnected",
        "outcome-unknown", "no response came from `{host}`, but the request may have been processed", _NOT_AGAIN,
    ),
)  # fmt: skip


def check_connection(request: ObservedRequest) -> Iterator[Finding]:
    """Yield the finding on a request that got no response; nothing where the client says nothing of it."""
    if not request.failure or request.status:
        return
    host = request.host or "the host"
    for failure in _FAILURES:
        if re.search(failure.words, request.failure, re.IGNORECASE):
            yield Finding.error(
                failure.code,
                "host",
                failure.problem.format(host=host),
                fix=failure.fix,
                why=f"the client says: {request.failure[:_MAX_LENGTH]}",
                source="the client that sent the request",
            )
            return
