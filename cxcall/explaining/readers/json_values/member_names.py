"""Names that clients, loggers, and tools give to the members of a request and of its response.

Words before a name say whose it is: `req_body`, `requestBody`, and `http.request.body` are the body of a request.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from cxcall.explaining.readers.request_builder import fold_letters
from cxcall.runtime.patterns import LazyPattern, compile_on_use

REQUEST_NAMES = ("request", "req", "config", "options", "_options", "httpRequest")
RESPONSE_NAMES = tuple("response res resp response_body responseBody httpResponse result".split())
STATUS_NAMES = tuple(
    """
    status statusCode status_code httpStatus http_status ErrorCode responseCode StatusCode httpCode
    httpStatusCode Status response_status responseStatus
    """.split()
)
BODY_NAMES = tuple(
    """
    body data text content _body responseText rawBody ErrorContent responseBody response_body
    payload raw_body
    """.split()
)
SENT_BODY_NAMES = tuple(
    """
    data body payload postData json request_body requestBody req_body requestPayload requestContent
    requestTemplate jsonBody
    """.split()
)
URL_NAMES = tuple(
    "url uri href requestUrl requestUri request_url apiEndpoint requestUrlTemplate".split()
)
METHOD_NAMES = ("method", "httpMethod", "requestMethod", "request_method", "requestType", "verb")
_QUERY_NAMES = ("qs", "query", "queryString", "queryParameters", "queryParams", "params")
SENT_HEADER_NAMES = ("headers", "request_headers", "requestHeaders")
HEADER_NAMES = ("headers", "header", "responseHeaders", "Headers", "headersMap")
CLIENT_RESPONSE_NAMES = frozenset("ok statusText redirected".split())
"""Names that only a client's object of a response has, which also has the URL."""
OF_REQUEST = compile_on_use(r"^(?:http)?(?:request|req|sent)(?=[a-z])|^http(?=[a-z])")
OF_RESPONSE = compile_on_use(r"^(?:http)?(?:response|resp|res)(?=[a-z])|^http(?=[a-z])")
"""Words before a name, which say whose member it is."""


def first_member(
    value: Mapping[str, Any], names: Iterable[str], kind: Any, words: LazyPattern | None = None
) -> Any:
    """Return the first non-empty member with one of these names and a type; None if there is none.

    `words` may precede the names.
    """
    return next(all_members(value, names, kind, words), None)


def all_members(
    value: Mapping[str, Any], names: Iterable[str], kind: Any, words: LazyPattern | None = None
) -> Iterator[Any]:
    """Yield the non-empty members with one of these names and a type, in the order of the names."""
    found = [value.get(name) for name in names]
    if not any(each is not None for each in found):
        folded = {fold_letters(name): each for name, each in value.items()}
        found = [folded.get(fold_letters(name)) for name in names]
    yield from (each for each in found if each not in (None, "") and isinstance(each, kind))
    if words is not None:
        yield from members_behind(value, words, names, kind)


def members_behind(
    value: Mapping[str, Any], words: LazyPattern, names: Iterable[str], kind: Any
) -> Iterator[Any]:
    """Yield the non-empty members whose names are one of these behind one of the words."""
    known = {fold_letters(name) for name in names}
    for name, each in value.items():
        folded = fold_letters(name)
        is_named = words.sub("", folded) in known and words.match(folded)
        if is_named and each not in (None, "") and isinstance(each, kind):
            yield each


def with_query_beside(url: Any, value: Mapping[str, Any]) -> Any:
    """Return the URL of a request with the query that a tool stores beside it, as an object or as a list of names and values.

    A server calls the values in the path so, too.
    """
    query = first_member(value, _QUERY_NAMES, (dict, list))
    if not query or not isinstance(url, str) or "?" in url:
        return url
    items = query if isinstance(query, list) else []
    named = {
        each["name"]: each.get("value")
        for each in items
        if isinstance(each, dict) and "name" in each
    }
    pairs = [
        (name, each if isinstance(each, str) else str(each).lower())
        for name, each in (named or {} if items else query).items()
        if isinstance(each, str | int | float)
    ]
    sent = [pair for pair in pairs if f"/{pair[1]}" not in url]
    return f"{url}?{urlencode(sent)}" if sent else url
