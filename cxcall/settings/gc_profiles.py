"""The profiles of Genesys Cloud's own tool, `gc`: `~/.gc/config.toml` (docs/platforms/genesys-cloud.md#the-vendors-gc-command)."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cxcall.documents import toml
from cxcall.findings.errors import UsageError
from cxcall.findings.finding import Finding, Severity, command
from cxcall.settings.sources import GC_PREFIX, Layer, Setting, suggest_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_NAMES = {
    "environment": "region",
    "client_credentials": "client_id",
    "client_secret": "client_secret",
    "access_token": "access_token",
}
_SECRETS = ("client_secret", "access_token")
_HARMLESS = frozenset(
    (
        *("grant_type", "redirect_uri", "oauth_token_data", "secure_login_enabled"),
        *("logging_enabled", "log_file_path", "auto_pagination_enabled"),
        *("input_format", "output_format", "experimental_features"),
    )
)
"""What changes neither who asks nor where; `oauth_token_data` is the tool's own cache of a token."""

_WAYS = ("proxy", "gateway")


@dataclass(frozen=True)
class GcProfile:
    """One profile of the file, its names in lower case, as the tool reads them."""

    path: Path
    text: str = field(repr=False)
    name: str
    declared: Mapping[str, Any] = field(repr=False)

    @classmethod
    def read(cls, chosen: Setting) -> GcProfile:
        """Read the profile that `gc:NAME` names.

        The tool also looks into the working directory; a file found there must not decide where
        secrets go, so only the one at home is read. Raises UsageError when there is no such
        profile, and for a secret that others can read.
        """
        path, name = Path.home() / ".gc" / "config.toml", chosen.value.removeprefix(GC_PREFIX)
        if not path.exists():
            raise UsageError(
                "`gc` has no profiles here",
                where=chosen.locate(),
                fix="`gc profiles new`, or take a profile of cxcall's own",
                why=f"they would be in {path}",
            )
        text = toml.read(path)
        fix = "`gc profiles list` reads it, or says what is wrong"
        found = toml.parse(path, text, fix=fix)
        profiles = {key.lower(): table for key, table in found.items() if isinstance(table, dict)}
        if name.lower() not in profiles:
            raise UsageError(
                f"`gc` has no profile `{name}`",
                where=chosen.locate(),
                fix=suggest_name(
                    f"{GC_PREFIX}{name}",
                    [f"{GC_PREFIX}{key}" for key in profiles],
                    prefix=GC_PREFIX,
                ),
                why=f"it would be `[{name}]` in {path}",
            )
        lower = {key.lower(): value for key, value in profiles[name.lower()].items()}
        profile = cls(path, text, name, lower)
        profile._check()
        return profile

    def settings(self) -> Layer:
        """Return its settings by our names."""
        texts = {"platform": "genesys-cloud"}
        texts |= {own: str(self.declared.get(name, "")).strip() for name, own in _NAMES.items()}
        source = f"profile {GC_PREFIX}{self.name} ({self.path})"
        return {
            own: Setting(text, source, lambda: str(self.path))
            for own, text in texts.items()
            if text
        }

    def findings(self) -> Iterator[Finding]:
        """Yield a warning for what the tool goes by and cxcall does not."""
        for way in _WAYS:
            if self.declared.get(f"{way}_protocol"):
                fix = (
                    "set `HTTPS_PROXY`"
                    if way == "proxy"
                    else "set `CXCALL_BASE_URL`, `CXCALL_TOKEN_URL`"
                )
                yield self._warning(f"`gc` goes by a {way} in this profile, cxcall does not", fix)
        known = {*_NAMES, *_HARMLESS}
        for name in sorted(self.declared):
            if name not in known and not name.startswith(tuple(f"{way}_" for way in _WAYS)):
                fix = "look at what `gc` does with it; cxcall leaves it out"
                yield self._warning(f"`{name}` in `gc`'s profile is not known here", fix)
        if str(self.declared.get("grant_type", "")) == "2" and not self.declared.get(
            "client_secret"
        ):
            message = "this profile logs in by the implicit grant, which gives no lasting login"
            yield self._warning(
                message, "`cxcall auth login --web`, with a client for code authorization"
            )

    def _warning(self, message: str, fix: str) -> Finding:
        return Finding(Severity.WARNING, "usage", str(self.path), message, fix)

    def _check(self) -> None:
        for name in _NAMES:
            value = self.declared.get(name, "")
            if not isinstance(value, str):
                raise UsageError(
                    f"`{name}` must be a string, not {toml.kind(value)}",
                    where=str(self.path),
                    fix=f'`{name} = "..."` under `[{self.name}]`',
                )
        holds = any(self.declared.get(name) for name in _SECRETS)
        if holds and os.name == "posix" and self.path.stat().st_mode & 0o077:
            raise UsageError(
                f"others can read the secrets in `{self.path}`",
                where=str(self.path),
                fix=f"{command('chmod', '600', str(self.path))}; `gc` reads it then as before",
                why="a secret in a file is used only when its owner alone can read it",
            )
