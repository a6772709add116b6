"""Find the operation that a campaign command uses on the platform of the profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.cli.options import find_own_contract, flags_of
from cxcall.contracts.campaign_roles import require_role
from cxcall.contracts.contract import load_contracts, load_shipped_contracts
from cxcall.settings.settings import find_platform

if TYPE_CHECKING:
    from cxcall.cli.options import ContractOptions, SettingsOptions
    from cxcall.contracts.campaign_roles import RoleOperation


def find_role(role: str, chosen: SettingsOptions, contracts: ContractOptions) -> RoleOperation:
    """Return the operation with a role on the platform of the settings; raises UsageError if there is none."""
    own = find_own_contract(contracts, chosen.profile)
    platform = find_platform(flags_of(chosen, contracts)) or load_shipped_contracts()[0].platform
    return require_role(load_contracts(own), platform, role)
