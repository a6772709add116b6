"""`cxcall config`: show the effective settings, and change the profiles of config.toml."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.cli.command_classes import CommandGroup
from cxcall.cli.shared_options import COMMON, PROFILE, SettingsOptions, flags_of
from cxcall.contracts.contract import find_platform_contract
from cxcall.credentials.stored_logins import login_hosts
from cxcall.findings.errors import UsageError
from cxcall.findings.hinted_commands import command
from cxcall.output.output_options import OptionGroup, argument
from cxcall.output.report import Report, Table
from cxcall.settings import profile_changes
from cxcall.settings.config_file import ConfigFile
from cxcall.settings.dotenv_file import stop_on_machine_variables
from cxcall.settings.settings import (
    config_dir,
    config_path,
    find_platform,
    find_profile,
    load_settings,
    state_dir,
)
from cxcall.settings.sources import DEFAULTS, SECRET_SETTINGS, Layer, Setting

if TYPE_CHECKING:
    from cxcall.settings.settings import Settings
    from cxcall.settings.sources import Flags


app = CommandGroup("Show settings and change profiles.", COMMON)


KEY = argument("KEY", "The name of a setting, as in `cxcall config show`.", default=...)


class ProfileOptions(OptionGroup):
    """The option for the profile, for commands that use no other setting."""

    profile: str | None = PROFILE


@app.command("show", "cxcall config show", "cxcall config show --profile eu -o json")
def show(target: SettingsOptions) -> Report:
    """Show effective settings and their sources, secrets masked."""
    settings = settings_of_platform(flags_of(target))
    rows = [
        (name, "****" if name in SECRET_SETTINGS and entry.value else entry.value, entry.source)
        for name, entry in settings.values.items()
    ]
    return Report(
        "config show",
        findings=settings.conflicts,
        data={name: {"value": value, "source": source} for name, value, source in rows},
        table=Table(("SETTING", "VALUE", "SOURCE"), rows).joining_sources(),
    )


@app.command("path", "cxcall config path", "ls -l $(cxcall config path)")
def path() -> Report:
    """Show the folders of the settings, the ledger, and tokens."""
    stop_on_machine_variables()
    folders = {"config": str(config_dir()), "state": str(state_dir())}
    return Report("config path", data=folders, text="\n".join(folders.values()))


@app.command("get", "cxcall config get region", "cxcall config get base_url --profile eu")
def get(options: ProfileOptions, key: str = KEY) -> Report:
    """Print a setting of a profile."""
    profile_changes.check_name(key)
    file, profile = ConfigFile.read(config_path()), find_profile(flags_of(options))
    setting = file.profile_settings(profile).get(key)
    if setting is None:
        raise UsageError(
            f"profile `{profile.value}` does not set `{key}`",
            where=str(file.path),
            fix="`cxcall config show` lists the values in effect",
        )
    value = "****" if key in SECRET_SETTINGS else setting.value
    return Report("config get", data={key: value, "profile": profile.value}, text=value)


@app.command(
    "set",
    "cxcall config set region eu-west-1",
    "cxcall config set hours_policy enforce --profile eu",
)
def set_(
    options: ProfileOptions,
    key: str = KEY,
    value: str = argument("VALUE", "The value.", default=...),
) -> Report:
    """Set a setting of a profile.

    A missing profile is created. A new region or URL replaces the other. `cxcall auth login` sets secrets.
    """
    profile_changes.check_name(key)
    profile = chosen_profile(flags_of(options)).value
    table = ConfigFile.read(config_path()).profiles.get(profile, {})
    platform = str(table.get("platform", "")) or find_platform({})
    checked = profile_changes.checked_value(key, value, find_platform_contract(platform))
    profile_changes.change_profile(config_path(), profile, {key: checked})
    return Report(
        "config set",
        data={key: checked, "profile": profile},
        text=f"`{key}` of profile `{profile}` is `{checked}`",
    )


@app.command("unset", "cxcall config unset region", "cxcall config unset hours --profile eu")
def unset(options: ProfileOptions, key: str = KEY) -> Report:
    """Remove a setting from a profile."""
    profile_changes.check_name(key)
    file, profile = ConfigFile.read(config_path()), chosen_profile(flags_of(options))
    is_set = key in file.profile_settings(profile)
    if is_set:
        profile_changes.change_profile(file.path, profile.value, {}, [key])
    done = "no longer sets" if is_set else "did not set"
    return Report(
        "config unset",
        data={"removed": is_set, "profile": profile.value},
        text=f"profile `{profile.value}` {done} `{key}`",
    )


@app.command("profiles", "cxcall config profiles", "cxcall config profiles -o json")
def list_profiles() -> Report:
    """List the profiles, their destinations, and their logins."""
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
            str(entry["platform"]) or f"{find_platform_contract('').platform} (default)",
            *(str(entry[key]) for key in ("destination", "clientId")),
            " ".join(entry["loggedInTo"]),
        )
        for name, entry in found.items()
    ]
    if not file.profiles and not found[default]["loggedInTo"]:
        hint = "no profiles: `cxcall auth login` creates one"
        return Report("config profiles", data=found, diagnostics=[hint])
    words = "PROFILE", "DEFAULT", "PLATFORM", "REGION OR URL", "CLIENT OR KEY ID", "LOGGED IN TO"
    return Report("config profiles", data=found, table=Table(words, rows))


def chosen_profile(flags: Flags) -> Setting:
    """Return the profile that a command changes; raises UsageError if only the `.env` of a folder names it."""
    profile = find_profile(flags)
    if profile.layer.is_dotenv:
        raise UsageError(
            f"`.env` selects the profile `{profile.value}`, but this command does not change a profile that only `.env` selects",
            where=profile.locate(),
            fix=f"add {command('--profile', profile.value)}",
        )
    return profile


def settings_of_platform(flags: Flags) -> Settings:
    """Load the settings with the first contract of the platform that they name, or of the default platform."""
    settings = load_settings(flags, find_platform_contract(find_platform(flags)))
    platform = settings.values["platform"]
    if platform.layer is not Layer.CONTRACT:
        return settings
    return settings.with_values(platform=platform._replace(source="default", layer=Layer.DEFAULT))
