"""Find the user's own contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cxcall.cli.options import ContractOptions


def find_own_contract(options: ContractOptions, profile: str | None = None) -> str | None:
    """Return the path of the user's own contract, from the flag or the settings; None if there is none."""
    if options.contract:
        return options.contract
    from cxcall.settings.settings import find_contract_file

    return find_contract_file({"profile": profile}) or None
