"""Run `cxcall history export`: print every delivery as JSON Lines or CSV."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cxcall.cli.actions.history import parse_since
from cxcall.documents.json_text import as_cell
from cxcall.ledger.record_fields import record_fields
from cxcall.output.csv_cells import safe_cell
from cxcall.output.screen import Screen
from cxcall.sending.configured_ledger import open_ledger

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cxcall.ledger.records import Record
    from cxcall.output.output_options import OutputOptions


def export_deliveries(form: str, since: str, output: OutputOptions) -> None:
    """Print all deliveries as JSON Lines or CSV, one at a time.

    Raises MissingRecordsError after the last delivery if records are missing from the ledger.
    """
    screen = Screen.standard(output)
    with open_ledger(to_read=True) as ledger:
        ledger.check(always=True)
        for line in _export_lines(ledger.records(since=parse_since(since)), form):
            screen.print_line(line)
        ledger.stop_on_missing_records()


def _export_lines(records: Iterable[Record], form: str) -> Iterator[str]:
    """Yield the lines of a JSON Lines or CSV file."""
    if form == "jsonl":
        for record in records:
            yield json.dumps(record_fields(record), ensure_ascii=False)
        return
    from cxcall.payloads.csv_table import format_record

    for index, record in enumerate(records):
        values = record_fields(record)
        if not index:
            yield format_record(list(values))
        yield format_record([_as_cell(value) for value in values.values()])


def _as_cell(value: Any) -> Any:
    """Return a value as a CSV cell that no spreadsheet runs as a formula."""
    if isinstance(value, list):
        value = " ".join(value)
    if isinstance(value, dict):
        return json.dumps(value) if value else ""
    return safe_cell(as_cell(value))
