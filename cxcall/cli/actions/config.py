"""Run `cxcall config`: show the effective settings and their folders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.contracts.contract import find_platform_contract
from cxcall.output.report import Report, Table
from cxcall.settings.settings import config_dir, find_platform, load_settings, state_dir
from cxcall.settings.sources import SECRET_SETTINGS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cxcall.settings.settings import Settings


def show_settings(flags: Mapping[str, str | None]) -> Report:
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
    folders = {"config": str(config_dir()), "state": str(state_dir())}
    return Report("config path", data=folders, text="\n".join(folders.values()))


def settings_of_platform(flags: Mapping[str, str | None]) -> Settings:
    """Load the settings with the first contract of the platform that they name."""
    return load_settings(flags, find_platform_contract(find_platform(flags)))
