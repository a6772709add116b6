"""The log of a delivery's steps: `--log-file`, `--log-format`."""

from __future__ import annotations

import json
import logging
import sys
from typing import TYPE_CHECKING, Any

import pytest

from cxcall.runtime.secrets.known_secrets import remember_secrets
from cxcall.sending.delivery_log import open_log
from helpers.command import CAMPAIGN, CONTACT
from helpers.platform_server import Platform, Reply

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from helpers.command import Cxcall, Ran

TOKEN = "t0ken-that-no-log-may-have"
NUMBER = "+12025550123"
EXECUTE = ("execute", CAMPAIGN, "--contact-id", CONTACT, "--phone-number", NUMBER, "--yes")


def run(
    cxcall: Cxcall, *words: str, code: int, answer: Callable[[Any, int], Reply]
) -> tuple[Ran, int]:
    """Run a command against a platform; return the result and how many calls it placed."""
    with Platform(answer) as platform:
        address = {"CXCALL_BASE_URL": platform.base_url, "CXCALL_ACCESS_TOKEN": TOKEN}
        ran = cxcall(*words, env=address, code=code)
        return ran, sum(platform.dials.values())


def busy_once(_body: Any, count: int) -> Reply:
    """Answer that the platform is busy, then accept; the header echoes the token."""
    if count == 0:
        return Reply(429, {"message": f"later, {NUMBER}"}, {"Retry-After": "0"}, rings=False)
    return Reply(201, {"id": "e-1"}, {"inin-correlation-id": f"c-{TOKEN}"})


@pytest.mark.slow
def test_each_step_is_one_line_without_secrets(cxcall: Cxcall) -> None:
    flags = ("--log-file", "steps.jsonl", "--log-format", "json")
    ran, dials = run(cxcall, *EXECUTE, *flags, "-o", "json", code=0, answer=busy_once)
    text = (cxcall.folder / "steps.jsonl").read_text("utf-8")
    steps = [json.loads(line) for line in text.splitlines()]
    assert [step["event"] for step in steps] == ["start", "attempt", "wait", "attempt", "end"]
    assert {step["deliveryId"] for step in steps} == {ran.envelope["deliveryId"]}
    assert [step.get("status") for step in steps] == [None, 429, None, 201, 201]
    assert [step["evidence"] for step in steps if step["event"] == "attempt"] == [
        "busy",
        "accepted",
    ]
    assert (steps[-1]["outcome"], steps[-1]["attempts"]) == ("accepted", 2)
    assert steps[0]["target"].endswith(f"/api/v2/outbound/campaigns/{CAMPAIGN}/executions")
    assert TOKEN not in text
    assert NUMBER[2:] not in text
    assert dials == 1


@pytest.mark.parametrize("form", ["json", "text"])
def test_log_masks_secrets_and_numbers_in_every_field(tmp_path: Path, form: str) -> None:
    remember_secrets(TOKEN)
    path = tmp_path / "steps.log"
    with open_log(str(path), form):
        fields = {"reason": f"{TOKEN} of {NUMBER}", "target": f"/calls/{NUMBER}", "row": 7}
        logging.getLogger("cxcall.delivery").info("wait", extra={"fields": fields})
    text = path.read_text("utf-8")
    assert "wait" in text
    assert TOKEN not in text
    assert NUMBER[2:] not in text


@pytest.mark.slow
def test_log_goes_to_stderr_without_a_file_and_is_appended_to_one(cxcall: Cxcall) -> None:
    ran, _ = run(cxcall, *EXECUTE, "--log-format", "text", code=0, answer=busy_once)
    assert " start deliveryId=" in ran.err
    assert 'reason="`127.0.0.1:' in ran.err
    for _ in range(2):
        run(cxcall, *EXECUTE, "--again", "--log-file", "log", code=0, answer=busy_once)
    lines = (cxcall.folder / "log").read_text("utf-8").splitlines()
    assert sum(" end " in line for line in lines) == 2


@pytest.mark.slow
def test_rows_of_a_batch_are_in_the_log(cxcall: Cxcall) -> None:
    rows = "".join(f"{CONTACT[:-1]}{digit},x\n" for digit in "123")
    cxcall.file("rows.csv", f"/contactId,/reasonCode\n{rows}")
    words = ("batch", "rows.csv", "--operation", "personal-connection", "--confirm", "3")
    run(cxcall, *words, "--log-file", "log", "--log-format", "json", code=0, answer=busy_once)
    steps = [json.loads(line) for line in (cxcall.folder / "log").read_text("utf-8").splitlines()]
    ended = [step for step in steps if step["event"] == "end"]
    assert sorted(step["row"] for step in ended) == [1, 2, 3]
    assert len({step["batch"] for step in steps}) == 1


@pytest.mark.slow
def test_read_and_rows_of_a_load_are_named_in_each_line(live: Cxcall) -> None:
    live.file("rows.csv", "phoneNumber\n+12025550101\n+12025550102\n")
    words = ("campaign", "load", "rows.csv", "--contact-list", CONTACT, "--yes")
    live(*words, "--log-file", "log", "--log-format", "json", code=0)
    steps = [json.loads(line) for line in (live.folder / "log").read_text("utf-8").splitlines()]
    reads, loads = (
        [each for each in steps if bool(each.get("rows")) is is_load] for is_load in (False, True)
    )
    assert {each["event"] for each in reads} == {"start", "attempt", "end"}
    assert all(each["method"] == "GET" and CONTACT in each["target"] for each in reads)
    assert {each["rows"] for each in loads} == {"1-2"}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /dev/full")
def test_log_that_cannot_be_written_changes_no_outcome(cxcall: Cxcall) -> None:
    ran, dials = run(cxcall, *EXECUTE, "--log-file", "/dev/full", code=0, answer=busy_once)
    assert "warning[log]" in ran.err
    assert dials == 1


def test_log_that_cannot_be_opened_stops_before_anything_is_sent(cxcall: Cxcall) -> None:
    ran, dials = run(cxcall, *EXECUTE, "--log-file", "none/log", code=2, answer=busy_once)
    assert "the log `none/log` cannot be opened" in ran.err
    assert dials == 0


@pytest.mark.slow
def test_log_is_none_of_the_files_that_the_program_uses(cxcall: Cxcall) -> None:
    cxcall.file("dnc.txt", "+12025550999\n")
    cxcall.file("state/credentials.json", "{}")
    cxcall.file("config/config.toml", "")
    for file in ("dnc.txt", "state/credentials.json", "state/new.log", "config/config.toml"):
        words = (*EXECUTE, "--do-not-call", "dnc.txt", "--log-file", file)
        ran, dials = run(cxcall, *words, code=2, answer=busy_once)
        assert "reads or writes this file itself" in ran.err
        assert dials == 0
    assert (cxcall.folder / "dnc.txt").read_text("utf-8") == "+12025550999\n"
