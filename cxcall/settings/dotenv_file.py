"""Read the file `.env` of the working directory."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from cxcall.findings.errors import UsageError
from cxcall.runtime.operating_system import is_missing
from cxcall.runtime.patterns import compile_pattern
from cxcall.settings.sources import (
    MACHINE_VARIABLES,
    PREFIX,
    SETTING_NAMES,
    Layer,
    Setting,
    split_by_owner,
    suggest_name,
    variable_name,
)

if TYPE_CHECKING:
    from cxcall.settings.sources import SettingsByName

_DOTENV_FILE = Path(".env")
_MACHINE_LINE = rf"(?m)^[ \t]*(?:export[ \t]+)?(?:{'|'.join(MACHINE_VARIABLES)})\b"


def read_dotenv() -> tuple[SettingsByName, SettingsByName]:
    """Return the settings in the `CXCALL_*` lines of `.env`, and those in the vendor's lines.

    Raises UsageError for a line that cannot be parsed and for an unknown `CXCALL_*` name. The error never quotes the line,
    which may contain a secret.
    """
    # python-dotenv's parser, because dotenv_values() returns no line numbers and expands `${...}`.
    from io import StringIO

    from dotenv.parser import parse_stream

    from cxcall.documents.toml import read_file

    found = {}
    for binding in parse_stream(StringIO(read_file(_DOTENV_FILE))):
        text = binding.original.string
        blank = len(text) - len(text.lstrip())
        line = binding.original.line + len(text[:blank].splitlines())
        place = f"{_DOTENV_FILE}:{line}"
        if binding.error:
            raise UsageError(
                f"a line of `{_DOTENV_FILE}` cannot be read",
                where=place,
                fix="write `NAME=value`, or `NAME='value'` if it has spaces or a `#`",
            )
        if binding.key is not None:
            _check_variable(binding.key, binding.value, place)
            value = (binding.value or "").strip()
            layer = Layer.DOTENV if binding.key.startswith(PREFIX) else Layer.VENDOR_DOTENV
            source = f"{place} {binding.key}"
            found[binding.key] = Setting(value, source, layer, partial(str, place))
    return split_by_owner(found)


def stop_on_machine_variables() -> None:
    """Raise UsageError if a `.env` file sets a variable that only the environment may set.

    Other errors in the file are not reported, so that a command without settings can still read the ledger.
    """
    if is_missing(_DOTENV_FILE, or_folder=True):
        return
    from cxcall.documents.toml import read_file

    if compile_pattern(_MACHINE_LINE).search(read_file(_DOTENV_FILE)):
        read_dotenv()


def _check_variable(key: str, value: str | None, place: str) -> None:
    if not key.startswith(PREFIX):
        return
    known = [variable_name(name) for name in SETTING_NAMES]
    if key in MACHINE_VARIABLES:
        raise UsageError(
            f"`{key}` has no effect here",
            where=place,
            fix=f"`export {key}=...`",
            why="a file in the working directory must not decide what guards a call; only the environment does",
        )
    if key not in known:
        fix = suggest_name(key, known, prefix=PREFIX)
        raise UsageError(f"unknown setting `{key}`", where=place, fix=fix)
    if value is None:
        raise UsageError(f"`{key}` has no value", where=place, fix=f"write `{key}=value`")
