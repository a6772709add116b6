"""Match the path of a payload file with the patterns of a project, which assign operations."""

from __future__ import annotations

import os
from fnmatch import fnmatchcase
from itertools import accumulate
from operator import or_
from pathlib import Path
from typing import TYPE_CHECKING

from cxcall.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cxcall.contracts.operation import Operation


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
        absolute = Path(os.path.abspath(file))  # noqa: PTH100 - symbolic links stay as they are named
        if not absolute.is_relative_to(folder):
            return None
        parts = absolute.relative_to(folder).parts
        for pattern, operation in self.patterns.items():
            if matches(parts, pattern_names(pattern)):
                return PatternMatch(operation, pattern, self.path.name)
        return None


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
