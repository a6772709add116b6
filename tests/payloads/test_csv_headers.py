"""Headers of CSV tables: names of properties without a slash, and the line that tells Excel the delimiter."""

from __future__ import annotations

from io import StringIO

import pytest

from cxcall.contracts.contract import load_operation
from cxcall.findings.errors import UsageError
from cxcall.payloads.csv_table import CsvHeader, CsvLines
from helpers.cases import each_case

QUEUE = "7795460a-be68-4739-97ed-af1d4f18f1b9"


@each_case("cell", ["queueId", "callbackUserName"])
def test_name_of_a_property_at_the_top_gets_its_place(cell: str) -> None:
    header = CsvHeader("t.csv", (cell,), ",")
    with pytest.raises(UsageError) as raised:
        header.table(load_operation("create-callback"))
    (error,) = raised.value.findings
    assert error.fix.startswith(f"write `/{cell}`; ")
    assert "no property of that name" not in error.message


@each_case("line", ["sep=;", '"sep=;"', "SEP=;"])
def test_line_with_the_delimiter_of_excel_is_not_the_header(line: str) -> None:
    text = f"{line}\n/queueId;/callbackUserName\n{QUEUE};Li, Wu, Xu\n"
    lines = CsvLines(StringIO(text))
    table = CsvHeader.read(lines, "t.csv").table(load_operation("create-callback"))
    assert (table.header.delimiter, table.header.cells) == (";", ("/queueId", "/callbackUserName"))
    (row,) = table.records(lines)
    assert row.payload is not None
    assert row.payload.value == {"queueId": QUEUE, "callbackUserName": "Li, Wu, Xu"}
    assert row.place.line == 3


def test_column_of_another_name_is_not_the_delimiter() -> None:
    assert CsvHeader.read(CsvLines(StringIO("sep=x,a\n1,2\n")), "t").cells == ("sep=x", "a")
