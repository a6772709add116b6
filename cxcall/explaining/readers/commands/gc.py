"""Read commands of `gc`, the command line of Genesys Cloud."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.explaining.observed_request import SourceKind
from cxcall.explaining.readers.request_builder import build_observed_request

if TYPE_CHECKING:
    from cxcall.explaining.observed_request import ObservedRequest
    from cxcall.transport.http_messages import HttpResponse

_METHODS = {
    "create": "POST",
    "get": "GET",
    "list": "GET",
    "update": "PUT",
    "delete": "DELETE",
    "query": "POST",
    "patch": "PATCH",
    "post": "POST",
    "put": "PUT",
}


def read_gc(words: list[str], piped: str | None, response: HttpResponse | None) -> ObservedRequest:
    """Return the request of `gc outbound campaigns create -d BODY`: the words of a path, then a method."""
    names: list[str] = []
    values: list[str] = []
    options: dict[str, str] = {}
    rest = iter(words)
    for word in rest:
        if word.startswith("-"):
            name, equals, value = word.lstrip("-").partition("=")
            options[name] = value if equals else next(rest, "")
        elif values or (names and names[-1] in _METHODS):
            values.append(word)
        else:
            names.append(word)
    verb = names[-1] if names and names[-1] in _METHODS else "get"
    path = _gc_path(_METHODS[verb], [each for each in names if each not in _METHODS], values)
    body = (
        options.get("d", options.get("directory"))
        if options.get("d", "")[:1] in ("{", "[")
        else piped
    )
    return build_observed_request(
        "gc command",
        SourceKind.COMMAND,
        method=_METHODS[verb],
        path=path,
        body=body,
        response=response,
        null_means_unknown=True,
    )


def _gc_path(method: str, names: list[str], values: list[str]) -> str:
    """Return the path of the operation with these words and as many parameters, filled with the values."""
    from cxcall.explaining.operations.known_operations import GENESYS, load_published_operations

    for operation in load_published_operations(GENESYS).operations:
        segments = operation.path.removeprefix("/api/v2/").split("/")
        words = [each for each in segments if each[:1] != "{"]
        if operation.method == method and words == names and len(segments) == len(names + values):
            rest = iter(values)
            return "/api/v2/" + "/".join(
                each if each[:1] != "{" else next(rest) for each in segments
            )
    return "/".join(["/api/v2", *names, *values])
