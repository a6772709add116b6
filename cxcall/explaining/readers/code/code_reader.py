"""Read requests from code in any language: find URL, method, headers, and body, and put them together."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any
from urllib.parse import urljoin

from cxcall.contracts.operation import JSON
from cxcall.explaining.observed_request import ObservedRequest
from cxcall.explaining.readers.code.evaluator import Evaluator
from cxcall.explaining.readers.code.request_draft import SENDS, RequestDraft, request_of_draft
from cxcall.explaining.readers.code.request_roles import (
    BASIC,
    BODY_ROLES,
    DEFAULT_TYPES,
    HOST,
    KNOWN_PATH,
    METHOD_NAME,
    MIME,
    OTHER_NAMES,
    PATH,
    PREFIX,
    URL,
    as_header,
    contains_target,
    encoding_of,
    first_text,
    has_request_options,
    is_document,
    is_form_part,
    is_headers,
    is_options,
    is_sender,
    is_target,
    method_of,
    mime_of,
    path_of,
    platform_path,
    role_of,
    target_in_value,
    url_below,
)
from cxcall.explaining.readers.code.sent_body import model_members
from cxcall.explaining.readers.code.tokens import with_plain_literals
from cxcall.explaining.readers.code.values import CodeCall
from cxcall.explaining.readers.json_values.json_search import is_json_start
from cxcall.explaining.readers.request_builder import METHODS, fold_letters
from cxcall.explaining.readers.unresolved_variables import is_unresolved, variable_names
from cxcall.runtime.patterns import compile_on_use
from cxcall.transport.http_messages import HttpResponse

_NO_URL = compile_on_use(
    r"(?:answer|callback|redirect|return|webhook)ur[il]|origin|referer|schema|proxy|xmlns|require|import|from|source"
)
_SENDING = tuple("request fetch ajax verb open invokerestmethod invokewebrequest irm iwr".split())
# Functions that send a request with nothing but their arguments.
_SINGLE_CALLS = compile_on_use(
    r"(?:requests|httpx|axios|got|ky|fetch|HTTParty|RestClient|Http|UrlFetchApp|Invoke-\w+|irm|iwr)\b"
)
_CLIENT_MAKERS = ("new", "start", "restclientoptions", "client", "restclient")
_FORM_FIELDS = ("field", "addparameter", "addformfield", "formfield")
_PAIR_NAMES = {None, "name", "key", "value"}
_NO_BODY_CALL = compile_on_use("(?i)header|auth|type|option|timeout|encoding|method|accept")
_TARGET_ROLES = ("url", "host", "path")


class _Assembler:
    """Assigns the values that an evaluator reports to requests."""

    def __init__(self) -> None:
        self.drafts = [RequestDraft()]
        self._last_text = ""
        self._has_url_builder = self._resolves_paths = False

    @property
    def draft(self) -> RequestDraft:
        return self.drafts[-1]

    def report(self, kind: str, name: str, value: Any) -> None:
        if kind == "filled" and self.draft.target == name:
            self.draft.target = ""  # the format string, before its values were inserted
        if kind in ("text", "filled"):
            self._text("" if kind == "filled" else name, value)
        elif kind == "name":
            is_constant = "." in name or "METH" in name
            if is_constant and (found := METHOD_NAME.search(name.removesuffix(".new"))):
                self.draft.set_method(found[1], 2)
        elif kind in ("map", "add") or (kind == "call" and model_members(value)):
            self._take_content(kind, name, value)
        elif kind == "call":
            self._call(name, value)
        else:
            self._take_named(name, value, is_member=kind != "named")

    def _take_content(self, kind: str, name: str, value: Any) -> None:
        """Use a map, a model, or the call that adds to a map or list: parts are not bodies, unless they are options."""
        self.draft.drop_part(value)
        if kind == "add":
            self.draft.take_pair(name, value)
        elif kind == "map" and has_request_options(value):
            self.draft.take_options(value)

    def _text(self, member: str, text: str) -> None:
        """Use a text by its form; a URL that is a member of a map counts only if its name says so."""
        before, self._last_text = self._last_text, "" if is_unresolved(text) else text
        if text in METHODS:
            self.draft.set_method(text, 4)
        elif header := as_header(text):
            self.draft.headers.update([header])
        elif is_target(text) and not _NO_URL.fullmatch(fold_letters(before[:20])):
            if not member or role_of(member) in _TARGET_ROLES:
                self.set_target(text)
        elif "/" in text and not member and (url := self._below_base(text)):
            self.set_target(url)
        elif is_document(text):
            self.draft.set_body(text, 1)

    def set_target(self, text: str) -> None:
        draft = self.draft
        text = urljoin(draft.base, text) if self._resolves_paths and text[:1] == "/" else text
        is_same = text[:1] == "/" and text == path_of(draft.target)  # such as the header `:path`
        is_same = is_same or (text == draft.target and not draft.is_closed)
        if is_same or any(each.target == text and not each.is_sent for each in self.drafts):
            return
        is_base = not draft.is_sent and text.startswith(draft.target.rstrip("/") + "/")
        is_host = URL.match(draft.target) is not None and path_of(draft.target) in ("", "/")
        if is_host and not URL.match(text):
            draft.base, draft.target = draft.target, text
        elif not draft.target or is_base:
            draft.target = text
        else:
            self.drafts.append(RequestDraft(draft.base))
            self.draft.target = text

    def _below_base(self, text: str, *, is_sent: bool = False) -> str:
        """Return the URL of a path below the base URL of the client; empty if the text is no such path."""
        draft = self.draft
        for base in (draft.base,) if draft.is_sent else (draft.target, draft.base):
            if url := url_below(base, text, is_sent=is_sent):
                draft.base = base
                return url
        return ""

    def _take_named(self, name: str, value: Any, *, is_member: bool = False) -> None:
        """Use a variable, an argument, or the member of a map by its name."""
        last = name.rpartition(".")[2]
        folded = fold_letters(last)
        if isinstance(value, str) and value == self.draft.target and _NO_URL.fullmatch(folded):
            self._drop_target()
        if self.draft.is_closed and role_of(name) not in _TARGET_ROLES:
            return
        if not self.draft.take_header(last.replace("_", "-"), value):
            self._take_role(name, folded, value, is_member=is_member)

    def _take_role(self, name: str, folded: str, value: Any, *, is_member: bool) -> None:
        draft, role = self.draft, role_of(name)
        if folded == "contenttype":
            draft.content_type = mime_of(value) or draft.content_type
        elif value in (True, 1) and (method := method_of(PREFIX.sub("", folded))):
            draft.set_method(method, 4)  # `CURLOPT_POST`
        elif isinstance(value, str) and role in _TARGET_ROLES:
            self._named_text(role, value)
            if folded in ("baseurl", "prefixurl") and draft.base == value:
                draft.base = value.rstrip("/") + "/"  # clients join paths to it with a slash
            self._resolves_paths |= folded == "baseuri"  # Guzzle joins as a browser does
        elif (
            role == "query" and draft.take_query(value, may_be_hidden=name != "query")
        ) or role == "files":
            return
        elif folded in BASIC:
            draft.take_basic(value)
        elif role in ("method", "headers") or (role in BODY_ROLES and not is_member):
            draft.take_options({name: value})
        elif isinstance(value, dict | list) and not (
            is_member or is_options(value) or OTHER_NAMES.search(name)
        ):
            draft.set_body(value, 1)

    def _drop_target(self) -> None:
        """Discard the last target, which was not the URL of a request, such as a redirect URI."""
        if len(self.drafts) > 1:
            self.drafts.pop()
        else:
            self.draft.target = ""

    def _named_text(self, role: str, value: str) -> None:
        if role == "host" and (HOST.fullmatch(value) or is_unresolved(value) or URL.match(value)):
            self._base(value)
        elif role in ("path", "url") and (PATH.fullmatch(value) or KNOWN_PATH.match(value)):
            self.set_target(value if value[:1] in ("/", "\ufdd0") else f"/{value}")

    def _base(self, value: str) -> None:
        if not self.draft.base or is_unresolved(self.draft.base):
            self.draft.base = value
        if self.draft.target == value:
            self.draft.target = ""

    def _call(self, name: str, call: CodeCall) -> None:
        """Use the parts that a call shows: a target with a method, a header, a body, an option."""
        self._has_url_builder |= name.lower().endswith(("uribuilder", "urlbuilder"))
        texts = [each for each in call.values() if isinstance(each, str)]
        targets = [each for each in map(target_in_value, call.values()) if each]
        method = METHOD_NAME.search(name.removesuffix(".new"))
        is_text = bool(texts) and call.values()[0] is texts[0] and not is_unresolved(texts[0])
        first = "" if targets else first_text(call)
        relative = platform_path(first) or self._below_base(first, is_sent=bool(method))
        if method and not targets and is_text and not (PATH.fullmatch(texts[0]) or relative):
            method = None  # such as `put("name", value)` of a map
        if method and not targets and texts and PATH.fullmatch(texts[0]):
            self.set_target(texts[0])
            targets = texts[:1]
        elif relative and (method or is_sender(name)):
            self.set_target(relative)
            targets = [relative]
        if len(texts) > 1 and HOST.fullmatch(texts[0]) and PATH.fullmatch(texts[1]):
            self._base(texts[0])  # such as `Uri.https("host", "/path")` of Dart
            self.set_target(texts[1])
        known = (each for each in reversed(self.drafts) if targets and each.target == targets[0])
        draft = next(known, self.draft)
        if not targets and draft.take_pair(name, call):
            return
        if method:
            is_plain = method[1].lower() in ("get", "options", "head", "delete")
            draft.set_method(method[1], 3 if targets else 1 if is_plain else 2)
        folded, is_whole = fold_letters(name.rpartition(".")[2]), False
        if targets and (method or is_sender(name, call, targets[0])):
            draft.is_sent = bool(method) or folded in _SENDING
            is_whole = self._positional(draft, call) or _SINGLE_CALLS.match(name) is not None
        self._options(folded, call.values())
        self._host_call(folded, texts)
        self._role_call(name, folded, call)
        draft.is_closed = draft.is_closed or (is_whole and draft.is_sent)
        self.draft.close(folded)

    def _options(self, name: str, values: list[Any]) -> None:
        """Use the option in `setopt(handle, CURLOPT_URL, value)`, and those in `send(request, options)`."""
        if name in SENDS and self.draft.target:
            for each in filter(is_options, values):
                self.draft.take_options(each)
        for key, value in pairwise(values):
            if is_unresolved(key) and (names := variable_names(key)):
                _, is_option, option = names[0].upper().rpartition("OPT_")
                if is_option:
                    self._take_named(option.lower(), value)

    def _host_call(self, name: str, texts: list[str]) -> None:
        if "connection" in name or name in _CLIENT_MAKERS:
            for each in texts:
                if HOST.fullmatch(each) or (URL.match(each) and path_of(each) in ("", "/")):
                    self._base(each)

    def _role_call(self, name: str, folded: str, call: CodeCall) -> None:
        draft, values, role = self.draft, call.values(), role_of(name)
        if name[-1:] == "!" or draft.is_closed:
            return  # a macro that makes a value, such as `json!` of Rust
        is_pair = len(values) >= 2 and isinstance(values[0], str)
        is_pair = is_pair and {name for name, _ in call.arguments[:2]} <= _PAIR_NAMES
        mime = next((found for each in values if (found := mime_of(each))), "")
        mime = mime or (DEFAULT_TYPES.get(folded, "") if len(values) < 2 else "")
        is_header = "header" in name.lower()
        is_accept = "accept" in (folded, name.lower().split(".")[-2:][0])
        if mime and is_accept:  # `headers.Accept.Add(...)`
            draft.headers["Accept"] = mime
        elif not is_header and (mime or (role == "json" and values)):
            draft.content_type = draft.content_type or mime or JSON
        if self._take_query_call(name, call):
            return
        if folded in _FORM_FIELDS and is_pair and not MIME.fullmatch(values[0]):
            draft.form[values[0]] = values[1]
        elif role_of(name.rpartition(".")[0]) == "body" and folded in ("append", "write", "add"):
            draft.set_body(call, 3)
        elif role in BODY_ROLES and values:
            self._body_call(role, call)
        elif role == "headers" or is_header:
            for each in values:
                draft.take_headers(each)
        else:
            draft.take_authorization(folded, call)

    def _take_query_call(self, name: str, call: CodeCall) -> bool:
        """Use the query parameters that a call sets; return whether it sets some."""
        owner, _, method = name.rpartition(".")
        is_query = role_of(name) == "query"
        is_setter = (
            role_of(owner) == "query"
            or method == "parameter"
            or owner.rpartition(".")[2] == "parameters"
            or (self._has_url_builder and method.lower() in ("addparameter", "setparameter"))
        )
        arguments = [
            each for each in call.arguments if not (isinstance(each[1], str) and is_target(each[1]))
        ]
        values = [each for _, each in arguments]
        is_pair = len(values) >= 2 and isinstance(values[0], str) and not arguments[0][0]
        if is_pair and (is_query or is_setter):
            return self.draft.take_query({values[0]: values[1]})
        whole = CodeCall(name, arguments) if len(values) > 1 else next(iter(values), None)
        return is_query and self.draft.take_query(whole)

    def _body_call(self, role: str, call: CodeCall) -> None:
        values = [
            each for each in call.values() if not (isinstance(each, str) and MIME.fullmatch(each))
        ]
        sent = self.draft.body
        if role == "form" and all(name for name, _ in call.arguments):
            self.draft.set_body(dict(call.arguments), 3, role)  # `set_form_data("a" => 1)` of Ruby
        elif values and isinstance(sent, str) and is_form_part(sent) and is_form_part(values[0]):
            self.draft.set_body(sent if sent == values[0] else f"{sent}&{values[0]}", 3)
        elif values:
            is_alone = len(call.arguments) < 2 or isinstance(values[0], dict | list)
            self.draft.set_body(values[0] if is_alone else call, 3, role if role != "body" else "")

    def _positional(self, draft: RequestDraft, call: CodeCall) -> bool:
        """Use the arguments of a call with a target, a map after the body has options; return whether one is the body."""
        kind = encoding_of(call.name)
        has_body = draft.take_named_arguments(call)
        for each in (each for key, each in call.arguments if key is None):
            if isinstance(each, str) and (method := method_of(each)):
                draft.set_method(method, 5)
            elif is_headers(each):
                draft.take_headers(each)
            elif isinstance(each, CodeCall):
                if not (contains_target(each) or _NO_BODY_CALL.search(each.name)):
                    draft.set_body(each, 3, kind)
                    draft.content_type = draft.content_type or mime_of(each)
                    has_body = True
            elif isinstance(each, dict) and is_options(each, draft.method):
                has_body = draft.take_options(each) or has_body
            elif isinstance(each, dict | list):
                draft.set_body(None if has_body else each, 3, kind)
                has_body = True
            elif not isinstance(each, str) or is_target(each) or call.name == "uri":
                continue  # `uri("https://host/{id}", id)` of Spring
            elif is_unresolved(each) or is_json_start(each):
                draft.set_body(each, 3 if is_json_start(each) else 2)
                has_body = True
        return has_body


def read_code(text: str, response: HttpResponse | None = None) -> Iterator[ObservedRequest]:
    """Yield the requests that code in any language sends, in order."""
    text = with_plain_literals(text)
    assembler = _Assembler()
    Evaluator(assembler.report).run(text)
    drafts = [each for each in assembler.drafts if each.target or each.base]
    sent = [each for each in drafts if each.target and (each.method_rank or each.body_rank)]
    for draft in (chosen := sent or drafts[:1]):
        yield request_of_draft(draft, text, response if draft is chosen[-1] else None)
