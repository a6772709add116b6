"""Encode the body of a request in code as the library that the code uses sends it."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote_plus, urlencode

from cxcall.contracts.operation import JSON, MULTIPART, URLENCODED
from cxcall.explaining.operations.known_operations import READ_METHODS
from cxcall.explaining.readers.code.names_in_code import is_in_code, names_json
from cxcall.explaining.readers.code.request_roles import (
    CHANGES,
    FORM_MAKERS,
    MIME,
    contains_target,
    is_headers,
    literal_header_text,
    mime_of,
    role_of,
)
from cxcall.explaining.readers.code.values import CodeCall, Form, converted, wrapped_text
from cxcall.explaining.readers.json_values.json_search import is_json_start, is_json_text
from cxcall.explaining.readers.unresolved_variables import (
    UNKNOWN,
    is_unresolved,
    mark_unresolved,
    remove_marks,
    variable_names,
)
from cxcall.findings.finding import Finding
from cxcall.runtime.patterns import compile_on_use

if TYPE_CHECKING:
    from cxcall.explaining.readers.code.request_draft import RequestDraft

_MAX_DEPTH = 8
_TEXT_MAKERS = compile_on_use(
    r"dumps?$|stringify|encode|serializ|to[_-]?json|writevalue|(?:json|pickle)[\w.]*\.write$",
    re.IGNORECASE,
)
_SERIALIZERS = compile_on_use(r"(?:^|\.)(?:dumps|stringify|Serialize(?:Object)?)$")
# Calls whose argument is their value in JSON, such as `new JsonPrimitive("x")` and `UUID.fromString("x")`.
_WRAPPERS = compile_on_use(
    r"(?:^|\W|_)(?:"
    r"(?:from_?|create_?|to_?|as_?|parse_?|new_?|value_?of_?|json_?|js_?|q_?|ns_?|j_?|n)*"
    r"(?:string|str|text|primitive|value|uuid|guid|int|integer|long|number|bool|boolean|of"
    r"|int32|int64|to_?i|some|just|literal|unbox|json|any|s|to_owned|into"
    r"|clone|unwrap|strip|trim|encode|utf8|ptr|pointer)|fromvalues)!?$",
    re.IGNORECASE,
)
_ENCODERS = compile_on_use(r"quote|encode|escape", re.IGNORECASE)
_MODEL = compile_on_use(r"(?:^|\.)[A-Z][A-Za-z0-9]+$")
_BODY_MAKERS = compile_on_use(r"(?:Content|Body|Entity|BodyPublishers)(?:\.\w+)?$")
# Constants and variables such as `JSON`, `MEDIA_TYPE_JSON`, `mediaType`, and `ContentType.APPLICATION_JSON`.
_MEDIA_TYPE = compile_on_use(
    r"\b(?:[A-Z]+_)*JSON\b|(?i:media_?type|content_?type|mime|charset|utf_?8)"
)
_HEADERS_IN_BODY = Finding.error(
    "token-missing",
    "header:Authorization",
    "the headers are in the second argument of the call, which is the body: none of them is sent as a header",
    fix="give them in the third argument: `post(url, body, { headers })`",
)
PYTHON_TEXT = "python"
"""The kind of a body that `str(...)` of Python makes, which is not JSON."""
# Not an import alone, which generated code has for each kind of body.
_SENDS_PARTS = compile_on_use(
    r"^(?![ \t]*(?:import|using|use|from|package)\b|.*\brequire\b).*"
    r"(?:\bFormData\b|multipart|CURLFile|[\"'],\s*new File\(|\.attach\("
    r"|\badd(?:Upload|File|Form)\(|\bfiles *=)",
    re.IGNORECASE | re.MULTILINE,
)
# Libraries that send a map as a form, and what encodes it as JSON.
_SEND_FORMS = {
    r"\$\.ajax|jQuery|\bUrlFetchApp\.|[\"']k6/http": "`JSON.stringify(...)`",
    r"\brequests\.|\bhttpx\.|\baiohttp\.": "`json=` in place of `data=`",
    r"-Body\b": "`ConvertTo-Json`",
    r"\bUri\.(?:parse|https?)\(": "`jsonEncode(...)`",
    r"\bHTTParty\.|\bRestClient\.(?:post|put|patch)\b": "`.to_json`",
}
_ENCODERS_OF = {
    "[object Object]": "`JSON.stringify(...)`",
    "str()": "`json.dumps(...)`",
    MULTIPART: "`json_encode(...)`",
}
_OTHER_TYPE = compile_on_use(r"json|urlencoded", re.IGNORECASE)


def model_members(call: CodeCall) -> dict[str, Any] | None:
    """Return the members of the object that a constructor makes of named arguments: `Update(attributes={"a": 1})`.

    None for any other call, such as one that only gets a body as its argument.
    """
    members = {name: value for name, value in call.arguments if name}
    is_model = _MODEL.search(call.name) and len(members) == len(call.arguments)
    is_model = is_model and not (_BODY_MAKERS.search(call.name) or FORM_MAKERS.search(call.name))
    own = (each for name, each in members.items() if not (role_of(name) or name == "value"))
    has_own = any(isinstance(each, dict | list) for each in own)
    return members if is_model and has_own else None


def content_of(value: Any, depth: int = 0) -> tuple[Any, str]:
    """Return a value as the content of a body, and `form` or `text` if a call converts it to a form or a text."""
    if not isinstance(value, CodeCall):
        return value, "form" if isinstance(value, Form) else ""
    if contains_target(value):
        return None, ""
    members = model_members(value) or {}
    if members or CHANGES.search(value.name):
        is_shown = bool(members) and not any("_" in name for name in members)
        # A model may write other names in JSON: `callback_numbers` is `callbackNumbers` there.
        return members if is_shown else mark_unresolved(f"{{{value.name}}}"), ""
    is_text = _TEXT_MAKERS.search(value.name) is not None
    kind = "form" if FORM_MAKERS.search(value.name) else "text" * is_text
    found: tuple[str, str] | None = None
    for each in _contents(value, kind):
        content, inner = content_of(each, depth + 1) if depth < _MAX_DEPTH else (None, "")
        is_plain = isinstance(content, list) and not any(
            isinstance(x, dict | list) for x in content
        )
        if is_plain and not (kind or inner):
            continue  # an argument of an unknown constructor
        if isinstance(content, dict | list) and content != [] and not is_headers(content):
            is_python = value.name in ("str", "repr")
            return content, PYTHON_TEXT if is_python else kind or inner
        if not isinstance(content, str) or MIME.fullmatch(content) or is_unresolved(content):
            continue
        if found is None or is_json_start(content):
            found = content, kind or inner
    if found:
        return found
    return _hidden_content(value, kind), kind


def _hidden_content(call: CodeCall, kind: str) -> str:
    """Return the name of the content that a call makes of unknown values: its argument if it only wraps or converts it."""
    if not (kind or _BODY_MAKERS.search(call.name)):
        return mark_unresolved(f"{{{call.name}}}")
    hidden = (each for each in call.values() if is_unresolved(each))
    return next((each for each in hidden if not names_media_type(each)), UNKNOWN)


def names_media_type(value: str) -> bool:
    """Return whether an unknown value has the name of a media type or of an encoding, so that it is not the body."""
    return _MEDIA_TYPE.search(value) is not None


def is_serialized(value: Any) -> bool:
    """Return whether a value is the text in JSON that a call makes."""
    return isinstance(value, CodeCall) and _SERIALIZERS.search(value.name) is not None


def is_encoded_twice(value: Any) -> bool:
    """Return whether a value is the text in JSON of such a text: `JSON.stringify(JSON.stringify(x))`."""
    return is_serialized(value) and any(map(is_serialized, value.values()[:1]))


def _contents(call: CodeCall, kind: str) -> list[Any]:
    """Return the arguments of a call; named ones of a form are one map: `encode_www_form(a: 1)` of Ruby."""
    is_named = kind == "form" and call.arguments and all(name for name, _ in call.arguments)
    return [dict(call.arguments)] if is_named else call.values()


def _other_encoding(draft: RequestDraft, content_type: str, text: str) -> str:
    """Return the encoding of a map that its headers declare as JSON; empty if the library sends JSON."""
    if draft.body_kind == PYTHON_TEXT:
        return "the text that `str()` writes in Python, with single quotes"
    is_certain = isinstance(draft.body, dict) and not (draft.body_kind or draft.hidden_body)
    is_form = draft.body_kind == "form" and is_in_code(FORM_MAKERS, text)
    is_form = is_form and any(map(mime_of, draft.headers.values()))
    if not (is_certain or is_form) or "json" not in content_type:
        return ""
    if is_certain and "CURLOPT_POSTFIELDS" in text:
        return f"`{MULTIPART}`"
    if is_form or _json_encoder(text):
        return "a form, `name=value&...`"
    return "the text `[object Object]`" if is_in_code(r"(?<![\w$.])fetch\(", text) else ""


def errors_of_call(draft: RequestDraft, content_type: str, text: str) -> tuple[Finding, ...]:
    """Return the errors of a call that sends a map in another encoding than JSON, or its headers in the body."""
    encoding = _other_encoding(draft, content_type, text)
    wrong = [_wrong_encoding(encoding, text)] if encoding else []
    return (*wrong, *[_HEADERS_IN_BODY] * draft.has_headers_in_body)


def _wrong_encoding(encoding: str, text: str) -> Finding:
    by_name = (fix for name, fix in _ENCODERS_OF.items() if name in encoding)
    encoder = _json_encoder(text) or next(by_name, "")
    return Finding.error(
        "body-malformed",
        "body",
        f"the call sends the object as {encoding}, not as JSON",
        fix="encode the body as JSON" + f": {encoder}" * bool(encoder),
        why="the encoding follows from the call; what is in the object is checked as if it were JSON",
    )


def encode_draft(draft: RequestDraft, content_type: str, text: str) -> tuple[str | None, str]:
    """Return the body as text and its content type, as the library sends it."""
    body, kind = draft.body, draft.body_kind
    if kind == "form" and isinstance(body, list):
        body = form_members(body) or body  # pairs, as in Rust and Go
    if isinstance(body, dict) and _is_form(kind, content_type, text):
        hidden = "".join(name for name in body if is_unresolved(str(name)))
        return hidden or encode_sent_form(body), content_type or URLENCODED
    if isinstance(body, dict | list):
        body = json.dumps(as_json_value(body), indent=2, ensure_ascii=False)
        default = "" if kind in ("text", PYTHON_TEXT) else JSON
        is_twice = kind == "twice"
        return json.dumps(body, ensure_ascii=False) if is_twice else body, content_type or default
    if isinstance(body, str) and kind == "json":
        is_encoded = is_json_text(remove_marks(body)) and "json=" not in text
        content_type = content_type or JSON
        return body if is_encoded else json.dumps(body, ensure_ascii=False), content_type
    is_default = isinstance(body, str) and not (content_type or draft.has_hidden_headers)
    content_type = URLENCODED if is_default and "CURLOPT_POSTFIELDS" in text else content_type
    return None if body is None else str(body), content_type


def _is_form(kind: str, content_type: str, text: str) -> bool:
    if content_type:
        is_form_call = kind == "form" and "json" not in content_type
        return is_form_call or "x-www-form-urlencoded" in content_type
    return kind == "form" or (not kind and _json_encoder(text) is not None)


def _json_encoder(text: str) -> str | None:
    """Return how to encode a map as JSON for the library in the code, which sends it as a form; None for any other."""
    found = (fix for library, fix in _SEND_FORMS.items() if is_in_code(library, text))
    return next(found, None) if "ujson." not in text else None  # of Scala


def as_json_value(value: Any) -> Any:
    """Return a value with the arguments of wrapping calls in place of the calls; the result of other calls is unknown."""
    if isinstance(value, CodeCall):
        values = value.values()
        is_wrapper = len(values) == 1 and _WRAPPERS.search(value.name) is not None
        name = mark_unresolved(f"{{{value.name}}}")
        found = converted(value.name, as_json_value(values[0])) if is_wrapper else name
        return name if isinstance(found, CodeCall) else found
    if isinstance(value, dict):
        return {str(name): as_json_value(each) for name, each in value.items()}
    if not isinstance(value, list):
        return value
    return [as_json_value(each) for each in value]


def form_members(value: Any) -> dict[str, Any]:
    """Return the parameters of a form or query, from a map, a list of pairs, a text, or a call around one of these."""
    if isinstance(value, str) and not is_unresolved(value):
        return dict(parse_qsl(value.lstrip("?"))) if "=" in value else {}
    if isinstance(value, list):
        is_list = all(isinstance(each, list) and len(each) == 2 for each in value)
        is_named = is_list and not any(isinstance(each[0], CodeCall) for each in value)
        return {str(each[0]): each[1] for each in value} if is_named else {}
    if isinstance(value, CodeCall):
        named = {key: each for key, each in value.arguments if key}
        found = filter(None, map(form_members, value.values()))
        return named if named and len(named) == len(value.arguments) else next(found, {})
    return value if isinstance(value, dict) else {}


def encode_sent_form(members: dict[str, Any]) -> str:
    """Return a map as a form."""
    pairs = (
        (str(name), literal_header_text(value) or json.dumps(as_json_value(value)).strip('"'))
        for name, value in members.items()
    )
    return urlencode([(remove_marks(name), remove_marks(text)) for name, text in pairs])


def encode_query(members: dict[str, Any]) -> str:
    """Return a map as a query; values with variables keep their marks."""
    return "&".join(
        f"{quote_plus(remove_marks(str(name)))}={text}"
        if variable_names(text := _query_text(each))
        else encode_sent_form({name: each})
        for name, each in members.items()
    )


def _query_text(value: Any) -> str:
    """Return the text of a value in a query; the result of a call that is no conversion is a variable."""
    name = value.name if isinstance(value, CodeCall) else ""
    is_conversion = _WRAPPERS.search(name) or _ENCODERS.search(name)
    return wrapped_text(value) if is_conversion or not name else mark_unresolved(f"{{{name}}}")


def with_queries(terms: list[Any]) -> list[Any]:
    """Return the terms of a text, with a map or call after `?` or `&` as a form."""
    return [
        encode_query(members)
        if isinstance(before, str)
        and before.endswith(("?", "&"))
        and not isinstance(each, str)
        and (members := form_members(each))
        else each
        for before, each in pairwise([None, *terms])
    ]


def default_type(draft: RequestDraft, content_type: str, text: str) -> str:
    """Return the type of a body that no header declares; empty if it is not known, or is that of another encoding."""
    if not draft.content_type and _other_encoding(draft, content_type, text):
        return ""
    # A token request is a form (RFC 6749, section 4): the text names JSON for another request.
    is_token = draft.target.partition("?")[0].endswith("/token")
    return content_type or (JSON if not is_token and names_json(text) else "")


def sends_parts(draft: RequestDraft, content_type: str, text: str) -> bool:
    """Return whether code sends a multipart form: not if it names a method for reading."""
    body = draft.body
    is_written = isinstance(body, str) and "Content-Disposition" in body
    if content_type.startswith(MULTIPART) or (is_written and not content_type):
        return True
    kind = draft.body_kind if body and body != "{}" else ""
    is_other = _OTHER_TYPE.search(content_type) or kind in ("json", "text", "twice")
    if isinstance(body, dict) and "CURLOPT_POSTFIELDS" in text and not (is_other or kind):
        return True
    return not (is_other or draft.method in READ_METHODS) and is_in_code(_SENDS_PARTS, text)
