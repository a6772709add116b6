"""Settings for the sandbox in this process, with the guards that apply in a real run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.findings.finding import Severity, add_notice
from cxcall.settings.conflicts import find_ignored_guards, find_ignored_variables
from cxcall.settings.regions import token_url_for
from cxcall.settings.settings import Settings, read_trusted_layers
from cxcall.settings.sources import (
    GUARD_SETTINGS,
    SANDBOX_PROFILE,
    Setting,
    check_values,
    find_setting,
    read_flags,
)

if TYPE_CHECKING:
    from cxcall.sandbox.server import Sandbox
    from cxcall.settings.sources import Flags

_FROM_FLAGS = ("timeout", "engagement_header", "engagement_id")
"""The settings beside the guards that flags set."""


def sandbox_settings(sandbox: Sandbox, flags: Flags, *, user_token: str = "") -> Settings:
    """Return settings for the sandbox in this process; of other sources than flags, only guards apply.

    No other source sets an address or a secret. `user_token` is used instead of the OAuth client, for an
    operation that acts as a user.
    """
    layers, _, ignored, more_lists = read_trusted_layers(flags)
    for finding in (*ignored, *find_ignored_variables()):
        add_notice(finding._replace(severity=Severity.WARNING))
    found = {name: find_setting(name, layers) for name in (*GUARD_SETTINGS, "do_not_call")}
    guards = {name: setting for name, setting in found.items() if setting}
    own = {name: setting for name, setting in read_flags(flags).items() if name in _FROM_FLAGS}
    layer = {
        "profile": SANDBOX_PROFILE,
        "base_url": sandbox.base_url,
        "token_url": token_url_for(sandbox.base_url),
    }
    if user_token:
        layer["access_token"] = user_token
    else:
        names = ("client_id", "username", "client_secret", "password", "api_key")
        layer |= dict.fromkeys(names[:2], sandbox.client_id)
        layer |= dict.fromkeys(names[2:], sandbox.client_secret)
    sandbox_layer = {name: Setting(value, "sandbox") for name, value in layer.items()}
    return Settings(
        check_values([sandbox_layer, own, guards]),
        is_embedded=True,
        more_do_not_call=more_lists,
        ignored_guards=tuple(find_ignored_guards()),
    )
