"""Two columns, or two cells of a row, that set the same value are refused: one of the numbers would be dialed silently."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cxcall.batch.input.column_mapping import ColumnMap
from cxcall.contracts import contract
from cxcall.payloads.csv_table import CsvHeader
from helpers.command import CAMPAIGN, CONTACT

if TYPE_CHECKING:
    from helpers.command import Cxcall

EXECUTE = ("--operation", "execute", "--param", f"campaignId={CAMPAIGN}")
PHONE_PLACE = "/contactSpec/contactData/phoneNumber"


@pytest.mark.parametrize(
    ("column", "cell", "target"),
    [
        ("Mobile", "+12025550102", PHONE_PLACE),  # mapped to the place of `phone-number`
        (PHONE_PLACE, "+12025550102", "phone-number"),
        ("/contactSpec/contactData", '"{""phoneNumber"":""+12025550102""}"', ""),
        ("/contactSpec/contactData/phoneNumber/a", "+12025550102", ""),
    ],
)
def test_columns_that_set_the_same_value_are_rejected(
    cxcall: Cxcall, column: str, cell: str, target: str
) -> None:
    table = f"contact-id,phone-number,{column}\n{CONTACT},+12025550101,{cell}\n"
    words = ("batch", cxcall.file("m.csv", table), *EXECUTE, "--dry-run")
    mapped = ("--map", f"{PHONE_PLACE}=Mobile") if column == "Mobile" else ()
    ran = cxcall(*words, *mapped, "--ignore-extra-columns", code=2)
    assert f"the columns `phone-number` and `{column}` of" in ran.err
    assert f"both set `{target}" in ran.err


def test_map_of_a_place_overrides_the_profile_column_that_sets_it() -> None:
    header = CsvHeader("m.csv", ("contact-id", "Phone", "Mobile"), ",")
    usual = {"phone-number": "Phone"}
    columns = ColumnMap({PHONE_PLACE: "Mobile"}, ignores_extra=True, usual_headers=usual)
    table = columns.table(header, contract.load_operation("execute"))
    assert {column.pointers[0]: column.position for column in table.columns} == {
        "/contactId": 0,
        PHONE_PLACE: 2,
    }


def test_profile_column_may_take_the_place_of_a_flag_whose_column_is_sent_elsewhere() -> None:
    header = CsvHeader("m.csv", ("contact-id", "phone-number", "Mobile"), ",")
    landline = "/contactSpec/contactData/landline"
    columns = ColumnMap(usual_headers={landline: "phone-number", PHONE_PLACE: "Mobile"})
    table = columns.table(header, contract.load_operation("execute"))
    assert {column.pointers[0]: column.position for column in table.columns} == {
        "/contactId": 0,
        landline: 1,
        PHONE_PLACE: 2,
    }


def test_cells_that_set_the_same_member_are_rejected(cxcall: Cxcall) -> None:
    table = (
        "contact-id,phone-number,data,data\n"
        f"{CONTACT},+12025550101,phoneNumber=+12025550102,\n{CONTACT},+12025550101,a=1,a=2\n"
        f"{CONTACT},+12025550101,a=1,b=2\n"
    )
    ran = cxcall("batch", cxcall.file("m.csv", table), *EXECUTE, "--dry-run", code=3)
    assert f"another cell of this row sets `{PHONE_PLACE}`, too" in ran.err
    assert "another cell of this row sets `/contactSpec/contactData/a`, too" in ran.err
    assert "3 rows, 1 valid, 2 not valid" in ran.err
