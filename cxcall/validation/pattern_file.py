"""Read the file in which a project assigns operations to payload files, and match their paths with its patterns.

The patterns are in the table `[operations]` in `.cxcall.toml`, or `[tool.cxcall.operations]` in `pyproject.toml`:

    "payloads/execute/**/*.json" = "execute"
"""

from __future__ import annotations

import os
from fnmatch import fnmatchcase
from functools import partial
from itertools import accumulate
from operator import or_
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cxcall.documents import toml
from cxcall.documents.paths import absolute_path
from cxcall.findings.errors import UsageError
from cxcall.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cxcall.contracts.contract import Catalog
    from cxcall.contracts.operation import Operation

_EXAMPLE = 'write `"payloads/**/*.json" = "execute"`'


SETTINGS_FILES: Mapping[str, tuple[str, ...]] = {
    ".cxcall.toml": (),
    "pyproject.toml": ("tool", "cxcall"),
}
"""The files that may have patterns, and the tables that contain `operations`; the first file wins."""


class PatternMatch(NamedTuple):
    """The operation of a payload file, and the pattern and the file that assign it."""

    operation: Operation
    pattern: str
    source: str

    def __str__(self) -> str:
        return f"`{self.pattern}` in {self.source}"


class OperationPatterns(NamedTuple):
    """The patterns of one file, in order; they are relative to its folder."""

    path: Path
    patterns: Mapping[str, Operation]

    def of(self, file: str) -> PatternMatch | None:
        """Return the match of the first pattern that matches a file; None if no pattern matches."""
        folder = self.path.parent
        absolute = Path(os.path.normpath(absolute_path(file)))  # symbolic links stay as they are
        if not absolute.is_relative_to(folder):
            return None
        parts = absolute.relative_to(folder).parts
        for pattern, operation in self.patterns.items():
            if matches(parts, pattern_names(pattern)):
                return PatternMatch(operation, pattern, self.path.name)
        return None


def find_patterns(folder: Path, known: Catalog) -> OperationPatterns | None:
    """Return the patterns of the nearest file: in `folder`, or above it in the same repository.

    Raises UsageError, with the place, if such a file is invalid or names an unknown operation.
    """
    for path in (above / name for above in folders_to_root(folder) for name in SETTINGS_FILES):
        tables = SETTINGS_FILES[path.name]
        if path.is_file() and (found := _read_patterns(path, tables, known)) is not None:
            return OperationPatterns(path, found)
    return None


def _read_patterns(path: Path, above: Sequence[str], known: Catalog) -> dict[str, Operation] | None:
    """Return the operations by their patterns in the table `operations` of a file; None if it has no such settings.

    `above` are the names of the tables that contain this table. Raises UsageError with the place of what is invalid.
    """
    text = toml.read_file(path)
    if above and above[-1] not in text:
        return None  # other errors in the file are not reported here
    declared: Any = toml.parse_toml(path, text, fix=_EXAMPLE)
    for depth, key in enumerate(above, 1):
        if key not in declared:
            return None
        declared = _table(path, text, above[:depth], declared[key])
    for key in declared:
        if key != "operations":
            place = toml.locate_setting(path, text, *above, key)
            raise UsageError(
                f"unknown setting `{key}`", where=place, fix=f"under `[operations]` {_EXAMPLE}"
            )
    keys = (*above, "operations")
    patterns = _table(path, text, keys, declared.get("operations", {}))
    found = {}
    for pattern, name in patterns.items():
        locate = partial(toml.locate_setting, path, text, *keys, pattern)
        _stop_on_useless_pattern(path.parent, pattern, locate)
        found[pattern] = _operation(locate, name, known)
    return found


def _stop_on_useless_pattern(folder: Path, pattern: str, locate: Callable[[], str]) -> None:
    """Raise UsageError for a pattern that no path of a file in `folder` can match."""
    names = pattern.removeprefix("./").removesuffix("/").split("/")
    if "\\" in pattern or not {"", ".", ".."}.isdisjoint(names):
        message = f"the pattern `{pattern}` cannot match a file"
        fix = "write the path below the folder of this file, with `/` between the names"
    elif any("**" in name and name != "**" for name in names):
        message = f"`**` stands for folders only if it is between slashes; got `{pattern}`"
        fix = "write it like `payloads/**/*.json`"
    elif not pattern.endswith("/") and (folder / pattern).is_dir():
        message, fix = f"`{pattern}` is a folder", f"write `{pattern}/**`"
    else:
        return
    raise UsageError(message, where=locate(), fix=fix)


def _table(path: Path, text: str, keys: Sequence[str], value: Any) -> Mapping[str, Any]:
    if isinstance(value, dict):
        return value
    raise UsageError(
        f"`{'.'.join(keys)}` must be a table, not {toml.type_name(value)}",
        where=toml.locate_setting(path, text, *keys),
        fix=_EXAMPLE,
    )


def _operation(locate: Callable[[], str], name: Any, known: Catalog) -> Operation:
    if not isinstance(name, str):
        raise UsageError(
            f"the name of an operation must be a string, not {toml.type_name(name)}",
            where=locate(),
            fix=_EXAMPLE,
        )
    try:
        return known.find_operation(name)
    except UsageError as error:
        (finding,) = error.findings
        raise UsageError(finding.message, where=locate(), fix=finding.fix) from None


def folders_to_root(folder: Path) -> list[Path]:
    """Return the folders from here to the repository's root; without a repository, only this folder."""
    folders = [folder, *folder.parents]
    root = next((index for index, each in enumerate(folders) if (each / ".git").exists()), 0)
    return folders[: root + 1]


def pattern_names(pattern: str) -> list[str]:
    """Return the names of a pattern: `./` at its start is left out, and a slash at its end stands for all files below."""
    *folders, last = pattern.removeprefix("./").split("/")
    return [*folders, last or "**"]


def matches(path: Sequence[str], pattern: Sequence[str]) -> bool:
    """Return whether a path matches, name by name; `**` stands for any number of folders.

    The cost is proportional to the names of the path times those of the pattern.
    """
    # Whether the rest of the path, from each of its names on, matches the rest of the pattern.
    rests = [False] * len(path) + [True]
    for part in reversed(pattern):
        if part == "**":
            rests = [*[*accumulate(reversed(rests), or_)][:0:-1], False]
        else:
            names = (fnmatchcase(name, part) for name in path)
            rests = [
                *(is_match and rest for is_match, rest in zip(names, rests[1:], strict=True)),
                False,
            ]
    return rests[0]
