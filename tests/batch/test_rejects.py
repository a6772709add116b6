"""`--rejects` writes the rows that must be corrected, unchanged from the file, and no row that may be called twice."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING, Any

import pytest
import xlsxwriter

from helpers.command import CAMPAIGN
from helpers.platform_server import Platform, Reply

if TYPE_CHECKING:
    from helpers.command import Cxcall

pytestmark = pytest.mark.slow

EXECUTE = ("--operation", "execute", "--param", f"campaignId={CAMPAIGN}", "--rate", "500/s")
MAP = ("--map", "contact-id=ID", "--map", "phone-number=Phone", "--ignore-extra-columns")


def contact(number: int) -> str:
    return f"12345678-1234-4234-8234-{number:012}"


def answer(sent: Any, _count: int) -> Reply:
    """Refuse row 2, leave row 3 unknown, delay row 4, accept all others."""
    replies = {
        contact(2): Reply(400, {"message": "no"}),
        contact(3): Reply(500, {}),
        contact(4): Reply(429, {}, {"Retry-After": "0"}),
    }
    return replies.get(sent["contactId"], Reply())


ROWS = [
    f"{contact(1)};+12025550101;Zoë",
    f'{contact(2)};+12025550102;"a\nb; c"',
    f"{contact(3)};+12025550103;x",
    f"{contact(4)};+12025550104;x",
    f"{contact(5)};12025550105;x",
    f"{contact(6)}0;+12025550106;x",
    "short",
    f"{contact(1)};+12025550101;Zoë",
]


def test_refused_and_invalid_rows_are_written_as_they_are(cxcall: Cxcall) -> None:
    encoding = "windows-1252"
    text = "\n".join(["ID;Phone;Notes", *ROWS]) + "\n"
    cxcall.file("crm.csv", text.encode(encoding))
    flags = ("--encoding", encoding)
    with Platform(answer) as platform:
        cxcall.environment |= platform.environment
        ran = cxcall(
            "batch",
            "crm.csv",
            *EXECUTE,
            *MAP,
            *flags,
            "--skip-invalid",
            "--confirm",
            "4",
            "--concurrency",
            "1",
            "--rejects",
            "rejects.csv",
            code=9,
        )
        assert "4 rows to correct and send again: `rejects.csv`" in ran.err
        path = cxcall.folder / "rejects.csv"
        written = path.read_bytes().decode(encoding)
        assert written == "\n".join(["ID;Phone;Notes", ROWS[1], ROWS[4], ROWS[5], ROWS[6]]) + "\n"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        # After a correction, the same command sends it.
        fixed = written.replace("12025550105", "+12025550105").replace(f"{contact(6)}0", contact(6))
        cxcall.file("fixed.csv", fixed.replace("short\n", "").replace("++", "+").encode(encoding))
        platform.answer = lambda _body, _count: Reply()
        cxcall("batch", "fixed.csv", *EXECUTE, *MAP, *flags, "--confirm", "3", code=0)
    assert set(platform.dials.values()) == {1}
    assert platform.rung == 5


def test_rejected_json_lines_are_written_as_they_are(cxcall: Cxcall) -> None:
    lines = [
        json.dumps({"contactId": contact(1), "reasonCode": "x"}),
        '{"contactId": "4711-4711",   "reasonCode": "x"}',
        "{oops",
    ]
    file = cxcall.file("calls.jsonl", "\n".join(lines))
    words = ("batch", file, "--operation", "personal-connection", "--sandbox", "--skip-invalid")
    for more in ((), ("-n",)):
        ran = cxcall(*words, "--rejects", "rejects.csv", *more, code=2)
        assert "must end in `.jsonl`" in ran.err
    cxcall(*words, "--rejects", "rejects.jsonl", code=9)
    assert (cxcall.folder / "rejects.jsonl").read_text("utf-8") == f"{lines[1]}\n{lines[2]}\n"


def test_rejected_rows_of_an_excel_file_are_written_as_csv(cxcall: Cxcall) -> None:
    with xlsxwriter.Workbook(str(cxcall.folder / "crm.xlsx")) as workbook:
        sheet = workbook.add_worksheet()
        for number, row in enumerate(
            [["ID", "Phone", "Notes"], [contact(1), "+12025550101"], [contact(2), 555, "a\nb"]]
        ):
            sheet.write_row(number, 0, row)
    cxcall("batch", "crm.xlsx", *EXECUTE, *MAP, "--sandbox", "--rejects", "r.csv", code=0)
    expected = f'ID,Phone,Notes\n{contact(2)},555,"a\nb"\n'
    assert (cxcall.folder / "r.csv").read_text("utf-8") == expected


def test_file_of_rejects_is_new_and_is_removed_if_it_is_empty(cxcall: Cxcall) -> None:
    file = cxcall.file("calls.csv", f"ID,Phone\n{contact(1)},+12025550101\n")
    words = ("batch", file, *EXECUTE, *MAP, "--sandbox", "--rejects")
    assert "cannot be created: File exists" in cxcall(*words, "calls.csv", code=2).err
    cxcall(*words, "r.csv", code=0)
    assert not (cxcall.folder / "r.csv").exists()


def test_dry_run_writes_all_rows_to_correct(cxcall: Cxcall) -> None:
    rows = [f"{contact(number)},{number or '+12025550101'}" for number in range(9)]
    file = cxcall.file("calls.csv", "\n".join(["ID,Phone", *rows]) + "\n")
    words = ("batch", file, *EXECUTE, *MAP, "--sandbox", "-n")
    assert (
        "8 rows to correct; to write a file of them: `--rejects rejects.csv`" in cxcall(*words).err
    )
    assert "8 rows to correct: `r.csv`" in cxcall(*words, "--rejects", "r.csv", code=0).err
    assert (cxcall.folder / "r.csv").read_text("utf-8").splitlines() == ["ID,Phone", *rows[1:]]
