"""Where contracts declare their operations: which one a method and a path belong to."""

from __future__ import annotations

from functools import cache, cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cxcall.contracts import contract
from cxcall.explaining.published_operations import FAMILY, PublishedOperation, PublishedOperations

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cxcall.contracts.contract import Contract, Operation


class Declarations:
    """The operations of some contracts by their paths, each read when it is asked for."""

    def __init__(self, contracts: Sequence[Contract]) -> None:
        self._contracts = contracts

    @cached_property
    def _names(self) -> dict[tuple[str, str], list[tuple[Contract, str]]]:
        found: dict[tuple[str, str], list[tuple[Contract, str]]] = {}
        for known in self._contracts:
            for method, path, name in known.parts.routes():
                found.setdefault((method, path), []).append((known, name))
        return found

    @cached_property
    def listing(self) -> PublishedOperations:
        """All of them, as published operations are listed."""
        name = self._contracts[0].name
        return PublishedOperations(
            name, (PublishedOperation(*place) for place in self._names), whole=True
        )

    @cached_property
    def _bases(self) -> list[str]:
        found = (urlsplit(known.base_url()).path.rstrip("/") for known in self._contracts)
        return [base.lower() for base in found if base]

    def within(self, path: str) -> str:
        """Return a path without that of the server before it."""
        base = next((base for base in self._bases if path.lower().startswith(f"{base}/")), "")
        return path[len(base) :] if base else FAMILY.sub("", path)

    def find(self, method: str | None, path: str) -> Operation | None:
        """Return the operation at this method and path; without a method, the only one there."""
        here = self.listing.match(self.within(path))
        if here is None or (method and method not in here.methods):
            return None
        methods = [method] if method else here.methods
        holding = [each for one in methods for each in self._names[one, here.path]]
        if len(holding) != 1:
            return None
        known, name = holding[0]
        return known.named(name)[0]


@cache
def shipped() -> Declarations:
    """Return the operations of the contracts in the package."""
    return Declarations(contract.builtin())
