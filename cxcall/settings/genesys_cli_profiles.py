"""The profiles of the vendor's tool `gc` in `~/.gc` (docs/platforms/genesys-cloud.md#the-vendors-gc-command)."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cxcall.contracts.openapi_document import GENESYS_CLOUD
from cxcall.documents import toml
from cxcall.documents.private_files import is_readable_by_others
from cxcall.findings.errors import UsageError
from cxcall.findings.hinted_commands import command
from cxcall.runtime.operating_system import is_missing
from cxcall.settings.sources import GC_PREFIX, Layer, Setting, SettingsByName, suggest_name

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAMES = {
    "environment": "region",
    "client_credentials": "client_id",
    "client_secret": "client_secret",
    "access_token": "access_token",
}
_SECRETS = ("client_secret", "access_token")


@dataclass(frozen=True)
class GcProfile:
    """One profile of the file. Names are in lower case, because `gc` ignores case."""

    path: Path
    name: str
    content: Mapping[str, Any] = field(repr=False)

    @classmethod
    def read(cls, chosen: Setting) -> GcProfile:
        """Read the profile that `gc:NAME` names.

        `gc` also reads the working directory. cxcall reads only the file in the home directory,
        because a file in the working directory must not decide where secrets go. Raises UsageError
        for an unknown profile, and for a secret that other users can read.
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
        profiles = {key.lower(): table for key, table in content.items() if isinstance(table, dict)}
        if name.lower() not in profiles:
            raise UsageError(
                f"`gc` has no profile `{name}`",
                where=chosen.locate(),
                fix=suggest_name(
                    f"{GC_PREFIX}{name}",
                    [f"{GC_PREFIX}{key}" for key in profiles],
                    prefix=GC_PREFIX,
                ),
                why=f"looked for `[{name}]` in {path}",
            )
        lower = {key.lower(): value for key, value in profiles[name.lower()].items()}
        profile = cls(path, name, lower)
        profile._check()
        return profile

    def settings(self) -> SettingsByName:
        """Return the settings of the profile by cxcall's names."""
        texts = {"platform": GENESYS_CLOUD}
        texts |= {own: str(self.content.get(name, "")).strip() for name, own in _NAMES.items()}
        source = f"profile {GC_PREFIX}{self.name} ({self.path})"
        return {
            own: Setting(text, source, Layer.PROFILE, lambda: str(self.path))
            for own, text in texts.items()
            if text
        }

    def _check(self) -> None:
        for name in _NAMES:
            value = self.content.get(name, "")
            if not isinstance(value, str):
                raise UsageError(
                    f"`{name}` must be a string, not {toml.type_name(value)}",
                    where=str(self.path),
                    fix=f'`{name} = "..."` under `[{self.name}]`',
                )
        has_secret = any(self.content.get(name) for name in _SECRETS)
        if has_secret and is_readable_by_others(self.path):
            raise UsageError(
                f"others can read the secrets in `{self.path}`",
                where=str(self.path),
                fix=f"{command('chmod', '600', str(self.path))}; `gc` can still read it",
                why="a secret in a file is used only if no other user can read the file",
            )
