"""CSV tables: names of properties without a slash, the line that tells Excel the delimiter, and types of cells."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from cxcall.contracts.contract import Contract, load_operation
from cxcall.documents.json_document import DocumentError
from cxcall.payloads.csv_table import CsvHeader, CsvLines, CsvRecord
from cxcall.payloads.payload import set_text
from cxcall.payloads.schema_check import check_body
from helpers.cases import each_case

if TYPE_CHECKING:
    from cxcall.findings.finding import Finding

QUEUE = "7795460a-be68-4739-97ed-af1d4f18f1b9"


def unknown_columns(operation: str, *cells: str) -> tuple[Finding, ...]:
    """Return the findings on the header of a table, which is on its second line."""
    header = CsvHeader.read(CsvLines(StringIO(f"\n{','.join(cells)}\n")), "t.csv")
    with pytest.raises(DocumentError) as raised:
        header.table(load_operation(operation))
    return raised.value.findings


@each_case("cell", ["queueId", "callbackUserName"])
def test_name_of_a_property_at_the_top_gets_its_place(cell: str) -> None:
    error, other = unknown_columns("create-callback", "/queueId", cell, "x y")
    assert error.fix.startswith(f"write `/{cell}`; ")
    assert other.message == "`t.csv` has a column that `create-callback` does not have: `x y`"
    places = [each.excerpt and (each.excerpt.line, each.excerpt.column) for each in (error, other)]
    assert places == [(2, 10), (2, 11 + len(cell))]


def test_property_that_a_flag_sets_is_that_flag() -> None:
    (error,) = unknown_columns("personal-connection", "contactId")
    assert "`contact-id`" in error.fix


def test_unknown_column_may_be_a_member_of_an_open_object() -> None:
    (error,) = unknown_columns("execute", "firstName")
    assert error.fix.startswith("rename it to `/contactSpec/contactData/firstName`; ")


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


CODE = {"$ref": "#/components/schemas/Code"}
CELLS = [
    ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "8", 8),
    ({"anyOf": [{"type": "boolean"}, {"type": "null"}]}, "TRUE", True),
    ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "8", "8"),
    ({"oneOf": [CODE, {"type": "string", "pattern": "^x"}]}, "8", 8),
    ({"oneOf": [CODE, {"type": "string", "pattern": "^x"}]}, "x8", "x8"),
    ({"type": ["string", "integer"], "maxLength": 1}, "08", None),
    ({"type": ["string", "integer"], "maxLength": 1}, "18", 18),
    ({"enum": [1, 2]}, "2", 2),
    ({"enum": [1, "1"]}, "1", "1"),
    ({"const": 5}, "5", 5),
    ({"minimum": 3}, "4", "4"),
    ({"allOf": [CODE]}, "9", 9),
    ({"properties": {"x": CODE}}, '{"x": 1}', {"x": 1}),
    ({}, "1", "1"),
]


@each_case("schema, cell, expected", CELLS)
def test_cell_has_a_type_that_its_schema_allows(
    schema: dict[str, Any], cell: str, expected: Any
) -> None:
    body = {"content": {"application/json": {"schema": {"properties": {"v": schema}}}}}
    components = {"schemas": {"Code": {"type": "integer"}}}
    paths = {"/x": {"post": {"operationId": "x", "requestBody": body, "responses": {}}}}
    (operation,) = Contract("made-up", {"paths": paths, "components": components}).operations
    value = set_text(operation, {}, "/v", cell, "column v")["v"]
    is_valid = jsonschema.Draft202012Validator({**schema, "components": components}).is_valid
    assert (value, is_valid(value)) == ((cell, False) if expected is None else (expected, True))


FIXES = {
    "/queueId,/callbackNumbers/0|,+12125550123": "fill in the cell of the column `/queueId`",
    "to|+12025550123": "add a column `queue` or `/routingData/queueId`",
    f"/queueId,/callbackNumbers|{QUEUE},": "fill in the cell of the column `/callbackNumbers`",
    f"/queueId,/countryCode|{QUEUE},US": "add a column `to`",
    f"/queueId,/callbackNumbers/1|{QUEUE},": "fill in the cell of the column `/callbackNumbers/1`",
    f"queue,to|{QUEUE},": "fill in the cell of the column `to`",
    f"queue,/callbackNumbers|{QUEUE},+12125550123": "rename the column `/callbackNumbers` to `/callbackNumbers/0`, or write JSON into the cell",
    f"/queueIdd,/callbackNumbers/0|{QUEUE},+12125550123": "rename the column `/queueIdd` to `/queueId`",
}  # fmt: skip


@each_case("table", FIXES)
def test_correction_of_a_row_is_typed_into_its_table(table: str) -> None:
    lines = CsvLines(StringIO(table.replace("|", "\n")))
    operation = load_operation("create-callback")
    row = next(CsvHeader.read(lines, "t.csv").table(operation).records(lines))
    assert row.payload is not None
    assert isinstance(record := row.payload.document, CsvRecord)
    finding, *_ = check_body(operation, row.payload)
    assert record.add_place(finding).fix == FIXES[table]
