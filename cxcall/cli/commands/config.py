"""`cxcall config`: the settled values, each with its source."""

from __future__ import annotations

from cxcall.cli.option_binding import accept_global_options, examples, expand_option_groups, new_app
from cxcall.cli.options import SettingsOptions
from cxcall.output.report import Report, Table

app = accept_global_options(new_app("Show the settings in force, and where they are kept."))


@app.command(
    "show", epilog=examples("cxcall config show", "cxcall config show --profile eu -o json")
)
@expand_option_groups
def show(settings: SettingsOptions) -> Report:
    """Show every settled value, and where it came from; secrets are masked."""
    from cxcall.cli.options import flags_of
    from cxcall.contracts.contract import of_platform
    from cxcall.settings.settings import find_platform, load_settings
    from cxcall.settings.sources import SECRET_SETTINGS

    flags = flags_of(settings)
    settled = load_settings(flags, of_platform(find_platform(flags)))
    shown = {
        name: ("****" if name in SECRET_SETTINGS and entry.value else entry.value, entry.source)
        for name, entry in settled.values.items()
    }
    return Report(
        command="config show",
        findings=settled.conflicts,
        data={name: {"value": value, "source": source} for name, (value, source) in shown.items()},
        table=Table(
            ("SETTING", "VALUE", "SOURCE"),
            [(name, value, source) for name, (value, source) in shown.items()],
        ),
    )


@app.command("path", epilog=examples("cxcall config path", "ls -l $(cxcall config path)"))
@expand_option_groups
def path() -> Report:
    """Show the folders of settings and of state (the ledger, tokens)."""
    from cxcall.settings.settings import config_dir, state_dir

    folders = {"config": str(config_dir()), "state": str(state_dir())}
    return Report("config path", data=folders, text="\n".join(folders.values()))
