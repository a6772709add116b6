"""Describe why an exchange failed, without quoting the request or the response."""

from __future__ import annotations

from http.client import IncompleteRead
from ssl import SSLCertVerificationError, SSLError
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.transport.connection import ConnectionState

_KINDS = {
    "RemoteDisconnected": "the connection was closed without a response",
    "TimeoutError": "no response in time",
    "IncompleteRead": "the response was truncated",
    "BadStatusLine": "the response is not HTTP",
    "LineTooLong": "the response is not HTTP",
    "HTTPException": "the response is not HTTP",
    "SendPostponedError": "postponed because the API asked to wait",
    "InvalidHeader": "the response is not HTTP",
    "InvalidProxyURL": "its URL is invalid",
    "InvalidSchema": "its URL is invalid",
}
# What is wrong with a host that got no request, and what to check: `{}` is the setting that names the host.
_UNREACHABLE = {
    "dns": ("cannot be found", "check the region or `{}`: `cxcall config show`"),
    "connect": ("refused the connection", "check `{}`, and that it is running"),
    "certificate": (
        "has a certificate that is not trusted",
        "set `REQUESTS_CA_BUNDLE` to the CA certificate file of your network",
    ),
    "tls": ("does not accept a secure connection", "check that `{}` is an `https://` address"),
    "proxy": ("cannot be reached through the proxy", "check `HTTPS_PROXY` and `NO_PROXY`"),
}
_TUNNEL = "Tunnel connection failed: "
_NO_BUNDLE = "TLS CA certificate bundle"
_CERTIFICATE = {"SSLCertVerificationError", "CertificateError"}
_PROXY = {"InvalidProxyURL", "InvalidSchema"}


def explain_unreachable(failure: str, setting: str) -> tuple[str, str] | None:
    """Return what is wrong with the host of a setting, and what to check; None for a failure of another kind."""
    problem, fix = _UNREACHABLE.get(failure, ("", ""))
    return (problem, fix.format(setting)) if problem else None


def name_failure(error: Exception, line: ConnectionState) -> tuple[str, str]:
    """Return the failure, as in `Exchange.failure`, and its cause as text."""
    causes = list(_causes(error))
    root = _root(causes)
    if line.may_be_sent:
        return _kind_of_broken_response(causes, line), _words(
            root, "the response was truncated or is not HTTP"
        )
    names = {type(cause).__name__ for cause in causes}
    signs = (
        ("held", "SendPostponedError" in names),
        ("certificate", bool(names & _CERTIFICATE) or _NO_BUNDLE in str(error)),
        ("proxy", bool(names & _PROXY) or line.phase == "proxy"),
        ("dns", "gaierror" in names),
        ("malformed", any(isinstance(cause, ValueError) for cause in causes)),
    )
    failure = next((failure for failure, is_so in signs if is_so), line.stage)
    return failure, _words(root, "the request cannot be put into HTTP")


def _root(causes: list[BaseException]) -> BaseException:
    """Return the most specific cause: an error of the system, otherwise one in `_KINDS`."""
    wire = [cause for cause in causes if isinstance(cause, OSError) and _is_wire(cause)]
    named = [cause for cause in causes if type(cause).__name__ in _KINDS]
    return [causes[-1], *named, *wire][-1]


def _kind_of_broken_response(causes: list[BaseException], line: ConnectionState) -> str:
    if line.phase == "answer" or any(isinstance(cause, IncompleteRead) for cause in causes):
        return "cut"
    if any(isinstance(cause, OSError) and _is_wire(cause) for cause in causes):
        return "cut" if line.head else "reset"
    return "malformed"


def _is_wire(cause: OSError) -> bool:
    # requests' own exceptions are OSErrors too, without a number.
    return cause.errno is not None or isinstance(cause, ConnectionError | TimeoutError | SSLError)


def _words(root: BaseException, otherwise: str) -> str:
    """Return the system's text for a cause, which quotes no data; `otherwise` if there is none."""
    text = str(root)
    if text.startswith(_TUNNEL):
        return f"the proxy responded with {text.removeprefix(_TUNNEL)[:3]}"
    if isinstance(root, SSLCertVerificationError):
        return str(root.verify_message)
    if isinstance(root, SSLError):
        return str(root.reason or "the server closed the connection").replace("_", " ").lower()
    if isinstance(root, OSError) and root.strerror:
        return root.strerror
    if _NO_BUNDLE in text:
        return "the file in `REQUESTS_CA_BUNDLE` or `CURL_CA_BUNDLE` does not exist"
    return _KINDS.get(type(root).__name__, otherwise)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and all exceptions that it wraps, outermost first."""
    queue: list[BaseException] = [error]
    seen: set[int] = set()
    while queue:
        cause = queue.pop(0)
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        inner = (*cause.args, getattr(cause, "reason", None), cause.__cause__, cause.__context__)
        queue += [entry for entry in inner if isinstance(entry, BaseException)]
