"""Keep all that cxcall sends on one sandbox, so that a test of a program places no real call.

`CXCALL_ONLY_SANDBOX` is the address of that sandbox. The program under test may pass flags, and its folder may have a
`.env` with the credentials of its owner; the variable takes precedence over all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.settings.regions import normalize_url
from cxcall.settings.sources import (
    CREDENTIAL_NAMES,
    ONLY_SANDBOX,
    Layer,
    Setting,
    invalid_setting,
    only_sandbox,
    variable_name,
)
from cxcall.transport.origins import host_url, origin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cxcall.settings.sources import SettingsByName


def drop_other_credentials(layers: Sequence[SettingsByName]) -> list[SettingsByName]:
    """Return the layers with credentials only from the `CXCALL_*` variables."""
    return [
        layer
        if place in (Layer.FLAGS, Layer.ENVIRONMENT)
        else {name: layer[name] for name in layer if name not in CREDENTIAL_NAMES}
        for place, layer in enumerate(layers)
    ]


def stop_on_other_address(values: SettingsByName) -> None:
    """Raise UsageError if requests would go to another server than the sandbox."""
    variable = Setting(only_sandbox(), ONLY_SANDBOX, Layer.ENVIRONMENT, lambda: ONLY_SANDBOX)
    allowed = normalize_url(ONLY_SANDBOX, variable)
    for name in ("base_url", "token_url"):
        setting = values[name]
        if setting.value and origin(setting.value) != origin(allowed):
            raise invalid_setting(
                name,
                setting,
                f"is at {host_url(setting.value)}, but only the sandbox at {allowed} may be used",
                fix=f"set `{variable_name('base_url')}={allowed}`, and no flag or setting for another server; "
                f"to use another one, unset `{ONLY_SANDBOX}`",
                why=f"`{ONLY_SANDBOX}` is set, so that a test places no real call",
            )
