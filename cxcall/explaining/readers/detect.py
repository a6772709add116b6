"""Recognize what a text holds, and read its requests and responses."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cxcall.documents.json_document import BOM
from cxcall.documents.json_text import load_json
from cxcall.documents.text_files import read_text
from cxcall.explaining.readers.unresolved_variables import remove_marks
from cxcall.findings.errors import UsageError
from cxcall.findings.finding import Finding
from cxcall.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.explaining.observed_request import ObservedRequest

FORMATS = "a curl command, a HAR file, a log line, code that sends a request, or a response"
_EXAMPLE = "`POST https://api.mypurecloud.com/api/v2/conversations/calls`"
_POWERSHELL = re.compile(r"\b(?:Invoke-(?:RestMethod|WebRequest)|irm|iwr)\b[^\n]*?https?://", re.IGNORECASE)  # fmt: skip
_BARE_URL = re.compile(r"(?<=\s)(https?://[^\s\"'`]+)(?=\s)")
_PROMPT = re.compile(r"^(?:PS [A-Z]:\\[^>\n]*> ?|>> |>>> |\.\.\. |In \[\d+\]: )", re.MULTILINE)
_RAW_HTTP = re.compile(
    r"^[>*< ]*(?:[A-Z]{3,7} \S+ HTTP/[0-9.]+\s*$|HTTP/[0-9.]+ [0-9]{3})"
    r"|^(?:GET|POST|PUT|PATCH|DELETE) https?://[^\s\"']+\s*$"
    r"|(?<![\w`.:])(?:GET|POST|PUT|PATCH|DELETE) (?:[a-z]+ ){0,3}[\"']https?://",
    re.MULTILINE,
)
_OPTION_NAMES = {"url", "uri", "method", "hostname", "baseURL"}
_CODE_TARGET = re.compile(r"""[=(]\s*\|https?://|["'`](?:https?://|callout:|\$?\{?[\w.]*\}?/?(?:api/v\d|incontactapi|services/v\d|oauth/|authentication/)|/[\w-]+/|[\w-]+(?:\.[\w-]+)+["'`])|\bcurl_|<<~?[A-Z]""", re.IGNORECASE)  # fmt: skip
_RESPONSE_START = re.compile(r"""^[ \t#/*>-]*(?:\{:(?:ok|error), %|HTTP/[0-9.]+ [1-5]|[1-5][0-9]{2}:? (?:[A-Z][a-z]|\{)|\([1-5][0-9]{2}(?:\)\s*$|, )|<Response \[|Uncaught |Invoke-\w+ ?: |(?:Status|Response|Error|Output|Result)[ \w]*:(?!=)|\{ ?["']?(?:message|code|error|status|errors)["']? ?:)|^(?:[ \t]*(?:\#|//|>+)[ \t]*)?[1-5][0-9]{2}[ \t]*$""", re.MULTILINE)  # fmt: skip
_STRAIGHT = str.maketrans(
    {
        **dict.fromkeys("\u201c\u201d\u201e", '"'),
        **dict.fromkeys("\u2018\u2019", "'"),
        "\u2013": "-",
        "\u2014": "--",
    }
)
# A command, up to an empty line, with an option behind a long dash, or a curly quote behind an option.
_CURLY_COMMAND = re.compile("\\b(?:curl|wget2?|https?|xhs?)(?:\\.exe)? (?:(?!\n[ \t]*\n).){0,4000}?(?:(?:(?<=curl )|\\s-{1,2}[\\w-]{1,30}[ =]?|(?:GET|POST|PUT|PATCH|DELETE) )[\u201c\u201d\u201e\u2018]|\\s[\u2013\u2014]{1,2}[A-Za-z])(?:(?!\n[ \t]*\n).){0,65536}", re.DOTALL)  # fmt: skip
_COMMENT = re.compile(r"^[ \t]*(?:#|//)[ \t]*", re.MULTILINE)
_EXCEPTION = re.compile(r"^[\w.]+(?:Error|Exception)\b.*$", re.MULTILINE)
_OPTIONS = re.compile(r"-(?:[XHdu] |-(?:request|header|data\S*|url) ).*https?://", re.DOTALL)
_MAX_TEXT = 1 << 22
_LONG = 1 << 20


class Source(NamedTuple):
    """A text that holds requests: its JSON values, or the text itself where it is not JSON."""

    name: str
    values: list[Any] | None
    text: str

    @property
    def request_count(self) -> int:
        """How many requests can be read apart from each other; 1 for a text that is read as a whole."""
        if self.values is None:
            return 1
        from cxcall.explaining.readers.json_documents import count_requests

        return count_requests(self.values)

    def read(
        self, entry: int | None = None, numbers: range | None = None
    ) -> Iterator[ObservedRequest]:
        """Yield the requests and responses; `numbers` selects some of those that `request_count` counts, from 1."""
        if self.values is None:
            return _read_whole(self.text)
        from cxcall.explaining.readers.json_documents import read_json

        return read_json(self.values, self.name, entry, numbers)


def open_source(text: str, name: str) -> Source:
    """Return a text in which requests can be read. Nothing in it is run, opened, or fetched."""
    if not text.isascii():  # no request can hold a lone surrogate
        text = remove_marks(text.encode("utf-8", "replace").decode())
    text = text.removeprefix(BOM)
    values = _json_values(text.strip())
    return Source(name, values, "" if values is not None else text)


def read_path(path: str) -> Iterator[ObservedRequest]:
    """Yield the requests in a file, or in stdin (`-`).

    Raises UsageError where the text holds neither a request nor a response.
    """
    return read(read_text(path), path)


def read(text: str, name: str, *, entry: int | None = None) -> Iterator[ObservedRequest]:
    """Yield the requests and responses in a text; raises UsageError where it holds neither."""
    is_empty = True
    for request in open_source(text, name).read(entry):
        is_empty = False
        yield request
    if is_empty:
        raise unknown_format(name)


def _read_whole(text: str) -> Iterator[ObservedRequest]:
    """Yield the requests and responses of a text that is not JSON."""
    from cxcall.explaining.readers.browser_errors import (
        add_blocked_requests,
        without_blocked_requests,
    )
    from cxcall.explaining.readers.named_secrets import find_named_secrets
    from cxcall.explaining.readers.paste_cleanup import clean_text
    from cxcall.explaining.readers.wrapped_urls import join_wrapped_urls

    rest = join_wrapped_urls(without_blocked_requests(text))
    requests = list(_read_text(clean_text(rest.strip()[:_MAX_TEXT])))
    secrets = find_named_secrets(text[:_MAX_TEXT])
    for request in add_blocked_requests(list(_with_unread_lines(requests, rest)), text):
        yield replace(request, secrets=request.secrets | secrets)


def _with_unread_lines(requests: list[ObservedRequest], text: str) -> Iterator[ObservedRequest]:
    """Yield requests with the numbers of the lines that are in none of them.

    A single request without a response has the one that these lines name, as prose around it does.
    """
    from cxcall.explaining.readers.responses import read_response
    from cxcall.explaining.readers.unread_lines import describe_lines, find_unread_lines

    start = _RESPONSE_START.search(text)
    is_code = any(each.origin in ("code snippet", "SDK call") for each in requests)
    code_end = (start.start() if start else len(text)) if is_code else 0
    unread = find_unread_lines(text, requests, code_end) if requests else {}
    if len(requests) == 1 and requests[0].response is None and unread:
        response = read_response("\n".join(unread.values()))
        if (
            response is not None and not response.body
        ):  # a page below the status has words of requests, too
            below = "\n".join(text.split("\n")[min(unread) - 1 :])
            response = read_response(below) or response
        requests = [replace(requests[0], response=response)]
        unread = find_unread_lines(text, requests, code_end) if response else unread
    yield from (replace(each, unread=describe_lines(unread)) for each in requests)


def _read_text(text: str) -> Iterator[ObservedRequest]:
    """Yield what the first reader finds that finds something: the exact ones first."""
    without_path: list[ObservedRequest] = []
    from cxcall.explaining.readers.client_failures import with_failure
    from cxcall.explaining.readers.surrounding_text import (
        with_correlation_id,
        with_response,
        with_status,
        without_mentions,
    )

    for reader in (
        _read_commands,
        _read_yaml,
        _read_objects,
        _read_transcripts,
        _read_labels,
        _read_code,
        _read_messages,
        _read_calls_and_responses,
    ):
        requests = without_mentions(list(reader(text)))
        if len(requests) == 1:
            request = with_status(with_response(requests[0], text), text)
            requests = [with_failure(with_correlation_id(request, text), text)]
        if any(each.path.strip("/") for each in requests):
            yield from requests
            return
        without_path = without_path or requests
    yield from without_path


def _read_commands(text: str) -> Iterator[ObservedRequest]:
    from cxcall.explaining.readers.command_lines import read_commands

    if _OPTIONS.match(text):  # the end of a curl command
        text = f"curl {text}"
    straight = _CURLY_COMMAND.sub(lambda found: found[0].translate(_STRAIGHT), text)
    findings = (_curly_quotes(),) if straight != text else ()
    for request in read_commands(straight):
        yield replace(request, findings=(*request.findings, *findings))


def _read_yaml(text: str) -> Iterator[ObservedRequest]:
    from cxcall.explaining.readers.yaml_text import read_yaml

    yield from read_yaml(text)


def _read_objects(text: str) -> Iterator[ObservedRequest]:
    """Yield the requests of objects in a text, such as the inputs and outputs of a workflow, with their responses."""
    from cxcall.explaining.readers.object_texts import read_objects

    yield from read_objects(text)


def _read_transcripts(text: str) -> Iterator[ObservedRequest]:
    """Yield the requests of a log or a dump, brought into the form of HTTP messages."""
    from cxcall.explaining.readers.transcripts import as_messages

    if (messages := as_messages(text)) != text:
        yield from _read_messages(messages)


def _read_labels(text: str) -> Iterator[ObservedRequest]:
    """Yield the requests of labels with values: in lines, tables, key=value records, and tags."""
    from cxcall.explaining.readers.labeled_texts import read_labels

    yield from read_labels(text)


def _read_code(text: str) -> Iterator[ObservedRequest]:
    """Yield the requests of code, with the response that is shown below it."""
    from cxcall.explaining.readers.responses import (
        read_client_error,
        read_noted_status,
        read_response,
    )

    if failed := read_client_error(text):
        yield failed
    elif not _RAW_HTTP.search(text) and (
        _CODE_TARGET.search(_EXCEPTION.sub("", _without_bodies(text))) or _POWERSHELL.search(text)
    ):
        from cxcall.explaining.readers.code import read_code

        start = _RESPONSE_START.search(text)
        at = start.start() if start else len(text)
        response = read_response(_COMMENT.sub("", text[at:]))
        if response is None:
            response = read_response("\n".join(_EXCEPTION.findall(text))) or read_noted_status(text)
        code = _PROMPT.sub("", text[:at] or text)
        if _POWERSHELL.search(code):
            code = _BARE_URL.sub(r"'\1'", code + "\n")
        yield from read_code(code, response)


def _without_bodies(text: str) -> str:
    """Return a text without the JSON objects in it, unless they are the options of a call."""
    from cxcall.explaining.readers.json_search import json_values

    kept, position = [], 0
    for start, end, value in json_values(text[:_LONG]):
        if not (isinstance(value, dict) and _OPTION_NAMES & value.keys()):
            kept.append(text[position:start])
            position = end
    return "".join([*kept, text[position:]])


def _read_messages(text: str) -> Iterator[ObservedRequest]:
    from cxcall.explaining.readers.http_message import has_request, read_messages

    if has_request(text):
        from cxcall.explaining.readers.surrounding_text import with_body_before

        requests = list(read_messages(text))
        yield from (with_body_before(requests[0], text),) if len(requests) == 1 else requests


def _read_calls_and_responses(text: str) -> Iterator[ObservedRequest]:
    """Yield calls of an SDK, or else a response without a request."""
    from cxcall.explaining.readers.http_message import read_messages
    from cxcall.explaining.readers.request_builder import build_observed_request, build_response
    from cxcall.explaining.readers.responses import (
        read_failed_url,
        read_response,
        read_response_alone,
    )
    from cxcall.explaining.readers.sdk_calls import read_sdk_calls
    from cxcall.explaining.readers.surrounding_text import with_url
    from cxcall.responses.platform_codes import find_platform_codes

    calls = list(read_sdk_calls(text, read_response(text)))
    if calls:
        yield from calls
    elif alone := read_failed_url(text) or read_response_alone(text):
        yield with_url(alone, text)
    elif _RAW_HTTP.search(text):
        yield from read_messages(text)
    elif "\n" not in text and find_platform_codes(text):
        yield build_observed_request("HTTP response", response=build_response(0, None, text), null_means_unknown=True)  # fmt: skip


def _curly_quotes() -> Finding:
    return Finding.error(
        "body-malformed",
        "body",
        "the command has typographic quotes, which no shell takes for quotes; it is read as if they were straight",
        fix="replace `\u201c`, `\u201d`, `\u2018`, and `\u2019` with `\"` and `'`",
        why="word processors and chats replace straight quotes",
    )


def _json_values(text: str) -> list[Any] | None:
    """Return the JSON values of a text: one, or one per line; None where it is not JSON."""
    if text[:1] not in ("{", "["):
        return None
    try:
        return [_load_long(text) if len(text) > _LONG else load_json(text)]
    except (ValueError, RecursionError):
        pass
    try:
        return [load_json(line) for line in text.splitlines() if line.strip()]
    except (ValueError, RecursionError):
        return None


def _load_long(text: str) -> Any:
    """Return the value of a long JSON text in a third of the time; raises ValueError and RecursionError."""
    import msgspec

    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return load_json(text)


def unknown_format(name: str) -> UsageError:
    """Return the error that a text holds neither a request nor a response."""
    return UsageError(
        f"cannot parse `{name}` as an HTTP request or response",
        where=name,
        fix=f"give {FORMATS}, for example {_EXAMPLE} with the body and the response below it; to check only a body, use `cxcall validate`",
        why="looked for commands (curl, wget, HTTPie), HTTP messages, URLs in code, request and status lines, and error bodies in JSON",
    )
