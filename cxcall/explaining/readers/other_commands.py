"""Read commands of HTTPie and of `gc`, the command line of Genesys Cloud."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from cxcall.documents.json_text import load_json
from cxcall.explaining.observed_request import SourceKind
from cxcall.explaining.readers.request_builder import (
    METHODS,
    basic_credentials,
    build_observed_request,
    encode_parts,
    with_defaults,
)
from cxcall.explaining.readers.unresolved_variables import remove_marks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.explaining.observed_request import ObservedRequest
    from cxcall.transport.messages import HttpResponse

_ITEM = re.compile(r"((?:[^\\:=@]|\\.)+?)(:=|==|=|:|@)(.*)", re.DOTALL)
_GC_METHODS = {
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
_HTTPIE_VALUES = tuple(
    """
    --timeout --session --proxy --verify -A --auth-type --print -p -o --output --max-redirects
    """.split()
)


class _Httpie:
    """The parts of a command of HTTPie while its words are read."""

    def __init__(self) -> None:
        self.method = self.url = ""
        self.headers: dict[str, str] = {}
        self.members: dict[str, Any] = {}
        self.query: list[tuple[str, str]] = []
        self.files: list[tuple[str, str]] = []
        self.is_form = self.is_multipart = False
        self.raw: str | None = None

    def take_option(self, word: str, rest: Iterator[str]) -> None:
        """Take over an option and its value."""
        if word in ("--form", "-f"):
            self.is_form = True
        elif word == "--multipart":
            self.is_multipart = True
        elif word in ("-a", "--auth"):
            self.headers["Authorization"] = basic_credentials(next(rest, ""))
        elif word.startswith("--raw"):
            self.raw = word.partition("=")[2] or next(rest, "")
        elif word in _HTTPIE_VALUES:
            next(rest, "")

    def take_word(self, word: str) -> None:
        """Take over the method, the URL, or an item."""
        if not self.url and not self.method and word.upper() in METHODS:
            self.method = word.upper()
        elif not self.url:
            self.url = f"localhost{word}" if word.startswith(":") else word
        elif (item := _ITEM.fullmatch(word)) and item[2] == "@":
            self.files.append((item[1], item[3]))
        elif item:
            _add_item(item, self.headers, self.members, self.query)


def read_httpie(
    words: list[str], piped: str | None, response: HttpResponse | None
) -> ObservedRequest:
    """Return the request of `http POST URL name=value`; a body comes from the command before it, or from its members."""
    found = _Httpie()
    rest = iter(words[1:])
    for word in rest:
        if word.startswith("-"):
            found.take_option(word, rest)
        else:
            found.take_word(word)
    body: Any = piped if found.raw is None else found.raw
    kind = "application/json"
    if found.is_multipart or (found.is_form and found.files):
        fields = [(name, value, "") for name, value in found.members.items()]
        body = encode_parts([*fields, *((name, "", path) for name, path in found.files)])
        kind = "multipart/form-data"
    elif found.members:
        body = urlencode(found.members) if found.is_form else found.members
        kind = "application/x-www-form-urlencoded" if found.is_form else kind
    is_json = body is not None and not (found.is_form or found.is_multipart)
    defaults = {"Accept": "application/json, */*;q=0.5" if is_json else "*/*"}
    defaults |= {} if body is None else {"Content-Type": kind}
    url = found.url + (
        ("&" if "?" in found.url else "?") + urlencode(found.query) if found.query else ""
    )
    scheme = "https" if words[0] in ("https", "xhs") else "http"
    return build_observed_request(
        "HTTPie command",
        SourceKind.COMMAND,
        method=found.method or ("GET" if body is None else "POST"),
        url=url if "://" in url else f"{scheme}://{url}",
        headers=with_defaults(found.headers, defaults),
        body=body,
        response=response,
    )


def _add_item(
    item: re.Match[str],
    headers: dict[str, str],
    members: dict[str, Any],
    query: list[tuple[str, str]],
) -> None:
    name, sign, value = re.sub(r"\\(.)", r"\1", item[1]), item[2], item[3]
    if sign == ":":
        headers[name] = value
    elif sign == "==":
        query.append((name, remove_marks(value)))
    else:
        content: Any = value
        if sign == ":=":
            try:
                content = load_json(value)
            except (ValueError, RecursionError):
                content = value
        *parents, last = [each.rstrip("]") for each in name.split("[")]
        target = members
        for parent in parents:
            target = (
                target.setdefault(parent, {})
                if isinstance(target.get(parent, {}), dict)
                else target
            )
        target[last] = content


def read_gc(words: list[str], piped: str | None, response: HttpResponse | None) -> ObservedRequest:
    """Return the request of `gc outbound campaigns create -d BODY`: its words are the path, the last one is the method."""
    names: list[str] = []
    values: list[str] = []
    options: dict[str, str] = {}
    rest = iter(words)
    for word in rest:
        if word.startswith("-"):
            name, equals, value = word.lstrip("-").partition("=")
            options[name] = value if equals else next(rest, "")
        elif values or (names and names[-1] in _GC_METHODS):
            values.append(word)
        else:
            names.append(word)
    verb = names[-1] if names and names[-1] in _GC_METHODS else "get"
    path = _gc_path(_GC_METHODS[verb], [each for each in names if each not in _GC_METHODS], values)
    body = (
        options.get("d", options.get("directory"))
        if options.get("d", "")[:1] in ("{", "[")
        else piped
    )
    return build_observed_request(
        "gc command",
        SourceKind.COMMAND,
        method=_GC_METHODS[verb],
        path=path,
        body=body,
        response=response,
        null_means_unknown=True,
    )


def _gc_path(method: str, names: list[str], values: list[str]) -> str:
    """Return the path of the operation with these words and as many parameters, filled with the values."""
    from cxcall.explaining.operations.published_operations import GENESYS, load_published_operations

    for operation in load_published_operations(GENESYS).operations:
        segments = operation.path.removeprefix("/api/v2/").split("/")
        words = [each for each in segments if each[:1] != "{"]
        if operation.method == method and words == names and len(segments) == len(names + values):
            rest = iter(values)
            return "/api/v2/" + "/".join(
                each if each[:1] != "{" else next(rest) for each in segments
            )
    return "/".join(["/api/v2", *names, *values])
