"""A do-not-call list protects every number in it, in whatever column and form it is."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from zipfile import ZipFile

import pytest

from cxcall.findings.errors import UsageError
from cxcall.sending.do_not_call_list import read_do_not_call_list
from helpers.cases import each_case
from helpers.command import CAMPAIGN, CONTACT

if TYPE_CHECKING:
    from pathlib import Path

    from cxcall.sandbox.server import Sandbox
    from helpers.command import Cxcall

PERSON, OTHER = "+12025550123", "+12025550199"
LISTS = {
    "an ID first": "ID,Phone,Date added\n10001,+12025550123,2024-05-01\n",
    "an ID first, semicolons": "id;name;phone\n100123;Ada;+12025550123\n",
    "an ID first, tabs": "id\tname\tphone\n100123\tAda\t+1 202 555 0123\n",
    "an ID first, no heading": "10001,+12025550123\n",
    "a long ID first": "1000000001;(202) 555-0123\n",
    "a UUID first": "12345678-1234-1234-1234-123456789012;+12025550123\n",
    "a name first": "Name;Number\nAda;2025550123\n",
    "a name first, no heading": "Ada;2025550123\n",
    "a date first": "asked;phone\n2024-05-01;+12025550123\n",
    "a time first": "2024-05-01 10:30:00,+12025550123\n01.05.2024 10:30,+12025550199\n",
    "an empty cell first": "a,b,c\n,,+12025550123\n",
    "quoted cells": '"ID","Name","Phone"\n"10001","Lovelace, Ada","+12025550123"\n',
    "a separator in a quoted cell": '"Suite 5; floor 2";"(202) 555-0123"\n',
    "a hash in a quoted cell": '"Suite #5","+12025550123"\n',
    "a hash in a cell": "Suite #5;+12025550123\n",
    "a hash as a heading": "No.;#;Phone\n1;#1;+12025550123\n",
    "a comment after cells": "10001;2025550123 # asked\n",
    "Excel's line about its separator": "sep=;\nid;phone\n1;+12025550123\n",
    "Excel's formulas": 'id;phone\n1;="+12025550123"\n',
    "a byte order mark": "\ufeffid;phone\r\n1;+12025550123\r\n",
    "an apostrophe before it": "id;phone\n1;'+12025550123\n",
    "decimals": "12025550123.0\n+12025550199\n",
    "decimals in a column": "Phone,Name\n+12025550199,Ann\n2025550123.00,Bob\n",
    "decimals of a long ID, too": "1000000001.0;2025550123.0\n",
    "two numbers in a row": "id;mobile;home\n1;+12025550199;2025550123\n",
    "a number in a note": "1;asked for +1 (202) 555-0123 by mail\n",
    "an extension in another column": "id;phone;note\n1;+12025550199;2025550123 ext 4\n",
    "two numbers in another column": "id;phone;note\n1;+12025550199;2025550188 2025550123\n",
    "a column of types": "phone type;phone\n1 mobile;+12025550123\n",
    "rows without a number": "id;phone;name\n1;;Ada\n2;n/a;Bob\n3;+12025550123;Eve\n",
    "a long ID, a date, and a time, no heading": "1000000001;2025550123;01.05.2024 10:30\n",
    "other dates, no heading": "2025550123;2024/05/01 10:30\n+12025550199;20240501T103000Z\n",
    "a UUID and digits, no heading": "12345678-1234-1234-1234-123456789012;2025550123\n",
    "a note with digits beside a number": "+12025550123;2025550188 ext 4\n",
    "codes of articles, no heading": "123456-X;2025550123\n12345-XS;+12025550199\n",
    "an area code in another column": "202,5550123\n",
    "an area code in another column, with a heading": "Area;Number\n202;5550123\n",
    "an area code and a country code in other columns": "country,area,number\n1,202,5550123\n",
    "a date after it, no heading": "+12025550199,2024-05-01\n2025550123,2024-05-01\n",
    "a date before it": "Kunde;Datum;Rufnummer\n1;2024-05-01;2025550123\n",
    "a date beside it, a heading of another language": "Name,Since,Tel\u00e9fono fijo\nBob,2024-05-01,2025550123\n",
    "a date in a note": "2025550123,asked on 2024-05-01\n",
    "a number with a label beside another one": "Bob,Mobile: 202-555-0123,202-555-0199\n",
    "a number after a date in a cell": "Bob,202-555-0199,2024-05-01 202-555-0123\n",
    "an order with many digits": "ORD-1234567;2025550123\n",
    "an empty cell for the number at the end": "id,phone\n1,\n2,2025550123\n",
    "an empty cell for the number after a name": "name,phone\nBob,\nAda,2025550123\n",
    "first cells that are empty": "phone;name\n;Ada\n+12025550123;Eve\n",
    "a first cell that is empty, no heading": "+12025550123;Eve\n;Ada\n",
}
UNREADABLE = {
    "a letter in a number": "10001;+1202555o123\n",
    "a letter in a number beside a long ID": "1000000001;+1202555o123\n",
    "a letter in a column of numbers": "id;phone\n1000000001;202555o123\n",
    "two numbers in a column of numbers": "id;phone\n1;2025550123 / 2025550124\n",
    "an extension in a column of numbers": "id;Mobile Phone\n1;2025550123 ext 4\n",
    "what Excel makes of a number": "id;phone\n10001;1.20256E+10\n",
    "the same without a heading": "10001;1,20256E+10\n",
    "an extension and no other number": "10001;Ada;2025550123 ext 4\n",
    "a time and no number": "10001;Ada;01.05.2024 10:30\n",
    "a letter in a number beside a long ID, without a country code": "1000000001;202555o123\n",
    "a digit that is hidden": "1000000001;202-555-01x3\n",
    "an extension beside a long ID": "1000000001;2025550123 ext 4\n",
    "two numbers in a cell beside a long ID": "1000000001;2025550123 / 2025550124\n",
    "too many digits beside a long ID": "1000000001;20255501232025550124\n",
    **{
        f"a number written like {written} beside a long ID": f"7654321,{written}\n"
        for written in (
            "T 202-555-0123",
            "call 2025550123",
            "[202] 555 0123",
            "202\u2212555\u22120123",
            "202\u2022555\u20220123",
            "202_555_0123",
            "202\u00b7555\u00b70123",
            "*2025550123",
            "p:2025550123",
            '"=""2025550123"""',
        )
    },
    "a part of a number after a point": "2025550123.4\n",
    "an ID of few digits": "10001;Ada\n",
    "names": "Ada;Lovelace\n",
    "a date alone": "Ada;2024-05-01\n",
}


@each_case("case", LISTS)
def test_number_in_any_column_is_on_the_list(tmp_path: Path, case: str) -> None:
    file = tmp_path / "dnc.csv"
    file.write_text(LISTS[case], "utf-8")
    assert PERSON in read_do_not_call_list(str(file))
    assert "+12025550177" not in read_do_not_call_list(str(file))


@each_case("case", UNREADABLE)
@each_case("before", ["", "+12025550199;Eve\n"])
def test_row_without_a_readable_number_is_refused(tmp_path: Path, case: str, before: str) -> None:
    lines = UNREADABLE[case].splitlines()
    if len(lines) == 1:
        lines = [before.strip() or "x;y", *lines]
    file = tmp_path / "dnc.csv"
    file.write_text("\n".join(lines), "utf-8")
    with pytest.raises(UsageError, match="line 2") as refused:
        read_do_not_call_list(str(file))
    assert not any(char.isdigit() for char in refused.value.findings[0].message.split("`")[-1])


@pytest.mark.slow
@pytest.mark.parametrize("text", [LISTS["an ID first"], LISTS["quoted cells"]])
def test_call_to_a_listed_number_is_stopped(live: Cxcall, sandbox: Sandbox, text: str) -> None:
    listed = live.file("dnc.csv", text)
    words = ("execute", CAMPAIGN, "--contact-id", CONTACT, "--do-not-call", listed, "--yes")
    ran = live(*words, "--phone-number", PERSON, "-o", "json", code=7)
    assert ran.codes == ["do-not-call"]
    assert not sandbox.rings
    live(*words, "--phone-number", OTHER, code=0)


def test_workbook_is_refused(cxcall: Cxcall) -> None:
    with ZipFile(cxcall.folder / "dnc.xlsx", "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    ran = cxcall("call", "--to", PERSON, "-n", "--do-not-call", "dnc.xlsx", code=2)
    assert "such as an Excel file" in ran.err


def test_missing_list_of_a_profile_is_named_as_a_do_not_call_list(cxcall: Cxcall) -> None:
    cxcall.file("config/config.toml", '[profiles.default]\ndo_not_call = "/srv/no-list.txt"\n')
    words = ("execute", CAMPAIGN, "--contact-id", CONTACT, "--phone-number", "+12025550123")
    err = cxcall(*words, "--sandbox", code=2).err
    assert "the do-not-call list cannot be read: `/srv/no-list.txt` does not exist" in err
    assert "no call is placed without it" in err


def test_id_of_few_digits_stops_no_other_number(tmp_path: Path) -> None:
    file = tmp_path / "dnc.csv"
    file.write_text("id;phone\n10001;+12025550123\n5550199;+12025550124\n", "utf-8")
    listed = read_do_not_call_list(str(file))
    assert "+12025510001" not in listed
    assert OTHER not in listed
    file.write_text("Ada;5550199\n", "utf-8")
    assert "5550199" in read_do_not_call_list(str(file)), "it is no heading"


def test_do_not_call_list_that_is_changed_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "dnc.txt"
    file.write_text("+12025550123\n", "utf-8")
    assert "+12025550124" not in read_do_not_call_list(str(file))
    file.write_text("+12025550123\n+12025550124\n", "utf-8")
    assert "+12025550124" in read_do_not_call_list(str(file))
    found = file.stat()
    file.write_text("+12025550123\n+12025550125\n", "utf-8")  # of the same length
    os.utime(file, ns=(found.st_atime_ns, found.st_mtime_ns))  # as `rsync --times` does
    assert "+12025550125" in read_do_not_call_list(str(file))
    file.unlink()
    with pytest.raises(UsageError):
        read_do_not_call_list(str(file))
