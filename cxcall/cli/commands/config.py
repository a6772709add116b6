"""`cxcall config`: show the effective settings, and change the profiles of config.toml."""

from cxcall.cli.actions.config import (
    get_setting,
    list_all_profiles,
    set_setting,
    show_folders,
    show_settings,
    unset_setting,
)
from cxcall.cli.command_classes import CommandGroup
from cxcall.cli.shared_options import COMMON, PROFILE, SettingsOptions
from cxcall.output.output_options import OptionGroup, argument
from cxcall.output.report import Report

app = CommandGroup("Show settings and change profiles.", COMMON)
KEY = argument("KEY", "The name of a setting, as in `cxcall config show`.", default=...)


class ProfileOptions(OptionGroup):
    """The option for the profile, for commands that use no other setting."""

    profile: str | None = PROFILE


@app.command("show", "cxcall config show", "cxcall config show --profile eu -o json")
def show(target: SettingsOptions) -> Report:
    """Show effective settings and their sources, secrets masked."""
    return show_settings(target)


@app.command("path", "cxcall config path", "ls -l $(cxcall config path)")
def path() -> Report:
    """Show the folders of the settings, the ledger, and tokens."""
    return show_folders()


@app.command("get", "cxcall config get region", "cxcall config get base_url --profile eu")
def get(options: ProfileOptions, key: str = KEY) -> Report:
    """Print a setting of a profile."""
    return get_setting(options, key)


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
    return set_setting(options, key, value)


@app.command("unset", "cxcall config unset region", "cxcall config unset hours --profile eu")
def unset(options: ProfileOptions, key: str = KEY) -> Report:
    """Remove a setting from a profile."""
    return unset_setting(options, key)


@app.command("profiles", "cxcall config profiles", "cxcall config profiles -o json")
def list_profiles() -> Report:
    """List the profiles, their destinations, and their logins."""
    return list_all_profiles()
