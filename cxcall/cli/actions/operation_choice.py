"""Choose the operation of a command that several operations or platforms share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.cli.shared_options import flags_of
from cxcall.findings.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cxcall.cli.shared_options import SettingsOptions
    from cxcall.contracts.campaign_roles import RoleOperation
    from cxcall.contracts.operation import Operation
    from cxcall.contracts.parameters import Flag


def choose_operation(
    operations: Sequence[Operation],
    route: str,
    texts: Sequence[tuple[Flag, str]],
    settings: SettingsOptions,
) -> Operation:
    """Return the operation of a command that fits the route, the profile's platform, and the flags.

    Raises UsageError if no operation accepts this set of flags.
    """
    flag_names = {flag.name for flag, _ in texts}
    routed = [entry for entry in operations if entry.route == route]
    candidates = _filter_platform(routed, settings)
    for entry in candidates:
        known = {flag.name for flag in entry.flags}
        needed = {flag.name for flag in entry.flags if flag.required and not flag.sets_body}
        if flag_names <= known and needed <= flag_names:
            return entry
    raise _mismatch_error(candidates, flag_names)


def find_role(role: str, settings: SettingsOptions) -> RoleOperation:
    """Return the operation with a role on the platform of the settings; raises UsageError if there is none."""
    from cxcall.contracts.campaign_roles import require_role
    from cxcall.contracts.contract import load_shipped_contracts
    from cxcall.settings.settings import find_platform

    platform = find_platform(flags_of(settings)) or load_shipped_contracts()[0].platform
    return require_role(platform, role)


def _filter_platform(operations: Sequence[Operation], settings: SettingsOptions) -> list[Operation]:
    """Return the operations of the profile's platform, by default the platform of the first operation."""
    if len({entry.platform for entry in operations}) == 1:
        return list(operations)
    from cxcall.settings.settings import find_platform

    platform = find_platform(flags_of(settings)) or operations[0].platform
    return [entry for entry in operations if entry.platform == platform]


def _mismatch_error(candidates: Sequence[Operation], flag_names: set[str]) -> UsageError:
    usages = [
        " ".join(
            f"--{flag.name} {flag.metavar}" if flag.required else f"[--{flag.name} {flag.metavar}]"
            for flag in entry.flags
        )
        for entry in candidates
    ]
    command, platform = candidates[0].command, candidates[0].platform
    known = {flag.name for entry in candidates for flag in entry.flags}
    foreign = next((f"--{name}" for name in sorted(flag_names - known)), "")
    return UsageError(
        f"`{foreign}` does not apply to `{command}` on `{platform}`"
        if foreign
        else f"`{command}` on `{platform}` requires another set of flags",
        where=foreign or command,
        fix="; or ".join(f"`{usage}`" for usage in usages),
        why="the platform decides which flags apply; `cxcall config show` shows its source",
    )
