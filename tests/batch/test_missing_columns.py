"""A required value that no column sets is a fact of the table, not of each row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import xlsxwriter

from helpers.command import CAMPAIGN, CONTACT

if TYPE_CHECKING:
    from helpers.command import Cxcall

EXECUTE = ("--operation", "execute", "--dry-run")


def test_missing_property_is_one_finding_that_names_the_flag(cxcall: Cxcall) -> None:
    rows = "".join(f"{CAMPAIGN},+1202555{row:04}\n" for row in range(100, 140))
    file = cxcall.file("calls.csv", f"campaignId,phone-number\n{rows}")
    ran = cxcall("batch", file, *EXECUTE, code=3)
    assert ran.err.count("error[property-missing]") == 1
    assert "error[property-missing]: `contactId` is missing" in ran.err
    assert "--> calls.csv:1:1" in ran.err
    assert "hint: add a column `contact-id`\n" in ran.err
    assert "only the first findings" not in ran.err
    assert "40 rows are not valid" in ran.err


@pytest.mark.slow
def test_missing_column_of_a_sheet_has_the_place_of_its_header(cxcall: Cxcall) -> None:
    with xlsxwriter.Workbook(str(cxcall.folder / "calls.xlsx")) as workbook:
        sheet = workbook.add_worksheet()
        for row, cells in enumerate([["contact-id", "phone-number"], *[[CONTACT, "x"]] * 3], 3):
            sheet.write_row(row, 1, cells)
    ran = cxcall("batch", "calls.xlsx", *EXECUTE, code=3)
    assert ran.err.count("`campaignId` is missing") == 1
    assert "--> calls.xlsx:B4" in ran.err


@pytest.mark.slow
def test_empty_cell_stays_the_finding_of_its_row(cxcall: Cxcall) -> None:
    table = f"campaignId,contact-id,phone-number\n,{CONTACT},+12025550123\n"
    ran = cxcall("batch", cxcall.file("calls.csv", table), *EXECUTE, code=3)
    assert "error[usage]: row 1: `campaignId` is missing from the path" in ran.err
    assert "hint: fill in the cell of the column `campaignId`" in ran.err
