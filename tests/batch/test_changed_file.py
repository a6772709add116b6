"""`--resume` of a file that was edited or reordered calls nobody a second time."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import pytest

from cxcall.ledger.request_identity import Intent
from cxcall.sending.configured_ledger import open_ledger
from helpers.command import CAMPAIGN
from helpers.platform_server import Platform, Reply

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from helpers.command import Cxcall

WORDS = ("--operation", "execute", "--param", f"campaignId={CAMPAIGN}", "--rate", "500/s")
ROWS = 6
LOST, REFUSED, POSTPONED = 1, 2, 3
"""The rows whose outcome is unknown and refused, and the row that stops the batch; row 0 is accepted."""


def number_of(row: int) -> str:
    return f"+1202555010{row}"


def write(
    cxcall: Cxcall, order: Sequence[int], names: str = "Ada", more: Sequence[str] = ()
) -> None:
    """Write rows in some order, with a name that is a part of each request."""
    contact = "12345678-1234-4234-8234-{:012}"
    lines = [f"{contact.format(row)},{number_of(row)},{names}" for row in order]
    heading = "contact-id,phone-number,/contactSpec/contactData/firstName"
    cxcall.file("calls.csv", "\n".join((heading, *lines, *more)) + "\n")


def other_row(row: int) -> str:
    """Return another row with the number of a row."""
    return f"12345678-1234-4234-8234-999999999999,{number_of(row)},Other"


def number_in(body: Any) -> str:
    return str(body["contactSpec"]["contactData"]["phoneNumber"])


class Dialer(Platform):
    """A platform that rings each number, except the refused one; it does so once it accepts requests."""

    def __init__(self) -> None:
        super().__init__(self._answer)
        self.is_over = False
        self.called: list[str] = []

    def _answer(self, body: Any, _count: int) -> Reply:
        number = number_in(body)
        if number == number_of(POSTPONED) and not self.is_over:  # longer than `max_wait`
            return Reply(429, {}, {"Retry-After": "900"})
        if number == number_of(REFUSED) and not self.is_over:
            return Reply(400, {"message": "no"}, rings=False)
        self.called.append(number)
        return Reply(0) if number == number_of(LOST) and not self.is_over else Reply()


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, cxcall: Cxcall) -> str:
    """Choose the database of the ledger."""
    if request.param == "postgres":
        cxcall.environment["CXCALL_LEDGER"] = request.getfixturevalue("postgres_url")
    return str(request.param)


@pytest.fixture
def dialer(request: pytest.FixtureRequest, cxcall: Cxcall) -> Iterator[Dialer]:
    """Begin a batch of which one row is accepted, one unknown, one refused, and the others are left."""
    if "place" in request.fixturenames:
        request.getfixturevalue("place")
    write(cxcall, range(ROWS))
    with Dialer() as running:
        cxcall.environment |= running.environment | {"CXCALL_DUPLICATE_WINDOW": "0.001"}
        cxcall("batch", "calls.csv", *WORDS, "--concurrency", "1", "--confirm", str(ROWS), code=9)
        assert running.called == [number_of(0), number_of(LOST)]
        running.is_over = True
        yield running


def resume(cxcall: Cxcall, *more: str, code: int) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Resume the batch, and return the results of its rows and the summary."""
    ran = cxcall("batch", "calls.csv", *WORDS, "--resume", "-o", "jsonl", *more, code=code)
    *rows, summary = map(json.loads, ran.out.splitlines())
    summary["err"] = ran.err
    return rows, summary


def outcomes(rows: Sequence[dict[str, Any]]) -> list[str]:
    return [each["outcome"] for each in rows]


@pytest.mark.slow
def test_an_edited_row_of_a_person_who_was_called_is_not_sent(
    cxcall: Cxcall, dialer: Dialer
) -> None:
    write(cxcall, range(ROWS), "ADA")
    checked = cxcall("batch", "calls.csv", *WORDS, "--resume", "--dry-run", code=0)
    assert "`calls.csv` was changed since the batch began" in checked.err
    assert len(checked.out.splitlines()) == ROWS - 2
    rows, summary = resume(cxcall, "--confirm", str(ROWS - 2), code=9)
    assert "`calls.csv` was changed since the batch began" in summary["err"]
    assert outcomes(rows) == ["skipped", "skipped", *["accepted"] * 4]
    assert [each["data"].get("skipped") for each in rows[:2]] == ["already-called"] * 2
    assert [each["findings"][-1]["code"] for each in rows[:2]] == [
        "already-sent",
        "outcome-unknown",
    ]
    assert sorted(dialer.called) == [number_of(row) for row in range(ROWS)]
    deliveries = cxcall("history", "list", "-o", "jsonl", code=0).out.splitlines()
    first = json.loads(deliveries[-1])["id"]
    assert f"delivery `{first}`" in rows[0]["findings"][-1]["message"]
    write(cxcall, range(ROWS))  # as it was
    rows, _ = resume(cxcall, "--confirm", "1", code=9)  # the row that was postponed
    assert outcomes(rows) == ["accepted", "unknown", "refused", *["skipped"] * 3]
    assert sorted(dialer.called) == [number_of(row) for row in range(ROWS)]
    write(cxcall, range(ROWS), "ADA")
    lost = json.loads(deliveries[-2])["id"]
    cxcall("history", "resolve", lost, "--not-placed", code=0)
    rows, _ = resume(cxcall, "--confirm", "1", code=9)  # it calls those who were not called
    assert outcomes(rows) == ["skipped", *["accepted"] * 5]
    assert dialer.called.count(number_of(0)) == 1


@pytest.mark.slow
def test_corrected_and_added_rows_are_sent_and_both_rows_of_a_person(
    cxcall: Cxcall, dialer: Dialer
) -> None:
    contact = "12345678-1234-4234-8234-00000000000"
    more = [f"{contact}8,{number_of(8)},One", f"{contact}8,{number_of(8)},Two"]
    write(cxcall, range(ROWS), more=more)
    text = (cxcall.folder / "calls.csv").read_text("utf-8")
    cxcall.file("calls.csv", text.replace(f"{number_of(REFUSED)},Ada", f"{number_of(7)},Bob"))
    rows, _ = resume(cxcall, "--confirm", str(ROWS), code=9)
    assert outcomes(rows) == ["accepted", "unknown", *["accepted"] * ROWS]
    assert sorted(dialer.called) == [number_of(row) for row in (0, 1, 3, 4, 5, 7, 8, 8)]


@pytest.mark.slow
def test_another_list_of_the_same_name_is_resumed_as_it_began(cxcall: Cxcall) -> None:
    words = ("batch", "calls.csv", *WORDS, "--concurrency", "1", "--confirm")
    write(cxcall, range(ROWS))
    with Dialer() as dialer:
        cxcall.environment |= dialer.environment
        dialer.is_over = True
        cxcall(*words, str(ROWS), code=0)
        dialer.is_over = False
        write(cxcall, [ROWS, POSTPONED, 0], "ADA")
        cxcall(*words, "3", code=9)
        dialer.is_over = True
        rows, summary = resume(cxcall, "--confirm", "2", code=0)
    assert outcomes(rows) == ["accepted"] * 3
    assert "was changed" not in summary["err"]


@pytest.mark.slow
def test_an_edited_file_of_a_batch_without_records_of_people_is_refused(
    cxcall: Cxcall, dialer: Dialer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CXCALL_STATE_DIR", "CXCALL_CONFIG_DIR"):
        monkeypatch.setenv(name, cxcall.environment[name])
    with open_ledger() as ledger, ledger.database.pruning(), ledger.rows.changing():
        ledger.database.write("DELETE FROM person")  # as an older cxcall leaves it
        ledger.rows.state = ledger.rows.state._replace(people=0)
    write(cxcall, range(ROWS), "ADA")
    for more in ((), ("--dry-run",)):
        ran = cxcall("batch", "calls.csv", *WORDS, "--resume", "--confirm", "6", *more, code=7)
        assert "2 rows that it sent are no longer in it" in ran.err
    assert len(dialer.called) == 2
    write(cxcall, [*reversed(range(ROWS))])
    resume(cxcall, "--confirm", str(ROWS - 3), code=9)
    assert sorted(dialer.called) == [number_of(row) for row in (0, 1, 3, 4, 5)]


@pytest.mark.slow
def test_a_person_whom_another_process_calls_meanwhile_is_not_called(
    cxcall: Cxcall, dialer: Dialer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the third row is answered, another process records a call to the person of the last row."""
    for name in ("CXCALL_STATE_DIR", "CXCALL_CONFIG_DIR"):
        monkeypatch.setenv(name, cxcall.environment[name])

    def answer(body: Any, _count: int) -> Reply:
        dialer.called.append(number_in(body))
        if number_in(body) == number_of(POSTPONED):
            with open_ledger() as ledger:
                batch = ledger.batches.all()[0].id
                people = (f"loopback number {number_of(ROWS - 1)[1:]}",)
                intent = Intent(
                    "default", "execute", "community", "POST", "t", "v2:0", people=people
                )
                ledger.begin(intent._replace(batch=batch, row=1), 900)
        return Reply()

    dialer.answer = answer
    write(cxcall, [*range(ROWS - 1), ROWS], more=[other_row(ROWS - 1)])
    rows, _ = resume(cxcall, "--concurrency", "1", "--confirm", str(ROWS - 2), code=9)
    assert outcomes(rows)[-2:] == ["accepted", "stopped"]
    assert rows[-1]["findings"][-1]["code"] == "outcome-unknown"
    assert number_of(ROWS - 1) not in dialer.called


@pytest.mark.slow
def test_a_reordered_file_has_the_result_of_the_file_as_it_was(
    cxcall: Cxcall, dialer: Dialer
) -> None:
    order = [*reversed(range(ROWS))]
    write(cxcall, order)
    rows, summary = resume(cxcall, "--concurrency", "4", "--confirm", str(ROWS - 3), code=9)
    expected = {0: "accepted", LOST: "unknown", REFUSED: "refused"}
    assert outcomes(rows) == [expected.get(row, "accepted") for row in order]
    assert summary["data"]["outcomes"] == {"accepted": 4, "unknown": 1, "refused": 1}
    assert sorted(dialer.called) == [number_of(row) for row in (0, 1, 3, 4, 5)]
    listed = cxcall("batch", "list", "-o", "json", code=0).envelope["data"]["batches"]
    assert [each["outcomes"] for each in listed] == [summary["data"]["outcomes"]]
    assert [each["unsent"] for each in listed] == [0]
    report = cxcall("batch", "report", "-o", "json", code=0).envelope["data"]
    assert report["outcomes"] == summary["data"]["outcomes"]
    assert [each["outcome"] for each in report["results"]] == outcomes(rows)


@pytest.mark.slow
def test_refused_row_whose_person_was_called_by_an_added_row_is_not_to_be_corrected(
    cxcall: Cxcall, dialer: Dialer
) -> None:
    """The other file is sent as a new batch, in which nothing stops a second call to the person."""
    text = (cxcall.folder / "calls.csv").read_text("utf-8")
    other = f"12345678-1234-4234-8234-{REFUSED:012},{number_of(8)},Ada"
    cxcall.file("calls.csv", f"{text}{other}\n{number_of(7)},{number_of(7)},x\n")
    flags = ("--skip-invalid", "--rejects", "rejects.csv", "--confirm", str(ROWS - 2))
    _, summary = resume(cxcall, *flags, code=9)
    assert dialer.called.count(number_of(8)) == 1
    assert "1 row to correct and send again" in summary["err"]
    rejects = (cxcall.folder / "rejects.csv").read_text("utf-8")
    assert number_of(7) in rejects
    assert number_of(REFUSED) not in rejects
    cxcall("batch", "report", "--rejects", "later.csv", code=0)
    assert (cxcall.folder / "later.csv").read_text("utf-8") == rejects


@pytest.mark.slow
def test_rejects_of_a_changed_file_are_those_of_its_present_rows(
    cxcall: Cxcall, dialer: Dialer
) -> None:
    """The rows that were sent first are the last ones now, and others are refused under their numbers."""
    order = [*reversed(range(ROWS))]
    write(cxcall, range(ROWS))
    (cxcall.folder / "calls.csv").rename(cxcall.folder / "before.csv")
    write(cxcall, order)
    refused = [number_of(5), number_of(4)]

    def answer(body: Any, _count: int) -> Reply:
        is_refused = number_in(body) in refused
        return Reply(400, {"message": "no"}, rings=False) if is_refused else Reply()

    dialer.answer = answer
    resume(cxcall, "--confirm", str(ROWS - 3), code=9)
    words = ("batch", "report", "--rejects", "rejects.csv")
    cxcall(*words, "--input", "before.csv", code=2)
    cxcall(*words, code=0)
    rejects = (cxcall.folder / "rejects.csv").read_text("utf-8").splitlines()[1:]
    assert [line.split(",")[1] for line in rejects] == [*refused, number_of(REFUSED)]
    joined = cxcall("batch", "report", "--format", "csv", "--join", "--show-numbers", code=0).out
    table = [*csv.DictReader(joined.splitlines())]
    expected = ["refused", "refused", "accepted", "refused", "unknown", "accepted"]
    assert [each["outcome"] for each in table] == expected
    assert [each["phone-number"] for each in table] == [number_of(row) for row in order]


@pytest.mark.slow
@pytest.mark.usefixtures("place")
def test_report_and_list_count_the_rows_that_the_file_has_now(
    cxcall: Cxcall, dialer: Dialer
) -> None:
    def counts() -> tuple[dict[str, int], int, int]:
        report = cxcall("batch", "report", "-o", "json", code=0).envelope["data"]
        [listed] = cxcall("batch", "list", "-o", "json", code=0).envelope["data"]["batches"]
        return report["outcomes"], report["rows"], listed["rows"]

    dialer.is_over = False  # a row stops the batch again
    write(cxcall, range(ROWS + 4))
    resume(cxcall, "--confirm", str(ROWS + 4 - 3), "--concurrency", "1", code=9)
    found, rows, listed = counts()
    assert found == {"unknown": 1, "refused": 1, "undelivered": 1, "not-sent": 6, "accepted": 1}
    assert rows == listed == ROWS + 4
    dialer.is_over = True
    write(cxcall, range(POSTPONED, ROWS))  # without the rows that were sent
    resume(cxcall, "--confirm", str(ROWS - POSTPONED), code=0)
    found, rows, listed = counts()
    assert found == {"unknown": 1, "accepted": 4}
    assert rows == listed == sum(found.values())
