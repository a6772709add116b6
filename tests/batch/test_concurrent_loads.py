"""Loads that run at the same time add no contact twice."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from cxcall.ledger.request_identity import Intent
from cxcall.sending.configured_ledger import open_ledger
from helpers.campaign_loads import LIST_ID, Dialer, halves, lines, load, rows
from helpers.command import CAMPAIGN, CONTACT
from helpers.platform_server import Platform, Reply

if TYPE_CHECKING:
    from helpers.command import Cxcall

pytestmark = pytest.mark.slow


@pytest.fixture
def same_ledger(cxcall: Cxcall, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process open the ledger of the command."""
    for name in ("CXCALL_STATE_DIR", "CXCALL_CONFIG_DIR"):
        monkeypatch.setenv(name, cxcall.environment[name])


@pytest.mark.usefixtures("same_ledger")
def test_a_row_that_another_process_sends_meanwhile_is_not_sent(cxcall: Cxcall) -> None:
    """During the first request, another run of the same load records the sixth row."""
    dialer = Dialer()

    def answer(body: Any, count: int) -> Reply:
        if not dialer.loaded:
            with open_ledger() as ledger:
                batch = ledger.batches.all()[0].id
                ledger.begin(
                    Intent(
                        "default",
                        "add-contacts",
                        "published",
                        "POST",
                        "t",
                        "d",
                        batch=batch,
                        row=6,
                        rows="6",
                    ),
                    900,
                )
        return dialer.answer(body, count)

    file = cxcall.file("leads.csv", halves(4))
    with Platform(answer, reads=dialer.read) as platform:
        cxcall.environment |= platform.environment
        words = ("--yes", "--concurrency", "1", "-o", "jsonl")
        results, _ = lines(load(cxcall, file, LIST_ID, *words, code=9))
        assert [(each["data"]["rows"], each["outcome"]) for each in results] == [
            ("1-4", "accepted"),
            ("5-8", "stopped"),
        ]
        assert "row 6 is already in delivery" in results[1]["findings"][0]["message"]
        assert sorted(dialer.loaded) == ["P0", "P1", "P2", "P3"]
        resumed, _ = lines(load(cxcall, file, LIST_ID, *words, "--resume", code=9))
        assert {
            each["data"].get("rows") or each["data"]["row"]: each["outcome"] for each in resumed
        } == {"1-4": "accepted", "6": "unknown", "5,7-8": "accepted"}


@pytest.mark.usefixtures("same_ledger")
def test_a_contact_that_a_load_of_another_file_sends_meanwhile_is_not_sent(cxcall: Cxcall) -> None:
    """During the first request, a load of another file records the number of the sixth row."""
    dialer = Dialer()

    def answer(body: Any, count: int) -> Reply:
        if not dialer.loaded:
            with open_ledger() as ledger:
                own = ledger.batches.all()[0]
                other = ledger.batches.begin(
                    own.profile, own.operation, own.target, own.values_digest, "", "d", is_load=True
                )
                intent = Intent(
                    "default",
                    "add-contacts",
                    "published",
                    "POST",
                    "t",
                    "d",
                    batch=other,
                    row=1,
                    rows="1",
                )
                ledger.begin(intent._replace(people=("loopback number 13035550005",)), 900)
        return dialer.answer(body, count)

    file = cxcall.file("leads.csv", halves(4))
    with Platform(answer, reads=dialer.read) as platform:
        cxcall.environment |= platform.environment
        words = ("--yes", "--concurrency", "1", "-o", "jsonl")
        results, _ = lines(load(cxcall, file, LIST_ID, *words, code=9))
        assert "a contact is already in delivery" in results[1]["findings"][0]["message"]
        load(cxcall, file, LIST_ID, *words, "--resume", code=9)
        assert sorted(dialer.loaded) == ["P0", "P1", "P2", "P3", "P4", "P6", "P7"]


def test_a_contact_that_a_finished_load_of_another_file_sends_meanwhile_is_not_sent(
    cxcall: Cxcall,
) -> None:
    """During the first request, `--resume` of a finished load sends the rows that were resolved as not placed."""
    dialer = Dialer()
    words = ("--yes", "--concurrency", "1")
    finished = cxcall.file("finished.csv", rows(1, first=4))

    def answer(body: Any, count: int) -> Reply:
        reply = dialer.answer(body, count)
        if dialer.loaded == ["P4"]:
            return Reply(500)
        if dialer.loaded == ["P0", "P1", "P2", "P3"]:
            load(cxcall, finished, LIST_ID, *words, "--resume")
        return reply

    with Platform(answer, reads=dialer.read) as platform:
        cxcall.environment |= platform.environment
        load(cxcall, finished, LIST_ID, *words, code=9)
        unknown = cxcall("history", "list", "-o", "jsonl", code=0).envelope["id"]
        cxcall("history", "resolve", unknown, "--not-placed", code=0)
        dialer.loaded.clear()
        file = cxcall.file("leads.csv", halves(4))
        ran = load(cxcall, file, LIST_ID, *words, code=9)
        assert "a contact is already in delivery" in ran.out
        load(cxcall, file, LIST_ID, *words, "--resume")
        assert sorted(dialer.loaded) == [f"P{number}" for number in range(8)]


def test_person_who_is_called_meanwhile_does_not_skip_the_others_of_the_request(
    cxcall: Cxcall,
) -> None:
    dialer = Dialer()
    person = ("--contact-id", CONTACT, "--phone-number", "+13035550004")

    def answer(body: Any, count: int) -> Reply:
        reply = dialer.answer(body, count)
        if dialer.loaded == ["P0", "P1", "P2", "P3"] and isinstance(body, list):
            cxcall("execute", CAMPAIGN, *person, "--yes", code=0)
        return reply

    file = cxcall.file("leads.csv", halves(4))
    with Platform(answer, reads=dialer.read) as platform:
        cxcall.environment |= platform.environment
        words = ("--yes", "--concurrency", "1", "--max-attempts", "1/day")
        ran = load(cxcall, file, LIST_ID, *words, code=9)
        assert "5-8\tstopped" in ran.out
        assert "to continue, run the same command with `--resume`" in ran.err
        assert "1 max-attempts" in load(cxcall, file, LIST_ID, *words, "--resume").err
    assert sorted(dialer.loaded) == ["P0", "P1", "P2", "P3", "P5", "P6", "P7"]


def refuse(status: int, _path: str, _count: int) -> Reply:
    """Refuse a read."""
    return Reply(status)


def test_a_list_that_may_not_be_read_is_loaded_and_one_that_is_not_there_is_not(
    cxcall: Cxcall,
) -> None:
    dialer = Dialer()
    file = cxcall.file("leads.csv", rows(2))
    for status, code in ((403, 0), (404, 5)):
        dialer.loaded.clear()
        with Platform(dialer.answer, reads=partial(refuse, status)) as platform:
            cxcall.environment |= platform.environment
            ran = load(
                cxcall, file, f"12345678-1234-1234-1234-000000000{status}", "--yes", code=code
            )
            assert ("its columns are not checked" in ran.err) is (code == 0)
            assert (
                "contact list `12345678-1234-1234-1234-000000000404` does not exist" in ran.err
            ) is (code != 0)
            assert bool(dialer.loaded) is (code == 0)
