"""Which operations a command knows: those of the package, and of a contract that settings name."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cxcall.cli.options import ContractOptions


def own_contract(options: ContractOptions, profile: str | None = None) -> str | None:
    """Return the user's own contract file: the flag's, else the one that settings name, if any."""
    if options.contract:
        return options.contract
    from cxcall.settings.settings import find_contract_file

    return find_contract_file({"profile": profile}) or None
