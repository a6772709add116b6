"""What a batch prints about itself: the counts in one order, no empty sentences, and what is left to do."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from helpers.batch_files import FAST, PERSONAL, at, body, write_lines
from helpers.campaign_loads import LIST_ID, load
from helpers.command import CAMPAIGN, CONTACT
from helpers.platform_server import Platform, Reply

if TYPE_CHECKING:
    from helpers.command import Cxcall

BUSY = Reply(429, {}, {"Retry-After": "0"})
FAULT = Reply(503, {"code": "service.unavailable", "message": "Service Unavailable."})
REFUSAL = Reply(403, {"code": "not.authorized", "message": "Not for you."}, rings=False)


def answer(sent: Any, _count: int) -> Reply:
    found = {
        json.dumps(body(number)): reply for number, reply in ((2, REFUSAL), (3, FAULT), (4, BUSY))
    }
    return found.get(json.dumps(sent), Reply())


@pytest.mark.slow
def test_summary_report_and_list_count_in_one_order(cxcall: Cxcall) -> None:
    file = write_lines(cxcall, 4)
    words = ("batch", file, *PERSONAL, *FAST, "--concurrency", "1", "--confirm", "4")
    with Platform(answer) as platform:
        at(cxcall, platform)
        ran = cxcall(*words, code=9)
        assert "4 rows: 1 unknown, 1 refused, 1 undelivered, 1 accepted" in ran.err
        cxcall(*words[:-2], "--confirm", "1", "--resume", code=9)
    shown = cxcall("batch", "report", code=0).out
    names = ["unknown", "refused", "undelivered", "accepted"]
    places = [shown.index(f"  {name}  1\n") for name in names]
    assert places == sorted(places)
    assert "Service Unavailable. (delivery 01" in shown
    assert "finished; its command with `--resume` sends 1 undelivered row again" in shown
    line = cxcall("batch", "list", code=0).out.rstrip("\n").split("\t")
    assert line[4:] == ["4", "1", "1", "finished", "1", "1", "this machine"]


def test_message_of_a_single_reason_is_printed_whole(cxcall: Cxcall) -> None:
    file = cxcall.file(
        "calls.csv", f"contact-id,phone-number\n{CONTACT},+12025550101\n{CONTACT},+12025550102\n"
    )
    words = ("batch", file, "--operation", "execute", "--param", f"campaignId={CAMPAIGN}", *FAST)
    with Platform(lambda *_: Reply(404, {})) as platform:
        at(cxcall, platform)
        ran = cxcall(*words, "--concurrency", "1", "--confirm", "2", code=9)
        host = platform.environment["CXCALL_BASE_URL"].partition("//")[2]
    assert "…" not in ran.err
    assert f"`{host}`" in ran.err[ran.err.index("2 x ") :]


def test_empty_file_is_empty_whatever_is_mapped(cxcall: Cxcall) -> None:
    file = cxcall.file("empty.csv", "")
    words = ("batch", file, *PERSONAL, "--dry-run", "--map", "contact-id=Customer ID")
    ran = cxcall(*words, code=2)
    assert "`empty.csv` is empty" in ran.err
    assert "its columns" not in ran.err


@pytest.mark.slow
def test_row_with_a_hidden_failure_has_the_same_code_when_it_is_resumed(cxcall: Cxcall) -> None:
    words = ("batch", write_lines(cxcall, 1), *PERSONAL, *FAST, "--confirm", "1", "-o", "jsonl")
    failed = {"success": False, "error": {"code": "not.a.user", "message": "No such user."}}
    with Platform(lambda *_: Reply(200, failed, rings=False)) as platform:
        at(cxcall, platform)
        runs = (cxcall(*words, code=9), cxcall(*words[:-4], "--resume", "-o", "jsonl", code=9))
    codes = [json.loads(ran.out.splitlines()[0])["findings"][0]["code"] for ran in runs]
    assert codes == ["hidden-failure"] * 2


@pytest.mark.slow
def test_no_batch_is_listed_or_reported_before_the_first_one(cxcall: Cxcall) -> None:
    assert cxcall("batch", "list", code=0).err == "no batch has been run yet\n"
    assert "no batch has been run yet" in cxcall("batch", "report", code=2).err
    assert "no batch starts with `01`" in cxcall("batch", "cancel", "01", code=2).err
    assert "in PostgreSQL" in cxcall("batch", "status", "01", code=2).err


def test_unknown_row_that_names_nobody_is_not_said_to_call_a_person(cxcall: Cxcall) -> None:
    columns = {"name": "Leads", "columnNames": ["a"], "phoneColumns": []}
    lists = cxcall.file("lists.jsonl", json.dumps(columns))
    campaigns = cxcall.file("campaigns.csv", f"campaignId\n{CAMPAIGN}\n")
    with Platform(lambda *_: Reply(500, {})) as platform:
        at(cxcall, platform)
        for words in (
            (lists, "--operation", "create-contact-list"),
            (campaigns, "--operation", "start-campaign", "--confirm", "1"),
            (campaigns, "--operation", "start-campaign", "--resume"),
        ):
            ran = cxcall("batch", *words, code=9)
            assert "unknown: find out whether it was processed, then" in ran.err
            assert "a call was placed" not in ran.err


def test_invalid_rows_say_that_nothing_was_sent_and_how_to_go_on(cxcall: Cxcall) -> None:
    ids = (CONTACT, "777", CONTACT)
    rows = "".join(f"{each},+1202555010{place}\n" for place, each in enumerate(ids))
    file = cxcall.file("calls.csv", f"contact-id,phone-number\n{rows}")
    words = ("batch", file, "--operation", "execute", "--param", f"campaignId={CAMPAIGN}")
    way = "1 row is not valid; correct it, or add `--skip-invalid` to {} the {}\n"
    ran = cxcall(*words, "--sandbox", code=3)
    assert ran.err.endswith(f"\nnothing was sent: {way.format('send', '2 other rows')}")
    ran = cxcall(*words, "--dry-run", code=3)
    assert way.format("send", "2 other rows") in ran.err
    leads = cxcall.file("leads.csv", "phoneNumber,name\n,P1\n+13035550102,P2\n")
    ran = load(cxcall, leads, LIST_ID, "--strict", "--sandbox", code=3)
    assert ran.err.endswith(f"\nnothing was loaded: {way.format('load', '1 other row')}")
    leads = cxcall.file("leads.csv", "phoneNumber,name\n,P1\n")
    ran = load(cxcall, leads, LIST_ID, "--sandbox", code=3)
    assert "nothing is left to send: 1 row has no valid number" in ran.err
    assert ran.err.endswith("\nnothing was loaded\n")


def test_rows_with_the_same_error_show_a_few_of_it_and_a_cell_only_one(cxcall: Cxcall) -> None:
    rows = "".join(f"{777 + row},+1202555{row:04}\n" for row in range(40))
    file = cxcall.file("calls.csv", f"contact-id,phone-number\n{rows}")
    words = ("batch", file, "--operation", "execute", "--dry-run")
    ran = cxcall(*words, "--param", f"campaignId={CAMPAIGN}", code=3)
    assert ran.err.count("error[id-format]: row") == 5
    assert ran.err.count("row 1: `/contactId` must be a UUID") == 1
    assert "to write a file of them: `--rejects rejects.csv`" in ran.err
    ran = cxcall(*words, code=3)
    assert ran.err.count("`campaignId` is missing") == 1
    assert "error[usage]: `campaignId` is missing from the path\n  --> calls.csv:1:1" in ran.err
