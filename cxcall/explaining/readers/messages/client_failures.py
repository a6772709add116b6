"""Find the lines in which a client reports why a request has no response."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from cxcall.explaining.observed_request import ObservedRequest
from cxcall.explaining.readers.json_values.json_search import json_values
from cxcall.explaining.readers.messages.program_text import is_program_text, without_long_strings
from cxcall.explaining.readers.messages.sentences import is_condition
from cxcall.explaining.readers.request_builder import build_observed_request
from cxcall.findings.finding import Finding
from cxcall.runtime.patterns import LazyPattern, compile_on_use

# With 22, `--fail`, there was a response.
_CURL = compile_on_use(
    r"^curl: (?:\((?!22\))\d+\)|option \S+:) .+$", re.MULTILINE, needs=("curl: ",)
)
# Windows PowerShell 5 has `curl` as an alias of this command, which has other parameters.
_ALIAS = compile_on_use(
    r"^Invoke-WebRequest ?:(?=(?:.*\n){0,12}?.*\bParameterBinding\w*Exception\b).*$"
    r"|^Invoke-WebRequest ?: Cannot bind parameter.*$",
    re.MULTILINE,
    needs=("Invoke-WebRequest",),
)
# The name of an exception, but not that of an option, such as `.connectTimeout(5000)`.
_TIMEOUT_CLASS = r"(?-i:\b{}Timeout(?:Error|Exception)?\b)(?!\s*=|:\s*\d)"
# Messages of Python, Node.js, Java, Go, Ruby, .NET (also German and French), and browsers.
_NOT_RESOLVED = (
    r"ENOTFOUND|EAI_AGAIN|UnknownHostException|NameResolutionError|ERR_NAME_NOT_RESOLVED|no such host"
    r"|remote name could not be resolved|getaddrinfo failed|failure in name resolution"
    r"|name or service not known|nodename nor servname|no address associated with hostname"
    r"|specified hostname could not be found"
)
_NOT_SENT = (
    r"connect time(?:d )?out|connect timeout=|connection timeout to host"
    rf"|{_TIMEOUT_CLASS.format('(?:Connect|Open|Pool)')}"
    r"|(?:connect |UND_ERR_CONNECT_|ERR_CONNECTION_)TIME(?:D_?)?OUT|connect ETIMEDOUT"
    r"|connection refused|ECONNREFUSED"
    rf"|{_NOT_RESOLVED}"
    r"|ENETUNREACH|EHOSTUNREACH|network is unreachable|no route to host"
    r"|ERR_(?:CONNECTION_REFUSED|INTERNET_DISCONNECTED)"
    r"|Connect(?:Error|Exception): (?!.{0,100}(?:abort|reset|recv))|unable to connect to the remote server"
    r"|socket disconnected before secure TLS|(?<!the )could not connect to the server"
    r"|internet connection appears to be offline"
)
_UNRESOLVED_NAME = compile_on_use(rf"{_NOT_RESOLVED}|could not resolve", re.IGNORECASE)
_BAD_CERTIFICATE = (
    r"certificate[ _]verify[ _]failed|SSLHandshakeException|x509: certificate|tls: failed to verify"
    r"|PKIX path building failed|unable to (?:get local issuer|verify the first) certificate"
    r"|SELF_SIGNED_CERT|UNABLE_TO_(?:VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT)|CERT_HAS_EXPIRED"
    r"|ERR_(?:CERT|SSL|TLS_CERT)_|certificate for this server is invalid|SSL connection could not be established"
    r"|could not establish trust relationship|does not match certificate's altnames"
)
_PROXY_REFUSAL = (
    r"CONNECT tunnel failed|tunnel connection failed|HTTP code \d+ from proxy after CONNECT"
    r"|ERR_(?:PROXY|TUNNEL)_CONNECTION_FAILED|cannot connect to proxy|proxy authentication required"
)
# A connection or a response took too long. If nothing says that the client was connecting, it may have sent the request.
_TOOK_TOO_LONG = (
    r"connection(?: to \S{1,80})? time(?:d )?out|\bconnection\b[\w ']{1,30}\btimed out|i/o timeout"
    r"|handshake time(?:d )?out|\boperation timed out|\bconnect\(\) timed out"
    r"|did not properly respond after a period|disconnect/reset before headers|(?-i:\bTimedOut\b)"
)
_CONNECTING = compile_on_use(
    r"\bdial tcp|\bconnect(?:\(2\)|(?:ing)? to\b|: )|handshak|tcp connect|Error\(Connect\b|new connection"
    r"|reset reason: (?:local |remote )?connection (?:failure|timeout)|open TCP connection"
    r"|open stream: connection|connection timed out after \d+ milliseconds",
    re.IGNORECASE,
)
_CONNECTED = compile_on_use(
    r"(?:\b|_)read\b|\b(?:reading|recv|write|while sending)\b", re.IGNORECASE
)
_NOT_ANSWERED = (
    rf"timeout of \d+ ?ms exceeded|{_TIMEOUT_CLASS.format('(?:Read|Write|Http)')}"
    # Of the services that run functions: AWS, Azure, Google, and Vercel.
    r"|Task timed out after|(?:Error|Exception|asyncio): (?:[\w']{1,20} ){0,2}task\b[\w ']{0,30} timed out"
    r"|Timeout value of \S+ was exceeded|with status: 'timeout'|FUNCTION_INVOCATION_TIMEOUT"
    r"|timeout awaiting response|(?:Task|Operation)CanceledException: |operation was (?:aborted|cancell?ed)"
    r"|open stream: HTTP request failed!(?! HTTP/)"
    r"|(?-i:\bTimeout(?:::Error|Error|Exception)\b)(?=: |\)?\s*$)|socket\.timeout: |urlopen error timed out"
    r"|closed network connection|data (?:from|to) the transport connection"
    r"|(?-i:: EOF)(?=\s*(?:\n|$))|EOF(?:Error|Exception): |SSL peer shut down|sent GOAWAY"
    r"|client connection lost|transport connection broken|stream error: stream|other side closed"
    r"|UND_ERR_SOCKET|server ?disconnected|connection abort(?:ed\b.{0,100})?|header parser received no bytes"
    r"|connection closed before message|connection prematurely closed"
    r"|prematurely closed connection|empty reply from server"
    r"|(?:(?-i:T)|(?m:^)t)he network connection was lost\b"
    # Faraday says so of each error of a connection, also of one that ended after the request was sent.
    r"|ConnectionFailed: |end of file reached"
    r"|SocketTimeoutException|E(?:SOCKET)?TIMEDOUT"
    r"|ECONNABORTED|ECONNRESET|socket hang up|connection (?:was |has been |is )?reset|RemoteDisconnected"
    r"|HttpClient\.Timeout(?!\s*=)|Client\.Timeout exceeded|context deadline exceeded"
    r"|HeadersTimeout|UND_ERR_(?:HEADERS|BODY)_TIMEOUT"
    r"|ERR_(?:TIMED_OUT|EMPTY_RESPONSE|CONNECTION_(?:RESET|CLOSED|ABORTED)|NETWORK_CHANGED|INCOMPLETE_CHUNKED_ENCODING)"
    r"|IncompleteRead|ChunkedEncodingError|response ended prematurely|premature (?:close|end)"
    r"|ERR_STREAM_PREMATURE_CLOSE|unexpected end of stream|unexpected EOF(?! while)"
    r"|NoHttpResponseException|underlying connection was closed|broken pipe|\bEPIPE\b"
    r"|request was (?:aborted|cancell?ed)|Verbindung wurde geschlossen"
    r"|(?:Zeitlimit|Timeout)\b.{0,40}\b\u00fcberschritten|d\u00e9lai d.attente\b.{0,40}\bexpir"
    r"|\bagot(?:\u00f3|ado) el tiempo de espera|tiempo de espera\b.{0,40}\bagotado"
    # Of browsers and axios, which do not say why, and the status of a response that there was not.
    r"|Error: (?:Network Error|Failed to fetch|Load failed)\b|NetworkError when attempting to fetch"
    r"|\b(?:HTTP|(?<!exit )(?<!with )status(?: ?code)?)[ :=]{1,3}0(?:00)?\b(?![.\w/])"
)
# Words that are also those of a person, who may ask, or tell a condition.
_TOLD = (
    r"\b(?:read|request|socket|call|operation(?! timed))\b[\w\s']{0,30}\btimed out"
    r"|\b(?:I|we) (?:always |only |still )?(?:get|got|am getting|are getting|keep getting) (?:a )?time-?outs?\b"
    r"|\b(?:it|this|request|API|server|endpoint|(?:https?:/)?/\S+) (?:always |just |now |often |sometimes |still )?"
    r"(?:times|is timing|keeps timing) out\b"
    r"|\b(?:it|API|app|endpoint|host|platform|server) (?:(?:did|does)(?: not|n['\u2019]t)|never)"
    r" respond(?:s|ed)?\b(?! with)"
    r"|\b(?:took|takes) too long to respond|\bin ein(?:en)? Timeout\b"
)
# The client could not build the request: its values or its URL are not valid.
_NOT_BUILT = (
    r"is not JSON serializable|converting circular structure to JSON"
    r"|\b(?:MissingSchema|InvalidSchema|InvalidURL|InvalidHeader)\b|ERR_INVALID_(?:URL|CHAR|ARG)"
    r"|unsupported protocol scheme|invalid header field value|invalid request URI"
    r"|illegal character in (?:path|query|header|authority)"
)
_FAILURE = compile_on_use(
    f"(?P<proxy>{_PROXY_REFUSAL})|(?P<unbuilt>{_NOT_BUILT})|(?P<certificate>{_BAD_CERTIFICATE})"
    f"|(?P<unsent>{_NOT_SENT})|(?P<late>{_TOOK_TOO_LONG})|(?P<unanswered>{_NOT_ANSWERED})|(?P<told>{_TOLD})",
    re.IGNORECASE,
)
# Any other report of an error that names the end of a connection, or of a wait.
_OTHER_REPORT = compile_on_use(
    r"^.{0,80}?(?:(?i:error|exception|fatal|critical)(?:\]|:| \{)|\b(?:ERROR|FATAL|CRITICAL|SEVERE)\b).{0,400}?"
    r"\b(?P<end>(?i:time(?:d[ -]?)?out|(?:connection|socket|stream|transport|upstream|peer|server)"
    r" (?:was |is |has been )?(?:reset|closed|aborted|terminated|lost|broken|dropped)))\b",
    re.MULTILINE,
)
# Python prints the exception that is the cause above the one that it caused, which says more.
_CAUSE = compile_on_use(
    r"^.*\n\s*\n(?=(?:During handling of|The above exception was))", re.MULTILINE
)
# How clients and programs start the line that reports an error: a body in YAML does not start like that.
_REPORT = compile_on_use(
    r"^[ \t]*(?:curl: (?:\(\d+\)|option \S+:) |(?P<console>(?:Uncaught|Unhandled)[\w ()]{0,30} )?"
    r"(?:wget|https?|error|[\w.:]{1,80}(?:Error|Exception|Timeout))(?:: | \{| with #<)).*$",
    re.IGNORECASE | re.MULTILINE,
)
# The host in the message of a client that could not resolve its name.
_UNRESOLVED = compile_on_use(
    r"(?:\b(?:host|lookup|resolve|known|to)|resolved|ENOTFOUND|EAI_AGAIN|UnknownHostException)\W{1,4}"
    r"(?P<host>(?:[\w-]+\.)+[a-z]{2,})\b(?!\()",
    re.IGNORECASE,
)
# In an object of a platform, such as a leg of a call that was accepted: a code in small letters, or one of these names.
_OF_PLATFORM = compile_on_use(
    r"\"(?:error)?code\"\s*:\s*\"(?-i:[a-z]+(?:[._-][a-z]+)*)\""
    r"|\"(?:disconnectType|error_description|errorInfo|resultSet)\"\s*:",
    re.IGNORECASE,
)
_CODE = compile_on_use(r"\s*code: ")  # of the error above it, as Node.js prints it
_AFTER = ("late", "told", "unanswered")
# Python prints the object that failed: `<urllib3.connection.HTTPSConnection object at 0x7f1b2c3d4e50>: `.
_OBJECT = compile_on_use(r"<[\w.]{1,200} object at 0x[0-9a-fA-F]+>(?:[:,] )?")
_MAX_LINE = 300
_MAX_BESIDE = 2000
_MAX_NAMES = 1000
_TO_CONNECT = compile_on_use(
    r"^.{0,1000}(?:tunnel (?:connection )?failed|from proxy after CONNECT).*$",
    re.IGNORECASE | re.MULTILINE,
)
# Messages of Chromium; of Firefox, in the user's language; of Safari, whose first line does not name the URL.
_MESSAGE = compile_on_use(
    r"""^[^\n]*?(?:
        Access\ to\ \w+\ at\ ['"\u2018]?(?P<chromium>https?://[^\s'"\u2019]{1,2000})[^\n]*\ blocked\ by\ CORS\ policy
      | (?<!from\ )(?<![\w/])(?P<firefox>https?://[^\s'"\u2019()]{1,2000}?)\.?\ (?:\(|\w+\ ?:\ )[^\n]{0,160}\b(?:CORS|Access-Control-Allow)\b
      | \ cannot\ load\ (?P<safari>https?://[^\s'"\u2019]{1,2000}?)\.?\ due\ to\ access\ control\ checks
      | \bOrigin\ https?://\S+\ is\ not\ allowed\ by\ Access-Control-Allow-Origin
      | \bPreflight\ response\ is\ not\ successful
    )[^\n]*$""",
    re.MULTILINE | re.VERBOSE,
    needs=("CORS", "Access-Control-Allow", "access control checks", "Preflight response"),
)


def find_failure(text: str) -> str:
    """Return the line in which curl or another client reports why there was no response; empty if there is none.

    Of several attempts, it is that of one that may have been sent.
    """
    if curls := [each[0].strip() for each in islice(_CURL.finditer(text), _MAX_NAMES)]:
        return next((each for each in curls if failure_kinds(each) == {"unanswered"}), curls[0])
    if alias := _ALIAS.search(text):
        return alias[0].strip()
    text = without_long_strings(_without_platform_objects(_OBJECT.sub("", text)))
    known = _find_named(_FAILURE, _CAUSE.sub("", text)) or _find_named(_FAILURE, text)
    return known or _find_named(_OTHER_REPORT, text)


def _without_platform_objects(text: str) -> str:
    """Return a text without the JSON of a platform, whose words are about a call and not about the request."""
    for start, end, _ in reversed([*json_values(text)]):
        if _OF_PLATFORM.search(text, start, end):
            text = text[:start] + text[end:]
    return text


def _find_named(pattern: LazyPattern, text: str) -> str:
    first = ""
    for found in islice(pattern.finditer(text), _MAX_NAMES):
        position, end = found.span(found.lastgroup or 0)
        earliest = max(position - _MAX_BESIDE, 0)
        start = text.rfind("\n", earliest, position) + 1 or earliest
        line = text[start : end + _MAX_BESIDE].partition("\n")[0]
        is_open = found.lastgroup == "told" and is_condition(line, position - start)
        if is_open or is_program_text(line, position - start):
            continue
        shown = _shorten(line, position - start, end - start)
        if failure_kinds(shown) == {"unanswered"} and not (first and _CODE.match(line)):
            return shown
        first = first or shown
    return first


def without_failure(text: str) -> str:
    """Return a text up to the line in which a client reports that there was no response."""
    for report in _REPORT.finditer(text):
        is_certain = report["console"] or report[0].lstrip().startswith("curl: ")
        if is_certain or find_failure(report[0]):
            return text[: report.start()].rstrip()
    return text


def is_report(line: str) -> bool:
    """Return whether a line starts as clients and programs report an error."""
    return _REPORT.match(line) is not None


def _shorten(line: str, start: int, end: int) -> str:
    """Return a line; of a long one its start, and what shows that nothing was sent, or else what is between two positions."""
    if len(line) > _MAX_LINE and failure_kinds(line) != {"unanswered"}:
        named = (each for each in _FAILURE.finditer(line) if each.lastgroup not in _AFTER)
        decisive = next(named, None) or _CONNECTING.search(line)
        start, end = decisive.span() if decisive else (start, end)
    if end <= _MAX_LINE:
        return line.strip()[:_MAX_LINE]
    return f"{line[: _MAX_LINE // 2].strip()}\u2026 {line[start : end + _MAX_LINE // 2].strip()}"


def failure_kinds(failure: str) -> set[str]:
    """Return why a client got no response, by its words: `unanswered` if it may have sent the request.

    Before it sends: `proxy`, `unbuilt` (the code gave it something that is not valid), `certificate`, and `unsent`;
    curl also says so by its exit code. Empty if the words are not about that.
    """
    kinds = {
        (each.lastgroup or "").replace("told", "unanswered") for each in _FAILURE.finditer(failure)
    }
    if "late" in kinds:
        is_unsent = _CONNECTING.search(failure) and not _CONNECTED.search(failure)
        kinds = kinds - {"late"} | {"unsent" if is_unsent else "unanswered"}
    return kinds or ({"unanswered"} if _OTHER_REPORT.search(failure) else set())


def is_unresolved_name(failure: str) -> bool:
    """Return whether a client reports that it could not resolve the name of the host."""
    return _UNRESOLVED_NAME.search(failure) is not None


def find_unresolved_host(failure: str) -> str:
    """Return the host that a client could not connect to, if its message names it; else an empty text."""
    found = _UNRESOLVED.search(failure) if failure_kinds(failure) == {"unsent"} else None
    return str(found["host"]) if found else ""


def without_responses_to_connect(text: str) -> str:
    """Return a text without lines that name the response of a proxy to `CONNECT`: the request was not sent."""
    return _TO_CONNECT.sub("", text) if "onnect" in text or "ONNECT" in text else text


def with_failure(requests: Sequence[ObservedRequest], text: str) -> Sequence[ObservedRequest]:
    """Return requests; the last one without a response, of those that a client's failure names, has that failure.

    The failure is anywhere in the text outside bodies. It may name the path or the host of a request.
    """
    waiting = [each for each in requests if each.response is None]
    if not waiting or any(each.failure for each in requests):
        return requests
    for each in waiting:
        text = text.replace(each.body or "\n", "\n")
    failure = find_failure(text)
    named = [each for each in waiting if each.path.strip("/") and each.path in failure]
    named = named or [each for each in waiting if each.host and each.host in failure] or waiting
    return [replace(each, failure=failure) if each is named[-1] else each for each in requests]


def with_reported_failure(request: ObservedRequest) -> ObservedRequest:
    """Return a request; if what has no status is the report of a service that its function timed out, with that failure.

    Any other failure in a response is not that of the client, which has sent the request.
    """
    response = request.response
    body = response.json() if response and not response.status else None
    text = body.get("errorMessage") if isinstance(body, dict) else None
    failure = find_failure(text) if isinstance(text, str) else ""
    is_open = failure_kinds(failure) == {"unanswered"}
    return replace(request, response=None, failure=failure) if is_open else request


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
            blocked[request.host, request.path] = request
    for request in requests:
        is_blocked = blocked.pop((request.host, request.path), None) is not None
        yield with_blocked_finding(request) if is_blocked else request
    yield from map(with_blocked_finding, blocked.values())


def with_blocked_finding(request: ObservedRequest, why: str = "") -> ObservedRequest:
    """Return a request with the finding that the browser blocked it."""
    code = "state"
    fix = "send it from a server, or add the origin to the allowed domains of the client"
    if request.path.endswith("/token"):
        code = "credential" if "client_credentials" in (request.body or "") else "token-grant"
        fix = "a web page must not contain a client secret: use the authorization code grant with PKCE, or get the token on a server"
    finding = Finding.error(
        code,
        "request",
        "the browser blocked the request: the server does not allow it from a web page (CORS, cross-origin resource sharing)",
        fix=fix,
        why=why or "the error message of the browser",
    )
    return replace(request, findings=(*request.findings, finding))
