"""The rows of a batch are read one by one, so that its memory does not grow with their number."""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING

import pytest

from cxcall.batch import row_selection
from cxcall.batch.input.rows import RowFile
from cxcall.batch.job import Job
from cxcall.batch.row_checks import CheckedRow, check_rows
from cxcall.batch.row_selection import RowSelection
from cxcall.contracts.contract import load_operation
from cxcall.settings.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path


def contact(number: int) -> str:
    return f"12345678-1234-4234-8234-{number:012}"


def blocks_that_rows_take(rows: Iterable[object]) -> int:
    """Return the number of additional memory blocks after the 1,250th row, compared with the 250th."""
    used = {}
    for number, _ in enumerate(rows, 1):
        if number in (250, 1250):
            gc.collect()
            used[number] = sys.getallocatedblocks()
    return used[1250] - used[250]


@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_rows(tmp_path: Path) -> None:
    path = tmp_path / "calls.csv"
    rows = "".join(f"{contact(number)},x\n" for number in range(1250))
    path.write_text("contact-id,reason-code\n" + rows, "utf-8")
    operation = load_operation("personal-connection")
    settings = load_settings({"base_url": "http://127.0.0.1:1"}, operation.contract)
    with (
        RowFile(str(path)) as file,
        RowSelection(Job(operation, file, settings, {}), None, None) as selection,
    ):
        for kept in map(blocks_that_rows_take, (selection.check(), selection.rows())):
            assert kept < 500, "1,000 if one object is kept of each row"


def test_rows_are_read_one_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "calls.csv"
    path.write_text(
        "".join(["contact-id,reason-code\n", *(f"{contact(each)},x\n" for each in range(20))])
    )
    operation = load_operation("personal-connection")
    settings = load_settings({"base_url": "http://127.0.0.1:1"}, operation.contract)
    read: list[int] = []

    def check(job: Job) -> Iterator[CheckedRow]:
        for checked in check_rows(job):
            read.append(checked.row.number)
            yield checked

    monkeypatch.setattr(row_selection, "check_rows", check)
    with (
        RowFile(str(path)) as file,
        RowSelection(Job(operation, file, settings, {}), None, None) as selection,
    ):
        for rows in (selection.check(), selection.rows()):
            read.clear()
            assert [(checked.row.number, *read[-1:]) for checked in rows] == [
                (each, each) for each in range(1, 21)
            ]
