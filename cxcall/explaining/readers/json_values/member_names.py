"""Names that clients, loggers, and tools give to the members of a request and of its response.

Words before a name say whose it is: `req_body`, `requestBody`, and `http.request.body` are the body of a request.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

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
    """Return the URL or path of a request with the query that a tool stores beside it.

    The query is an object or a list of names and values; what the URL has already is not added. A server calls the
    values in the path `params`, too: one that is there, or whose name is a placeholder there, is not in the query.
    """
    query = first_member(value, _QUERY_NAMES, (dict, list))
    if not query or not isinstance(url, str):
        return url
    target, mark, fragment = url.partition("#")
    path, _, shown = target.partition("?")
    segments = path.split("/") if query is value.get("params") else []
    pairs = [
        (name, each)
        for name, each in _named_values(query)
        if not (f"{{{name}}}" in path or f":{name}" in segments or (each and each in segments))
    ]
    known = {name for name, _ in parse_qsl(shown, keep_blank_values=True)}
    beside = urlencode([pair for pair in pairs if pair[0] not in known])
    return f"{path}?{'&'.join(filter(None, (shown, beside)))}{mark}{fragment}" if beside else url


def _named_values(query: Any) -> Iterator[tuple[str, str]]:
    """Yield the names and values of a query, which is an object or a list; of a list of values, each one."""
    items = (each for each in query if isinstance(each, dict))
    is_list = isinstance(query, list)
    for name, held in (
        ((each.get("name"), each.get("value")) for each in items) if is_list else query.items()
    ):
        for each in held if isinstance(held, list) else [held]:
            if isinstance(name, str) and isinstance(each, str | int | float):
                yield name, each if isinstance(each, str) else str(each).lower()
