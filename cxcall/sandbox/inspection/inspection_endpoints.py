"""Respond to requests about the sandbox itself: its page, its requests, and the outcomes of its calls.

Such requests are not logged. A page of another site can neither read the responses (the server checks
`Host`, and allows no other origin) nor delete requests.
"""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from cxcall.runtime.secrets.likely_secrets import mask_likely_secrets, masked_headers
from cxcall.sandbox import faults_by_number
from cxcall.sandbox.http_messages import ErrorResponse, SandboxResponse, whole_number
from cxcall.sandbox.oauth.token_endpoint import CLIENT_ID, CLIENT_SECRET, CLIENTS
from cxcall.transport.curl_command import TOKEN, curl
from cxcall.transport.http_messages import HttpRequest
from cxcall.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cxcall.contracts.operation import Operation
    from cxcall.sandbox.http_messages import SandboxRequest
    from cxcall.sandbox.inspection.request_log import CallEvents, LoggedRequest, RequestLog


ABOUT_PATH = "/sandbox"
REQUESTS_PATH = "/sandbox/requests"
EVENTS_PATH = "/sandbox/events"

_DETAIL = re.compile(re.escape(REQUESTS_PATH) + r"/([0-9]{1,9})")
_OF_THE_CLIENT = frozenset(
    ("accept-encoding", "authorization", "connection", "content-length", "host", "user-agent")
)
"""Headers that curl sets itself, or that must be new in a repeated request."""
_SAFE = {"Cross-Origin-Resource-Policy": "same-origin", "X-Content-Type-Options": "nosniff"}


@dataclass
class Inspection:
    """Responds to requests about the sandbox; `explain` returns the findings on a logged request."""

    operations: Sequence[Operation]
    log: RequestLog
    events: CallEvents
    explain: Callable[[LoggedRequest, str], list[dict[str, Any]]] | None

    def handles(self, request: SandboxRequest) -> bool:
        """Return whether a request is about the sandbox itself, such as `GET /` of a browser."""
        if request.path == "/":
            accepts_page = "text/html" in request.headers.get("accept", "").lower()
            return request.method in ("GET", "HEAD") and accepts_page
        is_named = request.path in (ABOUT_PATH, REQUESTS_PATH, EVENTS_PATH)
        return is_named or _DETAIL.fullmatch(request.path) is not None

    def respond(self, request: SandboxRequest) -> SandboxResponse:
        """Return the response."""
        path, method = request.path, request.method
        if method in ("GET", "HEAD"):
            headers = {"Cache-Control": "no-store", **_SAFE}
            if path == "/":
                return SandboxResponse(
                    200,
                    render_page(),
                    {
                        "Content-Security-Policy": page_policy(),
                        "Referrer-Policy": "no-referrer",
                        "X-Frame-Options": "DENY",
                        **headers,
                    },
                )
            if path == EVENTS_PATH:
                return self._read_events(request, headers)
            found = self._read(request)
            return (
                SandboxResponse(200, found, headers) if found is not None else _error_response(404)
            )
        if path == REQUESTS_PATH and method == "DELETE":
            if _is_from_other_site(request):
                return _error_response(403)
            self.log.clear()
            return SandboxResponse(204)
        allowed = "DELETE, GET, HEAD" if path == REQUESTS_PATH else "GET, HEAD"
        return _error_response(405, {"Allow": allowed})

    def _read(self, request: SandboxRequest) -> Any:
        """Return the response for a path; None if it has none."""
        query = {name: values[-1] for name, values in parse_qs(request.query).items()}
        if request.path == ABOUT_PATH:
            return self._about()
        if detail := _DETAIL.fullmatch(request.path):
            return self._detail(int(detail[1]), request.headers.get("host", ""))
        return self._requests(query)

    def _read_events(self, request: SandboxRequest, headers: Mapping[str, str]) -> SandboxResponse:
        """Return the outcomes of calls as JSON lines."""
        after = parse_qs(request.query).get("after", [""])[-1]
        text = self.events.as_text(whole_number(after))
        return SandboxResponse(200, text.encode(), headers, media_type="application/jsonl")

    def _about(self) -> dict[str, Any]:
        return {
            "sandbox": True,
            "operations": [f"{entry.method} {entry.path}" for entry in self.operations],
            "clients": CLIENTS,
            "numbers": {fault.number: fault.effect for fault in faults_by_number.FAULTS},
        }

    def _requests(self, query: Mapping[str, str]) -> dict[str, Any]:
        """Return the requests after a number, or only the newest ones."""
        received = self.log.received
        after, limit = (whole_number(query.get(name, "")) for name in ("after", "limit"))
        found = [each for each in received if each.number > after]
        return {
            "accepted": sum(entry.accepted for entry in found),
            "rings": sum(entry.rings for entry in found),
            "first": received[0].number if received else None,
            "last": received[-1].number if received else None,
            "requests": [entry.as_dict() for entry in found[-limit:]],
        }

    def _detail(self, number: int, host: str) -> dict[str, Any] | None:
        entry = next((each for each in self.log.received if each.number == number), None)
        if entry is None:
            return None
        # The body of a request for a token is not kept: its findings and its command would be wrong.
        is_kept = bool(entry.body) or entry.headers.get("content-length", "0") == "0"
        findings = self.explain(entry, host) if self.explain and is_kept else []
        return {
            **entry.as_dict(),
            "target": mask_likely_secrets(entry.target),
            "headers": masked_headers(_with_title_case(entry.headers)),
            "body": mask_likely_secrets(entry.body.decode("utf-8", "replace")),
            "response": mask_likely_secrets(entry.response.decode("utf-8", "replace")),
            "findings": findings if self.explain else None,
            "curl": _curl(entry, host) if is_kept else "",
        }


def _with_title_case(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.title(): value for name, value in headers.items()}


def _curl(entry: LoggedRequest, host: str) -> str:
    """Return the command that repeats a request; its token comes from `CXCALL_ACCESS_TOKEN`."""
    headers = {
        name: value
        for name, value in masked_headers(_with_title_case(entry.headers)).items()
        if name.lower() not in _OF_THE_CLIENT
    }
    body = mask_likely_secrets(entry.body.decode("utf-8", "replace")).encode() or None
    target = mask_likely_secrets(entry.target or entry.path)
    request = HttpRequest(entry.method, f"http://{host}{target}", headers, body)
    return curl(request, TOKEN if "authorization" in entry.headers else ())


def _error_response(status: int, headers: Mapping[str, str] | None = None) -> SandboxResponse:
    return ErrorResponse(status, headers=headers).response("")


def _is_from_other_site(request: SandboxRequest) -> bool:
    """Return whether a browser says that a page of another origin sent a request."""
    origin, host = request.headers.get("origin", ""), request.headers.get("host", "")
    site = request.headers.get("sec-fetch-site", "none")
    return site not in ("none", "same-origin") or (
        bool(origin) and origin.partition("://")[2].lower() != host.lower()
    )


_FOLDER = Path(__file__).parent
_STYLE, _SCRIPT = ("page.css",), ("request_list.js", "request_details.js")


@cache
def render_page() -> bytes:
    """Return the page. It does not contain the requests: its script fetches them, and shows them as text."""
    page = (
        _read("page.html").replace("{style}", _read(*_STYLE)).replace("{script}", _read(*_SCRIPT))
    )
    values = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "version": __version__}
    for name, value in values.items():
        page = page.replace(f"{{{name}}}", value)
    return page.encode()


@cache
def page_policy() -> str:
    """Return the content security policy: the page's own style and script, and its own origin."""
    return (
        f"default-src 'none'; style-src '{_hash(*_STYLE)}'; script-src '{_hash(*_SCRIPT)}'; "
        "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _read(*names: str) -> str:
    return "".join((_FOLDER / name).read_text("utf-8") for name in names)


def _hash(*names: str) -> str:
    return f"sha256-{b64encode(sha256(_read(*names).encode()).digest()).decode()}"
