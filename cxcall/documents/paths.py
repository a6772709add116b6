"""Read paths that a person wrote: with `~` for the home folder, or in an environment variable; find unused names."""

from __future__ import annotations

import os
import re
from itertools import count
from pathlib import Path, PurePath

from cxcall.findings.errors import UsageError
from cxcall.findings.finding import printable


def expand_home(path: str, where: str) -> Path:
    """Return a path with `~` replaced by the home folder; raises UsageError for an unknown user's.

    `where` is the option or the variable that has the path.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError:
        name = path.replace("\\", "/").partition("/")[0]
        raise UsageError(
            f"the home folder of `{printable(name)}` is unknown",
            where=where,
            fix="write the whole path, without `~`",
        ) from None


def current_folder() -> Path | None:
    """Return the current folder; None if it was deleted or moved, so that no relative path leads to a file."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        return None


def absolute_path(path: str | Path) -> Path:
    """Return a path from the root, with `..` and symbolic links as they are.

    Raises UsageError for a relative path if there is no current folder.
    """
    if (whole := Path(path)).is_absolute():
        return whole
    if folder := current_folder():
        return folder / whole
    raise UsageError(
        f"`{printable(str(path))}` is a relative path, but the current folder was deleted",
        where=str(path),
        fix="change to a folder that exists, or write the whole path",
    )


def stop_on_stdout(path: str, where: str, fix: str) -> None:
    """Raise UsageError if `-` is the name of a file to write: it means stdin or stdout, but is written as a file.

    `where` is the option or the argument.
    """
    if path == "-":
        raise UsageError("`-` is not the name of a file", where=where, fix=fix)


def variable_folder(variable: str) -> Path | None:
    """Return the folder that an environment variable names, None if it is not set.

    Raises UsageError for a relative path: each working directory would have a ledger, or settings, of its own.
    """
    text = os.environ.get(variable, "").strip()
    if not text:
        return None
    folder = expand_home(text, variable)
    if folder.is_absolute():
        return folder
    has_variable = re.match(r"[$%]", text)
    rest = re.sub(r"^(?:\$\w+|\$\{\w+\}|%\w+%)[/\\]*", "", text)
    instead = f"~/{rest}" if has_variable else os.path.normpath(absolute_path(folder))
    raise UsageError(
        f"`{variable}` must be an absolute path; got `{printable(text)}`",
        where=variable,
        fix=f"write the whole path, such as `{variable}={printable(instead)}`",
        why="without a shell, nothing replaces a variable in it"
        if has_variable
        else "a relative path is another folder in each working directory, with other records",
    )


def unused_name(path: str) -> str:
    """Return the path, or if it exists, the path with `-2`, `-3`, and so on before its suffix."""
    pure = PurePath(path)
    start = path.removesuffix(pure.suffix)
    names = (f"{start}{f'-{number}' if number > 1 else ''}{pure.suffix}" for number in count(1))
    return next(name for name in names if not os.path.lexists(name))
