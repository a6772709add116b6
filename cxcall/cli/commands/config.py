"""`cxcall config`: show the effective settings, and change the profiles of config.toml."""

from __future__ import annotations

from typing import Annotated

from cxcall.cli.option_binding import (
    accept_global_options,
    argument,
    examples,
    expand_option_groups,
    new_app,
)
from cxcall.cli.options import ProfileOptions, SettingsOptions, flags_of
from cxcall.output.report import Report

app = accept_global_options(new_app("Show settings and change profiles."))
Key = Annotated[str, argument("KEY", "The name of a setting, as in `cxcall config show`.")]


@app.command(
    "show", epilog=examples("cxcall config show", "cxcall config show --profile eu -o json")
)
@expand_option_groups
def show(settings: SettingsOptions) -> Report:
    """Show effective settings and their sources, secrets masked."""
    from cxcall.cli.actions.config import show_settings

    return show_settings(flags_of(settings))


@app.command("path", epilog=examples("cxcall config path", "ls -l $(cxcall config path)"))
@expand_option_groups
def path() -> Report:
    """Show the folders of the settings, the ledger, and tokens."""
    from cxcall.cli.actions.config import show_folders

    return show_folders()


@app.command(
    "get", epilog=examples("cxcall config get region", "cxcall config get base_url --profile eu")
)
@expand_option_groups
def get(key: Key, profile: ProfileOptions) -> Report:
    """Print a setting of a profile."""
    from cxcall.cli.actions.profiles import get_value

    return get_value(key, flags_of(profile))


@app.command(
    "set",
    epilog=examples(
        "cxcall config set region eu-west-1", "cxcall config set hours_policy enforce --profile eu"
    ),
)
@expand_option_groups
def set_(
    key: Key, value: Annotated[str, argument("VALUE", "The value.")], profile: ProfileOptions
) -> Report:
    """Set a setting of a profile.

    A missing profile is created. A new region or URL replaces the other. `cxcall auth login` sets secrets.
    """
    from cxcall.cli.actions.profiles import set_value

    return set_value(key, value, flags_of(profile))


@app.command(
    "unset", epilog=examples("cxcall config unset region", "cxcall config unset hours --profile eu")
)
@expand_option_groups
def unset(key: Key, profile: ProfileOptions) -> Report:
    """Remove a setting from a profile."""
    from cxcall.cli.actions.profiles import unset_value

    return unset_value(key, flags_of(profile))


@app.command(
    "profiles", epilog=examples("cxcall config profiles", "cxcall config profiles -o json")
)
@expand_option_groups
def profiles() -> Report:
    """List the profiles, their destinations, and their logins."""
    from cxcall.cli.actions.profiles import list_profiles

    return list_profiles()
