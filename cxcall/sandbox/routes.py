"""Which operation a method and a path belong to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from cxcall.sandbox.messages import HttpProblem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cxcall.contracts.contract import Operation

_PARAMETER = re.compile(r"\{([^{}]*)\}")
_UNESCAPED = "/:@!$&'()*+,;=~"


class Routes:
    """The operations by path template; where two match, the one with more fixed text wins."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        by_path: dict[str, dict[str, Operation]] = {}
        bases: dict[str, set[str]] = {}
        for operation in operations:
            by_path.setdefault(operation.path, {}).setdefault(operation.method, operation)
            bases.setdefault(operation.path, {""}).add(operation.base_path)
        self._routes = [
            (_pattern(path, bases[path]), by_path[path])
            for path in sorted(by_path, key=lambda path: len(_PARAMETER.findall(path)))
        ]

    def find(self, method: str, path: str) -> tuple[Operation, dict[str, str]]:
        """Return the operation and its path parameters; raise the 404, or the 405 with `Allow`."""
        for pattern, methods in self._routes:
            found = pattern.fullmatch(path)
            if found and method in methods:
                operation = methods[method]
                names = _PARAMETER.findall(operation.path)
                return operation, dict(zip(names, map(unquote, found.groups()), strict=True))
            if found:
                raise HttpProblem(405, headers={"Allow": ", ".join(sorted(methods))})
        raise HttpProblem(404)


def _pattern(template: str, bases: Iterable[str]) -> re.Pattern[str]:
    """Return what a sent path must match: exact in case and slashes, no parameter empty.

    The path of a server may stand before it, in any case, or be left out.
    """
    before = "|".join(_expression(base, "[^/]+") for base in sorted(bases))
    return re.compile(f"(?i:{before}){_expression(template, '([^/]+)')}")


def _expression(template: str, parameter: str) -> str:
    return "".join(
        parameter if index % 2 else re.escape(quote(part, safe=_UNESCAPED))
        for index, part in enumerate(_PARAMETER.split(template))
    )
