"""Run `cxcall config`: show settings and folders, change profiles; and `cxcall auth switch`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from cxcall.contracts.contract import find_platform_contract
from cxcall.credentials.stored_logins import login_hosts
from cxcall.findings.errors import UsageError
from cxcall.findings.finding import Finding, command
from cxcall.output.report import Report, Table
from cxcall.settings import profiles
from cxcall.settings.config_file import ConfigFile
from cxcall.settings.defaults import DEFAULTS
from cxcall.settings.dotenv_file import stop_on_machine_variables
from cxcall.settings.settings import (
    config_dir,
    config_path,
    find_platform,
    find_profile,
    load_settings,
    state_dir,
)
from cxcall.settings.sources import SECRET_SETTINGS, Setting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cxcall.settings.settings import Settings

    Flags = Mapping[str, str | None]


def chosen_profile(flags: Flags) -> Setting:
    """Return the profile that a command changes; raises UsageError if only the `.env` of a folder names it."""
    profile = find_profile(flags)
    if profile.source.startswith(".env"):
        raise UsageError(
            f"`.env` selects the profile `{profile.value}`, but this command does not change a profile that only `.env` selects",
            where=profile.locate(),
            fix=f"add {command('--profile', profile.value)}",
        )
    return profile


def get_value(key: str, flags: Flags) -> Report:
    """Return a setting of the profile; raises UsageError if the profile does not set it."""
    profiles.check_name(key)
    file, profile = ConfigFile.read(config_path()), find_profile(flags)
    setting = file.profile_settings(profile).get(key)
    if setting is None:
        raise UsageError(
            f"profile `{profile.value}` does not set `{key}`",
            where=str(file.path),
            fix="`cxcall config show` lists the values in effect",
        )
    value = "****" if key in SECRET_SETTINGS else setting.value
    return Report("config get", data={key: value, "profile": profile.value}, text=value)


def set_value(key: str, value: str, flags: Flags) -> Report:
    """Set a setting of the profile, and return its new value."""
    profiles.check_name(key)
    profile = chosen_profile(flags).value
    checked = profiles.checked_value(key, value, find_platform_contract(_platform(profile)))
    profiles.change_profile(config_path(), profile, {key: checked})
    return Report(
        "config set",
        data={key: checked, "profile": profile},
        text=f"`{key}` of profile `{profile}` is `{checked}`",
    )


def unset_value(key: str, flags: Flags) -> Report:
    """Remove a setting from the profile, if the profile sets it."""
    profiles.check_name(key)
    file, profile = ConfigFile.read(config_path()), chosen_profile(flags)
    is_set = key in file.profile_settings(profile)
    if is_set:
        profiles.change_profile(file.path, profile.value, {}, [key])
    done = "no longer sets" if is_set else "did not set"
    return Report(
        "config unset",
        data={"removed": is_set, "profile": profile.value},
        text=f"profile `{profile.value}` {done} `{key}`",
    )


def list_profiles() -> Report:
    """Return each profile with its platform, destination, client, and logins."""
    file = ConfigFile.read(config_path())
    default = file.default_profile.value if file.default_profile else DEFAULTS["profile"]
    names = list(dict.fromkeys([*file.profiles, default]))
    found = {
        name: {
            "isDefault": name == default,
            "platform": table.get("platform", ""),
            "destination": table.get("base_url") or table.get("region", ""),
            "clientId": table.get("access_key_id") or table.get("client_id", ""),
            "loggedInTo": login_hosts(name),
        }
        for name in names
        for table in [file.profiles.get(name, {})]
    }
    rows = [
        (
            name,
            "yes" if entry["isDefault"] else "",
            *(str(entry[key]) for key in ("platform", "destination", "clientId")),
            " ".join(entry["loggedInTo"]),
        )
        for name, entry in found.items()
    ]
    columns = (
        "PROFILE",
        "DEFAULT",
        "PLATFORM",
        "REGION OR URL",
        "CLIENT OR KEY ID",
        "LOGGED IN TO",
    )
    return Report("config profiles", data=found, table=Table(columns, rows))


def switch_profile(name: str) -> Report:
    """Make a profile the default one; warns if an environment variable takes precedence over it."""
    profiles.set_default_profile(config_path(), name)
    findings = []
    if os.environ.get("CXCALL_PROFILE", "").strip() not in ("", name):
        message = "the variable selects another profile and takes precedence"
        findings.append(
            Finding.warning("usage", "CXCALL_PROFILE", message, "`unset CXCALL_PROFILE`")
        )
    return Report(
        "auth switch",
        findings=tuple(findings),
        data={"profile": name},
        text=f"`{name}` is now the default profile",
    )


def _platform(profile: str) -> str:
    table = ConfigFile.read(config_path()).profiles.get(profile, {})
    return str(table.get("platform", "")) or find_platform({})


def show_settings(flags: Flags) -> Report:
    """Return each effective setting with its source; secrets are masked."""
    settings = settings_of_platform(flags)
    rows = [
        (name, "****" if name in SECRET_SETTINGS and entry.value else entry.value, entry.source)
        for name, entry in settings.values.items()
    ]
    return Report(
        "config show",
        findings=settings.conflicts,
        data={name: {"value": value, "source": source} for name, value, source in rows},
        table=Table(("SETTING", "VALUE", "SOURCE"), rows),
    )


def show_folders() -> Report:
    """Return the folders of settings and of state."""
    stop_on_machine_variables()
    folders = {"config": str(config_dir()), "state": str(state_dir())}
    return Report("config path", data=folders, text="\n".join(folders.values()))


def settings_of_platform(flags: Flags) -> Settings:
    """Load the settings with the first contract of the platform that they name."""
    return load_settings(flags, find_platform_contract(find_platform(flags)))
