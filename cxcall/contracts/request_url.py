"""Build the URL of a request: the base URL, and the path and query with the values of their parameters."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlencode

from cxcall.findings.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cxcall.contracts.parameters import Parameter


def target(template: str, parameters: Iterable[Parameter], values: Mapping[str, str]) -> str:
    """Return a path and its query with the values of their parameters, percent-encoded.

    Raises UsageError for a value that would change the route: an empty one, `..`, a control character.
    """
    path, query = template, []
    for entry in parameters:
        value = values.get(entry.name)
        if value is None:
            continue
        if entry.location == "path":
            _stop_on_route_change(entry, value)
            text = _path_text(entry, value)
            if not text:  # an empty list
                _stop_on_route_change(entry, text)
            path = path.replace(f"{{{entry.name}}}", text)
        elif entry.location == "query":
            query += _query_pairs(entry.as_sent, value)
    return path + (f"?{urlencode(query, quote_via=quote, safe='')}" if query else "")


def _path_text(entry: Parameter, value: str) -> str:
    if entry.is_plain:
        return quote(value, safe="")
    from cxcall.contracts.parameter_styles import path_text

    return path_text(entry, value)


def _query_pairs(entry: Parameter, value: str) -> list[tuple[str, str]]:
    if entry.is_plain:
        return [(entry.name, value)]
    from cxcall.contracts.parameter_styles import query_pairs

    return query_pairs(entry, value)


def has_path_slash(parameters: Iterable[Parameter], values: Mapping[str, str]) -> bool:
    """Return whether a value in the path has a slash, or an escaped one: so that it is more than one segment."""
    texts = (values.get(each.name, "") for each in parameters if each.location == "path")
    return any(re.search(r"[/\\]", unquote(unquote(each))) for each in texts)


def _stop_on_route_change(entry: Parameter, value: str) -> None:
    """Raise UsageError for a path value that makes a client or a server use another route.

    Clients remove the segments `.` and `..` before they send (RFC 3986, section 5.2.4), and many servers
    do so after decoding `%2F` and `%2E`. An empty value removes a segment.
    """
    decoded = unquote(value)
    if not value:
        problem = "is empty"
    elif any(part in (".", "..") for part in re.split(r"[/\\]", decoded)):
        problem = f"cannot be `{value}`: `.` and `..` lead to another route"
    elif not decoded.isprintable():
        problem = f"has a character that cannot be printed: `{ascii(value)[1:-1]}`"
    else:
        return
    raise UsageError(
        f"`{entry.name}` in the path {problem}", where="path", fix="write the exact ID"
    )


def join_base(base_url: str, own: str) -> str:
    """Return the base URL of an operation's path.

    A URL without a path gets the path of the contract's `own` server, which has the API version of
    CXone; a URL with a path is returned unchanged.
    """
    base = base_url.rstrip("/")
    return base if "/" in base.partition("//")[2] else base + path_of_url(own)


def path_of_url(url: str) -> str:
    """Return the path of a server's URL, which may be a template; empty if it has none.

    It begins with a slash, also if a relative URL does not: otherwise it would become a part of the host before it.
    """
    before, slashes, rest = url.partition("//")
    path = (rest.partition("/")[2] if slashes else before.removeprefix("/")).rstrip("/")
    return path and f"/{path}"


def server_url(server: Mapping[str, Any], domain: str = "") -> str:
    """Return a server's URL; `domain` replaces the default of its first variable."""
    url = str(server.get("url", ""))
    for name, variable in server.get("variables", {}).items():
        url = url.replace(f"{{{name}}}", domain or variable["default"])
        domain = ""
    return url
