"""What an operation declares of itself: its parameters, its flags, what is published in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cxcall.schema import JsonSchema


class Parameter(NamedTuple):
    """A value of the path or the query string (`location`), with its JSON Schema."""

    name: str
    location: str
    required: bool
    description: str
    schema: JsonSchema


class Published(NamedTuple):
    """A published operation that serves the same purpose as a community one."""

    method: str
    path: str
    summary: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class Flag(NamedTuple):
    """A command-line flag of an operation (`x-cxcall-command`).

    Its value is set at every one of `pointers` in the body and in the path parameter `parameter`;
    or, as KEY=VALUE, under the object at `under`.
    """

    name: str
    metavar: str
    help: str
    required: bool = False
    pointers: tuple[str, ...] = ()
    parameter: str = ""
    under: str = ""


def server_url(server: Mapping[str, Any], domain: str = "") -> str:
    """Return a server's URL, its variables by default; a region's `domain` is for the first one."""
    url = str(server.get("url", ""))
    for name, variable in server.get("variables", {}).items():
        url = url.replace(f"{{{name}}}", domain or variable["default"])
        domain = ""
    return url
