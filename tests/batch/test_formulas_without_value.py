"""A cell of an Excel file that only looks blank is reported: a formula without a stored value, or an error."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zipfile import ZipFile

import pytest
import xlsxwriter

from cxcall.batch.input.cells_without_value import find_cells_without_value
from helpers.command import CAMPAIGN
from helpers.platform_server import Platform, Reply

if TYPE_CHECKING:
    from helpers.command import Cxcall

SEND = ("--operation", "execute", "--param", f"campaignId={CAMPAIGN}", "--sandbox")
ID = "12345678-1234-4234-8234-00000000000"
NUMBER = "+1202555010"
WITHOUT_VALUE = "<f>Data!A2</f>"  # as a program writes it that calculates nothing
ERROR = "<f>NA()</f><v>#N/A</v>"


def write_workbook(cxcall: Cxcall, *rows: str, sheet: str = "People") -> str:
    """Write the second sheet of a workbook, whose cells are texts of XML; a part has another name than its number."""
    path = cxcall.folder / "crm.xlsx"
    with xlsxwriter.Workbook(str(path)) as workbook:
        workbook.add_worksheet("Empty")
        workbook.add_worksheet(sheet)
    with ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    data = f"<sheetData>{''.join(rows)}</sheetData>".encode()
    part = parts.pop("xl/worksheets/sheet2.xml")
    parts["xl/worksheets/people.xml"] = part.replace(b"<sheetData/>", data)
    for name in ("xl/_rels/workbook.xml.rels", "[Content_Types].xml"):
        parts[name] = parts[name].replace(b"worksheets/sheet2.xml", b"worksheets/people.xml")
    with ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path.name


def row(number: int, *cells: str) -> str:
    """Return a row of texts; a cell that begins with `<` is written as it is, an error with its type."""
    written = ""
    for column, cell in zip("ABC", cells, strict=False):
        is_text = not cell.startswith("<")
        content = f"<is><t>{cell}</t></is>" if is_text else cell
        kind = ' t="inlineStr"' if is_text else ' t="e"' if cell == ERROR else ""
        written += f'<c r="{column}{number}"{kind}>{content}</c>'
    return f'<row r="{number}">{written}</row>'


HEADER = row(1, "contact-id", "phone-number")
GOOD = row(2, f"{ID}1", f"{NUMBER}1")


def test_lines_of_formulas_or_errors_stop_the_batch_with_one_error(cxcall: Cxcall) -> None:
    lines = [
        row(3, WITHOUT_VALUE, "<f>Data!A3</f><v></v>"),
        row(4, ERROR, ERROR),
        row(6, "", ERROR),
    ]
    file = write_workbook(cxcall, HEADER, GOOD, *lines)
    ran = cxcall("batch", file, *SEND, code=3)
    assert ran.err.count("error[") == 1
    assert "lines 3-4, 6 have only formulas without a stored value, or errors" in ran.err
    assert "--> crm.xlsx:A3" in ran.err
    assert "nothing was sent: the file has lines without values; correct them, or add" in ran.err
    ran = cxcall("batch", file, *SEND, "--skip-invalid", "-o", "json", code=0)
    assert "warning[body-malformed]: lines 3-4, 6 have" in ran.err


@pytest.mark.slow
def test_dry_run_reports_lines_of_formulas_and_a_file_of_nothing_else(cxcall: Cxcall) -> None:
    file = write_workbook(cxcall, HEADER, row(2, WITHOUT_VALUE, ERROR), GOOD.replace("2", "3"))
    ran = cxcall("batch", file, *SEND, "--dry-run", code=3)
    assert "line 2 has only formulas" in ran.err
    file = write_workbook(cxcall, HEADER, row(2, WITHOUT_VALUE, ERROR))
    for option in ("--dry-run", "--skip-invalid"):
        ran = cxcall("batch", file, *SEND, option, code=3)
        assert "error[body-malformed]: line 2 has only formulas" in ran.err


@pytest.mark.slow
def test_line_of_formulas_takes_no_row_number_so_that_batches_of_earlier_versions_go_on(
    cxcall: Cxcall,
) -> None:
    rows = [row(line, f"{ID}{line}", f"{NUMBER}{line}") for line in (2, 4, 5, 6)]
    rows.insert(1, row(3, WITHOUT_VALUE, WITHOUT_VALUE))
    file = write_workbook(cxcall, HEADER, *rows)
    replies = {f"{ID}4": Reply(400, {"message": "no"}), f"{ID}5": Reply(429, {})}
    words = ("batch", file, *SEND[:-1], "--rate", "500/s", "--concurrency", "1")
    with Platform(lambda sent, _: replies.get(sent["contactId"], Reply())) as platform:
        cxcall.environment |= platform.environment
        # Like an earlier version, it leaves the line out.
        ran = cxcall(*words, "--skip-invalid", "--max-failures", "2", "--confirm", "4", code=9)
        assert "not sent: 1 row" in ran.err
        del replies[f"{ID}5"]
        ran = cxcall(*words, "--resume", "--confirm", "2", code=9)
        assert "warning[body-malformed]: line 3 has only formulas" in ran.err
        assert "4 rows (2 from an earlier run): 1 refused, 3 accepted" in ran.err
    cxcall("batch", "report", "--rejects", "rejects.csv", code=0)
    written = (cxcall.folder / "rejects.csv").read_text()
    assert written.splitlines()[1:] == [f"{ID}4,{NUMBER}4"]


@pytest.mark.slow
def test_formula_without_a_value_in_an_optional_column_is_reported(cxcall: Cxcall) -> None:
    file = write_workbook(cxcall, HEADER, row(2, f"{ID}1", WITHOUT_VALUE))
    ran = cxcall("batch", file, *SEND, code=3)
    assert "--> crm.xlsx:B2" in ran.err


@pytest.mark.slow
def test_formula_without_a_value_in_a_column_that_is_not_used_changes_nothing(
    cxcall: Cxcall,
) -> None:
    header = row(1, "contact-id", "phone-number", "Notes")
    good = row(2, f"{ID}1", f"{NUMBER}1", WITHOUT_VALUE)
    blank = '<row r="3"><c r="C3"><f>Data!A2</f></c></row>'
    file = write_workbook(cxcall, header, good, blank)
    ran = cxcall("batch", file, *SEND, "--ignore-extra-columns", code=0)
    assert "1 row: 1 accepted" in ran.err


def test_header_of_formulas_without_values_is_refused(cxcall: Cxcall) -> None:
    file = write_workbook(cxcall, row(1, WITHOUT_VALUE, WITHOUT_VALUE), GOOD)
    ran = cxcall("batch", file, *SEND, code=2)
    assert "the header of `crm.xlsx` has no value in `A1`" in ran.err
    file = write_workbook(cxcall, row(1, WITHOUT_VALUE), row(2, WITHOUT_VALUE))
    ran = cxcall("batch", file, *SEND, "--sheet", "People", code=2)
    assert "the header of `crm.xlsx` has no value in `A1`" in ran.err


@pytest.mark.slow
def test_only_a_cell_between_two_names_is_part_of_the_header(cxcall: Cxcall) -> None:
    title, beside = row(1, "<f>TODAY()</f>"), "<f>COUNTA(A:A)</f>"
    header = row(2, "contact-id", "phone-number", beside)
    good = row(3, f"{ID}1", f"{NUMBER}1")
    file = write_workbook(cxcall, title, header, good)
    assert "1 row: 1 accepted" in cxcall("batch", file, *SEND, code=0).err
    file = write_workbook(cxcall, title, row(2, "contact-id", beside, "phone-number"), good)
    ran = cxcall("batch", file, *SEND, code=2)
    assert "the header of `crm.xlsx` has no value in `B2`" in ran.err


def test_empty_result_of_a_formula_is_a_value(cxcall: Cxcall) -> None:
    result = '<row r="3"><c r="A3" t="str"><f>""</f><v></v></c><c r="B3" s="1"/></row>'
    stored = '<row r="4"><c r="A4"><f t="shared" si="0"/><v>1</v></c></row>'
    shared = '<row r="5"><c r="AB5"><f t="shared" si="0"/></c></row>'
    file = write_workbook(cxcall, HEADER, result, stored, shared, sheet="A & B")
    with (cxcall.folder / file).open("rb") as opened:
        found = find_cells_without_value(opened, "A & B")
    assert found == {5: ({27}, set())}
