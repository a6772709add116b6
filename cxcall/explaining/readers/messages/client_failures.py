"""Find the lines in which a client reports why a request has no response."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cxcall.explaining.observed_request import ObservedRequest

_CURL = re.compile(
    r"^curl: \((?!22\))\d+\) .+$", re.MULTILINE
)  # 22, `--fail`: there was a response
# Windows PowerShell 5 has `curl` as an alias of this command, which has other parameters.
_ALIAS = re.compile(
    r"^Invoke-WebRequest ?:(?=(?:.*\n){0,12}?.*\bParameterBinding\w*Exception\b).*$"
    r"|^Invoke-WebRequest ?: Cannot bind parameter.*$",
    re.MULTILINE,
)
# Messages of Python, Node.js, Java, Go, Ruby, .NET (also German and French), and browsers.
_NOT_SENT = (
    r"connect(?:ion)? time(?:d )?out|connect timeout=|ConnectTimeout"
    r"|(?:connect |UND_ERR_CONNECT_|ERR_CONNECTION_)TIME(?:D_?)?OUT|connect ETIMEDOUT"
    r"|connection refused|ECONNREFUSED"
    r"|ENOTFOUND|EAI_AGAIN|UnknownHostException|NameResolutionError|no such host"
    r"|remote name could not be resolved|getaddrinfo failed|failure in name resolution"
    r"|name or service not known|nodename nor servname"
    r"|ENETUNREACH|EHOSTUNREACH|network is unreachable|no route to host"
    r"|ERR_(?:NAME_NOT_RESOLVED|CONNECTION_REFUSED|INTERNET_DISCONNECTED)"
)
_BAD_CERTIFICATE = (
    r"certificate[ _]verify[ _]failed|SSLHandshakeException|x509: certificate|tls: failed to verify"
    r"|PKIX path building failed|unable to (?:get local issuer|verify the first) certificate"
    r"|SELF_SIGNED_CERT|UNABLE_TO_(?:VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT)|CERT_HAS_EXPIRED"
    r"|ERR_(?:CERT|SSL|TLS_CERT)_|SSL connection could not be established"
    r"|could not establish trust relationship|does not match certificate's altnames"
)
_PROXY_REFUSAL = (
    r"CONNECT tunnel failed|tunnel connection failed|HTTP code \d+ from proxy after CONNECT"
    r"|ERR_(?:PROXY|TUNNEL)_CONNECTION_FAILED|cannot connect to proxy|proxy authentication required"
)
_NOT_ANSWERED = (
    r"\b(?:read|request|operation|socket|call)\b[\w\s']{0,30}\btimed out"
    r"|timeout of \d+ ?ms exceeded|ReadTimeout|SocketTimeoutException|E(?:SOCKET)?TIMEDOUT"
    r"|ECONNABORTED|ECONNRESET|socket hang up|connection reset|RemoteDisconnected"
    r"|HttpClient\.Timeout|Client\.Timeout exceeded|context deadline exceeded"
    r"|HeadersTimeout|UND_ERR_(?:HEADERS|BODY)_TIMEOUT"
    r"|ERR_(?:TIMED_OUT|EMPTY_RESPONSE|CONNECTION_RESET|INCOMPLETE_CHUNKED_ENCODING)"
    r"|IncompleteRead|ChunkedEncodingError|response ended prematurely|premature (?:close|end)"
    r"|ERR_STREAM_PREMATURE_CLOSE|unexpected end of stream|unexpected EOF(?! while)"
    r"|NoHttpResponseException|underlying connection was closed|broken pipe|\bEPIPE\b"
    r"|Zeitlimit\b.{0,40}\b\u00fcberschritten|d\u00e9lai d.attente\b.{0,40}\bexpir"
)
# The client could not build the request: its values or its URL are not valid.
_NOT_BUILT = (
    r"is not JSON serializable|converting circular structure to JSON"
    r"|\b(?:MissingSchema|InvalidSchema|InvalidURL|InvalidHeader)\b|ERR_INVALID_(?:URL|CHAR|ARG)"
    r"|unsupported protocol scheme|invalid header field value|invalid request URI"
    r"|illegal character in (?:path|query|header|authority)"
)
_NOT_SENT_LINE = re.compile(
    f"{_NOT_SENT}|{_BAD_CERTIFICATE}|{_PROXY_REFUSAL}|{_NOT_BUILT}", re.IGNORECASE
)
_BUILD_LINE = re.compile(_NOT_BUILT, re.IGNORECASE)
_FAILED_LINE = re.compile(f"{_NOT_SENT_LINE.pattern}|{_NOT_ANSWERED}", re.IGNORECASE)
_CERTIFICATE_LINE = re.compile(_BAD_CERTIFICATE, re.IGNORECASE)
_PROXY_LINE = re.compile(_PROXY_REFUSAL, re.IGNORECASE)
# Code that handles, raises, or prints an error does not show that the error happened.
_CODE_LINE = re.compile(
    r"^\s*[}\])]*\s*"
    r"(?:except|catch|rescue|import|using|use|from|throw|raise|return|if|elif|when|case)\b"
    r"|[!=]==?\s"
    r"|\b(?:catch|print\w*|log|echo|puts|error|warn|Write-\w+)\s*[(\"']"
    r"|^\s*//|^\s*#",  # comments
    re.IGNORECASE | re.MULTILINE,
)
_MAX_LINE = 200
_TO_CONNECT = re.compile(
    r"^.{0,200}(?:tunnel (?:connection )?failed|from proxy after CONNECT).*$",
    re.IGNORECASE | re.MULTILINE,
)


def find_failure(text: str) -> str:
    """Return the line in which curl or another client reports why there was no response; empty if there is none."""
    if curl := _CURL.search(text):
        return curl[0].strip()
    if alias := _ALIAS.search(text):
        return alias[0].strip()
    for found in _FAILED_LINE.finditer(text):
        start, end = text.rfind("\n", 0, found.start()) + 1, text.find("\n", found.end())
        line = text[start : end if end >= 0 else len(text)]
        if not _CODE_LINE.search(line):
            return _shorten(line, found.start() - start, found.end() - start)
    return ""


def _shorten(line: str, start: int, end: int) -> str:
    """Return a line, or the start of a long one with the failure that is named between two positions."""
    if end <= _MAX_LINE:
        return line.strip()[:_MAX_LINE]
    return f"{line[: _MAX_LINE // 2].strip()}\u2026 {line[start : end + _MAX_LINE // 2].strip()}"


def is_before_sending(failure: str) -> bool:
    """Return whether a client failed before it sent anything, by its words; curl also says so by its exit code."""
    return _NOT_SENT_LINE.search(failure) is not None


def without_responses_to_connect(text: str) -> str:
    """Return a text without lines that name the response of a proxy to `CONNECT`: the request was not sent."""
    return _TO_CONNECT.sub("", text) if "onnect" in text or "ONNECT" in text else text


def is_about_certificate(failure: str) -> bool:
    """Return whether a client does not trust the certificate of the server."""
    return _CERTIFICATE_LINE.search(failure) is not None


def is_not_built(failure: str) -> bool:
    """Return whether a client could not build the request from what the code gave it."""
    return _BUILD_LINE.search(failure) is not None


def is_refused_by_proxy(failure: str) -> bool:
    """Return whether a proxy did not connect a client to the server."""
    return _PROXY_LINE.search(failure) is not None


def is_failure(failure: str) -> bool:
    """Return whether a client's message says that there was no complete response."""
    return _FAILED_LINE.search(failure) is not None


def with_failure(request: ObservedRequest, text: str) -> ObservedRequest:
    """Return a request; if it has no response, with a client's failure from anywhere in the text outside its body."""
    if request.response is not None or request.failure:
        return request
    return replace(request, failure=find_failure(text.replace(request.body or "\n", "\n")))
