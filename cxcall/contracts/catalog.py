"""The operations of several contracts, each read when it is needed: a contract may have thousands."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cxcall.contracts.contract import find_operation, load_contracts

if TYPE_CHECKING:
    from cxcall.contracts.contract import Contract
    from cxcall.contracts.operation import Operation


class Catalog(Sequence["Operation"]):
    """A sequence of the operations of several contracts, in their order."""

    def __init__(self, contracts: Sequence[Contract]) -> None:
        self.contracts = contracts

    @cached_property
    def _all(self) -> tuple[Operation, ...]:
        return tuple(operation for known in self.contracts for operation in known.operations)

    def __getitem__(self, index: Any) -> Any:
        return self._all[index]

    def __len__(self) -> int:
        return len(self._all)

    def find_operation(self, name: str) -> Operation:
        """Return the operation called `name`; raises UsageError if there is none."""
        for known in self.contracts:
            if not known.is_shipped:
                known.stop_on_problem(name)
        found = (entry for known in self.contracts for entry in known.find_by_name(name))
        return next(found, None) or find_operation(name, self._all)

    def find_likely(self, body: Any) -> tuple[Operation, ...]:
        """Return the operations that a body may be for, by its property names; may return others, too."""
        sample = body[0] if isinstance(body, list) and body else body
        names = tuple(sample) if isinstance(sample, dict) else ()
        return tuple(
            operation
            for known in self.contracts
            for operation in known.find_likely(names, is_array=isinstance(body, list))
        )


def load_catalog(path: str | None = None) -> Catalog:
    """Return the operations of all contracts, those of the user's contract at `path` first."""
    return Catalog(load_contracts(path))
