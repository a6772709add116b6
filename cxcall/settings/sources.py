"""Sources of settings: their layers and names, the values of flags and of the environment, defaults, and checks of values."""

from __future__ import annotations

import os
import re
from enum import IntEnum
from functools import partial
from typing import TYPE_CHECKING, Any

from cxcall.contracts.openapi_document import PLATFORMS
from cxcall.findings.errors import UsageError
from cxcall.findings.finding import printable
from cxcall.named_tuple import NamedTuple
from cxcall.runtime.secrets.known_secrets import redacted_repr

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    Flags = Mapping[str, Any]
    """The texts of flags by the names of their settings, a list of texts if it is repeatable; None if it is not given."""


DURATION_SETTINGS = ("timeout", "max_wait", "duplicate_window")
SECRET_SETTINGS = ("client_secret", "access_token", "access_key_secret", "password", "api_key")
CREDENTIAL_NAMES = ("client_id", "access_key_id", "username", *SECRET_SETTINGS)
SETTING_NAMES = (
    "profile",
    "platform",
    "region",
    "base_url",
    "token_url",
    "issuer",
    *CREDENTIAL_NAMES,
    *DURATION_SETTINGS,
    "engagement_header",
    "engagement_id",
    "contract",
    "hours",
    "hours_policy",
    "do_not_call",
    "max_attempts",
)
PROFILE_SETTINGS = SETTING_NAMES[1:]
GUARD_SETTINGS = ("duplicate_window", "hours", "hours_policy", "max_attempts")
"""The guards that can be compared; a do-not-call list cannot."""
SANDBOX_PROFILE = "sandbox"
"""The profile of what is sent to the embedded sandbox."""
URL_SETTINGS = ("base_url", "token_url", "issuer")
PREFIX = "CXCALL_"
GC_PREFIX = "gc:"
ONLY_SANDBOX = "CXCALL_ONLY_SANDBOX"
MACHINE_VARIABLES = (
    *("CXCALL_STATE_DIR", "CXCALL_CONFIG_DIR", "CXCALL_CACHE_DIR", "CXCALL_LEDGER"),
    ONLY_SANDBOX,
)
"""The settings that only the environment may set: a `.env` file must not decide what guards a call."""
VENDOR_VARIABLES = {
    "region": "GENESYSCLOUD_REGION",
    "client_id": "GENESYSCLOUD_OAUTHCLIENT_ID",
    "client_secret": "GENESYSCLOUD_OAUTHCLIENT_SECRET",
    "access_token": "GENESYSCLOUD_ACCESS_TOKEN",
}


class Layer(IntEnum):
    """The layer of settings that a value belongs to; trust depends on it.

    The first ones are in order of precedence, and the index of a layer in a list of layers.
    """

    FLAGS = 0
    ENVIRONMENT = 1
    VENDOR_ENVIRONMENT = 2
    DOTENV = 3
    VENDOR_DOTENV = 4
    PROFILE = 5
    """A profile, or `default_profile`."""
    LOGIN = 6
    """A stored login, or a secret that the user types to store it."""
    DERIVED = 7
    """An address that follows from another setting."""
    DISCOVERY = 8
    """An address that the tenant discovery of CXone found."""
    CONTRACT = 9
    DEFAULT = 10
    OTHER = 11

    @property
    def is_dotenv(self) -> bool:
        """Whether the value is in the `.env` file of the working directory, which someone else may have written."""
        return self in (Layer.DOTENV, Layer.VENDOR_DOTENV)


class Setting(NamedTuple):
    """A value, the name of its source for people, its layer, and a function that returns its exact place.

    `locate` is called only for an error message, because finding a line in a file takes time.
    """

    value: str
    source: str
    layer: Layer = Layer.OTHER
    locate: Callable[[], str] = str

    def __repr__(self) -> str:
        return redacted_repr(self, "value", "locate")


SettingsByName = dict[str, Setting]
"""The settings that one source sets, by name."""


def invalid_setting(
    name: str, setting: Setting, problem: str, *, fix: str, why: str = "", code: str = "usage"
) -> UsageError:
    """Return the error for a value that cannot be used, with the place where it is set."""
    return UsageError(f"`{name}` {problem}", where=setting.locate(), fix=fix, why=why, code=code)


def suggest_name(name: str, known: Iterable[str], *, prefix: str = "") -> str:
    """Return a text with the most similar name, or several equally similar ones, or the list of known names.

    The common `prefix` of all names is not compared.
    """
    from cxcall.runtime.name_similarity import find_equally_similar

    names = list(known)
    bare = (each.removeprefix(prefix) for each in names)
    near = find_equally_similar(name.removeprefix(prefix), bare)
    if not near:
        return f"use one of: {', '.join(names)}"
    shown = ", ".join(f"`{prefix}{each}`" for each in near)
    return f"the most similar name{'s are' if near[1:] else ' is'} {shown}"


def find_setting(name: str, layers: Iterable[SettingsByName]) -> Setting | None:
    """Return the value from the first layer that sets `name`."""
    return next((layer[name] for layer in layers if name in layer), None)


def without_dotenv(layers: Sequence[SettingsByName]) -> list[SettingsByName]:
    """Return the layers in their places, with those of `.env` empty."""
    return [{} if Layer(place).is_dotenv else layer for place, layer in enumerate(layers)]


def replace_dotenv(layers: Sequence[SettingsByName], layer: SettingsByName) -> list[SettingsByName]:
    """Return the layers with the `CXCALL_*` layer of `.env` replaced."""
    return [*layers[: Layer.DOTENV], layer, *layers[Layer.DOTENV + 1 :]]


def read_flags(flags: Flags) -> SettingsByName:
    """Return the flags that have a value, of a repeatable one the first. An empty flag counts as not set."""
    return {name: found[0] for name in flags if (found := read_flag(flags, name))}


def read_flag(flags: Flags, name: str) -> list[Setting]:
    """Return the values of a flag that are not empty."""
    given, flag = flags.get(name), f"--{name.replace('_', '-')}"
    texts = given if isinstance(given, list | tuple) else [given or ""]
    plain = (text.strip() for text in texts)
    return [Setting(each, flag, Layer.FLAGS, partial(str, flag)) for each in plain if each]


def read_environment() -> tuple[SettingsByName, SettingsByName]:
    """Return the settings of the `CXCALL_*` variables, and those of the vendor's variables."""
    return split_by_owner(
        {
            key: Setting(
                text.strip(),
                f"environment {key}",
                Layer.ENVIRONMENT if key.startswith(PREFIX) else Layer.VENDOR_ENVIRONMENT,
                partial(str, key),
            )
            for key, text in os.environ.items()
            if key.startswith((PREFIX, "GENESYSCLOUD_"))
        }
    )


def only_sandbox() -> str:
    """Return the address of the only server that may be used; empty if any may. Raises UsageError for an empty variable."""
    return read_variable(
        ONLY_SANDBOX,
        "set the address of the sandbox, or unset the variable",
        "a request could go to any server",
    )


def read_variable(name: str, fix: str, why: str) -> str:
    """Return the text of a variable, empty if it is not set; raises UsageError if it is set, but empty."""
    text = os.environ.get(name, "").strip()
    if name in os.environ and not text:
        raise UsageError(f"`{name}` is set, but empty", where=name, fix=fix, why=why)
    return text


def empty_guards() -> list[str]:
    """Return the variables of guards that are set, but empty, such as a missing variable of a CI job."""
    names = map(variable_name, (*GUARD_SETTINGS, "do_not_call"))
    return [name for name in names if name in os.environ and not os.environ[name].strip()]


def unknown_variables() -> list[str]:
    """Return the `CXCALL_*` variables of the environment that are not settings, sorted."""
    names = [name for name in os.environ if name.startswith(PREFIX)]
    known = {*MACHINE_VARIABLES, *map(variable_name, SETTING_NAMES)} if names else set()
    return sorted(name for name in names if name not in known)


def variable_name(name: str) -> str:
    """Return the name of the environment variable of a setting."""
    return PREFIX + name.upper()


def split_by_owner(found: Mapping[str, Setting]) -> tuple[SettingsByName, SettingsByName]:
    """Return the settings of cxcall's own variables, and those of the vendor's variables."""
    own = {name: found[key] for name in SETTING_NAMES if (key := variable_name(name)) in found}
    vendor = {name: found[key] for name, key in VENDOR_VARIABLES.items() if key in found}
    return drop_empty(own), drop_empty(vendor)


def drop_empty(layer: SettingsByName) -> SettingsByName:
    """Return the settings that have a value."""
    return {name: setting for name, setting in layer.items() if setting.value}


_HOURS_POLICIES = ("warn", "enforce")
SETTING_CHOICES = {"platform": PLATFORMS, "hours_policy": _HOURS_POLICIES}
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
    for name in SETTING_CHOICES:
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
    if setting.value and setting.value not in SETTING_CHOICES[name]:
        problem = f"`{printable(setting.value)}` is unknown"
        fix = suggest_name(setting.value, SETTING_CHOICES[name])
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
