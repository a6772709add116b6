"""Which operations a command knows: those of the package, and of a contract that settings name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.contract import builtin

if TYPE_CHECKING:
    from cxcall.options import ContractOptions


def own_contract(options: ContractOptions) -> str | None:
    """Return the user's own contract file: the flag's, else the one that settings name, if any."""
    if options.contract:
        return options.contract
    from cxcall.config import settle

    return settle({}, builtin()[0]).contract or None
