"""`cxcall history`: list, show, resolve, export, and prune deliveries."""

from __future__ import annotations

import csv
import io
import json
import sys
from typing import TYPE_CHECKING

import pytest

from cxcall.cli.actions import history
from cxcall.cli.actions.batch.recorded_batches import list_batches
from cxcall.cli.commands.history import RecordFilters
from cxcall.findings.errors import UsageError
from cxcall.findings.exit_codes import Outcome
from cxcall.ledger.ledger import Ledger
from helpers.command import CAMPAIGN, CONTACT, screen, terminal
from helpers.ledger_process import intent
from helpers.platform_server import Platform, Reply

if TYPE_CHECKING:
    from pathlib import Path

    from helpers.command import Cxcall


def send(live: Cxcall, reason: str, *more: str) -> str:
    ran = live(
        "personal-connection",
        "--contact-id",
        CONTACT,
        "--reason-code",
        reason,
        "-o",
        "json",
        *more,
        code=0,
    )
    found: str = ran.envelope["deliveryId"]
    return found


@pytest.mark.slow
def test_deliveries_are_listed_newest_first_and_filtered(live: Cxcall) -> None:
    sent = [send(live, reason) for reason in ("one", "two", "three")]
    listed = live("history", "list", "-o", "json", code=0).envelope["data"]["deliveries"]
    assert [entry["id"] for entry in listed] == sent[::-1]
    lines = live("history", "list", "-o", "jsonl", "--limit", "2", code=0).out.splitlines()
    assert [json.loads(line)["id"] for line in lines] == sent[:0:-1]
    rows = live("history", "list", code=0).out.splitlines()
    assert [row.split("\t")[0] for row in rows] == sent[::-1]
    engagement = listed[0]["engagementId"]
    found = live(
        "history", "list", "--engagement-id", engagement, "-o", "jsonl", code=0
    ).out.splitlines()
    assert [json.loads(line)["id"] for line in found] == [sent[2]]
    assert live("history", "list", "--operation", "execute", code=0).out == ""
    assert "unknown operation `nope`" in live("history", "list", "--operation", "nope", code=2).err
    assert (
        live("history", "list", "--since", "1h", "--outcome", "accepted", code=0).out.count("\n")
        == 3
    )
    assert live("history", "list", "--since", "2999-01-01", code=0).out == ""


def test_list_says_if_it_has_only_the_newest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXCALL_STATE_DIR", str(tmp_path))
    monkeypatch.setattr(history, "_USUAL_LIMIT", 2)
    with Ledger.open(tmp_path) as ledger:
        batches = [
            ledger.batches.begin("default", "execute", "https://x", "", f"/{number}", str(number))
            for number in range(2)
        ]
        for number in range(3):
            sent = ledger.begin(intent(f"x{number}")._replace(batch=batches[0], row=number + 1), 0)
            ledger.record_outcome(sent, Outcome.UNKNOWN)
    start = batches[0].lower()  # the IDs differ only at their end
    for filters, count in (
        (RecordFilters(), 2),
        (RecordFilters(limit=1), 1),
        (RecordFilters(limit=sys.maxsize), 3),
        (RecordFilters(unresolved=True), 3),
        (RecordFilters(batch=start), 3),
        (RecordFilters(batch=start, limit=2), 2),
    ):
        report = history.list_deliveries(filters)
        assert (len(report.data["deliveries"]), report.data["hasMore"]) == (count, count < 3)
        assert any("only the newest" in each for each in report.diagnostics) is (count < 3)
    with pytest.raises(UsageError, match="no batch starts with `nope`"):
        history.list_deliveries(RecordFilters(batch="nope"))
    for limit in (1, 2):
        listed = list_batches(limit)
        assert (len(listed.data["batches"]), listed.data["hasMore"]) == (limit, limit < 2)


@pytest.mark.slow
def test_unknown_delivery_can_be_resolved(live: Cxcall) -> None:
    execute = ("execute", CAMPAIGN, "--contact-id", CONTACT, "--phone-number", "+12025550150")
    delivery = live(*execute, "-o", "json", code=8).envelope["deliveryId"]
    refused = live("history", "resolve", delivery, code=2).err.partition("hint: ")[2]
    assert refused.index("find out") < refused.index("--placed") < refused.index("--not-placed")
    assert refused.partition("\n")[0] in live("history", "show", delivery, code=0).err
    sent = send(live, "accepted")
    for flags, found in (
        (("--unresolved",), [delivery]),
        (("--profile", "default"), [sent, delivery]),
        (("--profile", "other"), []),
    ):
        lines = live("history", "list", *flags, code=0).out.splitlines()
        assert [line.split("\t")[0] for line in lines] == found
    told = live("history", "resolve", delivery, "--placed", code=0).out
    assert told == f"{delivery}: recorded that a call was placed; it counts as accepted\n"
    shown = live("history", "show", delivery, code=0)
    assert "  outcome  unknown; recorded as placed\n" in shown.out
    assert "digest" not in shown.out
    assert "history resolve" not in shown.err
    assert "  digest  v" in live("history", "show", delivery, "-v", code=0).out
    assert live("history", "list", "--unresolved", code=0).out == ""
    assert (
        live("history", "show", delivery, "-o", "json", code=0).envelope["data"]["resolution"]
        == "placed"
    )
    live(*execute, code=7)
    accepted = send(live, "x")
    live("history", "resolve", accepted, "--not-placed", code=2)


@pytest.mark.slow
def test_terminal_of_80_columns_has_the_outcome_in_color(live: Cxcall) -> None:
    delivery = send(live, "one")
    with terminal(live, "history", "list") as child:
        line = next(line for line in screen(child).splitlines() if delivery in line)
    assert "\x1b[32maccepted" in line


@pytest.mark.slow
def test_unknown_outcome_is_a_usage_error(live: Cxcall) -> None:
    ran = live("history", "list", "--outcome", "blah", "-o", "json", code=2)
    (finding,) = ran.envelope["findings"]
    assert (finding["code"], finding["where"]) == ("usage", "--outcome")
    assert "`accepted`" in finding["message"]


@pytest.mark.slow
def test_exported_csv_has_no_formula(cxcall: Cxcall) -> None:
    formula = "-C7712345"  # spreadsheets compute with a text that begins so
    words = ("personal-connection", "--contact-id", CONTACT, "--reason-code", "x", "--yes")
    with Platform(lambda _body, _count: Reply(200, {}, {"X-Engagement-Id": formula})) as platform:
        cxcall.environment |= platform.environment
        cxcall(*words, "--engagement-header", "X-Engagement-Id", code=0)
    exported = cxcall("history", "export", "--format", "csv", code=0).out
    (row,) = csv.DictReader(io.StringIO(exported))
    assert row["engagementId"] == f"'{formula}"
    (line,) = cxcall("history", "export", code=0).out.splitlines()
    assert json.loads(line)["engagementId"] == formula


@pytest.mark.slow
def test_exported_csv_writes_masked_numbers_as_text(cxcall: Cxcall) -> None:
    number = ("--set", '/phoneNumber="+12025550123"')
    with Platform() as platform:
        cxcall.environment |= platform.environment
        cxcall("send", "place-call", *number, "--yes", "--force", code=0)
    exported = cxcall("history", "export", "--format", "csv", code=0).out
    (row,) = csv.DictReader(io.StringIO(exported))
    assert row["numbers"] == "'+*******0123"


@pytest.mark.slow
def test_invalid_time_is_rejected(cxcall: Cxcall) -> None:
    for *words, given in (
        ("list", "--since", "yesterdayish"),
        ("export", "--since", "999999d"),
        ("prune", "--older-than", f"{'9' * 5000}w"),
        ("list", "--since", "9999-12-31T23:59:59-10:00"),
    ):
        ran = cxcall("history", *words, given, "-o", "json", code=2)
        assert "invalid time" in ran.envelope["findings"][0]["message"]


def test_empty_history_is_not_an_error(cxcall: Cxcall) -> None:
    listed = cxcall("history", "list", code=0)
    assert (listed.out, listed.err) == ("", "no deliveries yet\n")
    assert cxcall("history", "export", code=0).out == ""
    ran = cxcall("batch", "report", code=2)
    assert "no batch has been run yet" in ran.err
    header = cxcall("history", "export", "--format", "csv", code=0).out
    assert header.split(",")[:2] == ["id", "at"]


@pytest.mark.slow
def test_prune_keeps_unknown_and_recent_deliveries(live: Cxcall) -> None:
    kept = send(live, "one")
    unknown = live(
        "execute",
        CAMPAIGN,
        "--contact-id",
        CONTACT,
        "--phone-number",
        "+12025550150",
        "-o",
        "json",
        code=8,
    ).envelope["deliveryId"]
    area = {"CXCALL_PLATFORM": "nice-cxone", "CXCALL_REGION": "na1", "CXCALL_BASE_URL": ""}
    assert "0" in live("history", "prune", "--older-than", "9d", "--yes", env=area, code=0).out
    ran = live("history", "prune", "--older-than", "0s", "--yes", code=0)
    assert ran.out.startswith("deleted 0 deliveries ")
    assert "`duplicate_window`" in ran.err
    assert live("history", "show", kept, code=0).out
    live.environment["CXCALL_DUPLICATE_WINDOW"] = "0.001"
    refused = live("history", "prune", "--older-than", "0s", code=2)
    assert "1 delivery would be deleted" in refused.err
    pruned = live("history", "prune", "--older-than", "0s", "--yes", "-o", "json", code=0)
    assert pruned.envelope["data"]["pruned"] == 1
    rows = live("history", "list", code=0).out.splitlines()
    assert [row.split("\t")[0] for row in rows] == [unknown]
    send(live, "one")
    assert "invalid time `soon`" in live("history", "prune", "--older-than", "soon", code=2).err


@pytest.mark.slow
def test_pruned_batch_cannot_be_resumed(live: Cxcall) -> None:
    live.environment["CXCALL_DUPLICATE_WINDOW"] = "0.001"
    rows = live("operations", "personal-connection", "--skeleton", "--csv", code=0).out
    arguments = ("batch", live.file("calls.csv", rows), "--operation", "personal-connection")
    live(*arguments, code=0)
    batch = live("history", "list", "-o", "jsonl", code=0).envelope["batch"]
    assert live("history", "list", "--batch", batch, code=0).out.count("\n") == 1
    other = live("history", "list", "--batch", "OTHER", code=2)
    assert (other.out, "\n  --> --batch\n" in other.err) == ("", True)
    live("history", "prune", "--older-than", "0s", "--yes", code=0)
    assert "no earlier batch" in live(*arguments, "--resume", code=2).err


PRUNE = ("history", "prune", "--older-than", "0s", "--yes", "-o", "json")


@pytest.mark.slow
def test_batch_is_pruned_as_a_whole_when_its_unknown_rows_are_resolved(cxcall: Cxcall) -> None:
    rows = [{"contactId": CONTACT, "reasonCode": reason} for reason in ("accepted", "unknown")]
    file = cxcall.file("calls.jsonl", "\n".join(map(json.dumps, rows)))
    words = ("batch", file, "--operation", "personal-connection")
    with Platform(lambda body, _: Reply(0 if body == rows[1] else 201)) as running:
        cxcall.environment |= running.environment | {"CXCALL_DUPLICATE_WINDOW": "0.001"}
        cxcall(*words, "--confirm", "2", code=9)
        ran = cxcall(*PRUNE[:-2], code=0)
        assert ran.out.startswith("deleted 0 deliveries ")
        assert "kept 1 unknown delivery, and all of a batch that has one" in ran.err
        send(cxcall, "later", "--yes")
        assert cxcall(*PRUNE, code=0).envelope["data"]["pruned"] == 1
        report = cxcall("batch", "report", "-o", "json", code=0).envelope["data"]
        assert report["outcomes"] == {"unknown": 1, "accepted": 1}
        lost = report["results"][1]["deliveryId"]
        cxcall("history", "resolve", lost, "--not-placed", code=0)
        # A single command may have sent its request, for all that is known.
        assert "were pruned" in cxcall(*words, "--resume", code=2).err
        assert running.rung == 3
    assert cxcall(*PRUNE, code=0).envelope["data"]["pruned"] == 2
    assert cxcall("batch", "list", code=0).out == ""


@pytest.mark.slow
def test_prune_respects_the_duplicate_window_of_every_profile(live: Cxcall) -> None:
    config = live.folder / "config"
    config.mkdir(exist_ok=True)
    (config / "config.toml").write_text("[profiles.slow]\nduplicate_window = 86400\n", "utf-8")
    live.environment |= {"CXCALL_CONFIG_DIR": str(config), "CXCALL_DUPLICATE_WINDOW": "0.001"}
    live("personal-connection", "--contact-id", CONTACT, "--reason-code", "x", "-p", "slow", code=0)
    pruned = live("history", "prune", "--older-than", "0s", "--yes", code=0)
    assert pruned.out.startswith("deleted 0 ")


def test_invalid_duplicate_window_prevents_pruning(live: Cxcall) -> None:
    config = live.folder / "config"
    config.mkdir(exist_ok=True)
    (config / "config.toml").write_text('[profiles.slow]\nduplicate_window = "1h"\n', "utf-8")
    live.environment["CXCALL_CONFIG_DIR"] = str(config)
    assert "duplicate_window" in live("history", "prune", "--older-than", "0s", "--yes", code=2).err


@pytest.mark.slow
def test_list_marks_what_went_to_a_sandbox(cxcall: Cxcall) -> None:
    words = ("personal-connection", "--contact-id", CONTACT, "--reason-code")
    cxcall(*words, "a", "--sandbox", code=0)
    with Platform() as platform:
        cxcall(*words, "b", "--yes", env=platform.environment, code=0)
    shown = cxcall("history", "list", env={"TZ": "America/New_York"}, code=0)
    rows = [line.split("\t") for line in shown.out.splitlines()]
    assert [row[4] for row in rows] == ["accepted", "accepted"]
    assert [row[7] for row in rows] == ["this machine", "sandbox"]
    listed = cxcall("history", "list", "-o", "json", code=0).envelope["data"]["deliveries"]
    assert {each["outcome"] for each in listed} == {"accepted"}
    assert [row[1] for row in rows] == [each["at"][:16].replace("T", " ") for each in listed]
    file = cxcall.file("rows.csv", f"contact-id,reason-code\n{CONTACT},c\n")
    cxcall("batch", file, "--operation", "personal-connection", "--sandbox", code=0)
    (batch,) = (line.split("\t") for line in cxcall("batch", "list", code=0).out.splitlines())
    assert (batch[7], batch[-1]) == ("finished", "sandbox")
