"""An Excel file is read like a table: its cells are texts, and its rows have the numbers of the sheet."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
import xlsxwriter

from cxcall.batch.input.spreadsheet import Spreadsheet
from cxcall.findings.errors import UsageError
from helpers.cases import each_case
from helpers.command import CAMPAIGN, run_changed

if TYPE_CHECKING:
    from pathlib import Path

    from cxcall.sandbox.server import Sandbox
    from helpers.command import Cxcall

EXECUTE = ("--operation", "execute", "--param", f"campaignId={CAMPAIGN}", "--rate", "500/s")
MAP = (
    "--map",
    "contact-id=Customer ID",
    "--map",
    "phone-number=Phone",
    "--ignore-extra-columns",
    "--default-country",
    "US",
)
HEADER = ["Customer ID", "Phone", "Since", "Score", "Active"]


def contact(number: int) -> str:
    return f"12345678-1234-4234-8234-{number:012}"


def write_workbook(
    cxcall: Cxcall, *sheets: list[list[Any]], name: str = "crm.xlsx", first_row: int = 0
) -> str:
    with xlsxwriter.Workbook(str(cxcall.folder / name)) as workbook:
        formats = {
            datetime: workbook.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
            date: workbook.add_format({"num_format": "yyyy-mm-dd"}),
        }
        for rows in sheets:
            sheet = workbook.add_worksheet()
            for number, row in enumerate(rows, first_row):
                for column, value in enumerate(row):
                    kind = formats.get(type(value))
                    sheet.write(number, column, value, *([kind] if kind else []))
    return name


def change_parts(path: Path, **changes: bytes) -> None:
    """Rewrite the parts of a workbook; `__` in a name stands for a slash, and a part without content is removed."""
    with ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts |= {name.replace("__", "/"): content for name, content in changes.items()}
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            if content:
                archive.writestr(name, content)


def contact_data(sandbox: Sandbox) -> list[Any]:
    sent = [json.loads(entry.body)["contactSpec"]["contactData"] for entry in sandbox.rings]
    return sorted(sent, key=lambda data: str(data["phoneNumber"]))


@pytest.mark.slow
def test_cells_of_an_excel_file_are_read_as_texts(live: Cxcall, sandbox: Sandbox) -> None:
    rows: list[list[Any]] = [
        HEADER,
        [contact(1), 2025550101, datetime(2026, 1, 2, 3, 4), 0.5, True],  # noqa: DTZ001 - a cell has no zone
        [],
        [contact(2), "(202) 555-0102", date(2026, 1, 2), 7.0, 'two\nlines, "q"'],
    ]
    columns = [f"--map=/contactSpec/contactData/{name.lower()}={name}" for name in HEADER[2:]]
    file = write_workbook(live, rows)
    ran = live("batch", file, *EXECUTE, *MAP, *columns, "-o", "jsonl", code=0)
    assert contact_data(sandbox) == [
        {
            "phoneNumber": "+12025550101",
            "since": "2026-01-02T03:04:00",
            "score": "0.5",
            "active": "TRUE",
        },
        {
            "phoneNumber": "+12025550102",
            "since": "2026-01-02",
            "score": "7",
            "active": 'two\nlines, "q"',
        },
    ]
    text = [json.loads(line)["data"] for line in ran.out.splitlines()[:-1]]
    assert [(entry["row"], entry["line"]) for entry in text] == [(1, 2), (2, 4)]


@pytest.mark.slow
def test_duration_is_hours_minutes_and_seconds(live: Cxcall, sandbox: Sandbox) -> None:
    with xlsxwriter.Workbook(str(live.folder / "crm.xlsx")) as workbook:
        sheet, format_ = workbook.add_worksheet(), workbook.add_format({"num_format": "[h]:mm"})
        sheet.write_row(0, 0, ["contact-id", "phone-number", "Talk time"])
        for row, days in enumerate((1.25, 0.5), 1):
            sheet.write_row(row, 0, [contact(row), f"+1202555010{row}"])
            sheet.write_number(row, 2, days, format_)
    column = "--map=/contactSpec/contactData/talked=Talk time"
    live("batch", "crm.xlsx", *EXECUTE, column, code=0)
    assert [data["talked"] for data in contact_data(sandbox)] == ["30:00:00", "12:00:00"]


@pytest.mark.slow
def test_wrong_cell_is_reported_with_its_name_in_the_sheet(cxcall: Cxcall) -> None:
    rows: list[list[Any]] = [
        HEADER,
        [contact(1), 2025550101],
        ["4711-4711", 2025550102, "", "", "x"],
    ]
    file = write_workbook(cxcall, rows, first_row=3)
    ran = cxcall("batch", file, *EXECUTE, *MAP, "--sandbox", code=3)
    assert "row 2: `/contactId`" in ran.err
    assert "--> crm.xlsx:A6" in ran.err
    assert "****-4711," in ran.err


def test_cell_of_a_sheet_that_starts_right_of_its_edge_has_its_own_name(cxcall: Cxcall) -> None:
    blank: list[Any] = [None] * 26
    rows: list[list[Any]] = [
        [*blank, "contact-id", "phone-number"],
        [*blank, contact(1), "(202) 555-0125"],
    ]
    ran = cxcall("batch", write_workbook(cxcall, rows), *EXECUTE, "--sandbox", "--strict", code=3)
    assert "--> crm.xlsx:AB2" in ran.err
    assert "`--default-country CODE`" in ran.err


@pytest.mark.slow
def test_one_of_several_sheets_must_be_named(live: Cxcall, sandbox: Sandbox) -> None:
    one, two = ([HEADER, [contact(number), f"202555010{number}"]] for number in (1, 2))
    file = write_workbook(live, one, two, [])
    words = ("batch", file, *EXECUTE, *MAP)
    assert "has 2 sheets: `Sheet1`, `Sheet2`" in live(*words, code=2).err
    assert "one of: `Sheet1`, `Sheet2`, `Sheet3`" in live(*words, "--sheet", "People", code=2).err
    live(*words, "--sheet", "Sheet2", code=0)
    assert contact_data(sandbox) == [{"phoneNumber": "+12025550102"}]


@pytest.mark.parametrize(
    ("name", "flags", "message"),
    [
        ("crm.xlsx", ("--encoding", "utf-8"), "`--encoding` does not apply to `crm.xlsx`"),
        ("crm.csv", ("--sheet", "Sheet1"), "`--sheet` does not apply to `crm.csv`"),
        ("broken.xlsx", (), "cannot be read as an Excel file"),
        ("empty.xlsx", (), "has no rows"),
    ],
)
def test_unusable_excel_file_or_flag_is_rejected(
    cxcall: Cxcall, name: str, flags: tuple[str, ...], message: str
) -> None:
    write_workbook(cxcall, [HEADER, [contact(1), 2025550101]])
    write_workbook(cxcall, [["contact-id", "phone-number"]], name="empty.xlsx")
    cxcall.file("crm.csv", f"contact-id,phone-number\n{contact(1)},+12025550101\n")
    cxcall.file("broken.xlsx", "no zip file")
    more = MAP if name in ("crm.xlsx", "broken.xlsx") else ()
    ran = cxcall("batch", name, *EXECUTE, *more, "--sandbox", *flags, code=2)
    assert message in ran.err


@pytest.mark.slow
def test_missing_extra_is_named(cxcall: Cxcall) -> None:
    file = write_workbook(cxcall, [HEADER, [contact(1), 2025550101]])
    change = "import sys\n\nsys.modules['python_calamine'] = None"
    ran = run_changed(cxcall, change, "batch", file, *EXECUTE, "--sandbox")
    assert ran.code == 2
    assert "pip install 'cxcall[excel]'" in ran.err


def refusal_of(path: Path) -> str:
    """Return why a workbook is refused."""
    with path.open("rb") as file, pytest.raises(UsageError) as refused:
        Spreadsheet(file, path.name, "")
    (finding,) = refused.value.findings
    return finding.message


def test_entity_in_a_sheet_is_not_expanded(cxcall: Cxcall) -> None:
    path = cxcall.folder / write_workbook(cxcall, [HEADER])
    strings = (
        b'<!DOCTYPE sst [<!ENTITY a SYSTEM "file:///etc/hostname">]><sst><si><t>&a;</t></si></sst>'
    )
    change_parts(path, **{"xl__sharedStrings.xml": strings})
    assert "cannot be read as an Excel file" in refusal_of(path)


@each_case(
    "changes",
    [
        {"xl__workbook.bin": b"x"},
        {"content.xml": b"<office:document-content/>"},
        {"xl__workbook.xml": b""},
    ],
)
def test_spreadsheet_of_another_format_is_refused(
    cxcall: Cxcall, changes: dict[str, bytes]
) -> None:
    path = cxcall.folder / write_workbook(cxcall, [HEADER, [contact(1), 2025550101]])
    change_parts(path, **changes)
    assert "is not a workbook in the format .xlsx" in refusal_of(path)


def test_workbook_inside_another_file_is_refused(cxcall: Cxcall) -> None:
    file = write_workbook(cxcall, [HEADER, [contact(1), 2025550101]])
    path = cxcall.folder / file
    path.write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + path.read_bytes())
    ran = cxcall("batch", file, *EXECUTE, *MAP, "--sandbox", code=2)
    assert "is not a workbook in the format .xlsx" in ran.err


def test_number_of_thousands_of_digits_in_a_workbook_is_too_large(cxcall: Cxcall) -> None:
    path = cxcall.folder / write_workbook(cxcall, [HEADER, [contact(1), 2025550101]])
    digits = "9" * 5000
    sheet = f'<worksheet><sheetData><row r="1"><c r="A1"/></row><row r="{digits}"><c r="B{digits}"/></row></sheetData></worksheet>'
    change_parts(path, **{"xl__worksheets__sheet1.xml": sheet.encode()})
    assert "are too far apart" in refusal_of(path)
    path = cxcall.folder / write_workbook(cxcall, [HEADER, [contact(1), 2025550101]])
    change_parts(path, **{"xl__sharedStrings.xml": f'<sst uniqueCount="{digits}"/>'.encode()})
    assert "invalid number of strings" in refusal_of(path)
