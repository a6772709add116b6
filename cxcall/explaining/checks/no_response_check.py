"""Report that a client got no response, and whether its request may have placed a call."""

from __future__ import annotations

from collections.abc import Iterator

from cxcall.contracts.operation import Operation
from cxcall.explaining.checks.credentials.token_request_check import is_token_request
from cxcall.explaining.observed_request import ObservedRequest, SourceKind
from cxcall.explaining.operations.known_operations import READ_METHODS
from cxcall.explaining.readers.messages.client_failures import failure_kinds, is_unresolved_name
from cxcall.findings.finding import Finding, Severity
from cxcall.responses.processing_evidence import status_leaves_outcome_open
from cxcall.runtime.patterns import compile_on_use

_CURL = compile_on_use(r"curl: (?:\((\d+)\) )?(.+)")
# Exit codes of curl before it sends: of its options, files, names, connections, TLS handshakes, and certificates.
# Source: the manual page of curl, "Exit codes", and libcurl-errors(3) for those above 96.
_NOT_SENT = tuple(
    "1 2 3 4 5 6 7 26 34 35 45 48 53 54 58 59 60 66 77 82 83 90 91 96 97 98 101".split()
)
CHECK_CALL = "check in the platform whether the call was placed before you send it again"
# A certificate for other host names, or of another time: its issuer may be trusted.
_OTHER_CERTIFICATE = compile_on_use(
    "(?i)mismatch|not match|altname|alternative|valid for|expired|not yet"
)
_FILE = compile_on_use(r"(?i)read(?:ing)? (?:local data|a file)")
# A host without a dot is a part of a header or a body that was split at a blank.
_NO_HOST = compile_on_use(r"resolve host: [\w-]+$")


def check_failure(request: ObservedRequest) -> Iterator[Finding]:
    """Yield the finding on a request without a response, if the client's message gives the reason."""
    response = request.response
    if not request.failure or (response is not None and (response.status or response.body)):
        return
    curl = _CURL.match(request.failure)
    if curl and (curl[1] == "3" or (curl[1] == "6" and _NO_HOST.search(curl[2]))):
        yield _split_argument(curl[2])
    elif curl:
        is_sent = (curl[1] or "2") not in _NOT_SENT and "proxy" not in failure_kinds(curl[2])
        yield _no_response("curl", curl[2], request, is_sent=is_sent)
    elif request.failure.startswith("Invoke-WebRequest") and request.kind is SourceKind.COMMAND:
        yield Finding.error(
            "undelivered",
            "request",
            "nothing was sent: `curl` is an alias of `Invoke-WebRequest` in Windows PowerShell 5, which does not support the options of curl",
            fix="write `curl.exe` in place of `curl`",
            source="the error of the client",
        )
    elif kinds := failure_kinds(request.failure):
        is_sent = kinds == {"unanswered"}
        yield _no_response("the client", request.failure, request, is_sent=is_sent)


def _no_response(client: str, text: str, request: ObservedRequest, *, is_sent: bool) -> Finding:
    check, (_, caused, cause) = CHECK_CALL, text.rpartition("(Caused by ")
    cause = cause.strip().removesuffix(")" * bool(caused))
    if is_token_request(request):
        is_new = "HTTP/2" in text
        check = "send it again" + ", with HTTP/1.1 (curl: `--http1.1`)" * is_new
        check += ": a token request places no call"
    return Finding.error(
        "outcome-unknown" if is_sent else "undelivered",
        "response",
        f"{client} {'got no complete response' if is_sent else 'could not send the request'}: {cause}",
        fix=check if is_sent else _advise_on_connection(text),
        source="the exit code of curl" if client == "curl" else "the error of the client",
    )


def _advise_on_connection(failure: str) -> str:
    """Return what to do about a connection that failed, by the words of the client."""
    kinds = failure_kinds(failure)
    is_file = _FILE.search(failure)
    if is_file or failure.startswith("option "):
        file = "check the name of the file behind `@`, and whether curl may read it"
        return file if is_file else "correct the option that curl names"
    if "proxy" in kinds:
        is_login = "407" in failure or "authentication" in failure.lower()
        credentials = "the proxy requires credentials: add them to `HTTPS_PROXY`"
        return credentials if is_login else "ask the operator of the proxy to allow the host"
    if "unbuilt" in kinds:
        return "correct the value or the URL that the client names; nothing was sent"
    if "certificate" in kinds and _OTHER_CERTIFICATE.search(failure):
        return "check the host, the date of this machine, and the certificate of the server"
    if "certificate" in kinds:
        return (
            "let the client trust the certificate authority of the server, or of the proxy that inspects the"
            " connection; without the check of certificates, the token could be read on the way"
        )
    also = "DNS server" if is_unresolved_name(failure) else "certificates"
    return f"check the host, the proxy, and the {also} of this machine"


def check_unknown_outcome(
    request: ObservedRequest, operation: Operation | None
) -> Iterator[Finding]:
    """Yield the finding on an error status after which the request may have been processed all the same.

    It is a warning if the request may have placed a call, and a note on a request that is not known.
    """
    response = request.response
    is_harmless = request.method in READ_METHODS or is_token_request(request)
    if operation is not None:
        is_harmless = not operation.can_place_call
    if response is None or is_harmless or not request.method:
        return
    subject, done = ("the call", "placed") if operation else ("the request", "processed")
    if request.is_successful or not status_leaves_outcome_open(response):
        return
    yield Finding(
        Severity.WARNING if operation else Severity.NOTE,
        "outcome-unknown",
        "response",
        f"{subject} may have been {done}: HTTP {response.status} does not say whether it was",
        fix=f"check in the platform whether {subject} was {done} before you send it again",
        why="the platform, or a gateway before it, may respond like this after it has accepted the request",
    )


def _split_argument(text: str) -> Finding:
    """Return the finding that curl could not parse a URL, which may be a part of another argument."""
    return Finding.error(
        "undelivered",
        "response",
        f"curl could not read what it took for a URL: {text.strip()}",
        fix='check the quotes and the variables: cmd does not support single quotes, so write `"` around each argument and `\\"` in it; for brackets in the URL itself add `-g`',
        why="a shell splits an argument at spaces unless it is quoted for that shell, and curl treats the parts as URLs",
        source="the exit code of curl",
    )
