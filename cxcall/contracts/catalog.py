"""The operations that a command knows, each read when it is asked for: a contract may hold thousands."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cxcall.contracts.contract import find, load_contracts

if TYPE_CHECKING:
    from cxcall.contracts.contract import Contract
    from cxcall.contracts.operation import Operation


class Catalog(Sequence["Operation"]):
    """The operations of several contracts, in their order."""

    def __init__(self, contracts: Sequence[Contract]) -> None:
        self.contracts = contracts

    @cached_property
    def _all(self) -> tuple[Operation, ...]:
        return tuple(operation for known in self.contracts for operation in known.operations)

    def __getitem__(self, index: Any) -> Any:
        return self._all[index]

    def __len__(self) -> int:
        return len(self._all)

    def named(self, name: str) -> Operation:
        """Return the operation called `name`, as `find` does, without a look at the others."""
        found = (entry for known in self.contracts for entry in known.named(name))
        return next(found, None) or find(name, self._all)

    def likely(self, body: Any) -> tuple[Operation, ...]:
        """Return those that a body may be for, by the names in it; all of a contract that is small."""
        sample = body[0] if isinstance(body, list) and body else body
        names = tuple(sample) if isinstance(sample, dict) else ()
        return tuple(
            operation
            for known in self.contracts
            for operation in known.likely(names, is_array=isinstance(body, list))
        )


def load_catalog(path: str | None = None) -> Catalog:
    """Return the operations of every contract; those of the user's own (at `path`) first."""
    return Catalog(load_contracts(path))
