"""Describe why an exchange failed, without quoting the request or the response."""

from __future__ import annotations

import zlib
from errno import ECONNREFUSED
from http.client import IncompleteRead
from os import strerror
from pathlib import Path
from ssl import PROTOCOL_TLS_CLIENT, SSLCertVerificationError, SSLContext, SSLError
from typing import TYPE_CHECKING

from cxcall.transport.origins import is_loopback_url

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.transport.connection import ConnectionState
    from cxcall.transport.http_messages import Exchange

_KINDS = {
    "RemoteDisconnected": "the connection was closed without a response",
    "TimeoutError": "no response in time",
    "IncompleteRead": "the response was truncated",
    "BadStatusLine": "the response is not HTTP",
    "SendPostponedError": "postponed because the API asked to wait",
    "LateError": "the process was stopped for too long",
    "InvalidHeader": "the response has an invalid header",
}
# By the messages of http.client, which quote no data.
_HEAD_TEXTS = (
    ("when reading header line", "a response header is too long"),
    ("when reading status line", "the response is not HTTP: its first line is too long"),
    ("more than 100 headers", "the response has too many headers"),
)
_INVALID_PROXY = (
    "the URL of the proxy is not valid, or is one of a SOCKS proxy, which needs `requests[socks]`"
)
# The problem with a host that got no request, and what to check: `{}` is the setting that names the host.
_UNREACHABLE = {
    "dns": ("cannot be found", "check the region or `{}`: `cxcall config show`"),
    "connect": ("refused the connection", "check `{}`, and that the server is running"),
    "certificate": (
        "has a certificate that is not trusted",
        "set `REQUESTS_CA_BUNDLE` to the CA certificate file of your network",
    ),
    "certificate-name": (
        "has a certificate for other host names",
        "check the host in `{}`; if it is correct, contact the operator of the server",
    ),
    "certificate-date": (
        "has a certificate that is not valid today",
        "check the date of this machine; if it is correct, contact the operator of the server",
    ),
    "ca-file": (
        "cannot be verified, because its certificate cannot be checked",
        "set the variable to a file of CA certificates in PEM format, or unset it",
    ),
    "tls": ("did not complete the TLS handshake", "check the host and the port in `{}`"),
    "no-tls": ("does not speak TLS", "check the host and the port in `{}`"),
    "proxy": (
        "cannot be reached through the proxy",
        "check `HTTPS_PROXY` and `NO_PROXY`, and the host and the port in `{}`",
    ),
    "proxy-login": (
        "cannot be reached, because the proxy requires a valid user name and password",
        "add them to `HTTPS_PROXY`, such as `http://USER:PASSWORD@HOST:PORT`, or correct them",
    ),
    "proxy-refused": (
        "cannot be reached through the proxy",
        "check `HTTPS_PROXY`, written as `http://HOST:PORT`, and `NO_PROXY`",
    ),
    "no-thread": (
        "cannot be sent this request, because the process cannot start a thread",
        "let the main thread of your program wait for the requests in other threads",
    ),
}
TLS_FAILURES = ("certificate", "certificate-name", "certificate-date", "ca-file", "tls", "no-tls")
"""The failures of the TLS handshake, or of the check of the certificate."""
_TUNNEL = "Tunnel connection failed: "
_TRANSIENT = ("408", "429")
_NO_BUNDLE = "TLS CA certificate bundle"
_CERTIFICATE = {"SSLCertVerificationError", "CertificateError"}
_PROXY_URL = {"InvalidProxyURL", "ProxySchemeUnknown", "LocationParseError", "LocationValueError"}
_OTHER_PROTOCOL = {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL"}
# Errors of OpenSSL (`X509_V_ERR_...`): not yet valid, expired; another host name, another IP address.
_DATE_ERRORS, _NAME_ERRORS = (9, 10), (62, 64)


def explain_unreachable(done: Exchange, setting: str) -> tuple[str, str] | None:
    """Return the problem with the host of a setting, and what to check; None for a failure of another kind."""
    problem, fix = _UNREACHABLE.get(done.failure, ("", ""))
    if done.failure == "connect" and done.detail != strerror(ECONNREFUSED):
        problem = "cannot be reached"
    if done.failure in ("tls", "no-tls") and is_loopback_url(done.request.url):
        fix = "for a local server without TLS, use `http://` in `{}`"
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
    if problem := _ca_file_problem() if line.phase == "tls" or _NO_BUNDLE in str(error) else "":
        return "ca-file", problem
    signs = (
        ("held", bool(names & {"SendPostponedError", "LateError"})),
        (_name_certificate_failure(root), bool(names & _CERTIFICATE)),
        ("no-tls", isinstance(root, SSLError) and root.reason in _OTHER_PROTOCOL),
        ("proxy-refused", "InvalidSchema" in names),
        (_name_tunnel_failure(root), str(root).startswith(_TUNNEL)),
        ("proxy-refused", line.phase == "proxy" and bool(names & _PROXY_URL)),
        ("proxy", line.phase == "proxy"),
        ("dns", "gaierror" in names),
        ("malformed", any(isinstance(cause, ValueError) for cause in causes)),
    )
    failure = next((failure for failure, is_so in signs if is_so), line.stage)
    if line.is_tunneled and failure in ("tls", "no-tls"):
        failure = "proxy"
    if failure == "proxy-refused" and not str(root).startswith(_TUNNEL):
        return failure, _INVALID_PROXY
    return failure, _words(root, "the request cannot be put into HTTP")


def _name_tunnel_failure(root: BaseException) -> str:
    """Return the failure if a proxy has refused to connect: another attempt helps only after some statuses."""
    status = _tunnel_status(root)
    if status == "407":
        return "proxy-login"
    return "proxy-refused" if status[:1] == "4" and status not in _TRANSIENT else "proxy"


def _tunnel_status(root: BaseException) -> str:
    return str(root).removeprefix(_TUNNEL)[:3]


def _name_certificate_failure(root: BaseException) -> str:
    code = root.verify_code if isinstance(root, SSLCertVerificationError) else None
    if code in _NAME_ERRORS or type(root).__name__ == "CertificateError":
        return "certificate-name"
    return "certificate-date" if code in _DATE_ERRORS else "certificate"


def _ca_file_problem() -> str:
    """Return why the file of CA certificates that the environment names cannot be used; empty if it can."""
    from cxcall.transport.connection import ca_file

    variable, path = ca_file()
    if not path:
        return ""
    if not Path(path).exists():
        return f"the file in `{variable}` does not exist"
    if Path(path).is_dir():
        return ""
    try:
        SSLContext(PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except SSLError:
        return f"the file in `{variable}` has no valid certificates"
    except OSError as error:
        return f"the file in `{variable}` cannot be read: {error.strerror}"
    return ""


def _root(causes: list[BaseException]) -> BaseException:
    """Return the most specific cause: an error of the system, or else one in `_KINDS`."""
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
    # requests' own exceptions are also OSErrors, without a number.
    return cause.errno is not None or isinstance(cause, ConnectionError | TimeoutError | SSLError)


def _words(root: BaseException, otherwise: str) -> str:
    """Return the system's text for a cause, which quotes no data; `otherwise` if there is none."""
    text = str(root)
    if text.startswith(_TUNNEL):
        return f"the proxy responded with {_tunnel_status(root)}"
    if isinstance(root, zlib.error):
        return "the response body cannot be decompressed"
    if isinstance(root, SSLError):
        return _tls_words(root)
    if isinstance(root, OSError) and root.strerror:
        return root.strerror
    if found := next((words for part, words in _HEAD_TEXTS if part in text), ""):
        return found
    return _KINDS.get(type(root).__name__, otherwise)


def _tls_words(root: SSLError) -> str:
    if isinstance(root, SSLCertVerificationError):
        return str(root.verify_message)
    return str(root.reason or "the server closed the connection").replace("_", " ").lower()


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
