"""Build observed requests and responses from the parts that a reader found."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import chain
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from cxcall.documents.json_document import MAX_DEPTH, is_too_deep
from cxcall.explaining.observed_request import ObservedRequest, SourceKind
from cxcall.explaining.readers.unresolved_variables import (
    fill_braces,
    is_unresolved,
    mark_templates,
    remove_marks,
    resolve_body,
    variable_names,
)
from cxcall.findings.errors import UsageError
from cxcall.runtime.patterns import AFTER_DOLLAR, IN_ANGLES, IN_BRACES, compile_on_use
from cxcall.transport.http_messages import Headers, HttpResponse

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_MAX_LENGTH = 320
_FILE = "@"
_SIZE = compile_on_use(r"[0-9A-Fa-f]{1,8}(?:;.*)?")
_PLACEHOLDER_IN_HOST = compile_on_use(r"^((?:\w+:)?//[^/?#\[\]]*)\[([^\]/:]*)\]")
"""Such as `[REGION]`: brackets there are for an IPv6 address, which has colons."""
_VARIABLE = compile_on_use(rf"{AFTER_DOLLAR}|{IN_BRACES}|\$\(.*\)|{IN_ANGLES}")


def first_words(table: str) -> dict[str, str]:
    """Return the first word of each line of a table by each of the other words of the line."""
    rows = map(str.split, table.strip().splitlines())
    return {word: first for first, *others in rows for word in others}


@lru_cache(maxsize=4096, typed=True)
def fold_letters(name: str) -> str:
    """Return the letters of a name in lower case: `Content-Type` and `content_type` become `contenttype`."""
    return re.sub(r"[^a-z]", "", str(name).lower())


def build_observed_request(
    origin: str,
    kind: SourceKind = SourceKind.OTHER,
    *,
    method: Any = None,
    url: Any = None,
    host: Any = None,
    path: Any = None,
    headers: Any = None,
    body: Any = None,
    response: HttpResponse | None = None,
    null_means_unknown: bool = False,
    headers_are_shown: bool = True,
    failure: str = "",
) -> ObservedRequest:
    """Return a request built from its parts; `path` wins over that of `url`, but not `host`: it may be the logging machine.

    Without headers, the request has none, unless `headers_are_shown` is False or `null_means_unknown` is True.
    Raises UsageError for a part that is nested too deep, and TypeError or ValueError for a body that
    is not JSON.
    """
    is_known = bool(headers) or (headers_are_shown and not null_means_unknown)
    headers, is_sent = headers if is_known else None, response is not None
    url, path, sent, text = _mark_parts(kind, url, path, headers, body, is_sent=is_sent)
    is_path_known = not variable_names(f"{url}{path}".partition("?")[0])
    hidden = _hidden_query(f"{url}" if url else f"{path}")
    scheme, target, login = "", remove_marks(_text(path or "")), ""
    if url:
        parts = _split_url(remove_marks(_text(url)))
        login, _, netloc = parts.netloc.rpartition("@")
        scheme, host = parts.scheme, netloc or host
        target = target or f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
    path, _, query = target.partition("?")
    path, default_port = _shorten(path), ":80" if scheme == "http" else ":443"
    pairs = parse_qsl(query.partition("#")[0], keep_blank_values=True)
    content, unknown = resolve_body(text)
    unknown |= hidden if is_path_known else {"path": (), **hidden}
    sent, filled = _without_marks(sent)
    unknown |= _unknown_headers(filled)
    return ObservedRequest(
        origin=origin,
        kind=kind,
        method=_shorten(remove_marks(_text(method))).upper() if method else "",
        scheme=scheme,
        host=_shorten(_text(host)).removesuffix(default_port) if host else "",
        path=path if not path or path.startswith("/") else f"/{path}",
        query=tuple(each for each in pairs if not _is_variable(each)),
        headers=sent,
        body=content,
        response=response,
        failure=failure,
        null_means_unknown=null_means_unknown,
        unknown=unknown,
        filled_headers=frozenset(map(str.lower, filled)),
        secrets=frozenset(filter(None, [login.partition(":")[2]])),
    )


def _without_marks(headers: Headers | None) -> tuple[Headers | None, dict[str, str]]:
    """Return headers without marks, None if a name is a variable; and those whose values have variables."""
    if headers is None or all(map(str.isascii, chain.from_iterable(headers.items()))):
        return headers, {}
    filled = {name: value for name, value in headers.items() if variable_names(value)}
    if any(map(is_unresolved, headers)):
        return None, filled
    return Headers((name, remove_marks(value)) for name, value in headers.items()), filled


def _unknown_headers(headers: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Return the variables by `header:NAME` of the headers that start with one."""
    starts = ((name, value) for name, value in headers.items() if is_unresolved(value))
    return {f"header:{name.title()}": variable_names(value) for name, value in starts}


def _mark_parts(
    kind: SourceKind, url: Any, path: Any, headers: Any, body: Any, *, is_sent: bool
) -> tuple[Any, Any, Headers | None, str | None]:
    """Return the parts, with marks on the variables that the source has in place of values."""
    is_definition = kind.may_be_definition and not is_sent
    sent, text = _build_headers(headers), body_text(body)
    if kind.shows_sent_text and not is_definition:
        return url, path, sent, text

    def mark(text: str) -> str:
        text = mark_templates(text)
        return fill_braces(text, {}) if is_definition else text

    url, path = (mark(each) if isinstance(each, str) else each for each in (url, path))
    sent = sent and Headers((name, mark(each)) for name, each in sent.items())
    return url, path, sent, text and mark(text)


def _hidden_query(target: str) -> dict[str, tuple[str, ...]]:
    """Return the names of the variables in a query by place; the place is `query` for whole pairs."""
    query = target.partition("?")[2].partition("#")[0]
    values = parse_qsl(query, keep_blank_values=True)
    hidden = {
        f"query:{remove_marks(name)}": names
        for name, value in values
        if (names := variable_names(value))
    }
    whole = [
        remove_marks(name).strip("${}")
        for name, value in values
        if not value and _is_variable((remove_marks(name), value))
    ]
    return {**hidden, "query": tuple(whole)} if whole else hidden


def _is_variable(pair: tuple[str, str]) -> bool:
    """Return whether a pair of a query is a variable that stands for parameters."""
    return not pair[1] and _VARIABLE.fullmatch(pair[0]) is not None


def basic_credentials(pair: str) -> str:
    """Return the header `Authorization` for `user:password`."""
    encoded = b64encode(remove_marks(pair).encode("utf-8", "replace"))
    return f"Basic {encoded.decode()}"


def with_defaults(headers: dict[str, str], defaults: dict[str, str]) -> dict[str, str]:
    """Return headers with a client's default headers, except those whose names, in any case, are present."""
    names = {name.lower() for name in headers}
    return {name: value for name, value in defaults.items() if name.lower() not in names} | headers


def encode_parts(parts: Iterable[tuple[Any, Any, Any]]) -> str:
    """Return the parts of a multipart form, each (name, text, file), as a URL-encoded form; a file is `@NAME`.

    Their content type is returned without a boundary.
    """
    texts = ((_part_text(name), _part_text(text), _part_text(file)) for name, text, file in parts)
    return urlencode([(name, f"{_FILE}{file}" if file else text) for name, text, file in texts])


def _part_text(value: Any) -> str:
    return "" if value is None else remove_marks(_text(value))


def build_response(
    status: Any = None, headers: Any = None, body: Any = None, reason: str = ""
) -> HttpResponse | None:
    """Return a response; its status is 0 if only its body is known. Returns None if neither is known."""
    content = body_text(body)
    content = None if content and is_unresolved(content) else content
    if content is None and not isinstance(status, int):
        return None
    return HttpResponse(
        status if isinstance(status, int) and not isinstance(status, bool) else 0,
        reason,
        _build_headers(headers) or Headers(),
        (content or "").encode("utf-8", "replace"),
    )


def with_body(known: HttpResponse | None, body: Any, status: int = 0) -> HttpResponse | None:
    """Return a known response with another body, or else a response with a status and this body."""
    if known is None:
        return build_response(status, body=body)
    return build_response(known.status or status, known.headers, body, known.reason)


def _shallow(value: Any) -> Any:
    """Return a value that can be written as text; raises UsageError if it is nested too deep."""
    if isinstance(value, dict | list | tuple) and is_too_deep(value):
        raise UsageError(
            "the request or response is nested too deep",
            where="request",
            fix=f"leave out what is nested more than {MAX_DEPTH} levels deep",
        )
    return value


def _shorten(text: str) -> str:
    """Return a part of a URL, or only its start if it is longer than in any URL of a platform."""
    return text if len(text) <= _MAX_LENGTH else f"{text[:_MAX_LENGTH]}\u2026"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else str(_shallow(value))


def request_host(url: Any) -> str:
    """Return the host in a URL, with its port; empty if there is none."""
    return _shorten(_split_url(_text(url)).netloc.rpartition("@")[2]) if url else ""


def _split_url(url: str) -> Any:
    url = _PLACEHOLDER_IN_HOST.sub(r"\1<\2>", url)
    try:
        return urlsplit(url if "//" in url else f"//{url}")
    except ValueError:  # such as half an IPv6 address
        return urlsplit("")


def _build_headers(value: Any) -> Headers | None:
    """Return headers from an object, or from a list of objects with `name` and `value`."""
    if isinstance(value, Headers):
        return value
    if isinstance(value, dict):
        return Headers((str(name), _header_value(content)) for name, content in value.items())
    if isinstance(value, list):
        members = (item for item in value if isinstance(item, dict) and "name" in item)
        return Headers((_text(item["name"]), _text(item.get("value", ""))) for item in members)
    return None


def _header_value(content: Any) -> str:
    """Return the value of a header; all values of a list, which test records have."""
    is_list = isinstance(content, list) and all(isinstance(each, str) for each in content)
    return ", ".join(content) if is_list else _text(content)


def body_text(body: Any) -> str | None:
    """Return a body as the text that was sent; None if it is not known."""
    if body is None:
        return None
    is_text = isinstance(body, str)
    text: str = body if is_text else json.dumps(_shallow(body), indent=2, ensure_ascii=False)
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def join_chunks(text: str, headers: Mapping[str, str]) -> str:
    """Return a body without the sizes of its chunks; unchanged if no header says that it has chunks, or it shows no sizes."""
    names = {name.lower(): value.lower() for name, value in headers.items()}
    lines = [line.strip("\r") for line in text.strip().split("\n")]
    is_chunked = "chunked" in names.get("transfer-encoding", "")
    if not is_chunked or len(lines) < 2 or not _SIZE.fullmatch(lines[0].strip()):
        return text
    return "".join(line for line in lines if not _SIZE.fullmatch(line.strip()))
