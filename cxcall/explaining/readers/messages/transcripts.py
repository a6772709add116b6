"""Convert the logs and dumps of clients to HTTP messages.

Examples: the wire log of a Java client, `set_debuglevel` of Python, a dump of Go, lines with time and logger.
"""

from __future__ import annotations

import re
from ast import literal_eval
from collections.abc import Iterator

from cxcall.explaining.observed_request import ObservedRequest
from cxcall.explaining.readers.messages.http_message import read_requests
from cxcall.explaining.readers.request_builder import METHODS
from cxcall.runtime.patterns import compile_on_use

_METHOD = "|".join(METHODS)
_TIME = (
    r"(?:\[?\d{4}[-/]\d{2}[-/]\d{2}[ T]\d{2}:\d{2}:\d{2}|\[?\d{1,2}:\d{2}:\d{2}"
    r"|[A-Z][a-z]{2} +\d{1,2} \d{2}:\d{2}:\d{2})"
)
_CONTENT = (
    rf"(?:{_METHOD}) (?:https?://|/)|HTTP/[0-9]|[{{\[]\s?[\"{{]|\"(?:{_METHOD}) /|>> \""
    r"|<< \"|--> |<-- |(?:request|response): "
)
_LOG_PREFIX = compile_on_use(
    rf"^(?:[A-Z], )?{_TIME}.{{0,200}}?(?={_CONTENT})|^\s*[\u2502\u2577\u2575\u250c\u2514] ?"
)
_LOGGER = compile_on_use(
    rf"^{_TIME}\S*(?P<logger>[^\n]{{1,200}}?) (?=--> (?:{_METHOD}) )", re.MULTILINE
)
_WIRE = compile_on_use(r"^(?:>>|<<) \"(.*)\"$")
_WIRE_END = compile_on_use(r"\[\\[rn]\]")
_LITERAL = compile_on_use(r"^(?:send: |reply: )(b?(['\"]).*\2)$")
_QUOTED_MESSAGE = compile_on_use(
    rf"^\"(?:(?:{_METHOD}) \S+ )?HTTP/[0-9.]+(?: \d{{3}}[^\"\\]*)?\\r\\n(?:[^\"\\]|\\.)*\"$"
)
_LABEL = compile_on_use(r"^(?:header|request|response): (?=\S)")
_SENT = compile_on_use(rf"^--> ((?:{_METHOD}) \S+)(?: (?:h2|http/[0-9.]+))?$")
_RECEIVED = compile_on_use(r"^<-- ([1-5][0-9]{2})\b.*$")
_END = compile_on_use(r"^(?:-->|<--) END\b.*$")
_NOISE = compile_on_use(
    r"^\s*\[(?:Full request URI|Response in frame)|^(?:DEBUG|INFO|WARNING|ERROR):[\w.]+:"
    r"|^[\w.]+\.(?:exceptions|connection)\.\w+: "
)
_DOTNET_REQUEST = compile_on_use(
    r"^Method: (\w+), RequestUri: '([^']+)'[^\n]*Headers:\n\{\n([^{}]*)\n\}", re.MULTILINE
)
_DOTNET_RESPONSE = compile_on_use(
    r"^StatusCode: (\d{3}), ReasonPhrase: '([^']*)'[^\n]*Headers:\n\{\n([^{}]*)\n\}", re.MULTILINE
)
# What Go prints of a request or a response, with `%+v` and with `%v`.
_GO_MESSAGE = compile_on_use(
    rf"^[^\n]{{0,200}}?&\{{(?:(?:Method:)?(?P<method>{_METHOD}) (?:URL:)?(?P<url>\S+) (?:Proto:)?HTTP/[0-9.]+"
    r"|(?:Status:)?(?P<status>[1-5][0-9]{2}(?: [A-Za-z'-]+){1,5}) (?:StatusCode:)?[1-5][0-9]{2})\b[^\n]*$",
    re.MULTILINE,
    needs=("&{",),
)
_GO_HEADER = compile_on_use(r"[\[ ]([A-Z][\w-]{1,60}):\[([^\]\n]*)\]")
# A view of both messages (mitmproxy), of which the first lines are above the rest.
_STATUS_FIRST = compile_on_use(
    r"^[ \t]*\u2190 ([1-5][0-9]{2})[^\n]*\n\s*Request\n([^\u2190]*?)\n\s*Response\n", re.MULTILINE
)
_SHOWN_LINE_END = compile_on_use(r"\\r\\n$", re.MULTILINE)  # in the form of Wireshark
_MARKS = compile_on_use(
    rf"{_TIME}|^(?:send|reply): b?['\"]|^(?:-->|<--) |^Method: \w+, RequestUri: |^[^\S\n]*\u2502"
    r"|\\r\\n$|^[ \t]*\u2190 [1-5]|&\{(?:Status:|Method:)?(?:[1-5][0-9]{2}|[A-Z]{3,6}) ",
    re.MULTILINE,
)


def read_transcripts(text: str) -> Iterator[ObservedRequest]:
    """Yield the requests of a log or a dump after converting it to HTTP messages."""
    if (messages := _as_messages(text)) != text:
        yield from read_requests(messages)


def _as_messages(text: str) -> str:
    """Return a transcript as the HTTP messages in it; any other text unchanged."""
    if not _MARKS.search(text):
        return text
    text = _STATUS_FIRST.sub(r"\2\nHTTP/1.1 \1\n", text)
    text = _DOTNET_REQUEST.sub(_dotnet_message, text)
    text = _DOTNET_RESPONSE.sub(lambda found: f"HTTP/1.1 {_dotnet_message(found)}", text)
    text = _GO_MESSAGE.sub(_go_message, _SHOWN_LINE_END.sub("", text))
    if found := _LOGGER.search(text):  # also before its other lines, such as headers
        logger = re.escape(found["logger"])
        text = re.sub(rf"^{_TIME}\S*{logger} ?", "", text, flags=re.MULTILINE)
    lines = (_content(_LOG_PREFIX.sub("", line)) for line in text.split("\n"))
    return "\n".join(line for line in lines if line is not None)


def _dotnet_message(found: re.Match[str]) -> str:
    headers = "\n".join(line.strip() for line in found[3].split("\n"))
    return f"{found[1]} {found[2]}\n{headers}\n"


def _go_message(found: re.Match[str]) -> str:
    first = (
        f"{found['method']} {found['url']}" if found["method"] else f"HTTP/1.1 {found['status']}"
    )
    headers = (f"{name}: {value}\n" for name, value in _GO_HEADER.findall(found[0]))
    return f"{first}\n{''.join(headers)}\n"


def _content(line: str) -> str | None:
    """Return the part of a message in a line; None if the line only marks the end of a message."""
    if found := _WIRE.match(line):
        return _WIRE_END.sub("", found[1])
    if (found := _LITERAL.match(line)) and (content := _unquote(found[1])) is not None:
        return content
    if _QUOTED_MESSAGE.match(line) and (content := _unquote(line)) is not None:
        return content
    if _END.match(line):
        return None
    if found := _SENT.match(line):
        return found[1]
    if found := _RECEIVED.match(line):
        return f"HTTP/1.1 {found[1]}"
    if _NOISE.match(line):
        return None
    return _LABEL.sub("", line)


def _unquote(text: str) -> str | None:
    """Return the text of a literal of Python or Go; None if it is not one."""
    try:
        value = literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    content = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    return content.replace("\r\n", "\n").removesuffix("\n" * (not content.endswith("\r\n\r\n")))
