"""Read a do-not-call list: a text file with a number on each line, or a table with numbers in any column."""

from __future__ import annotations

import stat
from itertools import pairwise
from threading import Lock
from typing import TYPE_CHECKING

from cxcall.documents.json_document import DocumentError
from cxcall.documents.paths import absolute_path, expand_home
from cxcall.documents.text_files import read_text, split_lines
from cxcall.findings.errors import UsageError
from cxcall.findings.finding import printable
from cxcall.phone.e164_numbers import without_decimals
from cxcall.phone.number_masking import INTERNATIONAL_IN_TEXT, plain_digits
from cxcall.phone.number_property_names import PHONE_HEADINGS, fold_number_name
from cxcall.phone.number_spellings import MIN_NATIONAL_DIGITS, NumberList, is_one_number
from cxcall.runtime.patterns import compile_pattern, is_uuid

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_MIN_DIGITS = 3  # a heading such as `Phone 1` has fewer digits
_CELL = r"""(?:^|[,;\t])[ ]*=?((?:"(?:[^"]|"")*"|'[^']*')(?=[ ]*(?:[#,;\t]|$))|[^,;\t]*)"""
_SEPARATOR_LINE = r"(?i)sep=.?"
"""The first line of a table that tells Excel what separates the cells."""
_DATE = (
    r"(?:(?:19|20)[0-9]{2}([./-])(?:0?[1-9]|1[0-2])\1(?:0?[1-9]|[12][0-9]|3[01])"
    r"|[0-9]{1,2}([./-])[0-9]{1,2}\2(?:19|20)[0-9]{2})(?![0-9])"
)
_TIME = r"[ T,]+[0-9]{1,2}:?[0-9]{2}(?::?[0-9]{2})?(?:[.,][0-9]+)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?(?![-0-9])"
_PLAIN_DATE = r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
"""A date without separators, which may also be an ID or a number, unless a time follows."""
_DATES_IN_TEXT = rf"(?<![0-9])(?:{_DATE}(?:{_TIME})?|{_PLAIN_DATE}{_TIME})"
# The start of a number with its country code, and Excel's form of a number: `1.20256E+10`.
_BROKEN = r"(?:tel:)?\s*[+\uff0b]\s*\(?[0-9].*|[0-9]+(?:[.,][0-9]+)?[eE]\+?[0-9]+"
# A number with other characters between its digits, such as the letter O.
_OTHER_CHARACTERS = r"(?:tel:)?\(?[0-9Oo](?:[ ().\-/]*[0-9OoIl?*xX]){7,14}"
_MIN_OWN_DIGITS = 6
_BETWEEN_DIGITS = r"[ ().\-/\[\]_:\u00b7\u2010-\u2015\u2022\u2212]"
# Not the digits of a code such as AB1234567 or ORD-1234567, or of a mail address.
_LIKE_A_NUMBER = (
    rf"(?<![0-9A-Za-z])(?<![A-Za-z][-_])[0-9](?:{_BETWEEN_DIGITS}*[0-9]){{6,14}}(?![\w.]*@)"
)
_DIGITS = r"[0-9()][0-9().\-/]{5,}[0-9]"
_AREA_CODE, _NUMBER_IN_AREA = r"\(?0?[0-9]{2,4}\)?", r"[0-9][0-9 \-]{3,8}[0-9]"


def read_do_not_call_list(path: str) -> NumberList:
    """Return the numbers in a file, which has one on each line, or is a table that has them in any column.

    Skips blank lines, text after `#`, and a heading. A changed file is read again, because a batch or a worker runs for
    a long time; its numbers are added to those that this process has read before, because a file that is rewritten is
    empty or short for a moment. Raises UsageError when the file cannot be read, or has text but no number, or another
    line has no number, or a cell that is not exactly one number where one is expected.
    """
    place = expand_home(path, "--do-not-call")
    with _reading:
        try:
            found = place.stat()
            is_file = stat.S_ISREG(found.st_mode)
        except (OSError, ValueError):
            found, is_file = None, False  # reading says why it cannot be read
        version = (
            (found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
            if found and is_file
            else ()
        )
        key = str(absolute_path(place))
        known, numbers = _lists.get(key, (None, NumberList(())))
        if known != version:
            lines = _List(path)
            numbers.add(lines.numbers(_read_text(str(place))))
            if lines.has_text and numbers.is_empty and known is None:  # it is probably another file
                raise _unusable(f"`{path}` has text, but no number")
            _lists[key] = version, numbers
        return numbers


def _read_text(path: str) -> str:
    try:
        return read_text(path)
    except (DocumentError, UsageError) as error:
        (finding, *_) = error.findings
        message = f"the do-not-call list cannot be read: {finding.message}"
        why = "no call is placed without it"
        raise UsageError(message, where="--do-not-call", fix=finding.fix, why=why) from None


_reading = Lock()
_lists: dict[str, tuple[tuple[int, ...], NumberList]] = {}
"""The version of each file that was read last, and the numbers of all its versions."""


class _List:
    """A list of numbers with the names of its columns, if it has a heading."""

    def __init__(self, path: str) -> None:
        self._path, self._line_number = path, 0
        self._names: Sequence[str] = ()
        self._phones: Sequence[int] = ()
        self.has_text = False
        """Whether it has a line that is neither blank nor the heading of a list of numbers."""

    def numbers(self, text: str) -> Iterator[str]:
        """Yield the numbers of each line; raises UsageError for a line that has none."""
        is_first = True
        for self._line_number, line in enumerate(split_lines(text.lstrip("\ufeff")), 1):
            cells = _split_cells(line)
            if not any(cells) or (is_first and compile_pattern(_SEPARATOR_LINE).fullmatch(line)):
                continue
            if is_first and _is_heading(cells):
                self._names = cells
                self._phones = [place for place, name in enumerate(cells) if _is_phone_name(name)]
            elif len(cells) == 1 and len(self._names) <= 1:
                if not is_one_number(cells[0]):
                    raise self._error("", has_digits=bool(plain_digits(cells[0])))
                yield cells[0]
            else:
                yield from self._numbers_of_row(cells)
            is_first = False
            self.has_text |= not (self._phones and self._names is cells)

    def _numbers_of_row(self, cells: Sequence[str]) -> list[str]:
        """Return every number in any column of a row; IDs may be among them.

        In doubt, a number is on the list. A row without a number is skipped if the cell for it is empty. If no heading
        names the columns of numbers, digits alone may be an ID: they do not make up for a cell that is in doubt.
        """
        found = _numbers_with_area_code(cells)
        has_number = is_certain = bool(found)
        is_doubtful = False
        for name, cell in self._named_parts(cells):
            if is_one_number(cell):
                found.append(cell)
                plain = without_decimals(cell)
                is_long = len(plain_digits(plain)) >= MIN_NATIONAL_DIGITS
                is_number = is_long and not _is_date(plain)
                has_number |= is_number
                is_certain |= is_number and (bool(self._phones) or not plain.isdecimal())
            elif _is_date(cell):
                continue
            elif _is_broken(cell, name) or (not self._phones and _has_other_characters(cell)):
                raise self._error(name, has_digits=True)
            else:
                inside = [each[0] for each in compile_pattern(INTERNATIONAL_IN_TEXT).finditer(cell)]
                likely = _likely_numbers(cell)
                found += [*inside, *likely]
                has_number |= bool(inside)
                is_certain |= bool(inside)
                is_doubtful |= bool(likely)
        has_any = bool(found) if self._phones else has_number
        if (is_doubtful and not is_certain) or not (has_any or self._has_no_phone(cells)):
            raise self._error("", has_digits=is_doubtful or bool(found))
        return found

    def _has_no_phone(self, cells: Sequence[str]) -> bool:
        """Return whether the cells for numbers are empty: those that the heading names, or the first one."""
        phones = [cells[place] for place in self._phones or (0,) if place < len(cells)]
        return not any(plain_digits(each) if self._phones else each for each in phones)

    def _named_parts(self, cells: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Yield each cell with the name of its column; what is before and after a `#` are two cells."""
        for position, cell in enumerate(cells):
            name = self._names[position] if position < len(self._names) else ""
            head, _, tail = cell.partition("#")
            yield name, head.strip()
            if tail:
                yield "", tail.strip()

    def _error(self, name: str, *, has_digits: bool) -> UsageError:
        place = f"`{printable(name)}` in line" if name else "line"
        problem = "is not exactly one number" if has_digits else "has no number"
        return _unusable(f"{place} {self._line_number} of `{self._path}` {problem}")


def _unusable(problem: str) -> UsageError:
    return UsageError(
        problem,
        where="--do-not-call",
        fix="write one number per line, without an extension, preferably in E.164: `+12025550123`; in a table, a heading such"
        " as `Phone` shows which column has the numbers",
    )


def _split_cells(line: str) -> list[str]:
    """Return the cells of a line, without empty cells at the end, but at least one.

    Text after `#` is skipped, but not the cells after it: `#` may be part of a cell.
    """
    if line.lstrip().startswith("#"):
        return [""]
    cells = [match[1] for match in compile_pattern(_CELL).finditer(line)]
    if len(cells) == 1:
        cells = [cells[0].partition("#")[0]]
    plain = [cell.strip().strip("\"'").strip() for cell in cells]
    while len(plain) > 1 and not plain[-1]:
        plain.pop()
    return plain


def _is_heading(cells: Sequence[str]) -> bool:
    """Return whether the first line names columns: it has no whole number, and its first cell none at all."""
    first = cells[0]
    return (
        not is_one_number(first)
        and len(plain_digits(first)) < _MIN_DIGITS
        and all(len(plain_digits(cell)) < MIN_NATIONAL_DIGITS for cell in cells)
    )


def _is_phone_name(name: str) -> bool:
    return bool(name) and _matches(PHONE_HEADINGS, fold_number_name(name))


def _is_broken(cell: str, name: str) -> bool:
    """Return whether a cell should be one number, but is not: another number or an extension may follow it."""
    return _matches(_BROKEN, cell) or (_is_phone_name(name) and bool(plain_digits(cell)))


def _has_other_characters(cell: str) -> bool:
    """Return whether a cell is a number in which other characters stand for some digits."""
    return len(plain_digits(cell)) >= _MIN_OWN_DIGITS and _matches(_OTHER_CHARACTERS, cell)


def _is_date(cell: str) -> bool:
    """Return whether a cell starts with a date, perhaps with a time, and has no number after it."""
    return bool(compile_pattern(_DATES_IN_TEXT).match(cell)) and not _likely_numbers(cell)


def _likely_numbers(cell: str) -> list[str]:
    """Return possible numbers in a text: an extension, another number, or a label may be beside them."""
    if is_uuid(cell):
        return []
    text = compile_pattern(_DATES_IN_TEXT).sub(" ; ", cell)
    found = [each[0] for each in compile_pattern(_LIKE_A_NUMBER).finditer(text)]
    return [*found, *compile_pattern(_DIGITS).findall(text)] if found else []


def _numbers_with_area_code(cells: Sequence[str]) -> list[str]:
    """Return the numbers whose area code is in the cell before, as in the files of the US registry: `202,5550123`."""
    return [
        area + number
        for area, number in pairwise(cells)
        if _matches(_AREA_CODE, area) and _matches(_NUMBER_IN_AREA, number)
    ]


def _matches(pattern: str, text: str) -> bool:
    return bool(compile_pattern(pattern).fullmatch(text))
