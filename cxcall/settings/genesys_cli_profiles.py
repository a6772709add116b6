"""The profiles of the vendor's tool `gc` in `~/.gc` (docs/platforms/genesys-cloud.md#the-vendors-gc-command)."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cxcall.contracts.openapi_document import GENESYS_CLOUD
from cxcall.documents import toml
from cxcall.documents.private_files import is_readable_by_others
from cxcall.findings.errors import UsageError
from cxcall.findings.hinted_commands import command
from cxcall.runtime.operating_system import is_missing
from cxcall.settings.sources import (
    GC_PREFIX,
    Layer,
    Setting,
    SettingsByName,
    drop_empty,
    suggest_name,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAMES = {
    "environment": "region",
    "client_credentials": "client_id",
    "client_secret": "client_secret",
    "access_token": "access_token",
}
_SECRETS = ("client_secret", "access_token")


def read_gc_profile(chosen: Setting) -> SettingsByName:
    """Return the settings of the profile that `gc:NAME` names, by cxcall's names.

    `gc` also reads the working directory. cxcall reads only the file in the home directory, because a file in the
    working directory must not decide where secrets go. Raises UsageError for an unknown profile, and for a secret that
    other users can read.
    """
    path, name = Path.home() / ".gc" / "config.toml", chosen.value.removeprefix(GC_PREFIX)
    if is_missing(path):
        raise UsageError(
            "`gc` has no profiles on this machine",
            where=chosen.locate(),
            fix="create one with `gc profiles new`, or use a profile of cxcall",
            why=f"looked in {path}",
        )
    text = toml.read_file(path)
    fix = "run `gc profiles list`: it either reads the file or shows the error"
    content = toml.parse_toml(path, text, fix=fix)
    # `gc` ignores the case of names.
    profiles = {key.lower(): table for key, table in content.items() if isinstance(table, dict)}
    if name.lower() not in profiles:
        names = [f"{GC_PREFIX}{key}" for key in profiles]
        raise UsageError(
            f"`gc` has no profile `{name}`",
            where=chosen.locate(),
            fix=suggest_name(f"{GC_PREFIX}{name}", names, prefix=GC_PREFIX),
            why=f"looked for `[{name}]` in {path}",
        )
    found = {key.lower(): value for key, value in profiles[name.lower()].items()}
    _check(path, name, found)
    texts = {own: found.get(key, "").strip() for key, own in _NAMES.items()}
    source, locate = f"profile {GC_PREFIX}{name} ({path})", partial(str, path)
    settings = {
        own: Setting(each, source, Layer.PROFILE, locate)
        for own, each in {"platform": GENESYS_CLOUD, **texts}.items()
    }
    return drop_empty(settings)


def _check(path: Path, name: str, found: Mapping[str, Any]) -> None:
    for key in _NAMES:
        value = found.get(key, "")
        if not isinstance(value, str):
            raise UsageError(
                f"`{key}` must be a string, not {toml.type_name(value)}",
                where=str(path),
                fix=f'`{key} = "..."` under `[{name}]`',
            )
    if any(found.get(key) for key in _SECRETS) and is_readable_by_others(path):
        raise UsageError(
            f"others can read the secrets in `{path}`",
            where=str(path),
            fix=f"{command('chmod', '600', str(path))}; `gc` can still read it",
            why="a secret in a file is used only if no other user can read the file",
        )
