"""Read a do-not-call list: a text file with a number on each line, or in its first column."""

from __future__ import annotations

import re
import stat
from functools import lru_cache
from pathlib import Path

from cxcall.documents.text_files import read_text
from cxcall.findings.errors import UsageError
from cxcall.phone.number_masking import plain_digits
from cxcall.phone.number_matching import NumberList, is_one_number
from cxcall.runtime.patterns import compile_pattern

_MIN_DIGITS = 3  # a heading such as `Phone 1` has fewer digits
_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"


def _list_cells(line: str) -> list[str]:
    """Return the cells of a line of a do-not-call list, without empty cells at the end, but at least one."""
    text = line.lstrip("\ufeff").partition("#")[0]
    first, *others = (cell.strip().strip("\"'").strip() for cell in re.split(r"[,;\t]", text))
    return [first, *filter(None, others)]


def read_do_not_call_list(path: str) -> NumberList:
    """Return the numbers in a file, which has one on each line or in its first column.

    Skips blank lines, text after `#`, and a heading. A changed file is read again, because a server or a
    worker runs for a long time. Raises UsageError when the file cannot be read, or another line does not begin with
    exactly one number.
    """
    try:
        found = Path(path).expanduser().stat()
    except (OSError, ValueError):
        return _read_list(path, ())  # the error says why the file cannot be read
    version = (found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
    return _read_list(path, version if stat.S_ISREG(found.st_mode) else ())


@lru_cache(maxsize=8)
def _read_list(path: str, _version: tuple[int, ...]) -> NumberList:
    numbers = []
    for line_number, line in enumerate(read_text(str(Path(path).expanduser())).splitlines(), 1):
        first, *others = _list_cells(line)
        digits = plain_digits(first)
        if is_one_number(first):
            # A line that contains only numbers is a list, and not a row of a table.
            is_list = all(
                is_one_number(each) and not compile_pattern(_DATE).match(each) for each in others
            )
            numbers += [first, *(others if is_list else ())]
        elif first and (line_number > 1 or len(digits) >= _MIN_DIGITS):
            raise UsageError(
                f"line {line_number} of `{path}` {'is not exactly one number' if digits else 'has no number'}",
                where="--do-not-call",
                fix="write one number per line, without an extension, preferably in E.164: `+12025550123`",
            )
    return NumberList(numbers)
