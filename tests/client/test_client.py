"""`cxcall.Client`: what it sends, what it refuses, and what it records."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cxcall import Client, CxcallError, Outcome, StoppedError, UsageError
from cxcall.findings import finding
from cxcall.settings.sources import Setting
from cxcall.transport.http_messages import HttpRequest
from helpers.cases import each_case
from helpers.command import CAMPAIGN, CONTACT
from helpers.missing_records import state_of
from helpers.platform_server import Platform, Reply

if TYPE_CHECKING:
    from cxcall.settings.settings import Settings
    from helpers.command import Cxcall

BODY = {"contactId": CONTACT, "reasonCode": "follow_up"}
TOKEN = "t0ken-for-the-client"
PAGE = Path(__file__).parent.parent.parent / "docs/python.md"


def respond(_body: Any, _count: int) -> Reply:
    """Accept everything."""
    return Reply(201, {"id": "e-1"})


def test_send_records_what_the_command_shows(platform: Platform, cxcall: Cxcall) -> None:
    with Client() as client:
        delivery = client.send("personal-connection", BODY, yes=True)
    assert (delivery.outcome, delivery.engagement_id) == (Outcome.ACCEPTED, "e-1")
    assert "accepted" in cxcall("history", "show", delivery.id, code=0).out
    assert platform.rung == 1


@pytest.mark.slow
def test_client_and_command_share_the_duplicate_guard(platform: Platform, cxcall: Cxcall) -> None:
    with Client() as client:
        client.send("personal-connection", BODY, yes=True)
        with pytest.raises(CxcallError, match="identical request") as stopped:
            client.send("personal-connection", BODY, yes=True)
        assert stopped.value.exit_code == 7
        words = ("personal-connection", "--contact-id", CONTACT, "--reason-code", "follow_up")
        cxcall(*words, "--yes", code=7)
        assert client.send("personal-connection", BODY, yes=True, again=True).outcome == "accepted"
    assert platform.rung == 2


def test_nothing_is_sent_without_yes_or_with_an_error(platform: Platform) -> None:
    file = Path("body.json")
    file.write_text('{"contactId": "12345"}', "utf-8")
    with Client() as client:
        for arguments, code in (
            (("personal-connection", BODY), 2),
            (("personal-connection", {"contactId": "12345"}), 3),
            (("personal-connection", file), 3),
            (("personal-connection",), 2),
            (("execute", BODY), 2),  # without its campaign
            (("no-such-operation", BODY), 2),
            (("cxone-password-token", {}), 2),
        ):
            words: Any = arguments
            with pytest.raises(CxcallError) as error:
                client.send(*words, yes=code == 3)
            assert error.value.exit_code == code, arguments
            assert TOKEN not in repr(error.value)
        assert not client.check("personal-connection", file).valid
    assert platform.rung == 0


def test_value_that_is_not_json_raises_the_error_of_the_package(platform: Platform) -> None:
    cycle: dict[str, Any] = {}
    cycle["contactId"] = cycle
    bodies: list[Any] = [{"contactId": float("nan")}, cycle, {"contactId": {1, 2}}, "{}", {1j: 2}]
    with Client() as client:
        for body in (*bodies, {"contactId": "\ud800"}):
            with pytest.raises(CxcallError):
                client.send("personal-connection", body, yes=True)
            with pytest.raises(CxcallError):
                client.check("personal-connection", body)
        for name in (None, 5, ["execute"]):
            operation: Any = name
            with pytest.raises(CxcallError, match="is not the name of an operation"):
                client.send(operation, BODY, yes=True)
        with pytest.raises(CxcallError, match="campaign-id"):
            client.send("get-campaign", parameters={"campaignId": None})
        with pytest.raises(CxcallError):
            client.send("list-campaigns", parameters={"pageSize": {}})
    assert platform.rung == 0


def test_parameter_without_a_value_counts_as_not_given(platform: Platform) -> None:
    with Client() as client:
        client.send("list-campaigns", parameters={"pageSize": None, "name": "a"})
    assert [path.partition("?")[2] for path in platform.seen] == ["name=a"]


def change_hours(settings: Settings, hours: str) -> None:
    """Enforce other calling hours, as if time had passed."""
    changed = {"hours": hours, "hours_policy": "enforce"}
    texts = {name: Setting(value, "test") for name, value in changed.items()}
    settings.values = {**settings.values, **texts}


def test_calling_hours_are_checked_right_before_each_attempt(platform: Platform) -> None:
    contact = {"contactId": CONTACT, "contactData": {"phoneNumber": "+493012345678"}}
    body = {"contactId": CONTACT, "contactSpec": contact}
    with Client(hours="00:00-23:59:59") as client:
        built = client.build("execute", body, {"campaignId": CAMPAIGN})
        change_hours(built.settings, "00:00-00:00:01")
        with pytest.raises(CxcallError, match="outside calling hours") as stopped:
            client.send_built(built, yes=True)
        assert (stopped.value.exit_code, platform.seen) == (7, Counter())

        def refuse_until_the_hours_end(_body: Any, _count: int) -> Reply:
            change_hours(built.settings, "00:00-00:00:01")
            return Reply(429, {}, {"Retry-After": "0"})

        change_hours(built.settings, "00:00-23:59:59")
        platform.answer = refuse_until_the_hours_end
        delivery = client.send_built(built, yes=True)
    assert (delivery.outcome, delivery.exit_code) == (Outcome.UNDELIVERED, 7)
    assert platform.seen.total() == 1
    assert "outside-hours" in [each.code for each in delivery.findings]


def test_guards_of_the_settings_hold(platform: Platform) -> None:
    Path("dnc.txt").write_text("+12025550123\n", "utf-8")
    contact = {"contactId": CONTACT, "contactData": {"phoneNumber": "+12025550123"}}
    body = {"contactId": CONTACT, "contactSpec": contact}
    Path("more.txt").write_text("+12025550199\n", "utf-8")
    lists: list[str | Path] = [Path("dnc.txt"), "more.txt"]
    with Client(do_not_call=lists) as client, pytest.raises(CxcallError) as stopped:
        client.send("execute", body, {"campaignId": CAMPAIGN}, yes=True, force=True)
    assert stopped.value.exit_code == 7
    assert platform.rung == 0


def test_built_request_is_not_sent_to_a_person_who_objected_since(platform: Platform) -> None:
    Path("dnc.txt").write_text("# nobody yet\n", "utf-8")
    contact = {"contactId": CONTACT, "contactData": {"phoneNumber": "+12025550123"}}
    body = {"contactId": CONTACT, "contactSpec": contact}
    with Client(do_not_call=Path("dnc.txt")) as client:
        built = client.build("execute", body, {"campaignId": CAMPAIGN})
        Path("dnc.txt").write_text("+12025550123\n", "utf-8")
        with pytest.raises(StoppedError, match="is on the do-not-call list"):
            client.send_built(built, yes=True, force=True)
    assert platform.rung == 0


def test_text_is_no_agreement_to_a_call(platform: Platform) -> None:
    rows: Any = [BODY]
    with Client() as client:
        for flag in ("yes", "again", "force", "strict"):
            given: Any = {"yes": True, flag: "no"}
            with pytest.raises(UsageError, match=f"`{flag}` has the type `str`"):
                client.send("personal-connection", BODY, **given)
        for flag in ("skip_invalid", "resume", "again", "force", "strict"):
            given = {"confirm": 1, flag: "no"}
            with pytest.raises(UsageError, match=f"`{flag}` has the type `str`"):
                client.batch("personal-connection", rows, **given)
        with pytest.raises(UsageError, match="`confirm=True` does not match"):
            client.batch("personal-connection", rows, confirm=True)
    wrong: Any = "no"
    for name, value in {
        "columns": "x=y",
        "parameters": ["x"],
        "ignore_extra_columns": "no",
    }.items():
        other: Any = {name: value}
        with Client() as client, pytest.raises(UsageError, match=f"`{name}` has the type"):
            client.batch("personal-connection", [], **other)
    with pytest.raises(UsageError, match="`sandbox` has the type `str`"):
        Client(sandbox=wrong)
    assert platform.rung == 0


@pytest.mark.usefixtures("platform")
def test_traceback_shows_no_number_of_a_request() -> None:
    with Client() as client:
        built = client.build("list-campaigns", parameters={"name": "+12025550123"})
    assert "name=%2B12025550123" in built.request.url
    in_path = HttpRequest("POST", "https://example.com/dial/%2B12025550123", {}, None)
    assert "2025550" not in repr(built) + repr(in_path)


def test_warning_about_the_settings_is_logged_once(
    platform: Platform, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(finding, "_of_run", {})
    monkeypatch.setenv("CXCALL_TIMEOUTT", "5")
    with Client() as client:
        for number in range(2):
            client.send("personal-connection", {**BODY, "reasonCode": f"r{number}"}, yes=True)
    assert capsys.readouterr().err.count("`CXCALL_TIMEOUTT`") == 1
    assert platform.rung == 2


@pytest.mark.slow
def test_client_opens_a_ledger_that_was_replaced(platform: Platform, cxcall: Cxcall) -> None:
    other = {**BODY, "reasonCode": "other"}
    with Client() as client:
        client.send("personal-connection", BODY, yes=True)
        shutil.rmtree(state_of(cxcall))
        for _ in range(2):
            with pytest.raises(StoppedError, match="the earlier ledger was deleted"):
                client.send("personal-connection", other, yes=True)
        cxcall("history", "accept", "--yes", code=0)
        words = ("personal-connection", "--contact-id", CONTACT, "--reason-code", "other")
        cxcall(*words, "--yes", code=0)
        with pytest.raises(StoppedError, match="identical request"):
            client.stop_on_ledger(client.build("personal-connection", other))
        client.send("personal-connection", {**BODY, "reasonCode": "third"}, yes=True)
    assert len(cxcall("history", "list", "-o", "jsonl", code=0).out.splitlines()) == 2
    assert platform.rung == 3


def test_threads_share_a_client(platform: Platform) -> None:
    bodies = [{**BODY, "reasonCode": f"r{number}"} for number in range(20)]
    with Client() as client, ThreadPoolExecutor(5) as pool:
        found = pool.map(lambda body: client.send("personal-connection", body, yes=True), bodies)
        assert {delivery.outcome for delivery in found} == {Outcome.ACCEPTED}
    assert platform.rung == 20


def test_state_of_a_call_is_read(platform: Platform) -> None:
    participant = {"purpose": "customer", "calls": [{"state": "terminated"}]}
    ended = {"id": CONTACT, "participants": [participant], "endTime": "2026-01-01T00:00:00Z"}
    platform.reads = lambda _path, _count: Reply(200, ended)
    with Client() as client:
        states = [*client.track(CONTACT)]
    assert [each.engagement_id for each in states] == [CONTACT]
    assert [path.rpartition("/")[2] for path in platform.seen] == [CONTACT]


def test_call_that_was_just_placed_may_not_be_found_at_first(platform: Platform) -> None:
    ended = {"id": "e-1", "participants": [], "endTime": "2026-01-01T00:00:00Z"}
    platform.reads = lambda _path, count: Reply(404) if count == 1 else Reply(200, ended)
    with Client() as client:
        delivery = client.send("personal-connection", BODY, yes=True)
        (state,) = client.track(delivery)
        assert state.engagement_id == delivery.engagement_id
        with pytest.raises(UsageError, match="no engagement ID"):
            next(client.track(delivery._replace(engagement_id=None)))


def test_call_that_is_not_found_yet_is_not_read_beyond_the_limit(platform: Platform) -> None:
    counts = []

    def read(_path: str, count: int) -> Reply:
        counts.append(count)
        return Reply(404)

    platform.reads = read
    with Client() as client:
        delivery = client.send("personal-connection", BODY, yes=True)
        with pytest.raises(CxcallError):
            next(client.track(delivery, max_seconds=0))
    assert len(counts) == 1


@pytest.mark.slow
def test_signal_during_a_send_ends_a_loop_and_leaves_a_record(cxcall: Cxcall) -> None:
    script = f"""
from cxcall import Client, InterruptedDelivery
with Client() as client:
    for reason in ("a", "b"):
        try:
            client.send("personal-connection", {{"contactId": "{CONTACT}", "reasonCode": reason}}, yes=True)
        except InterruptedDelivery as interrupt:
            print(interrupt.delivery.id, interrupt.delivery.outcome)
            raise
"""
    started: list[subprocess.Popen[str]] = []
    received: list[str] = []

    def interrupt(body: Any, _count: int) -> Reply:
        received.append(body["reasonCode"])
        started[0].send_signal(signal.SIGINT)
        started[0].wait(30)
        return Reply(201)

    with Platform(interrupt) as platform:
        address = {"CXCALL_BASE_URL": platform.base_url, "CXCALL_ACCESS_TOKEN": TOKEN}
        started.append(
            subprocess.Popen(
                [sys.executable, "-c", script],
                env={**cxcall.environment, **address},
                cwd=cxcall.folder,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        )
        out, _ = started[0].communicate(timeout=30)
    delivery, outcome = out.split()
    assert outcome == "unknown", out
    assert "unknown" in cxcall("history", "show", delivery, code=0).out
    assert received == ["a"]


@pytest.mark.slow
def test_code_of_the_page_runs(
    cxcall: Cxcall, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in cxcall.environment.items():
        monkeypatch.setenv(name, value)
    printed = []
    for code in re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL):
        exec(compile(code, str(PAGE), "exec"), {})
        printed.append(capsys.readouterr().out)
    send, batch, explain = printed
    assert send.startswith("accepted ")
    assert re.fullmatch(r"1 accepted \S+\n2 accepted \S+\n\{'accepted': 2\} \n", batch)
    assert explain.startswith("path-unpublished ")


@each_case(
    "name",
    [
        "profile",
        "region",
        "base_url",
        "contract",
        "platform",
        "do_not_call",
        "hours",
        "max_attempts",
    ],
    quick=2,
)
def test_empty_destination_or_guard_is_refused(name: str) -> None:
    for value in ("", " "):
        given: Any = {name: value}
        with pytest.raises(CxcallError, match=f"`{name}` is empty") as error:
            Client(**given)
        assert error.value.exit_code == 2
