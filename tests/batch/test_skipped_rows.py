"""Rows that must not be called are skipped with a reason, and all others are sent."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from helpers.command import CAMPAIGN
from helpers.platform_server import Platform, Reply
from helpers.reason_rows import skipped_results

if TYPE_CHECKING:
    from cxcall.sandbox.server import Sandbox
    from helpers.command import Cxcall

EXECUTE = ("--operation", "execute", "--param", f"campaignId={CAMPAIGN}", "--rate", "500/s")
PERSONAL = ("--operation", "personal-connection", "--rate", "500/s")
LISTED = "+12025550102"


def contact(number: int) -> str:
    return f"12345678-1234-4234-8234-{number:012}"


def table(*numbers: str) -> str:
    """Return a table with one row for each phone number."""
    rows = [f"{contact(index)},{number}" for index, number in enumerate(numbers, 1)]
    return "\n".join(["contact-id,phone-number", *rows]) + "\n"


@pytest.mark.slow
def test_rows_that_must_not_be_called_are_skipped_with_a_reason(
    live: Cxcall, sandbox: Sandbox
) -> None:
    wrong = ["2025550103", "+1202555010", "+19005550105", ""]
    numbers = ["+12025550101", LISTED, *wrong, "+12025550106"]
    file = live.file("calls.csv", table(*numbers) + f"{contact(1)},{numbers[0]}\n")
    live.file("dnc.txt", f"{LISTED}\n")
    ran = live("batch", file, *EXECUTE, "--do-not-call", "dnc.txt", "-o", "jsonl", code=0)
    rows, summary = skipped_results(ran)
    invalid = ("skipped", "invalid-number")
    assert rows == [
        ("accepted", None),
        ("skipped", "do-not-call"),
        *[invalid] * len(wrong),
        ("accepted", None),
        ("skipped", "duplicate"),
    ]
    unlikely = json.loads(ran.out.splitlines()[3])["findings"]
    assert [(each["code"], each["severity"]) for each in unlikely] == [("phone-unlikely", "error")]
    assert summary["skipped"] == {"do-not-call": 1, "invalid-number": 4, "duplicate": 1}
    assert summary["outcomes"] == {"accepted": 2, "skipped": 6}
    assert "8 rows, 2 valid, 6 skipped (4 invalid-number, 1 do-not-call, 1 duplicate)" in ran.err
    sent = {json.loads(entry.body)["contactId"] for entry in sandbox.rings}
    assert sent == {contact(1), contact(7)}


def test_listed_number_in_the_form_of_a_spreadsheet_is_printed_with_its_reason(
    live: Cxcall,
) -> None:
    live.file("dnc.txt", "2025550102\n")
    file = live.file("calls.csv", table("2.025550102E+9", "+12025550101"))
    ran = live("batch", file, *EXECUTE, "--do-not-call", "dnc.txt", code=0)
    assert ran.out.splitlines()[0].split("\t")[-1].startswith("do-not-call: ")


@pytest.mark.slow
def test_force_sends_invalid_numbers_but_no_listed_one(cxcall: Cxcall) -> None:
    file = cxcall.file("calls.csv", table("2025550103", LISTED))
    cxcall.file("dnc.txt", f"{LISTED}\n")
    words = ("batch", file, *EXECUTE, "--do-not-call", "dnc.txt", "--force", "-o", "jsonl")
    with Platform() as platform:
        cxcall.environment |= platform.environment
        rows, _ = skipped_results(cxcall(*words, "--confirm", "1", code=0))
    assert rows == [("accepted", None), ("skipped", "do-not-call")]
    assert platform.rung == 1


@pytest.mark.slow
def test_other_errors_still_stop_the_batch(live: Cxcall, sandbox: Sandbox) -> None:
    """A row that lacks more than its number is one of them."""
    rows = [
        f"{contact(1)},+12025550101,Ada",
        f"{contact(2)},555,Bo",
        f"{contact(3)}0,+12025550103,",
    ]
    header = "contact-id,phone-number,/contactSpec/contactData/Name"
    file = live.file("calls.csv", "\n".join((header, *rows, ",,Cy", "")))
    ran = live("batch", file, *EXECUTE, "-o", "json", code=3)
    wrong = [entry for entry in ran.envelope["findings"] if entry["code"] == "id-format"]
    assert wrong[0]["message"].startswith("row 3: ")
    assert wrong[0]["line"] == 4
    found, _ = skipped_results(
        live("batch", file, *EXECUTE, "--skip-invalid", "-o", "jsonl", code=9)
    )
    assert [outcome for outcome, _ in found] == ["accepted", "skipped", "invalid", "invalid"]
    assert len(sandbox.rings) == 1


@pytest.mark.slow
def test_row_that_places_no_call_is_sent_despite_an_unlikely_number(
    live: Cxcall, sandbox: Sandbox
) -> None:
    rows = '["+1202555010"]\n["+12025550102"]\n["+12025550102"]\n'
    words = ("batch", live.file("numbers.jsonl", rows), "--operation", "add-dnc-numbers")
    more = ("--param", f"dncListId={contact(1)}", "-o", "jsonl")
    found, _ = skipped_results(live(*words, *more, code=0))
    assert found == [("accepted", None), ("accepted", None), ("skipped", "duplicate")]
    assert sorted(
        json.loads(entry.body)[0] for entry in sandbox.received if entry.body.startswith(b"[")
    ) == ["+1202555010", "+12025550102"]


@pytest.mark.slow
def test_file_without_any_valid_number_is_an_error(live: Cxcall, sandbox: Sandbox) -> None:
    file = live.file("calls.csv", table("(202) 555-0101", "(202) 555-0102"))
    ran = live("batch", file, *EXECUTE, code=3)
    assert "for national numbers add `--default-country CODE`" in ran.err
    assert sandbox.rings == []


def test_duplicates_are_sent_once_whatever_the_flags(cxcall: Cxcall) -> None:
    rows = [
        json.dumps({"contactId": contact(number), "reasonCode": "x"}) for number in (1, 2, 1, 1)
    ]
    file = cxcall.file("calls.jsonl", "\n".join(rows))
    with Platform() as platform:
        cxcall.environment |= platform.environment
        words = ("batch", file, *PERSONAL, "--again", "-o", "jsonl")
        assert "2 requests would be sent" in cxcall(*words, "--confirm", "4", code=2).out
        found, _ = skipped_results(cxcall(*words, "--confirm", "2", code=0))
    assert Counter(found) == {("accepted", None): 2, ("skipped", "duplicate"): 2}
    assert set(platform.dials.values()) == {1}


@pytest.mark.slow
def test_rows_with_one_number_and_other_contacts_have_a_note(cxcall: Cxcall) -> None:
    file = cxcall.file("calls.csv", table("+12025550101", "+12025550102", "+12025550101"))
    words = ("batch", file, *EXECUTE, "--dry-run")
    said = "row 3: row 1 may call the same person, by another request"
    assert f"note[duplicate-row]: {said}" in cxcall(*words, code=0).err
    assert said not in cxcall(*words, "--max-attempts", "1/day", code=0).err


@pytest.mark.slow
def test_resume_sends_a_skipped_row_and_counts_one_that_is_listed_since_as_sent(
    cxcall: Cxcall,
) -> None:
    file = cxcall.file("calls.csv", table("+12025550101", LISTED, "+12025550103"))
    cxcall.file("dnc.txt", f"{LISTED}\n")
    busy = Reply(429, {}, {"Retry-After": "900"})
    words = ("batch", file, *EXECUTE, "--concurrency", "1", "-o", "jsonl")
    listed = ("--do-not-call", "dnc.txt", "--confirm", "2")
    with Platform(
        lambda sent, _count: busy if sent["contactId"] == contact(3) else Reply()
    ) as platform:
        cxcall.environment |= platform.environment
        rows, summary = skipped_results(cxcall(*words, *listed, code=9))
        assert [outcome for outcome, _ in rows] == ["accepted", "skipped", "undelivered"]
        platform.answer = lambda _body, _count: Reply()
        cxcall.file("dnc.txt", "+12025550101\n")
        rows, summary = skipped_results(cxcall(*words, *listed, "--resume", code=0))
    assert rows == [("accepted", None)] * 3
    assert summary["resumed"] == 1
    assert set(platform.dials.values()) == {1}


@pytest.mark.slow
@pytest.mark.parametrize("edit", ["a cell", "a row more"])
def test_row_that_changes_after_the_check_is_not_sent(cxcall: Cxcall, edit: str) -> None:
    count = 10  # several buffers of the reader, with a long column that is not read
    lines = [f"{'n' * 2000},{contact(number)},+12025550101" for number in range(count)]
    file = cxcall.file("calls.csv", "\n".join(["notes,contact-id,phone-number", *lines]) + "\n")
    path = cxcall.folder / file
    whole = path.read_bytes()
    head, first, *others = whole.splitlines(keepends=True)
    edited = {
        "a cell": whole[:-5] + b"9999\n",
        "a row more": b"".join([head, first, first, *others]),
    }

    def change(sent: Any, _count: int) -> Reply:
        if sent["contactId"] == contact(0):
            path.write_bytes(edited[edit])
        return Reply()

    with Platform(change) as platform:
        cxcall.environment |= platform.environment
        words = (
            "batch",
            file,
            *EXECUTE,
            "--ignore-extra-columns",
            "--concurrency",
            "1",
            "-o",
            "jsonl",
            "--confirm",
        )
        _, summary = skipped_results(cxcall(*words, str(count), code=9))
        assert "was changed after it was checked" in summary["stopped"]
        assert "; restore the file as it was" in summary["stopped"]
        left = summary["notSent"]
        assert (left == 1) == (edit == "a cell")
        path.write_bytes(whole)
        skipped_results(cxcall(*words, str(left), "--resume", code=0))
    assert set(platform.dials.values()) == {1}
    assert len(platform.dials) == count


@pytest.mark.slow
def test_many_warnings_are_counted_and_do_not_hide_the_summary(live: Cxcall) -> None:
    # Their last four digits, which are shown, are the same.
    file = live.file("calls.csv", table("+12025550101", "+12035550101", *["+12025550101"] * 8))
    now = datetime.now(ZoneInfo("America/New_York"))
    outside = "-".join(f"{now + timedelta(hours=hour):%H:%M}" for hour in (4, 5))
    ran = live("batch", file, *EXECUTE, "--hours", outside, code=0)
    assert "10  warning[outside-hours]" in ran.err
    assert ran.err.count("warning[outside-hours]: ") == 5
    assert ran.err.index("10 rows, 10 valid") > ran.err.rindex("warning[outside-hours]: ")


@pytest.mark.slow
def test_counts_of_errors_come_after_the_errors(live: Cxcall) -> None:
    rows = [f"{contact(number)}0,+12025550101" for number in range(105)]
    file = live.file("calls.csv", "\n".join(["contact-id,phone-number", *rows]))
    ran = live("batch", file, *EXECUTE, code=3)
    assert ran.err.count("error[id-format]: ") == 5
    assert ran.err.index("105 rows, 0 valid, 105 not valid") > ran.err.rindex("error[id-format]: ")
    assert "105  error[id-format]" in ran.err
    assert ran.err.endswith("to write a file of them: `--dry-run --rejects rejects.csv`\n")
    live("batch", file, *EXECUTE, "--dry-run", "--rejects", "rejects.csv", code=3)
    assert len((live.folder / "rejects.csv").read_text("utf-8").splitlines()) == len(rows) + 1


@pytest.mark.slow
def test_sandbox_batch_can_be_resumed(cxcall: Cxcall) -> None:
    file = cxcall.file("calls.csv", table("+12025550101", "+12025550102", "+12025550103"))
    words = ("batch", file, *EXECUTE, "--sandbox", "--concurrency", "1")
    cxcall(*words, "-o", "jsonl", code=0)
    rows, summary = skipped_results(cxcall(*words, "--resume", "-o", "jsonl", code=0))
    assert rows == [("accepted", None)] * 3
    assert summary["resumed"] == 3
    # A new batch is a new test run: its rows are not duplicates of those of the first one.
    rows, summary = skipped_results(cxcall(*words, "-o", "jsonl", code=0))
    assert (rows, summary["resumed"]) == ([("accepted", None)] * 3, 0)


@pytest.mark.slow
def test_summary_and_the_hint_to_resume_go_to_stderr_in_every_format(cxcall: Cxcall) -> None:
    file = cxcall.file("calls.csv", table("+12025550101", "+12025550102"))
    with Platform(lambda _body, _count: Reply(429, {}, {"Retry-After": "900"})) as platform:
        cxcall.environment |= platform.environment
        words = ("batch", file, *EXECUTE, "--concurrency", "1", "-o", "jsonl")
        assert "error: `--confirm 2` is required" in cxcall(*words, code=2).err
        ran = cxcall(*words, "--confirm", "2", code=9)
    assert "2 rows, 2 valid" in ran.err
    assert "not sent: 1 row" in ran.err
    assert "run the same command with `--resume`" in ran.err
