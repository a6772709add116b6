"""Find the operation that a method and a path belong to."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from cxcall.contracts.path_templates import SLOT, slot_names
from cxcall.named_tuple import NamedTuple
from cxcall.sandbox.http_messages import ErrorResponse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cxcall.contracts.operation import Operation

_UNESCAPED = "/:@!$&'()*+,;=~"


class Routes:
    """The operations by path template. If two templates match, the one with fewer parameters wins."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        by_path: dict[str, dict[str, Operation]] = {}
        bases: dict[str, set[str]] = {}
        for operation in operations:
            by_path.setdefault(operation.path, {}).setdefault(operation.method, operation)
            bases.setdefault(operation.path, {""}).add(operation.base_path)
        self._routes = [
            _Route(path, tuple(sorted(bases[path])), by_path[path])
            for path in sorted(by_path, key=lambda each: len(slot_names(each)))
        ]

    def find(self, method: str, path: str) -> tuple[Operation, dict[str, str]]:
        """Return the operation and its path parameters; raises a 404 ErrorResponse, or a 405 one with `Allow`."""
        for route in self._routes:
            match = _pattern(route.template, route.bases).fullmatch(path)
            if match and method in route.methods:
                names = slot_names(route.template)
                values = dict(zip(names, map(unquote, match.groups()), strict=True))
                return route.methods[method], values
            if match:
                raise ErrorResponse(405, headers={"Allow": ", ".join(sorted(route.methods))})
        raise ErrorResponse(404)


class _Route(NamedTuple):
    """The operations of a path template, by method."""

    template: str
    bases: tuple[str, ...]
    methods: dict[str, Operation]


@cache
def _pattern(template: str, bases: tuple[str, ...]) -> re.Pattern[str]:
    """Return the pattern of a template: exact case and slashes, no empty parameter.

    The base path of a server may come before it, in any case.
    """
    prefix = "|".join(_expression(base, "[^/]+") for base in bases)
    return re.compile(f"(?i:{prefix}){_expression(template, '([^/]+)')}")


def _expression(template: str, parameter: str) -> str:
    return "".join(
        parameter if index % 2 else re.escape(quote(part, safe=_UNESCAPED))
        for index, part in enumerate(SLOT.split(template))
    )
