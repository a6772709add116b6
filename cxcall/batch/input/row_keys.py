"""Find the keys of rows, and their cells unchanged from the file, by the headers of a table or the names of a JSON line."""

from __future__ import annotations

import csv
from collections import Counter
from io import StringIO
from typing import TYPE_CHECKING

from cxcall.documents.json_pointer import leaves
from cxcall.documents.json_text import as_text, find_json
from cxcall.findings.errors import UsageError
from cxcall.payloads.csv_table import CsvRecord, read_cells
from cxcall.phone.number_masking import mask_cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cxcall.batch.input.rows import Row, RowFile
    from cxcall.findings.finding import Excerpt
    from cxcall.payloads.csv_table import CsvHeader


def source_of(row: Row) -> str:
    """Return the text of a row, unchanged from its file."""
    document = row.payload.document if row.payload else None
    text = document.source if isinstance(document, CsvRecord) else getattr(document, "text", "")
    return (text or row.place.text).rstrip("\r\n")


def shown_place(row: Row) -> Excerpt:
    """Return the place of a row for a finding; its line has asterisks in place of secrets."""
    document = row.payload.document if row.payload else None
    found = document.find_excerpt("") if document else None
    return found._replace(width=1) if found else row.place


def cells_of(row: Row, header: CsvHeader | None) -> dict[str, str]:
    """Return the cells of a row by their headers, or the values of a JSON line by their names.

    The name of a nested value is its JSON pointer. A row that cannot be read has no cells.
    """
    text = source_of(row)
    if header is not None:
        try:
            cells = next(read_cells(StringIO(text, newline=""), header.delimiter), [])
        except csv.Error:
            return {}
        return dict(zip(_distinct(header.cells), cells, strict=False))
    found = {pointer: as_text(value) for pointer, value in leaves(find_json(text, {})) if pointer}
    return {place[1:] if place.count("/") == 1 else place: cell for place, cell in found.items()}


def _distinct(names: Iterable[str]) -> Iterator[str]:
    """Yield names; the second of two equal ones has ` (2)` after it."""
    counts: Counter[str] = Counter()
    for name in names:
        counts[name] += 1
        yield name if counts[name] == 1 else f"{name} ({counts[name]})"


class RowKeys:
    """The value in the column that names the rows; empty without such a column.

    Raises UsageError if a table lacks the column.
    """

    def __init__(self, rows: RowFile, column: str) -> None:
        self.column, self._rows = column, rows
        header = rows.header
        if column and header is not None and header.cells.count(column) != 1:
            from cxcall.runtime.name_similarity import find_similar

            near = find_similar(column, header.cells)
            listed = ", ".join(f"`{cell}`" for cell in header.cells)
            several = "two columns" if column in header.cells else "no column"
            raise UsageError(
                f"`{rows.name}` has {several} `{column}`",
                where="--key",
                fix=f"the most similar column is `{near}`" if near else f"its columns: {listed}",
            )

    def key_of(self, row: Row) -> str:
        """Return the name of a row, with phone numbers masked: it is stored, and shown in reports."""
        if not self.column:
            return ""
        cells = cells_of(row, self._rows.header)
        found = cells.get(self.column) or cells.get(self.column.removeprefix("/"), "")
        return mask_cell(self.column, found)
