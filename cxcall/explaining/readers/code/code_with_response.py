"""Read code with the response that it got, calls of an SDK, and responses without a request."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from cxcall.explaining.checks.url.host_check import platform_of_host
from cxcall.explaining.observed_request import ObservedRequest, SourceKind
from cxcall.explaining.operations.known_operations import READ_METHODS
from cxcall.explaining.readers.code.request_roles import is_target, split_target
from cxcall.explaining.readers.code.tokens import ESCAPES
from cxcall.explaining.readers.json_values.json_search import (
    find_json_end,
    is_json_start,
    is_json_text,
    json_values,
)
from cxcall.explaining.readers.json_values.objects_in_text import is_argument
from cxcall.explaining.readers.messages.http_message import read_messages
from cxcall.explaining.readers.messages.responses_in_text import (
    RESPONSE_START,
    find_urls,
    read_client_error,
    read_failed_url,
    read_noted_status,
    read_response,
    read_response_alone,
)
from cxcall.explaining.readers.request_builder import (
    METHODS,
    build_observed_request,
    build_response,
    with_body,
)
from cxcall.explaining.readers.unresolved_variables import UNKNOWN, mark_unresolved
from cxcall.responses.platform_codes import find_platform_codes
from cxcall.runtime.patterns import compile_on_use
from cxcall.transport.http_messages import HttpResponse

_PROMPT = compile_on_use(r"^(?:PS [A-Z]:\\[^>\n]*> ?|>> |>>> |\.\.\. |In \[\d+\]: )", re.MULTILINE)
# The text of a response that Python's prompt printed.
_PRINTED = compile_on_use(
    r"^(?:>>> |In \[\d+\]: )(?:print\()?\w+\.(?:text|content)\)?\n(?:Out\[\d+\]: )?b?(['\"]?)(?P<body>\S.*)\1$",
    re.MULTILINE,
)
_RAW_REQUEST = compile_on_use(
    r"^[>*< ]*[A-Z]{3,7} \S+ HTTP/[0-9.]+\s*$"
    r"|^(?:GET|POST|PUT|PATCH|DELETE) https?://[^\s\"']+\s*$"
    r"|(?<![\w`.:])(?:GET|POST|PUT|PATCH|DELETE) (?:[a-z]+ ){0,3}[\"']https?://",
    re.MULTILINE,
)
_STATUS_LINE = compile_on_use(r"^[>*< ]*HTTP/[0-9.]+ [0-9]{3}", re.MULTILINE)
_REQUEST_LINE = compile_on_use(r"^[>*< ]*(?:GET|POST|PUT|PATCH|DELETE) /", re.MULTILINE)
# A status line or a label, with headers, before the body of a response.
_HEAD = compile_on_use(r"[^\n{]*(?:\n[< ]*[\w-]+:[^\n]*[^\n{(,])*(?:[< \t]*\n)*")
_PAGE = compile_on_use(r"\s*<(?:!doctype html|html)\b.*?(?:</html>|\Z)", re.DOTALL | re.IGNORECASE)
# A URL is a request by its form, or behind words for it; other links are of tickets, answers, and documents.
_OF_API = compile_on_use(r"(?i)\bapi\b|/v[0-9]|/rest\b|/services?/|/o?auth|token|graphql")
_LINKED = compile_on_use(
    r"(?i)\b(?:at|call\w*|endpoint|for|from|get|hit\w*|of|on|post\w*|request\w*|server|to|ur[il]|via|with)"
    r"[ \t:=]{1,3}[\"'`(<]{0,2}\Z"
)
_OPTION_NAMES = {"url", "uri", "method", "hostname", "baseURL"}
_CODE_TARGET = compile_on_use(
    r"[=(]\s*\|https?://"  # ABAP
    r"""|["'`](?:https?://|callout:"""  # `callout:` of Apex
    r"|\$?\{?[\w.]*\}?/?(?:api/v\d|incontactapi|services/v\d|oauth/|authentication/)"
    r"""|/[\w-]+/|(?!\d+\.\d+["'])[\w-]+(?:\.[\w-]+)+["'`])"""  # a path, or a host in quotes, not `"1.0"`
    r"|\bcurl_|<<~?[A-Z]",  # libcurl, a here-document
    re.IGNORECASE,
)
_MENTION = compile_on_use(r"(?<![\w.$])(?!(?:await|return) )[a-z]+ `https?://[^`\s]+`")
"""A URL that prose marks as code: `I checked `https://...`, it works`."""
_COMMENT = compile_on_use(r"^[ \t]*(?:#|//)[ \t]*", re.MULTILINE)
# Python names a host as if it were code: `HTTPSConnectionPool(host='x', port=443): Read timed out.`
_POOL_REPORT = compile_on_use(r"^.*\bHTTPS?ConnectionPool\(host=[^)\n]*\): .*$", re.MULTILINE)
_EXCEPTION = compile_on_use(r"^[\w.]+(?:Error|Exception)\b.*$", re.MULTILINE)
_PATH = compile_on_use(
    r"(?<![\w./:{}<>-])/(?:api/v2|incontactapi/services/v[0-9.]+)/[\w/.{}<>$%-]*[\w}>]",
    re.IGNORECASE,
)
_SUCCESSFUL = compile_on_use(
    r"(?i)(?P<no>\b(?:not?|never|\w+n['\u2019]t)\b[^.\n]{0,12})?"
    r"\bsuccessful\b[^.\n]{0,80}?(?<![\w./:{}<>-])/\S+"
)
_METHOD = compile_on_use(rf"\b(?:{'|'.join(METHODS)})\b")
_TARGET_LINE = compile_on_use(rf"\b(?:{'|'.join(METHODS)}) (https?://\S+)")
_VERB = compile_on_use(r"(?<![a-z])(?:get|post|put|patch|delete)(?![a-z])", re.IGNORECASE)
_POST_TO = r"\bpost(?:s|ed|ing)?\b[^.!?\n]{{0,60}}\bto\b[^\w.!?\n]{{0,4}}{target}"
# In scripts of NICE CXone Studio, all literals have variables.
# Objective-C, Clojure and other Lisps, OCaml, Erlang, ABAP, and SQL: code that is not evaluated.
_OTHER_LANGUAGE = compile_on_use(
    r"\[NS[A-Z]\w+|\bNS[A-Z]\w+ \*|^[^\S\n]*\((?:require|ns|defn?|let|client/|http/)\b"
    r"|\b(?:Cohttp|Lwt)\w*\b|`Assoc\b|<<\"|\b(?:hackney|gun|jsx|jiffy):\w+\(|-module\("
    r"|(?i:\bcl_http_client=>|->request->set_|\butl_http\.|\bapex_web_service\.|\bjson_object\('\w+' value\b)",
    re.MULTILINE,
)
_STRING = compile_on_use(r'"((?:[^"\\]|\\.)*+)"(?![\w/{$])|\'([^\'\n]*+)\'')
_ESCAPED = compile_on_use(r"\\(.)")
_STUDIO_OBJECT = compile_on_use(r"^([ \t]*)DYNAMIC (\w+)[ \t]*$", re.MULTILINE | re.IGNORECASE)
_STUDIO_JSON = compile_on_use(r"\"\{(\w+)\.asjson\(\)\}\"|\b(\w+)\.asjson\(\)", re.IGNORECASE)
_STUDIO_VARIABLE = compile_on_use(r"\{[^{}\"\n]+\}")
_ARGUMENTS = compile_on_use(r"(?<=\w)\([0-9]{1,6},[^()\n]*\)|\.\w+\([0-9]{1,6}\)")
"""Numbers in calls, such as `.withPageSize(500)`, which are no status."""
_MAX_SEARCH = 1 << 20
_COMMAND = r"\b(?:Invoke-(?:RestMethod|WebRequest)|irm|iwr)\b"
# The last command of PowerShell before a URL: a search from each one to the end of the line would take quadratic time.
_POWERSHELL = compile_on_use(rf"(?i){_COMMAND}(?:(?!{_COMMAND})[^\n])*?https?://")
_BARE_URL = compile_on_use(r"(?<=\s)(https?://[^\s\"'`]+)(?=\s)")


def read_code_text(text: str) -> Iterator[ObservedRequest]:
    """Yield the requests of code, with the response that is shown below or above it."""
    if failed := read_client_error(text):
        yield failed
    elif not _is_message(text) and _has_code(_POOL_REPORT.sub("", text)):
        from cxcall.explaining.readers.code.code_reader import read_code

        code, shown = _split(text)
        response = read_response(_COMMENT.sub("", shown))
        if response is None:
            response = read_response("\n".join(_EXCEPTION.findall(text))) or read_noted_status(text)
        printed = _PRINTED.search(text)
        if printed and find_platform_codes(printed["body"]) and not (response and response.body):
            response = with_body(response, _ESCAPED.sub(_unescape, printed["body"]))
        code = _PROMPT.sub("", _POOL_REPORT.sub("", code))
        if "MakeRestRequest" in code:
            code = _STUDIO_JSON.sub(r"\1\2", _STUDIO_OBJECT.sub(r"\1\2 = {}", code))
            code = _STUDIO_VARIABLE.sub(lambda each: mark_unresolved(each[0]), code)
        if _OTHER_LANGUAGE.search(code):
            yield from _read_literals(code, response)
        else:
            if _POWERSHELL.search(code):  # other languages require quotes
                code = _BARE_URL.sub(r"'\1'", code + "\n")
            yield from read_code(code, response)


def _is_message(text: str) -> bool:
    """Return whether a text shows a request as it was sent, so that what it looks like code is a part of it."""
    is_exchange = _STATUS_LINE.search(text) and _REQUEST_LINE.search(text)
    return bool(is_exchange or _RAW_REQUEST.search(text))


def _has_code(text: str) -> bool:
    is_code = _CODE_TARGET.search(_MENTION.sub("", _EXCEPTION.sub("", _without_bodies(text))))
    return bool(is_code or _POWERSHELL.search(text))


def _split(text: str) -> tuple[str, str]:
    """Return the code in a text, and the response that is shown below or above it."""
    start = RESPONSE_START.search(text)
    if start is None:
        return text, ""
    code, shown = text[: start.start()], text[start.start() :]
    head = _HEAD.match(shown)
    body = head.end() if head else 0
    page = _PAGE.match(shown, body)
    end = page.end() if page else find_json_end(shown, body) or body
    if not _has_code(code) and _has_code(shown[end:]):
        return shown[end:], shown[:end]
    return code or text, shown


def _read_literals(code: str, response: HttpResponse | None) -> Iterator[ObservedRequest]:
    """Yield the request of code that is not evaluated: its first URL, the only method, and the only JSON in a string."""
    texts = [_ESCAPED.sub(_unescape, each[1] or each[2] or "") for each in _STRING.finditer(code)]
    methods = set(_METHOD.findall(code)) or {each.upper() for each in _VERB.findall(code)}
    method = methods.pop() if len(methods) == 1 else ""
    bodies = [each for each in texts if is_json_start(each) and is_json_text(each)]
    body = bodies[0] if len(bodies) == 1 else UNKNOWN
    if target := next(filter(is_target, texts), ""):
        yield build_observed_request(
            "code snippet",
            SourceKind.CODE,
            method=method,
            **split_target(target, "", "https"),
            headers_are_shown=False,
            body=None if method in READ_METHODS else body,
            response=response,
        )


def _unescape(found: re.Match[str]) -> str:
    return ESCAPES.get(found[1], found[1])


def _without_bodies(text: str) -> str:
    """Return a text without the JSON objects in it, unless they are the options of a call."""
    kept, position = [], 0
    for start, end, value in json_values(text[:_MAX_SEARCH]):
        is_options = isinstance(value, dict) and _OPTION_NAMES & value.keys()
        if not (is_options and is_argument(text, start)):
            kept.append(text[position:start])
            position = end
    return "".join([*kept, text[position:]])


def read_calls_and_responses(text: str) -> Iterator[ObservedRequest]:
    """Yield calls of an SDK, or else a response without a request."""
    from cxcall.explaining.readers.code.sdk_calls import read_sdk_calls

    shown = _ARGUMENTS.sub("", text)
    calls = list(read_sdk_calls(text, read_response(shown) or read_noted_status(shown)))
    if calls:
        yield from calls
    elif alone := read_failed_url(text) or read_response_alone(text):
        yield _with_target(alone, text)
    elif _RAW_REQUEST.search(text) or _STATUS_LINE.search(text):
        yield from read_messages(text)
    elif "\n" not in text and find_platform_codes(text):
        response = build_response(body=text)
        yield build_observed_request(
            "HTTP response", SourceKind.RESPONSE, response=response, null_means_unknown=True
        )


def _with_target(request: ObservedRequest, text: str) -> ObservedRequest:
    """Return a response without a request, with the URL or path of the text if it has only one, and its method."""
    prose = _without_bodies(text)
    answer = request.response.text if request.response else ""
    sent = _TARGET_LINE.findall(text)
    found = find_urls(prose) or find_urls(text)
    urls = [each for each in found if each in sent or each not in answer]
    urls = [each for each in urls if each in sent or _may_be_request(each, text)]
    failed = _SUCCESSFUL.sub(lambda each: each[0] if each["no"] else "", prose)
    paths = [*dict.fromkeys(_PATH.findall(failed))]
    targets = urls or paths or [*_named_in_answer(request, found)]
    if request.host or request.path or len(targets) != 1:
        return request
    target = targets[0].rstrip(".:")
    is_posted = re.search(_POST_TO.format(target=re.escape(target)), prose, re.IGNORECASE)
    methods = {"POST"} if is_posted else set(_METHOD.findall(prose))
    return build_observed_request(
        "request",
        SourceKind.RESPONSE,
        method=methods.pop() if len(methods) == 1 else None,
        url=target if "://" in target else None,
        path=target if "://" not in target else None,
        response=request.response,
        null_means_unknown=True,
    )


def _may_be_request(url: str, text: str) -> bool:
    """Return whether a link without a method may be the URL of a request: of an API, or behind a word such as `from`."""
    at = text.find(url)
    return _OF_API.search(url) is not None or _LINKED.search(text, max(at - 40, 0), at) is not None


def _named_in_answer(request: ObservedRequest, urls: list[str]) -> Iterator[str]:
    """Yield the URL of a platform, or the member `path`, that the error of a refused request names."""
    body = request.response.json() if request.response else None
    path = body.get("path") if isinstance(body, dict) else None
    if not request.is_refused:
        return
    yield from (each for each in urls if platform_of_host(urlsplit(each).hostname or ""))
    if isinstance(path, str) and _PATH.fullmatch(path):
        yield path
