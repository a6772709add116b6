"""Read the rows of a CSV, JSON Lines, or Excel file one at a time: each is a body and parameters."""

from __future__ import annotations

import csv
import hashlib
import json
from contextlib import suppress
from io import SEEK_END, TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Self

from cxcall.batch.input.column_mapping import ColumnMap
from cxcall.batch.input.json_rows import read_json_rows
from cxcall.batch.input.unknown_columns import UnknownColumnsError
from cxcall.documents.json_document import BOM, DocumentError
from cxcall.documents.paths import absolute_path
from cxcall.documents.text_files import (
    STDIN,
    encoding_error,
    open_bytes,
    refuse_other_encoding,
    single_byte_encoding,
    text_lines,
    wide_encoding,
)
from cxcall.findings.errors import UsageError
from cxcall.named_tuple import NamedTuple
from cxcall.payloads import csv_table
from cxcall.runtime.secrets.known_secrets import redacted_repr

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cxcall.batch.input.json_rows import JsonRow
    from cxcall.contracts.operation import Operation
    from cxcall.findings.errors import CxcallError
    from cxcall.findings.finding import Excerpt, Finding
    from cxcall.payloads.csv_table import CsvRow
    from cxcall.payloads.payload import Payload

JSON_LINES_SUFFIXES = (".jsonl", ".ndjson", ".json")
CSV_SUFFIXES = (".csv", ".tsv")
_SPREADSHEET_SUFFIXES = (".xlsx", ".xlsm")
_BLOCK_SIZE = 1 << 20
_START_BYTES = 4096
_MARKED = ("utf-8-sig", "utf-16", "utf-32")
"""The encodings that `json.detect_encoding` finds only by a byte order mark."""
_SAMPLES = 20
"""The number of records that are read to propose targets for unknown columns."""
_LARGEST_PIPE = 4 << 30
"""The most bytes of rows from a pipe, which are copied to a temporary file."""


class Row(NamedTuple):
    """One row; `number` counts from 1, `place` is where the row starts in the file.

    `values` are the path and query parameters that the row itself names. `payload` is None if
    the row cannot be read; `findings` say why.
    """

    number: int
    place: Excerpt
    payload: Payload | None
    values: Mapping[str, str]
    findings: tuple[Finding, ...] = ()

    def __repr__(self) -> str:
        return redacted_repr(self, "values")


class RowFormat(NamedTuple):
    """How a file of rows is read; an empty text means that the file itself decides."""

    encoding: str = ""
    sheet: str = ""
    columns: ColumnMap = ColumnMap()

    @property
    def headers(self) -> dict[str, str]:
        """The header of the column for each target, of the options and of the profile."""
        return {**self.columns.usual_headers, **self.columns.headers}


class RowFile:
    """A file of rows that can be read more than once; only an Excel file is kept in memory as a whole.

    Stdin, or a pipe, is copied to an unnamed temporary file, which the system removes with the process. `file`
    is the absolute path, empty for stdin, a pipe, and `content`, which is read in place of a file; `digest`
    the SHA-256 of the content. After rows were read, `header` is the header of the table, and `blank_lines` the error
    on lines of an Excel file that are no rows, but only look blank.
    """

    def __init__(
        self,
        path: str,
        row_format: RowFormat = RowFormat(),  # noqa: B008 - immutable
        content: IO[bytes] | None = None,
    ) -> None:
        self.name = path
        self.format = row_format
        self._binary = content or _open(path)
        is_file = path != STDIN and not content and Path(path).is_file()
        self.file = str(absolute_path(path).resolve()) if is_file else ""
        self._binary.seek(0)
        self.digest = hashlib.file_digest(self._binary, "sha256").hexdigest()  # type: ignore[arg-type]
        self.is_spreadsheet = path.lower().endswith(_SPREADSHEET_SUFFIXES)
        self.header: csv_table.CsvHeader | None = None
        self.blank_lines: Finding | None = None
        if self.is_spreadsheet and row_format.encoding:
            raise _unsuitable_flag(path, "--encoding", "an Excel file has no text encoding")
        if row_format.sheet and not self.is_spreadsheet:
            raise _unsuitable_flag(path, "--sheet", "only an Excel file has sheets")
        self.is_csv = not self.is_spreadsheet and self._is_csv()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._binary.close()

    def _is_csv(self) -> bool:
        suffix = self.name.lower().rpartition(".")[2]
        if f".{suffix}" in (*JSON_LINES_SUFFIXES, *CSV_SUFFIXES):
            return f".{suffix}" in CSV_SUFFIXES
        encoding = self.encoding
        self._binary.seek(0)
        start = self._binary.read(_BLOCK_SIZE).decode(encoding, "replace").lstrip(BOM).lstrip()
        return not start.startswith(("{", "["))

    @property
    def is_empty(self) -> bool:
        """Whether the file is empty, like a pipe whose command failed."""
        return self._binary.seek(0, SEEK_END) == 0

    @property
    def is_table(self) -> bool:
        """Whether the rows come from a table, not from JSON Lines."""
        return self.is_csv or self.is_spreadsheet

    @property
    def encoding(self) -> str:
        """The encoding of the byte order mark, or else the named one, or else UTF-8, also for the cells of an Excel file.

        Raises DocumentError for UTF-16 without a byte order mark.
        """
        if self.is_spreadsheet:
            return "utf-8"
        self._binary.seek(0)
        start = self._binary.read(_START_BYTES)
        found, named = json.detect_encoding(start), self.format.encoding
        if found in _MARKED or named:
            return found if found in _MARKED else named
        try:
            refuse_other_encoding(self.name, start)
        except DocumentError as error:
            raise _with_encoding(error, wide_encoding(start)) from None
        return "utf-8"

    def rows(self, operation: Operation) -> Iterator[Row]:
        """Yield every row, from the start; a row that cannot be read contains its errors.

        Raises UsageError when the file cannot be read as rows, DocumentError when its bytes do not have
        the encoding.
        """
        if self.is_spreadsheet:
            for number, row in enumerate(self._read_spreadsheet(operation), 1):
                if not row.is_blank:
                    yield Row(number, *row)
            return
        encoding = self.encoding
        self._binary.seek(0)
        text = TextIOWrapper(self._binary, encoding=encoding, newline="")
        try:
            read = self._read_table if self.is_csv else self._read_lines
            for number, found in enumerate(read(text_lines(text, self.name), operation), 1):
                if not (isinstance(found, csv_table.CsvRow) and found.is_blank):
                    yield Row(number, *found)
        except UnicodeDecodeError as error:
            raise _decoding_error(self.name, error, self.format.encoding) from None
        except UnicodeError:  # incomplete UTF-16
            raise UsageError(
                f"`{self.name}` is not {encoding.upper()}", where="--encoding"
            ) from None
        finally:
            with suppress(ValueError):  # the file was closed before the rows were read to their end
                text.detach()

    def _read_spreadsheet(self, operation: Operation) -> Iterator[CsvRow]:
        from cxcall.batch.input.spreadsheet import Spreadsheet

        sheet = Spreadsheet(self._binary, self.name, self.format.sheet)
        self.header = sheet.header
        try:
            table = self.format.columns.table(sheet.header, operation)
        except UsageError as error:
            sheet.stop_on_formulas()
            if isinstance(error, UnknownColumnsError):
                raise error.with_samples(sheet.sample(_SAMPLES)) from None
            raise
        self.blank_lines = sheet.find_blank_lines(table)
        yield from sheet.rows(table)

    def _read_table(self, text: Iterable[str], operation: Operation) -> Iterator[CsvRow]:
        lines = csv_table.CsvLines(text)
        header = self.header = csv_table.CsvHeader.read(lines, self.name)
        try:
            table = self.format.columns.table(header, operation)
        except UnknownColumnsError as error:
            samples: list[list[str]] = []
            with suppress(csv.Error):  # the header is the first problem
                samples += islice(csv_table.read_cells(lines, header.delimiter), _SAMPLES)
            raise error.with_samples(samples) from None
        yield from table.records(lines)

    def _read_lines(self, text: Iterable[str], operation: Operation) -> Iterator[JsonRow]:
        if self.format.columns.headers:
            raise UsageError(
                f"`{self.name}` has no columns: it is JSON Lines",
                where="--map",
                fix="leave out `--map` and `--mapping`",
            )
        return read_json_rows(text, self.name, operation, self.format.columns)


def _unsuitable_flag(path: str, flag: str, why: str) -> UsageError:
    return UsageError(
        f"`{flag}` does not apply to `{path}`", where=flag, fix="leave it out", why=why
    )


def check_encoding(name: str) -> str:
    """Return the name of a text encoding; raises UsageError for an unknown one."""
    try:
        "".encode(name)
    except (LookupError, ValueError):
        raise UsageError(
            f"unknown encoding `{name}`",
            where="--encoding",
            fix="write it like `windows-1252`, `iso-8859-15`, or `utf-16-le`",
        ) from None
    return name


def _with_encoding(error: DocumentError, encoding: str) -> DocumentError:
    """Return an error that also proposes `--encoding`; unchanged for a file that is not text."""
    (found,) = error.findings
    fix = f"add `--encoding {encoding}`; or convert it: {found.fix}"
    return DocumentError(found._replace(fix=fix)) if encoding else error


def _decoding_error(path: str, error: UnicodeDecodeError, encoding: str) -> CxcallError:
    """Return the error for bytes that do not have the encoding; it proposes another encoding, but never applies it."""
    byte = f"0x{error.object[error.start]:02x}"
    if encoding:
        return UsageError(
            f"`{path}` is not {encoding}: byte {byte} is not valid in that encoding",
            where="--encoding",
            fix="give the encoding in which the file was saved",
        )
    sample = error.object[error.start :]
    found = encoding_error(path, f"it contains byte {byte}", sample).findings[0]
    if not single_byte_encoding(sample):
        return DocumentError(found)
    fix = f"if a Windows program wrote the file, add `--encoding windows-1252`; or convert it: {found.fix}"
    return DocumentError(found._replace(fix=fix))


def _open(path: str) -> IO[bytes]:
    """Open a file; copy stdin or a pipe to a temporary file, because rows are read twice."""
    opened = open_bytes(path)
    if path != STDIN and opened.seekable():
        return opened
    from tempfile import TemporaryFile

    copy: IO[bytes] = TemporaryFile()  # noqa: SIM115 - it stays open for the whole run
    while block := opened.read(_BLOCK_SIZE):
        copy.write(block)
        if copy.tell() > _LARGEST_PIPE:
            raise UsageError(
                f"`{path}` has more than {_LARGEST_PIPE >> 30} GiB",
                where=path,
                fix="split the input, or give a file, which can have any size",
            )
    return copy
