"""Find the operation that contracts declare at a method and a path."""

from __future__ import annotations

from functools import cache, cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cxcall.contracts import contract
from cxcall.explaining.published_operations import (
    ACD_BASE_PATH,
    PublishedOperation,
    PublishedOperations,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cxcall.contracts.contract import Contract
    from cxcall.contracts.operation import Operation


class DeclaredOperations:
    """The operations of some contracts by method and path; each is loaded when it is found."""

    def __init__(self, contracts: Sequence[Contract]) -> None:
        self._contracts = contracts

    def find(self, method: str, path: str) -> Operation | None:
        """Return the operation at a method and a path; without a method, the only one at the path."""
        declared = self._paths.match(self._without_base_path(path))
        if declared is None or (method and method not in declared.methods):
            return None
        methods = [method] if method else declared.methods
        names = [name for each in methods for name in self._names[each, declared.path]]
        if len(names) != 1:
            return None
        owner, name = names[0]
        return owner.find_by_name(name)[0]

    @cached_property
    def _names(self) -> dict[tuple[str, str], list[tuple[Contract, str]]]:
        """The contracts that declare a method and a path, with the operation's name."""
        names: dict[tuple[str, str], list[tuple[Contract, str]]] = {}
        for owner in self._contracts:
            for method, path, name in owner.parts.routes():
                names.setdefault((method, path), []).append((owner, name))
        return names

    @cached_property
    def _paths(self) -> PublishedOperations:
        declared = (PublishedOperation(method, path) for method, path in self._names)
        return PublishedOperations(self._contracts[0].name, declared, is_complete=True)

    @cached_property
    def _base_paths(self) -> list[str]:
        paths = (urlsplit(each.base_url()).path.rstrip("/") for each in self._contracts)
        return [path.lower() for path in paths if path]

    def _without_base_path(self, path: str) -> str:
        for base in self._base_paths:
            if path.lower().startswith(f"{base}/"):
                return path[len(base) :]
        return ACD_BASE_PATH.sub("", path)


@cache
def shipped_operations() -> DeclaredOperations:
    """Return the operations of the contracts in the package."""
    return DeclaredOperations(contract.load_shipped_contracts())
