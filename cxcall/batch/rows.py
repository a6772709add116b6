"""Read the rows of a CSV or JSON Lines file one at a time: each is a body and parameters."""

from __future__ import annotations

import hashlib
import json
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any, BinaryIO, Self

from cxcall.documents.json_document import BOM, DocumentError, parse_lines
from cxcall.documents.text_files import STDIN, encoding_error, open_bytes, refuse_utf16, text_lines
from cxcall.findings.errors import UsageError
from cxcall.findings.finding import Excerpt
from cxcall.named_tuple import NamedTuple
from cxcall.payloads import csv_table
from cxcall.payloads.payload import Payload

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cxcall.contracts.operation import Operation
    from cxcall.findings.finding import Finding

JSON_LINES_SUFFIXES = (".jsonl", ".ndjson", ".json")
CSV_SUFFIXES = (".csv", ".tsv")
_BLOCK_SIZE = 1 << 20
_MAX_BOM_BYTES = 4
LARGEST_PIPE = 4 << 30
"""Bytes of rows from stdin, which are copied to a temporary file."""


class Row(NamedTuple):
    """One row; `number` counts from 1, `place` is where the row starts in the file.

    `values` are the path and query parameters that the row itself names. `payload` is None where
    `findings` say that the row cannot be read.
    """

    number: int
    place: Excerpt
    payload: Payload | None
    values: Mapping[str, str]
    findings: tuple[Finding, ...] = ()


class RowFile:
    """A file of rows that can be read more than once and is never held in memory as a whole.

    Stdin is copied to an unnamed temporary file, which the system removes with the process. `file`
    is the absolute path, empty for stdin; `digest` the SHA-256 of the content.
    """

    def __init__(self, path: str) -> None:
        self.name = path
        self._binary = _open(path)
        self.file = "" if path == STDIN else _absolute(path)
        self.digest = self._sha256()
        self.is_csv = self._is_csv()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._binary.close()

    def _sha256(self) -> str:
        digest = hashlib.sha256()
        self._binary.seek(0)
        while block := self._binary.read(_BLOCK_SIZE):
            digest.update(block)
        return digest.hexdigest()

    def _is_csv(self) -> bool:
        suffix = self.name.lower().rpartition(".")[2]
        if f".{suffix}" in (*JSON_LINES_SUFFIXES, *CSV_SUFFIXES):
            return f".{suffix}" in CSV_SUFFIXES
        self._binary.seek(0)
        start = self._binary.read(_BLOCK_SIZE).decode("utf-8", "replace").lstrip(BOM).lstrip()
        return not start.startswith(("{", "["))

    def rows(self, operation: Operation) -> Iterator[Row]:
        """Yield every row, from the start; a row that cannot be read carries its errors.

        Raises UsageError when the file cannot be read as rows, DocumentError when it is not UTF-8.
        """
        self._binary.seek(0)
        refuse_utf16(self.name, self._binary.read(_MAX_BOM_BYTES))
        self._binary.seek(0)
        text = TextIOWrapper(self._binary, encoding="utf-8-sig", newline="")
        try:
            read = csv_table.read_rows if self.is_csv else _read_lines
            for number, found in enumerate(
                read(text_lines(text, self.name), self.name, operation), 1
            ):
                yield Row(number, *found)
        except UnicodeDecodeError as error:
            problem = f"byte 0x{error.object[error.start]:02x} stands in it"
            raise encoding_error(self.name, problem, "LATIN1") from None
        finally:
            text.detach()


def _open(path: str) -> BinaryIO:
    """Open a file; copy stdin to a temporary file, because rows are read twice."""
    opened = open_bytes(path)
    if path != STDIN:
        return opened
    from tempfile import TemporaryFile

    copy: BinaryIO = TemporaryFile()  # noqa: SIM115 - it stays open for the whole run
    while block := opened.read(_BLOCK_SIZE):
        copy.write(block)
        if copy.tell() > LARGEST_PIPE:
            raise UsageError(
                f"`-` has more than {LARGEST_PIPE >> 30} GiB",
                where="-",
                fix="split it, or name a file, which may have any size",
            )
    return copy


def _absolute(path: str) -> str:
    from pathlib import Path

    return str(Path(path).resolve())


def _read_lines(
    text: Iterable[str], name: str, operation: Operation
) -> Iterator[tuple[Excerpt, Payload | None, dict[str, str], tuple[Finding, ...]]]:
    """Yield the rows of JSON Lines: each line is a body, and may name parameters beside it."""
    for line in parse_lines(text, name):
        if isinstance(line, DocumentError):
            place = next((finding.excerpt for finding in line.findings if finding.excerpt), None)
            yield place or Excerpt(name, 1, 1, ""), None, {}, line.findings
        else:
            value, values = _take_parameters(line.value, operation)
            start = Excerpt(line.name, line.first_line, 1, line.text)
            yield start, Payload(value, line), values, ()


def _take_parameters(value: Any, operation: Operation) -> tuple[Any, dict[str, str]]:
    """Split a line into its body and its parameters; a path parameter that the body declares is in both."""
    if not isinstance(value, dict):
        return value, {}
    declared = operation.schema_at("").get("properties", {})
    names = [
        entry.name
        for entry in operation.parameters
        if entry.location == "path" or (entry.location == "query" and entry.name not in declared)
    ]
    values = {name: _as_text(value[name]) for name in names if name in value}
    body = {
        name: member for name, member in value.items() if name in declared or name not in values
    }
    return body, values


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
