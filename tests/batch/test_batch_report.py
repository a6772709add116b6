"""`cxcall batch list` and `batch report`: the result of each row, in every format, without full numbers."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from typing import Any

import pytest

from cxcall.batch.report.report_rows import NOT_SENT
from cxcall.sandbox.server import Sandbox
from helpers.command import CAMPAIGN, Cxcall
from helpers.platform_server import Platform, Reply

pytestmark = pytest.mark.slow

CONTACT = "12345678-1234-4234-8234-{:012}"
NUMBERS = {
    "+12025550140": "bad.request",
    "+12025550143": "not.authorized",
    "+12025550150": "internal.server.error",
}
COMMAND = (
    "--operation",
    "execute",
    "--param",
    f"campaignId={CAMPAIGN}",
    "--key",
    "Customer ID",
    "--ignore-extra-columns",
)


def export(cxcall: Cxcall) -> tuple[str, list[list[str]]]:
    """Write an export with 20 numbers, two of them refused, one unknown, one invalid, and a duplicate."""
    rows = [[f"C-{n}", CONTACT.format(n), f"+120255511{n:02}", "=1+1"] for n in range(20)]
    for place, number in zip((3, 7, 11), NUMBERS, strict=True):
        rows[place][2] = number
    rows[13][2] = "+1202"
    rows.append(["C-20", *rows[1][1:]])
    lines = [["Customer ID", "contact-id", "phone-number", "Note"], *rows]
    return cxcall.file("crm.csv", "\n".join(map(",".join, lines)) + "\n"), rows


@pytest.fixture
def sent(live: Cxcall) -> Cxcall:
    """Return the command after a batch of that export."""
    name, _ = export(live)
    live("batch", name, *COMMAND, "--confirm", "19", "--rate", "500/s", code=9)
    return live


def test_report_list_and_history_have_what_the_api_said_of_each_row(
    sent: Cxcall, sandbox: Sandbox
) -> None:
    _, rows = export(sent)
    results = [
        json.loads(line)
        for line in sent("batch", "report", "--format", "jsonl", code=0).out.splitlines()
    ]
    assert [(each["row"], each["key"]) for each in results] == [
        (n + 1, row[0]) for n, row in enumerate(rows)
    ]
    assert Counter(each["outcome"] for each in results) == {
        "accepted": 16,
        "refused": 2,
        "unknown": 1,
        "skipped": 2,
    }
    reasons = {each["key"]: each["reason"] for each in results if each["outcome"] != "accepted"}
    assert reasons == {
        "C-3": "bad.request",
        "C-7": "not.authorized",
        "C-11": "internal.server.error",
        "C-13": "invalid-number",
        "C-20": "duplicate",
    }
    accepted = {entry.engagement_id for entry in sandbox.received if entry.accepted and entry.rings}
    assert {each["engagementId"] for each in results if each["outcome"] == "accepted"} == accepted
    assert all(each["latencyMs"] > 0 for each in results if each["deliveryId"])
    assert not any(number[1:] in json.dumps(results) for number in NUMBERS)
    check_list(sent)
    check_history(sent)


def check_list(sent: Cxcall) -> None:
    """Check that the batch is listed, and found by the start of its ID."""
    (batch,) = sent("batch", "list", "-o", "json", code=0).envelope["data"]["batches"]
    assert (batch["rows"], batch["unsent"], batch["state"]) == (21, 2, "finished")
    assert batch["outcomes"] == {"accepted": 16, "refused": 2, "unknown": 1}
    data = sent("batch", "report", batch["id"][:8].lower(), "-o", "json", code=0).envelope["data"]
    assert (data["batch"], data["rows"], data["outcomes"]["skipped"]) == (batch["id"], 21, 2)
    text = sent("batch", "report", code=0).out
    assert text.index("row 12 (C-11)") < text.index("row 4 (C-3)")  # the unknown one first
    assert re.search("^  1  refused: not.authorized$", text, re.MULTILINE)
    assert re.search("^  sent to  http", text, re.MULTILINE)
    assert "no batch starts with `ZZ`" in sent("batch", "report", "ZZ", code=2).err


def check_history(sent: Cxcall) -> None:
    """Check that the history has the codes of the API and the times of each request."""
    listed = sent("history", "list", "--outcome", "refused", "-o", "json", code=0).envelope["data"]
    codes = {each["key"]: each["apiCode"] for each in listed["deliveries"]}
    assert len(codes) == 2
    assert codes["C-7"] == "not.authorized"
    record = listed["deliveries"][0]
    assert record["timingsMs"]["total"] > 0
    shown = sent("history", "show", record["id"], code=0).out
    form = r"^  time  [0-9.]+ ms \(connected after [0-9.]+, .*first byte after [0-9.]+\)$"
    assert re.search(form, shown, re.MULTILINE)
    assert shown.count("not.authorized") == 1
    exported = csv.DictReader(sent("history", "export", "--format", "csv", code=0).out.splitlines())
    assert all(json.loads(each["timingsMs"])["total"] > 0 for each in exported)


def test_report_joins_the_columns_of_the_file_masks_numbers_and_writes_rows_to_correct(
    sent: Cxcall,
) -> None:
    name, rows = export(sent)
    ran = sent("batch", "report", "--rejects", "again.csv", code=0)
    assert "3 rows to correct and send again" in ran.err
    written = list(csv.reader((sent.folder / "again.csv").read_text("utf-8").splitlines()))
    assert written[1:] == [rows[3], rows[7], rows[13]]  # not the unknown one
    assert "name a new file" in sent("batch", "report", "--rejects", "again.csv", code=2).err
    joined = list(
        csv.DictReader(
            sent("batch", "report", "--format", "csv", "--join", code=0).out.splitlines()
        )
    )
    assert [each["phone-number"][-4:] for each in joined][:3] == [row[2][-4:] for row in rows][:3]
    assert joined[0]["phone-number"] == "'+*******1100"
    assert joined[0]["Note"] == "'=1+1"  # so that no spreadsheet runs it
    full = sent("batch", "report", "--format", "csv", "--join", "--show-numbers", code=0).out
    assert [each["phone-number"] for each in csv.DictReader(full.splitlines())] == [
        row[2] for row in rows
    ]
    assert "add `--join`" in sent("batch", "report", "--show-numbers", code=2).err
    sent.file(name, "contact-id\n1\n")
    assert "is not the file" in sent("batch", "report", "--join", "-o", "json", code=2).out
    assert "`--join` requires one of `--format`" in sent("batch", "report", "--join", code=2).err


def test_unknown_row_is_not_one_to_correct_whatever_code_the_api_gives(live: Cxcall) -> None:
    name = live.file(
        "crm.csv", f"Customer ID,contact-id,phone-number\nC-1,{CONTACT.format(1)},+12025550101\n"
    )
    with Platform(lambda *_: Reply(504, {"code": "invalid-number"})) as platform:
        live.environment |= platform.environment
        live("batch", name, *COMMAND, "--confirm", "1", code=9)
    (row,) = live("batch", "report", "--format", "jsonl", code=0).out.splitlines()
    assert (json.loads(row)["outcome"], json.loads(row)["reason"]) == ("unknown", "invalid-number")
    ran = live("batch", "report", "--rejects", "again.csv", code=0)
    assert not (live.folder / "again.csv").exists()
    assert "0 rows to correct and send again" in ran.err


def test_key_column_with_phone_numbers_is_masked_before_it_is_stored(cxcall: Cxcall) -> None:
    numbers = ["2025550126", "(202) 555-0128", "5550134", "2025550138"]
    contacts = map(CONTACT.format, (0, 1, 2, 0))  # the last row is a duplicate, and not sent
    rows = [f"{number},{contact},a" for number, contact in zip(numbers, contacts, strict=True)]
    name = cxcall.file("keys.csv", "\n".join(["Phone,contact-id,reason-code", *rows]))
    words = ("--operation", "personal-connection", "--key", "Phone", "--ignore-extra-columns")
    cxcall("batch", name, *words, "--sandbox", code=0)
    report = cxcall("batch", "report", "--format", "jsonl", code=0).out
    keys = [json.loads(line)["key"] for line in report.splitlines()]
    assert keys == ["******0126", "(***) ***-0128", "***0134", "******0138"]
    stored = b"".join(each.read_bytes() for each in cxcall.folder.rglob("ledger.sqlite3*"))
    assert b"******0126" in stored
    assert not any(number.encode() in stored for number in numbers)


def test_sign_that_ends_no_line_of_a_csv_file_may_be_in_a_cell(cxcall: Cxcall) -> None:
    signs = "\u2028\x85\x0b\x0c\x1c"
    rows = [f"{CONTACT.format(row)},A{sign}da,K{row}" for row, sign in enumerate(signs)]
    name = cxcall.file("calls.csv", "\n".join(["contact-id,reason-code,Customer", *rows]))
    words = ("--operation", "personal-connection", "--key", "Customer", "--ignore-extra-columns")
    cxcall("batch", name, *words, "--sandbox", code=0)
    report = cxcall("batch", "report", "--format", "jsonl", "--join", code=0).out
    found = [*map(json.loads, report.strip().split("\n"))]
    assert [each["key"] for each in found] == [f"K{row}" for row in range(len(signs))]
    columns = [each["columns"] for each in found]
    assert [each["Customer"] for each in columns] == [each["key"] for each in found]
    assert [each["reason-code"] for each in columns] == [f"A{sign}da" for sign in signs]


def test_columns_with_the_same_name_are_joined_apart(cxcall: Cxcall) -> None:
    lines = ["contact-id,reason-code,status,Note,Note", f"{CONTACT.format(0)},a,new,x,y"]
    name = cxcall.file("calls.csv", "\n".join(lines))
    words = ("--operation", "personal-connection", "--ignore-extra-columns", "--sandbox")
    cxcall("batch", name, *words, code=0)
    report = cxcall("batch", "report", "--format", "csv", "--join", code=0).out
    (row,) = csv.DictReader(report.splitlines())
    assert row["status"].startswith("2")
    assert (row["file.status"], row["Note"], row["Note (2)"]) == ("new", "x", "y")


def test_members_of_a_json_line_may_be_a_key_or_ignored(cxcall: Cxcall) -> None:
    line = {"contactId": CONTACT.format(0), "reasonCode": "a", "Ref": "K1"}
    words = ("--operation", "personal-connection", "--key", "Ref", "--sandbox")
    name = cxcall.file("calls.jsonl", json.dumps({**line, "Note": "x"}))
    assert "property-unknown" in cxcall("batch", name, *words, code=3).err
    cxcall("batch", name, *words, "--ignore-extra-columns", code=0)
    (row,) = cxcall("batch", "report", "--format", "jsonl", code=0).out.splitlines()
    assert json.loads(row)["key"] == "K1"


PATTERN = {"patternProperties": {"^x-": {"type": "string"}}, "additionalProperties": False}


@pytest.mark.parametrize(
    ("schema", "flags"),
    [(PATTERN, ("--ignore-extra-columns",)), ({"type": "object"}, ("--key", "x-priority"))],
)
def test_member_that_the_schema_allows_is_not_ignored(
    cxcall: Cxcall, schema: dict[str, Any], flags: tuple[str, ...]
) -> None:
    body = {"content": {"application/json": {"schema": schema}}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Own", "version": "1"},
        "servers": [{"url": "https://own.example"}],
        "paths": {"/x": {"post": {"operationId": "dial", "requestBody": body, "responses": {}}}},
    }
    words = ("--operation", "dial", "--contract", cxcall.file("own.json", document))
    name = cxcall.file("calls.jsonl", json.dumps({"x-priority": "high"}))
    ran = cxcall("batch", name, *words, *flags, "--dry-run", code=0)
    assert '"x-priority": "high"' in ran.out


def test_resumed_batch_is_reported_as_one(cxcall: Cxcall) -> None:
    lines = [
        json.dumps(
            {
                "contactId": CONTACT.format(n),
                "contactSpec": {
                    "contactId": CONTACT.format(n),
                    "contactData": {"phoneNumber": f"+120255511{n:02}"},
                },
                "campaignId": CAMPAIGN,
            }
        )
        for n in range(6)
    ]
    lines[2] = lines[2].replace(
        "+12025551102", "+12025550142"
    )  # its token is refused, which stops the run
    name = cxcall.file("calls.jsonl", "\n".join(lines))
    words = (
        "batch",
        name,
        "--operation",
        "execute",
        "--key",
        "/contactSpec/contactData/phoneNumber",
        "--concurrency",
        "1",
        "--sandbox",
    )
    cxcall(*words, code=9)
    first = cxcall("batch", "report", "-o", "json", code=0).envelope["data"]
    assert first["outcomes"] == {"refused": 1, "accepted": 2, NOT_SENT: 3}
    resumed = cxcall(*words, "--resume", "--max-failures", "9", code=9)
    assert "cxcall batch report" in resumed.err
    report = cxcall("batch", "report", "-o", "json", code=0).envelope["data"]
    assert report["batch"] == first["batch"]
    assert [each["row"] for each in report["results"]] == [1, 2, 3]
    assert all(re.fullmatch(r"\+\*{7}\d{4}", each["key"]) for each in report["results"])
