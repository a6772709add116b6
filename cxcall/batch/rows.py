"""Rows of a CSV or JSON Lines file -> requests to be: a body and parameters each, one at a time."""

from __future__ import annotations

import hashlib
import json
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, Self

from cxcall.documents.json_document import BOM, DocumentError, parse_lines
from cxcall.documents.text_files import STDIN, open_bytes, refuse_wide, undecodable
from cxcall.findings.finding import Excerpt
from cxcall.payloads import csv_table
from cxcall.payloads.payload import Payload

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cxcall.contracts.contract import Operation
    from cxcall.documents.json_document import Document
    from cxcall.findings.finding import Finding

JSON_LINES_SUFFIXES = (".jsonl", ".ndjson", ".json")
CSV_SUFFIXES = (".csv", ".tsv")
_BLOCK_SIZE = 1 << 20
_MAX_BOM_BYTES = 4  # bytes, by which an encoding is known


class Row(NamedTuple):
    """One request to be; `number` counts rows from 1, `place` is where the row starts in the file.

    `values` are the path and query parameters that the row itself names. `findings` are errors that kept it
    from being read at all; then there is no payload.
    """

    number: int
    place: Excerpt
    payload: Payload | None
    values: Mapping[str, str]
    findings: tuple[Finding, ...] = ()


class RowFile:
    """A file of rows that can be read more than once, never held in memory as a whole.

    Stdin is kept in a nameless temporary file, gone when the process is. `file` is the absolute
    path, empty for stdin; `digest` the SHA-256 of the content.
    """

    def __init__(self, path: str) -> None:
        self.name = path
        self._binary = _open(path)
        self.file = "" if path == STDIN else _absolute(path)
        self.digest = self._hash()
        self.is_csv = self._is_csv()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._binary.close()

    def _hash(self) -> str:
        found = hashlib.sha256()
        self._binary.seek(0)
        while block := self._binary.read(_BLOCK_SIZE):
            found.update(block)
        return found.hexdigest()

    def _is_csv(self) -> bool:
        suffix = self.name.lower().rpartition(".")[2]
        if f".{suffix}" in (*JSON_LINES_SUFFIXES, *CSV_SUFFIXES):
            return f".{suffix}" in CSV_SUFFIXES
        self._binary.seek(0)
        start = self._binary.read(_BLOCK_SIZE).decode("utf-8", "replace").lstrip(BOM).lstrip()
        return not start.startswith(("{", "["))

    def rows(self, operation: Operation) -> Iterator[Row]:
        """Yield every row, from the start; raises UsageError when the file cannot be read as rows.

        A row that cannot be read is yielded with its errors. Raises DocumentError where the file
        is not UTF-8.
        """
        self._binary.seek(0)
        refuse_wide(self.name, self._binary.read(_MAX_BOM_BYTES))
        self._binary.seek(0)
        text = TextIOWrapper(self._binary, encoding="utf-8-sig", newline="")
        try:
            read = csv_table.read_rows if self.is_csv else _read_lines
            for number, found in enumerate(read(text, self.name, operation), 1):
                yield Row(number, *found)
        except UnicodeDecodeError as error:
            said = f"byte 0x{error.object[error.start]:02x} stands in it"
            raise undecodable(self.name, said, "LATIN1") from None
        finally:
            text.detach()


def _open(path: str) -> BinaryIO:
    """Open a file, or keep what comes by a pipe: it is read twice."""
    opened = open_bytes(path)
    if path != STDIN:
        return opened
    from tempfile import TemporaryFile

    kept: BinaryIO = TemporaryFile()  # noqa: SIM115 - it stays open for the whole run
    while block := opened.read(_BLOCK_SIZE):
        kept.write(block)
    return kept


def _absolute(path: str) -> str:
    from pathlib import Path

    return str(Path(path).resolve())


def _read_lines(
    text: TextIOWrapper, name: str, operation: Operation
) -> Iterator[tuple[Excerpt, Payload | None, dict[str, str], tuple[Finding, ...]]]:
    """Yield the rows of JSON Lines: each line is a body, and may name parameters beside it."""
    for found in parse_lines(text, name):
        if isinstance(found, DocumentError):
            place = next((error.excerpt for error in found.findings if error.excerpt), None)
            start = place or Excerpt(name, 1, 1, "")
            yield start, None, {}, found.findings
        else:
            value, values = _take_parameters(found.value, operation)
            yield _start(found), Payload(value, found), values, ()


def _start(line: Document) -> Excerpt:
    return Excerpt(line.name, line.first_line, 1, line.text)


def _take_parameters(value: Any, operation: Operation) -> tuple[Any, dict[str, str]]:
    """Part a line into its body and the parameters; of the path's, what the body declares stays in it, too."""
    if not isinstance(value, dict):
        return value, {}
    declared = operation.schema_at("").get("properties", {})
    wanted = [
        entry.name
        for entry in operation.parameters
        if entry.location == "path" or (entry.location == "query" and entry.name not in declared)
    ]
    values = {name: _as_text(value[name]) for name in wanted if name in value}
    body = {
        name: member for name, member in value.items() if name in declared or name not in values
    }
    return body, values


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
