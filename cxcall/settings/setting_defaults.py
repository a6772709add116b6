"""The default values of settings, and the check of given ones."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cxcall.contracts.openapi_document import PLATFORMS
from cxcall.findings.finding import printable
from cxcall.settings.sources import (
    DURATION_SETTINGS,
    SETTING_NAMES,
    Layer,
    Setting,
    find_setting,
    invalid_setting,
    suggest_name,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cxcall.settings.sources import SettingsByName

_HOURS_POLICIES = ("warn", "enforce")
_CHOICES = {"platform": PLATFORMS, "hours_policy": _HOURS_POLICIES}
_LONGEST_SECONDS = 604800.0  # one week; the operating system's timers overflow on longer waits
_HEADER_NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_FORMS = (
    (
        "engagement_header",
        _HEADER_NAME,
        "`{}` is not a valid header name",
        "write only the name, e.g. `X-Engagement-Id`",
    ),
    (
        "engagement_id",
        rf"header:{_HEADER_NAME}|body:(?:/[^/]+)+",
        "`{}` is not a valid place for an engagement ID",
        "write `header:X-Engagement-Id` or `body:/call/id`",
    ),
)

DEFAULTS = {
    "profile": "default",
    "timeout": "30",
    "max_wait": "60",
    "duplicate_window": "900",
    "hours_policy": "warn",
}
"""The values of settings that no source sets."""


def default_setting(name: str) -> Setting:
    """Return the value of a setting that no source sets."""
    value = DEFAULTS.get(name, "")
    return Setting(value, "default" if value else "not set", Layer.DEFAULT)


def check_values(layers: Sequence[SettingsByName]) -> dict[str, Setting]:
    """Return the value of every setting; raises UsageError for one that is not valid."""
    values = {name: find_setting(name, layers) or default_setting(name) for name in SETTING_NAMES}
    for name in DURATION_SETTINGS:
        check_seconds(name, values[name])
    for name, pattern, problem, fix in _FORMS:
        if values[name].value and not re.fullmatch(pattern, values[name].value):
            shown = problem.format(printable(values[name].value))
            raise invalid_setting(name, values[name], shown, fix=fix)
    for name in _CHOICES:
        check_choice(name, values[name])
    if (hours := values["hours"]).value:
        from cxcall.phone.calling_hours import Hours

        Hours.parse(hours.value, hours.locate())
    if (attempts := values["max_attempts"]).value:
        from cxcall.phone.call_limit import CallLimit

        CallLimit.parse(attempts.value, attempts.locate())
    return values


def check_choice(name: str, setting: Setting) -> None:
    """Raise UsageError for a value that is not one of those of the setting; an empty one is not set."""
    if setting.value and setting.value not in _CHOICES[name]:
        problem = f"`{printable(setting.value)}` is unknown"
        fix = suggest_name(setting.value, _CHOICES[name])
        raise invalid_setting(name, setting, problem, fix=fix)


def check_absolute(setting: Setting) -> None:
    """Raise UsageError for the relative path of a file, except stdin (`-`).

    It would be another file in each working directory. Only a flag and `.env` name a file of the working directory.
    """
    from cxcall.documents.paths import expand_home
    from cxcall.documents.text_files import STDIN

    text = setting.value
    if text == STDIN or expand_home(text, setting.locate()).is_absolute():
        return
    raise invalid_setting(
        "do_not_call",
        setting,
        f"must be an absolute path; got `{printable(text)}`",
        fix="write the whole path, such as `/srv/lists/do-not-call.txt`",
        why="with a relative path, the working directory would decide which list guards a call",
    )


def check_seconds(name: str, setting: Setting) -> None:
    """Raise UsageError unless the value is above 0 and at most a week; `max_wait` may be 0."""
    try:
        seconds = float(setting.value)
    except ValueError:
        seconds = -1.0
    if not (0 < seconds <= _LONGEST_SECONDS or (seconds == 0 and name == "max_wait")):
        least = "from 0" if name == "max_wait" else "above 0"
        problem = f"is `{printable(setting.value)}`, not a number of seconds {least} up to {_LONGEST_SECONDS:.0f}"
        raise invalid_setting(name, setting, problem, fix=f"write seconds, e.g. `{DEFAULTS[name]}`")
