"""`cxcall config`: show the effective settings and their folders."""

from __future__ import annotations

from cxcall.cli.option_binding import accept_global_options, examples, expand_option_groups, new_app
from cxcall.cli.options import SettingsOptions, flags_of
from cxcall.output.report import Report

app = accept_global_options(new_app("Show effective settings and their folders."))


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
