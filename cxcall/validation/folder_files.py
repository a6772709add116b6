"""Find the payload files of a folder or a pattern, and name what is not read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cxcall.findings.errors import UsageError
from cxcall.findings.finding import Finding, add_notice
from cxcall.findings.hinted_commands import command

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

LINES = (".jsonl", ".ndjson")
TABLES = (".csv", ".tsv")
SUFFIXES = (".json", *LINES)
"""The files of a folder that are read; a table, only if a pattern assigns it to an operation."""


def find_payload_files(
    folder: str, is_assigned: Callable[[str], bool], *, with_notices: bool
) -> list[str]:
    """Return the payload files of a folder and its subfolders, sorted; of its tables, only those that are assigned.

    Raises UsageError if there is none.
    """
    names = map(str, Path(folder).rglob("*"))
    payloads = (path for path in names if path.lower().endswith((*SUFFIXES, *TABLES)))
    entries = sorted(path for path in payloads if not Path(path).is_dir())
    files = [path for path in entries if Path(path).is_file()]
    tables = [path for path in files if path.lower().endswith(TABLES) and not is_assigned(path)]
    found = sorted({*files} - {*tables})
    if with_notices:
        _note_unread(sorted({*entries} - {*files}))
    if not found:
        fix = f"give the names of the files, or let them end in {', '.join(SUFFIXES)}"
        fix = _tables_to_name(folder, tables) if tables else fix
        raise UsageError(f"`{folder}` contains no payload files", where=folder, fix=fix)
    if tables and with_notices:
        add_notice(_unread_tables(folder, tables))
    return found


def expand_pattern(pattern: str) -> list[str]:
    """Return the files that match a pattern, sorted; raises UsageError if there is none."""
    from glob import glob

    every = glob(pattern, recursive=True)  # noqa: PTH207 - Path.glob refuses absolute patterns
    found = sorted(path for path in every if Path(path).is_file())
    _note_unread(path for path in sorted(every) if not Path(path).exists())
    if not found:
        raise UsageError(
            f"`{pattern}` matches no file",
            where=pattern,
            fix="check the pattern: `**` stands for any number of folders",
        )
    return found


def _count(tables: Sequence[str]) -> str:
    return "1 table" if len(tables) == 1 else f"{len(tables)} tables"


def _tables_to_name(folder: str, tables: Sequence[str]) -> str:
    """Return how the tables of a folder are checked, which is not done without their names."""
    endings = sorted({Path(each).suffix for each in tables})
    patterns = (str(Path(folder, "**", f"*{end}")) for end in endings)
    return f"to check tables, name the files: {command('cxcall', 'validate', *patterns)}"


def _unread_tables(folder: str, tables: Sequence[str]) -> Finding:
    return Finding.note(
        "usage",
        folder,
        f"{_count(tables)} in `{folder}` {'was' if len(tables) == 1 else 'were'} not checked",
        _tables_to_name(folder, tables),
        "a CSV file in a folder may be any list; only one that a pattern of your settings names is checked",
    )


def _note_unread(names: Iterable[str]) -> None:
    """Add a notice that names the first of some entries that are neither files nor folders, if there are any."""
    first, *others = [*names] or [""]
    if first:
        counted = f" and {len(others)} more were" if others else " was"
        note = Finding.note(
            "usage",
            first,
            f"`{first}`{counted} not checked",
            "restore the target of the link, or name what is to be read, such as a pipe",
            "it is a link without a target, or not a file",
        )
        add_notice(note)
