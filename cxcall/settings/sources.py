"""Where settings are written: flags, the environment, `.env`, config.toml; each value with its place."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from cxcall.documents import toml
from cxcall.findings.errors import UsageError
from cxcall.findings.finding import command
from cxcall.runtime.redaction import redacted_repr

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

DURATION_SETTINGS = ("timeout", "max_wait", "duplicate_window")
SECRET_SETTINGS = ("client_secret", "access_token", "access_key_secret")
SETTING_NAMES = (
    "profile",
    "platform",
    "region",
    "base_url",
    "token_url",
    "issuer",
    "client_id",
    "access_key_id",
    *SECRET_SETTINGS,
    *DURATION_SETTINGS,
    "engagement_header",
    "contract",
    "hours",
    "hours_policy",
    "do_not_call",
)
PREFIX = "CXCALL_"
GC_PREFIX = "gc:"
FOLDER_VARIABLES = ("CXCALL_STATE_DIR", "CXCALL_CONFIG_DIR", "CXCALL_CACHE_DIR")
VENDOR_VARIABLES = {
    "region": "GENESYSCLOUD_REGION",
    "client_id": "GENESYSCLOUD_OAUTHCLIENT_ID",
    "client_secret": "GENESYSCLOUD_OAUTHCLIENT_SECRET",
    "access_token": "GENESYSCLOUD_ACCESS_TOKEN",
}


class SettingSource(NamedTuple):
    """A value as somebody wrote it; `locate` names the exact place, and is only called for an error."""

    value: str
    source: str
    locate: Callable[[], str]

    def __repr__(self) -> str:
        return redacted_repr(self, "value", "locate")


Layer = dict[str, SettingSource]


def invalid_setting(
    name: str, written: SettingSource, problem: str, *, fix: str, why: str = "", code: str = "usage"
) -> UsageError:
    """Return the error for a value that cannot be used, with the place that it was written at."""
    return UsageError(f"`{name}` {problem}", where=written.locate(), fix=fix, why=why, code=code)


def suggest_name(name: str, known: Iterable[str], *, prefix: str = "") -> str:
    """Return "did you mean", or the list of what is known; a common `prefix` is no likeness."""
    from difflib import get_close_matches

    names = list(known)
    ends = [entry.removeprefix(prefix) for entry in names]
    close = get_close_matches(name.removeprefix(prefix), ends, n=1)
    return f"did you mean `{prefix}{close[0]}`?" if close else f"one of: {', '.join(names)}"


def find_setting(name: str, layers: Iterable[Layer]) -> SettingSource | None:
    """Return the value in the first layer that has one."""
    return next((layer[name] for layer in layers if name in layer), None)


def read_flags(flags: Mapping[str, str | None]) -> Layer:
    """Return the flags that were given; an empty one counts as not given."""
    return {
        name: SettingSource(text.strip(), flag, lambda flag=flag: flag)  # type: ignore[misc]
        for name, text in flags.items()
        if text and text.strip()
        for flag in [f"--{name.replace('_', '-')}"]
    }


def read_environment() -> tuple[Layer, Layer]:
    """Return what the process environment sets: our own names, then the vendor's."""
    return _families(
        {
            key: SettingSource(text.strip(), f"environment {key}", lambda key=key: key)  # type: ignore[misc]
            for key, text in os.environ.items()
            if key.startswith((PREFIX, "GENESYSCLOUD_"))
        }
    )


def find_misspelled_variables() -> Iterator[tuple[str, str]]:
    """Yield (name, hint) for each `CXCALL_*` in the environment that is nearly a setting's name."""
    known = [*FOLDER_VARIABLES, *map(_variable, SETTING_NAMES)]
    for key in sorted(os.environ):
        if key.startswith(PREFIX) and key not in known:
            hint = suggest_name(key, known, prefix=PREFIX)
            if hint.startswith("did"):
                yield key, hint


def read_dotenv(path: Path) -> tuple[Layer, Layer]:
    """Return what a `.env` file sets: our own names, then the vendor's; a folder is no such file.

    Raises UsageError for a line that cannot be read and for a `CXCALL_*` that is no setting. The
    line itself is never quoted: it may hold a secret.
    """
    if not path.exists() or path.is_dir():
        return {}, {}
    # The parser, not dotenv_values(): it alone tells the lines, and it never expands `${...}`.
    from io import StringIO

    from dotenv.parser import parse_stream

    found = {}
    for binding in parse_stream(StringIO(toml.read(path))):
        written = binding.original.string
        blank = len(written) - len(written.lstrip())
        line = binding.original.line + len(written[:blank].splitlines())
        place = f"{path.name}:{line}"
        if binding.error:
            raise UsageError(
                f"a line of `{path.name}` cannot be read",
                where=place,
                fix="write `NAME=value`, or `NAME='value'` when it has blanks or a `#`",
            )
        if binding.key is not None:
            _check_variable(binding.key, binding.value, place)
            text = (binding.value or "").strip()
            found[binding.key] = SettingSource(text, f"{place} {binding.key}", lambda at=place: at)  # type: ignore[misc]
    return _families(found)


def _check_variable(key: str, value: str | None, place: str) -> None:
    if not key.startswith(PREFIX):
        return
    known = [_variable(name) for name in SETTING_NAMES]
    if key in FOLDER_VARIABLES:
        raise UsageError(f"`{key}` has no effect here", where=place, fix=f"`export {key}=...`")
    if key not in known:
        hint = suggest_name(key, known, prefix=PREFIX)
        raise UsageError(f"`{key}` is no setting", where=place, fix=hint)
    if value is None:
        raise UsageError(f"`{key}` has no value", where=place, fix=f"write `{key}=value`")


def _variable(name: str) -> str:
    return PREFIX + name.upper()


def _families(found: Mapping[str, SettingSource]) -> tuple[Layer, Layer]:
    own = {name: found[key] for name in SETTING_NAMES if (key := _variable(name)) in found}
    vendor = {name: found[key] for name, key in VENDOR_VARIABLES.items() if key in found}
    return _set_ones(own), _set_ones(vendor)


def _set_ones(layer: Layer) -> Layer:
    return {name: written for name, written in layer.items() if written.value}


class ConfigFile(NamedTuple):
    """config.toml: `default_profile = "NAME"` and one table `[profiles.NAME]` for each profile."""

    path: Path
    text: str
    declared: Mapping[str, Any]

    def __repr__(self) -> str:
        return redacted_repr(self, "text", "declared")

    @classmethod
    def read(cls, path: Path) -> ConfigFile:
        """Read and check the whole file; one that is not there sets nothing.

        Raises UsageError for anything that is no setting, and for a secret that others can read.
        """
        if not path.exists():
            return cls(path, "", {})
        text = toml.read(path)
        example = 'a setting is written `base_url = "https://..."`, under `[profiles.NAME]`'
        file = cls(path, text, toml.parse(path, text, fix=example))
        file._check()
        return file

    @property
    def default(self) -> SettingSource | None:
        """The profile that is taken when none is asked for."""
        name = self.declared.get("default_profile", "")
        at = f"default_profile ({self.path.name})"
        return SettingSource(name, at, lambda: self.place("default_profile")) if name else None

    def profile(self, chosen: SettingSource) -> Layer:
        """Return the settings of a profile; raises UsageError when the file has none of that name.

        `default` need not be there: it is what everybody starts with.
        """
        profiles = self.declared.get("profiles", {})
        name = chosen.value
        if name not in profiles and name != "default":
            raise UsageError(
                f"there is no profile `{name}`",
                where=chosen.locate(),
                fix=suggest_name(name, profiles) if profiles else f"write it into {self.path}",
                why=f"it would be `[profiles.{name}]` in {self.path}",
            )
        return _set_ones(
            {
                key: SettingSource(
                    self._text(key, value),
                    f"profile {name} ({self.path.name})",
                    lambda key=key: self.place("profiles", name, key),  # type: ignore[misc]
                )
                for key, value in profiles.get(name, {}).items()
            }
        )

    def place(self, *keys: str) -> str:
        """Return file:line of a value."""
        return toml.place(self.path, self.text, *keys)

    def _text(self, key: str, value: Any) -> str:
        text = str(value).strip()
        # A contract's path means the same from every working directory.
        return str(self.path.parent / text) if key == "contract" and text else text

    def _check(self) -> None:
        self._check_keys(self.declared, ("default_profile", "profiles"))
        self._check_type("", ("default_profile",), str, "a string")
        self._check_type({}, ("profiles",), dict, "tables, `[profiles.NAME]`")
        for name, profile in self.declared.get("profiles", {}).items():
            self._check_type({}, ("profiles", name), dict, f"a table, `[profiles.{name}]`")
            self._check_keys(profile, SETTING_NAMES[1:], "profiles", name)
            for key in profile:
                number = key in DURATION_SETTINGS
                kind, wanted = ((str, int, float), "a number") if number else (str, "a string")
                self._check_type("", ("profiles", name, key), kind, wanted)
                if key in SECRET_SETTINGS and profile[key]:
                    self._check_mode(self.place("profiles", name, key), key)

    def _check_keys(self, table: Mapping[str, Any], known: Iterable[str], *above: str) -> None:
        for key in table:
            if key not in known:
                raise UsageError(
                    f"`{key}` is no setting",
                    where=self.place(*above, key),
                    fix=suggest_name(key, known),
                )

    def _check_type(
        self, unset: Any, keys: tuple[str, ...], kind: type | tuple[type, ...], wanted: str
    ) -> None:
        value: Any = self.declared
        for key in keys:
            value = value.get(key, unset)
        if not isinstance(value, kind) or isinstance(value, bool):
            raise UsageError(
                f"`{keys[-1]}` must be {wanted}, not {toml.kind(value)}",
                where=self.place(*keys),
                fix=f'`{keys[-1]} = "..."`' if wanted == "a string" else f"make it {wanted}",
            )

    def _check_mode(self, place: str, key: str) -> None:
        if os.name == "posix" and self.path.stat().st_mode & 0o077:
            raise UsageError(
                f"others can read the `{key}` in `{self.path.name}`",
                where=place,
                fix=f"{command('chmod', '600', str(self.path))}, or keep it with `cxcall auth login`",
                why="a secret in a file is used only when its owner alone can read it",
            )
