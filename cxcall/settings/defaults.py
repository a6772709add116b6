"""The values of settings that no source sets."""

from __future__ import annotations

from cxcall.settings.sources import Layer, Setting

DEFAULTS = {
    "profile": "default",
    "timeout": "30",
    "max_wait": "60",
    "duplicate_window": "900",
    "hours_policy": "warn",
}


def default_setting(name: str) -> Setting:
    """Return the value of a setting that no source sets."""
    value = DEFAULTS.get(name, "")
    return Setting(value, "default" if value else "not set", Layer.DEFAULT)
