"""What went wrong with an exchange, in the system's own words; nothing of the request or the answer is quoted."""

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
    "SendPostponedError": "held back while the API asks to wait",
    "InvalidHeader": "the response is not HTTP",
    "InvalidProxyURL": "its address cannot be used",
    "InvalidSchema": "its address cannot be used",
}
_TUNNEL = "Tunnel connection failed: "
_NO_BUNDLE = "TLS CA certificate bundle"
_CERTIFICATE = {"SSLCertVerificationError", "CertificateError"}
_PROXY = {"InvalidProxyURL", "InvalidSchema"}


def name_failure(error: Exception, line: ConnectionState) -> tuple[str, str]:
    """Return what went wrong, as `Exchange.failure` has it, and the cause in words."""
    causes = list(_causes(error))
    root = _root(causes)
    if line.left:
        return _broken(causes, line), _words(root, "the response was truncated or is not HTTP")
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
    """Return the cause that says most: the system's own, else one that has words of ours."""
    wire = [cause for cause in causes if isinstance(cause, OSError) and _is_wire(cause)]
    named = [cause for cause in causes if type(cause).__name__ in _KINDS]
    return [causes[-1], *named, *wire][-1]


def _broken(causes: list[BaseException], line: ConnectionState) -> str:
    if line.phase == "answer" or any(isinstance(cause, IncompleteRead) for cause in causes):
        return "cut"
    if any(isinstance(cause, OSError) and _is_wire(cause) for cause in causes):
        return "cut" if line.head else "reset"
    return "malformed"


def _is_wire(cause: OSError) -> bool:
    # requests' own exceptions are OSErrors too, without a number.
    return cause.errno is not None or isinstance(cause, ConnectionError | TimeoutError | SSLError)


def _words(root: BaseException, otherwise: str) -> str:
    """Say a cause in the system's own words, which quote nothing; `otherwise` where there are none."""
    text = str(root)
    if text.startswith(_TUNNEL):
        return f"the proxy answered {text.removeprefix(_TUNNEL)[:3]}"
    if isinstance(root, SSLCertVerificationError):
        return str(root.verify_message)
    if isinstance(root, SSLError):
        return str(root.reason or "the other side ended it").replace("_", " ").lower()
    if isinstance(root, OSError) and root.strerror:
        return root.strerror
    if _NO_BUNDLE in text:
        return "`REQUESTS_CA_BUNDLE` or `CURL_CA_BUNDLE` names no file"
    return _KINDS.get(type(root).__name__, otherwise)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and all that it wraps, outermost first, however it wraps it."""
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
