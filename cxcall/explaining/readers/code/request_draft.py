"""The parts of a request while a reader finds them in code."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

from cxcall.contracts.operation import JSON, MULTIPART
from cxcall.explaining.observed_request import ObservedRequest, SourceKind
from cxcall.explaining.readers.code import names_in_code
from cxcall.explaining.readers.code.names_in_code import has_type_names, is_in_code
from cxcall.explaining.readers.code.powershell_pipes import ADDED_BRACKETS, PIPED_JSON
from cxcall.explaining.readers.code.request_roles import (
    BASIC,
    BODY_ROLES,
    HEADER_NAME,
    MIME,
    URL,
    VARIABLE,
    as_header,
    is_request,
    literal_header_text,
    method_of,
    mime_of,
    role_of,
    sets_segment,
    split_target,
    takes_headers_as_body,
)
from cxcall.explaining.readers.code.sdk_calls import VENDOR_MODELS, with_api_names
from cxcall.explaining.readers.code.sent_body import (
    content_of,
    default_type,
    encode_draft,
    encode_query,
    errors_of_call,
    form_members,
    is_encoded_twice,
    is_serialized,
    names_media_type,
    sends_parts,
)
from cxcall.explaining.readers.code.values import (
    CodeCall,
    contains_value,
    is_hollow,
    is_in_pieces,
    is_trivial,
    unwrap,
)
from cxcall.explaining.readers.json_values.request_objects import has_error_status
from cxcall.explaining.readers.request_builder import (
    basic_credentials,
    build_observed_request,
    fold_letters,
)
from cxcall.explaining.readers.unresolved_variables import (
    UNKNOWN,
    is_unresolved,
    mark_unresolved,
    variable_names,
)
from cxcall.runtime.patterns import compile_on_use
from cxcall.transport.http_messages import HttpResponse

_NO_BODY = compile_on_use(
    r"^\W*(?:res|resp|response|results?|http_?response|console|fmt|puts|print\w*|system)\b"
    r"|(?:^|\W)"
    r"(?:req|\w*request|client|send|ur[il]|of_string|readas\w+|get(?:body|response)"
    r"|read_?all|log|println)\W*$",
    re.IGNORECASE,
)
_DOCUMENT = compile_on_use(r"\s*[\"'{\[<\ufdd0]|\s*[\w.\[\]%-]+=|-{2}|.*\n", re.DOTALL)
SENDS = tuple("send sendasync execute executeasync exec curlexec perform".split())
_PLAIN_HTTP = compile_on_use(
    r"\bHTTPConnection\(|\)\.http\b|require\(['\"]http['\"]\)|use_ssl *= *false"
)
# Clients that send exactly the headers in their call; others, such as Terraform, add some.
_CLIENT = compile_on_use(
    r"\brequests?\b(?=\.\w|\()|require\(.request.\)"
    r"|\b(?:fetch|got|ajax)(?:[.(]| \([\"'`])|\b(?:axios|httpx|aiohttp|urllib\d?|superagent|reqwest|ureq|unirest)\b"
    r"|http[._]?(?:client|request|conn|url)|XMLHttpRequest|Net::HTTP|HTTParty|Faraday"
    r"|RestClient|Guzzle|curl|Invoke-"
    r"|NewRequest|WebClient|WebRequest|RestTemplate|URLSession|URLRequest"
    r"|Upload(?:String|Data)|\.(?:post|put|patch|send)\(",
    re.IGNORECASE,
)
# Clients that encode a value by its `Content-Type` header, and add no header.
_EXACT = compile_on_use(
    r"\bfetch\(|\brequests\.|\bhttpx\.|\burllib|http\.client|XMLHttpRequest|BodyPublishers"
    r"|RequestBody\.create|NewRequest\(|Net::HTTP|curl|Invoke-"
)
_BEARER = compile_on_use(r"(?:set|with)?(?:oauth)?bearer(?:auth|token)?|withtoken")


class RequestDraft:
    """The parts of one request while they are found."""

    def __init__(self, base: str = "") -> None:
        self.base, self.target, self.path = base, "", ""
        self.method, self.method_rank = "", 0
        self.headers: dict[str, str] = {}
        self.has_hidden_headers = self.has_headers_in_body = self.is_piped = False
        self.body: Any = None
        self.body_rank = 0
        self.body_kind = ""
        self.hidden_body, self.is_text = "", True
        self.form: dict[str, Any] = {}
        self.query: dict[str, Any] = {}
        self.has_hidden_query = False
        self.segments: dict[str, str] = {}
        self.content_type = ""
        self.is_sent = False
        self.is_closed = False
        """Whether the code has sent it with all its parts, so that later values belong to another request."""

    def take_header(self, name: str, value: Any) -> bool:
        """Use a value as a header if its name is a header's; return whether it is."""
        is_other = name.lower() in ("host", "origin", "connection")
        if is_other or not isinstance(value, str | CodeCall) or not HEADER_NAME.fullmatch(name):
            return False
        if text := mime_of(value) or literal_header_text(value):
            self.headers[name] = text
        return True

    def take_headers(self, value: Any) -> None:
        """Use headers: a map, a list of pairs or lines, or a call around one of these."""
        if isinstance(value, dict):
            for name, content in value.items():
                if text := literal_header_text(content):
                    self.headers[name] = text
                elif variable_names(name):
                    self.has_hidden_headers = True
        elif isinstance(value, list):
            for each in value:
                self._take_header_item(each)
        elif is_unresolved(value):
            self.has_hidden_headers = True
        elif isinstance(value, CodeCall):
            for each in value.values():
                self.take_headers(each)

    def _take_header_item(self, item: Any) -> None:
        if isinstance(item, str) and (header := as_header(item, is_any=True)):
            self.headers.update([header])
        elif isinstance(item, list) and len(item) == 2 and isinstance(item[0], str):
            self.headers[item[0]] = literal_header_text(item[1])

    def take_pair(self, name: str, call: CodeCall) -> bool:
        """Use the header or the parameter of query or path that a call sets; return whether it sets one."""
        values = call.values()
        if sets_segment(name, values):
            self.segments[values[0]] = literal_header_text(values[1])
            return True
        named = {fold_letters(key): value for key, value in call.arguments if key}
        field = next((value for key, value in named.items() if "headerfield" in key), None)
        if isinstance(field, str) and values:
            self.headers[field] = literal_header_text(values[0])
            return True
        if "query" in name.lower() and {"name", "value"} <= named.keys():
            self.query[str(named["name"])] = named["value"]
            return True
        if len(values) < 2 or not isinstance(values[0], str):
            return False
        is_header = "header" in name.lower() or HEADER_NAME.fullmatch(values[0]) is not None
        if is_header and (text := literal_header_text(values[1])):
            self.headers[values[0]] = text
        return is_header

    def take_query(self, value: Any, *, may_be_hidden: bool = True) -> bool:
        """Use a map, a text, or a call around one as the query; return whether it is one of these."""
        members = form_members(value)
        self.query.update(members)
        is_hidden = may_be_hidden and (is_unresolved(value) or isinstance(value, CodeCall))
        self.has_hidden_query = self.has_hidden_query or (is_hidden and not members)
        return is_hidden or bool(members)

    def take_basic(self, value: Any) -> None:
        """Use a user name and a password: a pair, or the arguments of a call."""
        values = value.values() if isinstance(value, CodeCall) else value
        if isinstance(value, dict) and {"username", "password"} <= value.keys():
            values = [value["username"], value["password"]]
        is_pair = isinstance(values, list) and len(values) == 2
        if is_pair and all(isinstance(each, str | CodeCall) for each in values):
            self.headers["Authorization"] = basic_credentials(
                ":".join(map(literal_header_text, values))
            )
        elif is_unresolved(value):
            self.headers["Authorization"] = value

    def take_authorization(self, name: str, call: CodeCall) -> None:
        """Use credentials if the folded name of a call says that the call sets them."""
        if name in BASIC:
            self.take_basic(call)
        elif _BEARER.fullmatch(name) and call.arguments:
            token = literal_header_text(call.values()[0]) or UNKNOWN
            self.headers["Authorization"] = f"Bearer {token}"

    def take_named_arguments(self, call: CodeCall) -> bool:
        """Use the named arguments of a call that sends the request; return whether they have a body."""
        self.has_headers_in_body |= takes_headers_as_body(call)
        named = {key: each for key, each in call.arguments if key}
        if named and call.name.endswith("post_form"):  # of Ruby: `post_form(url, a: 1)`
            self.set_body(named, 3, "form")
        return self.take_options(named)

    def close(self, name: str) -> None:
        """Record that the request is complete if the folded name of a call says that the call sends or builds it."""
        is_sent = name in (*SENDS, "retrieve") or (name == "build" and self.method_rank > 1)
        has_body = self.body_rank > 2 or bool(self.hidden_body) or name == "retrieve"  # of Spring
        self.is_closed = self.is_closed or (bool(self.target) and is_sent and has_body)

    def set_method(self, method: str, rank: int) -> None:
        """Set the method, unless a more certain one is known."""
        if rank > self.method_rank:
            self.method, self.method_rank = method.upper(), rank

    def set_body(self, value: Any, rank: int, kind: str = "") -> None:
        """Set the body, unless a more certain one is known; `kind` is `json`, `form`, or empty."""
        content, maker_kind = content_of(value)
        self.is_piped |= isinstance(value, CodeCall) and value.name == PIPED_JSON
        content = unwrap(content)
        if isinstance(content, CodeCall):
            content, maker_kind = content_of(content)
        if self.is_closed or has_error_status(content) or is_in_pieces(content):
            return  # part of a response beside the code, or built by code that is not evaluated
        is_empty = content is None or (rank < 2 and is_trivial(content))
        if is_empty or is_hollow(content) or is_request(content, self.target if rank > 2 else ""):
            return
        if isinstance(content, str) and re.fullmatch(f"(?:{VARIABLE})+", content):
            self._hide_body(content, maker_kind, rank, kind)
            return
        if isinstance(content, str) and not _DOCUMENT.match(content):
            if rank >= 3 and content and not (URL.fullmatch(content) or MIME.fullmatch(content)):
                self.hidden_body = self.hidden_body or UNKNOWN  # such as the name of a file
            return
        is_container = isinstance(content, dict | list)
        if rank >= self.body_rank or (is_container and contains_value(content, self.body)):
            self.body, self.body_rank = content, rank
            is_twice = is_encoded_twice(value) or (kind == "json" and is_serialized(value))
            self.body_kind = "twice" if is_twice else maker_kind or kind

    def drop_part(self, container: dict[str, Any] | CodeCall) -> None:
        """Discard a body that is a part of a map, or is added to a list or map: these are sent, if they are known."""
        parts = () if self.is_sent else container.values()
        if isinstance(self.body, dict | list) and any(each is self.body for each in parts):
            self.body, self.body_rank = None, 0

    def take_options(self, options: dict[str, Any]) -> bool:
        """Use the method, headers, and body among the options of a request; return whether they have a body."""
        has_body = False
        for name, value in options.items():
            role = role_of(name)
            if role in BODY_ROLES and not isinstance(value, bool | int | None):
                self.set_body(value, 3, role if role != "body" else "")
                has_body = True
            elif role == "headers":
                self.take_headers(value)
            elif role == "method" and isinstance(value, str) and (method := method_of(value)):
                self.set_method(method, 5)
        return has_body

    def _hide_body(self, content: str, maker_kind: str, rank: int, kind: str) -> None:
        """Record that a variable is the body, unless it is the request or a response, as in `client.send(request)`."""
        names = variable_names(content)
        if all(map(_NO_BODY.search, names)):
            return
        if kind == "json":
            self.content_type = self.content_type or JSON
        if rank >= 3 or (rank == 2 and not self.hidden_body):
            self.hidden_body = UNKNOWN if names_media_type(content) else content
            self.is_text = maker_kind == "text"


def request_of_draft(
    draft: RequestDraft, text: str, response: HttpResponse | None
) -> ObservedRequest:
    """Return the request of a draft; `text` is the code, which may show which library sends it."""
    headers = dict(draft.headers)
    is_query = re.search(f"[?&]{VARIABLE}$", draft.target)
    if draft.body_rank == 1 and (is_query or draft.hidden_body or draft.method == "GET"):
        draft.body = None  # a map from which code builds the query, or which it only gives a name
    draft.body = names_in_code.with_later_items(draft.body, text)
    if has_type_names(draft.body, text) and is_in_code(VENDOR_MODELS, text):
        draft.body = with_api_names(draft.body)
    elif has_type_names(draft.body, text):
        draft.content_type = draft.content_type or encode_draft(draft, "", text)[1]
        draft.body, draft.hidden_body = None, mark_unresolved("{body}")
    is_client = is_in_code(_CLIENT, text)
    if draft.form and draft.body is None:
        draft.body, draft.body_kind = draft.form, "form"
    elif not is_client and draft.target.endswith("/token"):
        draft.body_kind = draft.body_kind or "form"  # from a function of the user's own
    written = next((name for name in headers if name.lower() == "content-type"), "")
    if sends_parts(draft, headers.get(written, ""), text):
        body, draft.hidden_body, content_type = None, UNKNOWN, headers.get(written, "")
        if not content_type.startswith(MULTIPART):
            headers.pop(written, None)
            written, content_type = "", MULTIPART
    else:
        body, content_type = encode_draft(draft, headers.get(written) or draft.content_type, text)
    body = draft.hidden_body or None if body is None else body
    known = "" if written or body is None else default_type(draft, content_type, text)
    headers |= {"Content-Type": known} if known else {}
    if _has_hidden_headers(draft, headers, body, text, is_client=is_client):
        headers[mark_unresolved("{headers}")] = ""
    scheme = "http" if is_in_code(_PLAIN_HTTP, text) else "https"
    request = build_observed_request(
        "code snippet",
        SourceKind.CODE,
        method="POST" if body and draft.method_rank < 2 else draft.method or "GET",
        **split_target(_with_query(draft), draft.base, scheme),
        headers=headers,
        body=body,
        response=response,
        headers_are_shown=is_client,
    )
    names = names_in_code.names_outside(draft.body, text)
    is_piped = draft.is_piped and not is_in_code(ADDED_BRACKETS, text)
    errors = errors_of_call(draft, content_type, text)
    return replace(request, other_names=names, findings=errors, is_piped=is_piped)


def _has_hidden_headers(
    draft: RequestDraft, headers: dict[str, str], body: str | None, text: str, *, is_client: bool
) -> bool:
    """Return whether headers may be sent that the code does not show, such as the content type of an object, or options."""
    is_typed = any(name.lower() == "content-type" for name in headers)
    if draft.has_hidden_headers or body is None or is_typed:
        return draft.has_hidden_headers
    is_object = body == draft.hidden_body and not draft.is_text and not is_in_code(_EXACT, text)
    return is_object or (bool(headers) and not is_client)


def _with_query(draft: RequestDraft) -> str:
    """Return the target with the parameters of path and query that it does not show."""
    for name, value in draft.segments.items():
        draft.target = draft.target.replace(f"{{{name}}}", value)
    shown = dict(parse_qsl(draft.target.partition("?")[2]))
    query = {name: each for name, each in draft.query.items() if name not in shown}
    if draft.has_hidden_query and not draft.query and "?" not in draft.target:
        return f"{draft.target}?{mark_unresolved('{query}')}"
    if not query:
        return draft.target
    return draft.target + ("&" if "?" in draft.target else "?") + encode_query(query)
