"""CSV rows and JSON lines become requests, and every cell is located in its file."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxcall.batch.input.rows import RowFile
from cxcall.batch.job import Job
from cxcall.batch.row_checks import check_rows
from cxcall.contracts.operation import Operation
from cxcall.payloads import csv_table
from cxcall.payloads.csv_skeleton import build_skeleton
from cxcall.settings.settings import load_settings
from helpers.cases import each_case
from helpers.shipped_operations import detailed_operations
from helpers.work import stride

if TYPE_CHECKING:
    from pathlib import Path

OPERATIONS = detailed_operations()
PERSONAL = next(entry for entry in OPERATIONS if entry.name == "personal-connection")
# The standard library's writer leaves a lone carriage return unquoted before Python 3.13.
TEXT = st.text(st.sampled_from("aA0 ,;\t|\n\"'\\=\x1c\x85é\u2028\ufeff☎😀"), min_size=1)


@pytest.mark.slow
@each_case("operation", OPERATIONS[:: stride()], ids=lambda entry: entry.name)
def test_sample_csv_of_every_operation_is_valid(operation: Operation, tmp_path: Path) -> None:
    path = tmp_path / "sample.csv"
    path.write_text(build_skeleton(operation), "utf-8")
    settings = load_settings({"base_url": "http://127.0.0.1:1"}, operation.contract)
    with RowFile(str(path)) as file:
        rows = list(check_rows(Job(operation, file, settings, {})))
    needs_none = operation.example is None and not any(
        entry.required for entry in operation.parameters
    )
    assert len(rows) == (0 if needs_none else 1)
    for row in rows:
        assert row.request is not None, row.findings
        assert row.request.payload.value == without_empty_text(operation.example or {})


def without_empty_text(example: Any) -> Any:
    """Return a body that a table can produce: an empty cell is not a value."""
    if not isinstance(example, dict):
        return example
    return {name: value for name, value in example.items() if value != ""}


@pytest.mark.slow
@given(
    st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=5),
    st.sampled_from(csv_table.DELIMITERS),
    st.sampled_from(["\n", "\r\n"]),
)
def test_every_cell_is_read_and_located_exactly(
    rows: list[tuple[str, str]], delimiter: str, end: str
) -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end)
    writer.writerows([("contact-id", "reason-code"), *rows])
    text = io.TextIOWrapper(io.BytesIO(out.getvalue().encode()), "utf-8", newline="")
    parts = csv_table.CsvLines(text)
    found = list(csv_table.CsvHeader.read(parts, "t.csv").table(PERSONAL).records(parts))
    lines = out.getvalue().split("\n")
    assert [payload.value for _, payload, _, _ in found if payload] == [
        {"contactId": first, "reasonCode": second} for first, second in rows
    ]
    for (_, payload, _, _), cells in zip(found, rows, strict=True):
        assert payload is not None
        for pointer, cell in zip(("/contactId", "/reasonCode"), cells, strict=True):
            place = payload.find_excerpt(pointer)
            assert place is not None
            start = lines[place.line - 1][place.column - 1 :]
            written = io.StringIO()
            csv.writer(written, delimiter=delimiter, lineterminator=end).writerow([cell])
            assert start.startswith(
                (written.getvalue().split("\n")[0].rstrip("\r"), cell.split("\n")[0].rstrip("\r"))
            )


def test_empty_cell_sets_no_value(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("contact-id\treason-code\n\n\tfollow_up\n", "utf-8")
    with RowFile(str(path)) as file:
        (row,) = file.rows(PERSONAL)
    assert row.payload is not None
    assert row.payload.value == {"reasonCode": "follow_up"}
    assert row.place.line == 3


def test_cells_are_converted_to_the_type_of_the_schema(tmp_path: Path) -> None:
    add = next(entry for entry in OPERATIONS if entry.name == "add-contacts")
    path = tmp_path / "t.csv"
    path.write_text(
        "contactListId,/0/contactListId,/0/callable,/0/data/zip\nL,L,TRUE,007\n", "utf-8"
    )
    with RowFile(str(path)) as file:
        (row,) = file.rows(add)
    assert row.payload is not None
    assert row.payload.value == [{"contactListId": "L", "callable": True, "data": {"zip": "007"}}]
    assert row.values == {"contactListId": "L"}


def test_json_line_can_hold_parameters_beside_the_body(tmp_path: Path) -> None:
    create = next(entry for entry in OPERATIONS if entry.name == "cxone-create-call-list")
    path = tmp_path / "t.jsonl"
    path.write_text(
        '{"listName": "Autumn", "externalIdColumn": "id", "destinationMappings": []}\n', "utf-8"
    )
    with RowFile(str(path)) as file:
        (row,) = file.rows(create)
    assert row.payload is not None
    assert row.payload.value == {"destinationMappings": []}
    assert row.values == {"listName": "Autumn", "externalIdColumn": "id"}


def test_unknown_property_of_a_line_is_part_of_the_body_and_reported(tmp_path: Path) -> None:
    operation = next(entry for entry in OPERATIONS if entry.name == "execute")
    line = {**operation.example, "campaignId": "12345678-1234-4234-8234-123456789012", "oops": 1}
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(line) + "\n", "utf-8")
    settings = load_settings({"base_url": "http://127.0.0.1:1"}, operation.contract)
    with RowFile(str(path)) as file:
        (row,) = check_rows(Job(operation, file, settings, {}))
    assert [finding.where for finding in row.findings if finding.code == "property-unknown"] == [
        "/oops"
    ]


@pytest.mark.parametrize(
    ("name", "text", "message", "fix"),
    [
        (
            "blank.csv",
            'contact-id,reason-code\nx, "a, b"\n',
            "3 cells",
            "remove the blank before the quote",
        ),
        ("padded.csv", "contact-id,reason-code\n\0\0\0\n", "NUL", "export the file again"),
        ("array.json", '[{"contactId": "x"}, {}]', "a list of objects", "`jq -c '.[]' array.json`"),
    ],
)
def test_fault_of_an_export_has_its_own_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str, message: str, fix: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_text(text, "utf-8")
    with RowFile(name) as file:
        (row,) = file.rows(PERSONAL)
    (found,) = row.findings
    assert message in found.message
    assert fix in found.fix


def test_second_mark_of_the_byte_order_is_no_part_of_a_header(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("\ufeff\ufeffcontact-id,reason-code\nx,y\n", "utf-8")
    with RowFile(str(path)) as file:
        (row,) = file.rows(PERSONAL)
    assert row.payload is not None
    assert row.payload.value == {"contactId": "x", "reasonCode": "y"}
