"""The guards that apply to requests to the embedded sandbox as they do in a real run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.findings.finding import Severity
from cxcall.findings.notices import add_notice
from cxcall.settings.settings import read_trusted_layers
from cxcall.settings.sources import find_setting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cxcall.settings.sources import Layer

_NAMES = ("do_not_call", "hours", "hours_policy", "duplicate_window")


def load_guards(flags: Mapping[str, str | None]) -> tuple[Layer, str]:
    """Return the guards of all sources, and the do-not-call list of `.env` if it applies beside another."""
    layers, _, ignored, second_list = read_trusted_layers(flags)
    for finding in ignored:
        add_notice(finding._replace(severity=Severity.WARNING))
    found = {name: find_setting(name, layers) for name in _NAMES}
    guards = {name: setting for name, setting in found.items() if setting}
    return guards, second_list.value if second_list else ""
