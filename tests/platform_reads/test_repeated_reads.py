"""A read of what is followed is repeated after temporary failures, for a limited time."""

from __future__ import annotations

import json
import signal
from math import inf
from threading import Event
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from cxcall.contracts.contract import load_operation
from cxcall.credentials.access_token import Token
from cxcall.credentials.oauth_client import UndeliveredError
from cxcall.findings.exit_codes import ExitCode
from cxcall.findings.finding import Finding
from cxcall.platform_reads.read_requests import Reader
from cxcall.sending.send_plan import SendHooks
from cxcall.settings.settings import load_settings
from helpers.cases import each_case
from helpers.command import CAMPAIGN
from helpers.platform_server import Platform, Reply
from helpers.sender_checks import Sleep

if TYPE_CHECKING:
    from cxcall.credentials.request_credentials import Credentials
    from helpers.command import Cxcall

HTML = Reply(200, None, {"Content-Type": "text/html"})
BUSY, DOWN, CUT, GOOD = Reply(429, {}, {"Retry-After": "0"}), Reply(503), Reply(0), Reply(200)
NOT_A_STATE = Reply(200, {})
EXPIRED, LATER = Reply(401), Reply(429, {}, {"Retry-After": "61"})
NO_TOKEN = UndeliveredError(Finding.error("undelivered", "token", "the login host is down"))

CASES: list[tuple[list[Reply], float, ExitCode, int, int]] = [
    ([GOOD], inf, ExitCode.OK, 0, 0),
    ([DOWN, CUT, BUSY, DOWN, CUT, GOOD], inf, ExitCode.OK, 16, 1),
    ([HTML, HTML, GOOD], inf, ExitCode.OK, 2, 1),
    ([BUSY] * 5 + [GOOD], inf, ExitCode.OK, 14, 1),
    ([EXPIRED, DOWN, DOWN, DOWN, GOOD], inf, ExitCode.OK, 6, 1),
    ([DOWN] * 99, inf, ExitCode.UNDELIVERED, 60, 1),
    ([DOWN] * 99, 4.0, ExitCode.UNDELIVERED, 4, 1),
    ([DOWN] * 99, 0.0, ExitCode.UNDELIVERED, 2, 0),  # the waits of a single read are not told
    ([LATER], inf, ExitCode.UNDELIVERED, 0, 0),
    *(([Reply(status)] * 2, inf, code, 0, 0) for status, code in (
        (401, ExitCode.CREDENTIALS), (403, ExitCode.REFUSED), (404, ExitCode.REFUSED),
    )),
]  # fmt: skip
"""Responses, the seconds of patience, the exit code, the most seconds of waits, and the number of messages."""


def test_temporary_failure_is_repeated_with_growing_waits_and_told_once() -> None:
    contract = load_operation("get-campaign").contract
    failures = [NO_TOKEN, NO_TOKEN]

    def find_token(refused: Credentials | None) -> Token:
        if refused and failures and replies[:1] == [DOWN]:
            raise failures.pop()
        return Token(str(uuid4()), "client-credentials", None, None, "test")

    with Platform(reads=lambda *_: replies.pop(0)) as platform:
        settings = load_settings({"base_url": platform.base_url}, contract)
        for answers, patience, code, most, told in CASES:
            replies, slept, messages = list(answers), Sleep(), list[str]()
            reader = Reader(settings, find_token, SendHooks(sleep=slept))
            reader.on_outage = messages.append
            reader.keep_reading(patience)
            delivery = reader.read(load_operation("get-campaign"), {"campaignId": CAMPAIGN})
            assert (delivery.exit_code, len(messages)) == (code, told), answers
            assert most / 4 <= slept.slept <= most, answers
            assert all("trying again for up to" in each for each in messages)
            assert all(("and a web page;" in each) is (HTML in answers) for each in messages)
    assert not failures


@pytest.mark.slow
def test_last_state_of_a_campaign_is_kept_when_it_cannot_be_read_any_more(cxcall: Cxcall) -> None:
    states = [Reply(200, {"campaignStatus": state}) for state in ("on", "stopping")]
    replies = [states[0], BUSY, NOT_A_STATE, BUSY, states[1]]

    def read(path: str, count: int) -> Reply:
        if not path.endswith(CAMPAIGN):
            return Reply(404)
        return replies[count] if count < len(replies) else Reply(403)

    words = ("campaign", "status", CAMPAIGN, "--watch", "--interval", "0.1")
    cxcall.environment["CXCALL_MAX_WAIT"] = "5"
    with Platform(reads=read) as platform:
        ran = cxcall(*words, "-o", "jsonl", code=5, env=platform.environment)
    *_, shown, envelope = map(json.loads, ran.out.splitlines())
    assert shown == envelope["data"]
    assert shown["campaign"]["status"] == "stopping"
    assert ran.err.count("trying again for up to 5 s") == 1


@pytest.mark.slow
def test_call_is_followed_across_an_outage(cxcall: Cxcall) -> None:
    call = str(uuid4())
    state = {"id": call, "participants": [{"purpose": "agent", "calls": [{"state": "alerting"}]}]}
    over = Reply(200, state | {"endTime": "2026-01-01"})
    replies = [Reply(200, state), BUSY, NOT_A_STATE, BUSY, over]
    cxcall.environment["CXCALL_MAX_WAIT"] = "5"
    with Platform(reads=lambda _path, count: replies[count]) as platform:
        ran = cxcall("track", call, "--wait", "-o", "json", code=5, env=platform.environment)
    assert ran.envelope["data"]["over"] is True
    assert ran.err.count("trying again for up to") == 1


@pytest.mark.slow
@each_case(
    "words, is_interrupted, code",
    [
        (words, is_interrupted, code)
        for words, *codes in (
            (("track", CAMPAIGN, "--wait"), 5, 130),
            (("call", "--to", "+12025550123", "--as", CAMPAIGN, "--wait", "--yes"), 8, 8),
            (("campaign", "status", CAMPAIGN, "--watch", "--interval", "0.1"), 5, 130),
        )
        for is_interrupted, code in enumerate(codes)
    ],
    at_once=True,
)
def test_last_state_is_in_the_envelope_however_the_command_ends(
    cxcall: Cxcall, words: tuple[str, ...], *, is_interrupted: bool, code: int
) -> None:
    followed = Event()
    placed = Reply(200, {"id": CAMPAIGN})
    leg = {"purpose": "agent", "calls": [{"state": "alerting"}]}
    state = {"id": CAMPAIGN, "participants": [leg], "campaignStatus": "on"}

    def read(path: str, count: int) -> Reply:
        if path.endswith(CAMPAIGN) and count:
            followed.set()
        return NOT_A_STATE if count and not is_interrupted else Reply(200, state)

    with Platform(lambda *_: placed, reads=read) as platform:
        environment = {"CXCALL_MAX_WAIT": "0", **platform.environment}
        with cxcall.begin(*words, "-o", "json", env=environment) as process:
            assert followed.wait(30)
            if is_interrupted:
                process.send_signal(signal.SIGINT)
            printed, _ = process.communicate()
    assert process.returncode == code, printed
    data = json.loads(printed)["data"]
    assert data["campaign"]["status"] == "on" if "campaign" in data else data["legs"]
