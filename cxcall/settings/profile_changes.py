"""Change the profiles of config.toml; keeps comments and the order of the file."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from cxcall.documents.paths import absolute_path, expand_home
from cxcall.documents.private_files import PrivateFile, check_replaceable, replace_text
from cxcall.findings.errors import UsageError
from cxcall.findings.finding import printable
from cxcall.findings.hinted_commands import forget_profile
from cxcall.settings.config_file import ConfigFile, allow_missing_profile
from cxcall.settings.regions import normalize_base_url, normalize_url, region_domain
from cxcall.settings.sources import (
    DEFAULTS,
    DURATION_SETTINGS,
    GC_PREFIX,
    PROFILE_SETTINGS,
    SECRET_SETTINGS,
    URL_SETTINGS,
    Setting,
    check_values,
    suggest_name,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from cxcall.contracts.contract import Contract

_DESTINATION = ("region", *URL_SETTINGS)
_LOCK_SECONDS = 5.0
_LOGIN_OPTIONS = {"access_token": " --with-token", "password": " --basic", "api_key": " --api-key"}
PATHS = ("contract", "do_not_call")


def check_name(key: str) -> None:
    """Raise UsageError if no profile has the setting `key`."""
    if key == "default_profile":
        raise UsageError(
            "`default_profile` is not a setting of a profile",
            where=key,
            fix="`cxcall auth switch NAME`",
        )
    if key not in PROFILE_SETTINGS:
        fix = suggest_name(key, PROFILE_SETTINGS)
        raise UsageError(f"unknown setting `{key}`", where="KEY", fix=fix)


def checked_value(key: str, value: str, contract: Contract) -> str | int | float:
    """Return a value in the form of the file; raises UsageError if it is not valid, or is a secret.

    Paths become absolute, because a profile is used from every folder. `contract` declares the regions.
    """
    if key in SECRET_SETTINGS:
        raise UsageError(
            f"`{key}` is a secret, and a command line is kept in the shell's history",
            where="VALUE",
            fix=f"`cxcall auth login{_LOGIN_OPTIONS.get(key, '')}` asks for the secret and stores it",
        )
    setting = Setting(value.strip(), "VALUE", locate=lambda: "VALUE")
    if not setting.value:
        raise UsageError(f"`{key}` is empty", where="VALUE", fix=f"`cxcall config unset {key}`")
    if not setting.value.isprintable():
        raise UsageError(
            f"`{key}` has a control character: `{printable(setting.value)}`",
            where="VALUE",
            fix="give a value on one line, without control characters",
        )
    check_values([{key: setting}])
    if key in DURATION_SETTINGS:
        seconds = float(setting.value)
        return int(seconds) if seconds.is_integer() else seconds
    if key == "base_url":
        return normalize_base_url(setting, contract)
    if key in URL_SETTINGS:
        return normalize_url(key, setting)
    if key in PATHS:
        return str(absolute_path(expand_home(setting.value, setting.locate())).resolve())
    if key == "region":
        region_domain(setting, contract)
    return setting.value


def change_profile(
    path: Path, profile: str, values: Mapping[str, Any], remove: Iterable[str] = ()
) -> None:
    """Set and remove settings of a profile, which is created if it is missing.

    A new region or URL of the API replaces the earlier destination of the profile. The first profile of
    a file becomes the default one. Raises UsageError if the file is not valid or cannot be written.
    """
    _check_profile(profile)
    if "region" in values or "base_url" in values:
        remove = {*remove, *_DESTINATION} - values.keys()

    with _edited(path) as (document, tables):
        is_first = not tables and "default_profile" not in document
        if is_first and profile != DEFAULTS["profile"]:
            document["default_profile"] = profile
        table = tables.setdefault(profile, {})
        table.update(values)
        for name in remove:
            table.pop(name, None)


def set_default_profile(path: Path, profile: str) -> None:
    """Set the profile that is used when no source names one; raises UsageError if the profile is missing."""
    _check_profile(profile)
    # Raises the error for an unknown profile.
    ConfigFile.read(path).profile_settings(Setting(profile, "NAME", locate=lambda: "NAME"))
    with _edited(path) as (document, _):
        document["default_profile"] = profile


def check_changeable(path: Path) -> None:
    """Raise UnwritableError if the file cannot be changed, before a person or a command does what it should record."""
    check_replaceable(path, folder_variable="CXCALL_CONFIG_DIR")


@contextmanager
def new_profile(path: Path, profile: Setting) -> Iterator[None]:
    """Let the block use a profile that may be missing, and create it at the end; an exception changes nothing."""
    is_known = profile.value in ConfigFile.read(path).profiles
    if is_known or profile.value == DEFAULTS["profile"] or profile.value.startswith(GC_PREFIX):
        yield
        return
    _check_profile(profile.value)
    check_changeable(path)
    try:
        with allow_missing_profile(profile.value):
            yield
    except BaseException:
        forget_profile()
        raise
    change_profile(path, profile.value, {})


def _check_profile(profile: str) -> None:
    if not profile.strip() or not profile.isprintable():
        raise UsageError(
            f"`{printable(profile)}` is not a valid name of a profile",
            where="--profile",
            fix="give a name on one line, without control characters",
        )
    if profile.startswith(GC_PREFIX):
        raise UsageError(
            f"`{profile}` is a profile of the vendor's tool, which cxcall only reads",
            where="--profile",
            fix="`gc profiles` changes it; or give another name",
        )


@contextmanager
def _edited(path: Path) -> Iterator[tuple[Any, Any]]:
    """Yield the TOML document and its `profiles`, and replace the file after the block has changed them."""
    import tomlkit

    with PrivateFile(path).lock(_LOCK_SECONDS) as is_held:
        if not is_held:
            raise UsageError(
                f"another process is changing `{path.name}`", where=str(path), fix="try again"
            )
        document = tomlkit.parse(ConfigFile.read(path).text)
        tables = document.setdefault("profiles", tomlkit.table(is_super_table=True))
        yield document, tables
        text = tomlkit.dumps(document)
        if text.strip() or path.exists():
            replace_text(path, text, folder_variable="CXCALL_CONFIG_DIR")
