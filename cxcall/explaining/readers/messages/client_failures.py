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
    r"|remote name could not be resolved"
    r"|ERR_(?:NAME_NOT_RESOLVED|CONNECTION_REFUSED|INTERNET_DISCONNECTED)"
    r"|certificate[ _]verify[ _]failed|SSLHandshakeException"
)
_NOT_ANSWERED = (
    r"\b(?:read|request|operation|socket|call)\b[\w\s']{0,30}\btimed out"
    r"|timeout of \d+ ?ms exceeded|ReadTimeout|SocketTimeoutException|E(?:SOCKET)?TIMEDOUT"
    r"|ECONNABORTED|ECONNRESET|socket hang up|connection reset|RemoteDisconnected"
    r"|HttpClient\.Timeout|Client\.Timeout exceeded|context deadline exceeded"
    r"|HeadersTimeout|UND_ERR_(?:HEADERS|BODY)_TIMEOUT"
    r"|ERR_(?:TIMED_OUT|EMPTY_RESPONSE|CONNECTION_RESET)"
    r"|Zeitlimit\b.{0,40}\b\u00fcberschritten|d\u00e9lai d.attente\b.{0,40}\bexpir"
)
_NOT_SENT_LINE = re.compile(_NOT_SENT, re.IGNORECASE)
_FAILED_LINE = re.compile(f"{_NOT_SENT}|{_NOT_ANSWERED}", re.IGNORECASE)
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
            return line.strip()[:_MAX_LINE]
    return ""


def is_before_sending(failure: str) -> bool:
    """Return whether a client that is not curl failed before it sent anything."""
    return _NOT_SENT_LINE.search(failure) is not None


def is_failure(failure: str) -> bool:
    """Return whether a client's message says that there was no complete response."""
    return _FAILED_LINE.search(failure) is not None


def with_failure(request: ObservedRequest, text: str) -> ObservedRequest:
    """Return a request; if it has no response, with a client's failure from anywhere in the text outside its body."""
    if request.response is not None or request.failure:
        return request
    return replace(request, failure=find_failure(text.replace(request.body or "\n", "\n")))
