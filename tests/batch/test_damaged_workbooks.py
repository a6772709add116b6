"""An Excel file that is damaged, or made to fill the memory, ends with exit code 2 and nothing else."""

from __future__ import annotations

import bz2
import random
from contextlib import suppress
from io import BytesIO
from typing import TYPE_CHECKING
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZipFile

import pytest
import xlsxwriter

from cxcall.batch.input.spreadsheet import Spreadsheet
from cxcall.findings.errors import UsageError
from helpers.cases import each_case
from helpers.command import CAMPAIGN, CONTACT
from helpers.work import examples

if TYPE_CHECKING:
    from collections.abc import Callable

    from helpers.command import Cxcall

BATCH = ("--operation", "execute", "--param", f"campaignId={CAMPAIGN}", "--sandbox", "--dry-run")
SHEET = "xl/worksheets/sheet1.xml"
FAR = "are too far apart: the sheet spans"
END = "</sheetData>"


def workbook_content() -> bytes:
    """Return a workbook with two valid rows on its first sheet."""
    content = BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as workbook:
        sheet = workbook.add_worksheet("People")
        sheet.write_row(0, 0, ["contact-id", "phone-number"])
        for number in (1, 2):
            sheet.write_row(number, 0, [f"{CONTACT[:-1]}{number}", f"+1202555010{number}"])
    return content.getvalue()


def read_parts(content: bytes) -> dict[str, bytes]:
    with ZipFile(BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(parts: dict[str, bytes], method: int = ZIP_DEFLATED) -> bytes:
    content = BytesIO()
    with ZipFile(content, "w", method) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return content.getvalue()


def with_change(part: str, before: str, after: str) -> bytes:
    """Return a workbook in which the text of a part is changed."""
    parts = read_parts(workbook_content())
    text = parts.pop(part).decode()
    assert before in text
    parts[part] = text.replace(before, after).encode()
    return packed(parts)


def with_rows(rows: str) -> bytes:
    """Return a workbook with more rows."""
    return with_change(SHEET, END, rows + END)


FAR_CELL = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'


@pytest.mark.slow
@each_case(
    "message, write",
    {
        "usual": (FAR, lambda: with_rows(FAR_CELL)),
        "blanks": (FAR, lambda: with_rows(FAR_CELL.replace("c r=", "c\n r = "))),
        "no value": (FAR, lambda: with_rows('<row r="1048576"><c r="XFD1048576" s="0"/></row>')),
        "beyond Excel": (FAR, lambda: with_rows(FAR_CELL.replace("XFD1048576", "ZZZZ99999999"))),
        "row beyond Excel": (FAR, lambda: with_rows('<row r="4294967295"><c><v>1</v></c></row>')),
        "packed well": (
            "too large when it is unpacked",
            lambda: packed(read_parts(workbook_content()) | {"xl/more.xml": b"A" * (17 << 20)}),
        ),
        "strings": (
            "has an invalid number of strings",
            lambda: with_change(
                "xl/sharedStrings.xml", 'uniqueCount="6"', 'uniqueCount="99999999999"'
            ),
        ),
    }.values(),
    ids=str,
)
def test_workbook_that_would_fill_the_memory_is_refused_in_each_spelling(
    message: str, write: Callable[[], bytes]
) -> None:
    with pytest.raises(UsageError) as refused:
        Spreadsheet(BytesIO(write()), "far.xlsx", "")
    (finding,) = refused.value.findings
    assert message in finding.message


@pytest.mark.slow
def test_row_without_references_is_read(cxcall: Cxcall) -> None:
    cells = f'<row><c t="str"><v>{CONTACT[:-1]}3</v></c><c t="str"><v>+12025550103</v></c></row>'
    (cxcall.folder / "crm.xlsx").write_bytes(with_rows(cells))
    ran = cxcall("batch", "crm.xlsx", *BATCH, code=0)
    assert "3 rows" in ran.err


@pytest.mark.slow
def test_workbook_without_a_visible_sheet_names_the_hidden_ones(cxcall: Cxcall) -> None:
    content = with_change("xl/workbook.xml", "<sheet name", '<sheet state="hidden" name')
    (cxcall.folder / "hidden.xlsx").write_bytes(content)
    ran = cxcall("batch", "hidden.xlsx", *BATCH, code=2)
    assert "has no visible sheet; hidden: `People`" in ran.err
    assert "--sheet NAME" in ran.err
    cxcall("batch", "hidden.xlsx", *BATCH, "--sheet", "People", code=0)


def test_workbook_without_sheets_is_refused() -> None:
    content = with_change("xl/workbook.xml", "<sheet name", "<nothing name")
    for sheet, message in (("", "has no visible sheet"), ("People", "has no sheet `People`")):
        with pytest.raises(UsageError, match=message):
            Spreadsheet(BytesIO(content), "none.xlsx", sheet)


def test_damaged_part_in_bzip2_is_reported(cxcall: Cxcall) -> None:
    content = bytearray(packed(read_parts(workbook_content()), ZIP_BZIP2))
    start = content.index(bz2.compress(b"")[:3])
    content[start + 4 : start + 12] = bytes(8)
    (cxcall.folder / "broken.xlsx").write_bytes(content)
    ran = cxcall("batch", "broken.xlsx", *BATCH, code=2)
    assert "cannot be read as an Excel file" in ran.err


def test_randomly_damaged_workbook_is_read_or_refused() -> None:
    chance = random.Random(7)
    content = workbook_content()
    parts = read_parts(content)
    for number in range(examples(500)):
        if number % 2:
            damaged = bytearray(content)
            for _ in range(chance.choice((1, 2, 8))):
                damaged[chance.randrange(len(damaged))] = chance.choice((0, 1, 12, 14, 99, 255))
            read(bytes(damaged))
        else:
            name = chance.choice([*parts])
            text, start = parts[name], chance.randrange(len(parts[name]))
            end = start + chance.randrange(40)
            insert = chance.choice(
                (b"", b"<c>", b"</row>", b'"', b"4294967296", b"-1", b"\0", b"&x;")
            )
            read(packed({**parts, name: text[:start] + insert + text[end:]}))


def read(content: bytes) -> None:
    """Read all rows of a workbook; it may be refused."""
    with suppress(UsageError):
        Spreadsheet(BytesIO(content), "crm.xlsx", "").sample(9)


@pytest.mark.parametrize(
    ("name", "start", "message"),
    [
        ("crm.csv", b"", "or name the file `.xlsx`"),
        ("crm.ods", b"", "save the sheet as CSV in UTF-8"),
        ("crm.xls", bytes.fromhex("d0cf11e0a1b11ae1"), "or as `.xlsx`"),
    ],
)
def test_workbook_with_another_suffix_gets_a_hint_that_helps(
    cxcall: Cxcall, name: str, start: bytes, message: str
) -> None:
    (cxcall.folder / name).write_bytes(start + workbook_content())
    assert message in cxcall("batch", name, *BATCH, code=3).err
