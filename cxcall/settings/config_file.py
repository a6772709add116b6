"""The file config.toml: profiles and the default profile."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from cxcall.findings.errors import UsageError
from cxcall.findings.hinted_commands import command
from cxcall.named_tuple import NamedTuple
from cxcall.runtime.operating_system import is_missing
from cxcall.runtime.secrets.known_secrets import redacted_repr
from cxcall.settings.sources import (
    DURATION_SETTINGS,
    GC_PREFIX,
    PROFILE_SETTINGS,
    SECRET_SETTINGS,
    Layer,
    Setting,
    SettingsByName,
    drop_empty,
    suggest_name,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

COLUMNS = "columns"
"""The table of a profile that maps a flag, parameter, or place in the body to the header of a column."""

_new_profiles: set[str] = set()


@contextmanager
def allow_missing_profile(name: str) -> Iterator[None]:
    """Let a profile be used during a `with` block, as one without settings if it is missing."""
    _new_profiles.add(name)
    try:
        yield
    finally:
        _new_profiles.discard(name)


class ConfigFile(NamedTuple):
    """The content of config.toml: `default_profile = "NAME"` and one table `[profiles.NAME]` each."""

    path: Path
    text: str
    content: Mapping[str, Any]

    def __repr__(self) -> str:
        return redacted_repr(self, "text", "content")

    @classmethod
    def read(cls, path: Path) -> ConfigFile:
        """Read and check the file. A missing file sets nothing.

        Raises UsageError for an unknown setting, a value of the wrong type, and a secret that
        other users can read.
        """
        if is_missing(path):
            if path.parent.is_file():
                raise UsageError(
                    f"`CXCALL_CONFIG_DIR` must be a folder; `{path.parent}` is a file",
                    where="CXCALL_CONFIG_DIR",
                    fix="name the folder of `config.toml`",
                )
            return cls(path, "", {})
        from cxcall.documents import toml

        text = toml.read_file(path)
        example = 'write a setting like `base_url = "https://..."`, under `[profiles.NAME]`'
        file = cls(path, text, toml.parse_toml(path, text, fix=example))
        file._check()
        return file

    @property
    def profiles(self) -> Mapping[str, Mapping[str, Any]]:
        """The tables of the profiles, by name."""
        profiles: Mapping[str, Mapping[str, Any]] = self.content.get("profiles", {})
        return profiles

    @property
    def default_profile(self) -> Setting | None:
        """The profile to use when no source names one."""
        name = self.content.get("default_profile", "")
        source = f"default_profile ({self.path.name})"
        locate = partial(self._locate, "default_profile")
        return Setting(name, source, Layer.PROFILE, locate) if name else None

    def profile_settings(self, chosen: Setting, *, can_create: bool = True) -> SettingsByName:
        """Return the settings of a profile; raises UsageError for an unknown profile.

        The profile `default` may be missing. `can_create` is whether the user may have wanted a new profile.
        """
        name = chosen.value
        if name not in self.profiles and name not in {"default", *_new_profiles}:
            create = f"to create it: {command('cxcall', 'auth', 'login', '--profile', name)}"
            known = suggest_name(name, self.profiles) if self.profiles else ""
            fix = "; ".join(filter(None, (known, create if can_create else "")))
            if name.startswith(GC_PREFIX):
                fix = command("cxcall", "config", "show", "--profile", name)
            raise UsageError(
                f"unknown profile `{name}`",
                where=chosen.locate(),
                fix=fix,
                why=f"looked for `[profiles.{name}]` in {self.path}",
            )
        source = f"profile {name} ({self.path.name})"
        return drop_empty(
            {
                key: Setting(
                    self._text(key, value),
                    source,
                    Layer.PROFILE,
                    partial(self._locate, "profiles", name, key),
                )
                for key, value in self.profiles.get(name, {}).items()
                if key != COLUMNS
            }
        )

    def columns(self, profile: str) -> Mapping[str, str]:
        """Return the headers of columns in a profile by their targets."""
        columns: Mapping[str, str] = self.profiles.get(profile, {}).get(COLUMNS, {})
        return columns

    def _locate(self, *keys: str) -> str:
        from cxcall.documents import toml

        return toml.locate_setting(self.path, self.text, *keys)

    def _text(self, key: str, value: Any) -> str:
        text = str(value).strip()
        # A contract's path is relative to this file, whatever the working directory is; `~` is replaced later.
        is_relative = key == "contract" and text and not text.startswith("~")
        return str(self.path.parent / text) if is_relative else text

    def _check(self) -> None:
        self._check_keys(self.content, ("default_profile", "profiles"))
        self._check_type("", ("default_profile",), str, "a string")
        self._check_type({}, ("profiles",), dict, "tables, `[profiles.NAME]`")
        for name, profile in self.profiles.items():
            self._check_type({}, ("profiles", name), dict, f"a table, `[profiles.{name}]`")
            self._check_keys(profile, (*PROFILE_SETTINGS, COLUMNS), "profiles", name)
            self._check_type({}, ("profiles", name, COLUMNS), dict, "a table of strings")
            for target in profile.get(COLUMNS, {}):
                self._check_type("", ("profiles", name, COLUMNS, target), str, "a string")
            for key in profile.keys() - {COLUMNS}:
                is_number = key in DURATION_SETTINGS
                kind, kind_name = (
                    ((str, int, float), "a number") if is_number else (str, "a string")
                )
                self._check_type("", ("profiles", name, key), kind, kind_name)
                if key in SECRET_SETTINGS and profile[key]:
                    self._check_mode("profiles", name, key)

    def _check_keys(self, table: Mapping[str, Any], known: Iterable[str], *above: str) -> None:
        for key in table:
            if key not in known:
                fix = suggest_name(key, known)
                raise UsageError(
                    f"unknown setting `{key}`", where=self._locate(*above, key), fix=fix
                )

    def _check_type(
        self, default: Any, keys: tuple[str, ...], kind: type | tuple[type, ...], kind_name: str
    ) -> None:
        value: Any = self.content
        for key in keys:
            value = value.get(key, default)
        if not isinstance(value, kind) or isinstance(value, bool):
            from cxcall.documents import toml

            raise UsageError(
                f"`{keys[-1]}` must be {kind_name}, not {toml.type_name(value)}",
                where=self._locate(*keys),
                fix=f'`{keys[-1]} = "..."`' if kind_name == "a string" else f"make it {kind_name}",
            )

    def _check_mode(self, *keys: str) -> None:
        from cxcall.documents.private_files import is_readable_by_others

        if is_readable_by_others(self.path):
            raise UsageError(
                f"others can read the `{keys[-1]}` in `{self.path.name}`",
                where=self._locate(*keys),
                fix=f"{command('chmod', '600', str(self.path))}, or store it with `cxcall auth login`",
                why="a secret in a file is used only if no other user can read the file",
            )
