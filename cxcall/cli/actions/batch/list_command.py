"""Run `cxcall batch list`: the newest batches with their counts, from the ledger."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from cxcall.batch.report.recorded_rows import count_rows
from cxcall.output.report import Report, Table
from cxcall.sending.configured_ledger import open_ledger

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cxcall.ledger.records import Batch

_HEADINGS = ("ID", "AT (UTC)", "OPERATION", "FILE", "ROWS", "ACCEPTED", "UNKNOWN", "STATE")


def list_batches(limit: int) -> Report:
    """Return the newest batches with their counts."""
    with open_ledger(to_read=True) as ledger:
        batches = ledger.batches.all()[:limit]
        counts = [count_rows(ledger, each.id) for each in batches]
    listed = [_batch_data(batch, *each) for batch, each in zip(batches, counts, strict=True)]
    return Report(
        "batch list",
        data={"batches": listed},
        json_lines=listed,
        table=_table(listed),
        diagnostics=[] if listed else ["no batch has been run yet"],
    )


def _batch_data(batch: Batch, outcomes: dict[str, int], unsent: int) -> dict[str, Any]:
    return {
        "id": batch.id,
        "at": batch.at.isoformat(),
        "state": "finished" if batch.is_finished else "unfinished",
        "profile": batch.profile,
        "operation": batch.operation,
        "target": batch.target,
        "file": batch.file,
        "rows": batch.rows,
        "outcomes": outcomes,
        "unsent": unsent,
    }


def _table(batches: Sequence[dict[str, Any]]) -> Table:
    rows = [
        (
            each["id"],
            each["at"][:16].replace("T", " "),
            each["operation"],
            PurePath(each["file"]).name or "-",
            "" if each["rows"] is None else str(each["rows"]),
            str(each["outcomes"].get("accepted", 0)),
            str(each["outcomes"].get("unknown", 0)),
            each["state"],
        )
        for each in batches
    ]
    return Table(_HEADINGS, rows).dropping("OPERATION", "AT (UTC)", "FILE", "ACCEPTED", "ROWS")
