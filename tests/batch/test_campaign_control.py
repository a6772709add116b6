"""`cxcall campaign start`, `stop`, and `status`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from helpers.campaign_loads import LIST_ID, Dialer, load, rows
from helpers.command import CAMPAIGN
from helpers.platform_server import Platform, Reply

if TYPE_CHECKING:
    from cxcall.sandbox.server import Sandbox
    from helpers.command import Cxcall

pytestmark = pytest.mark.slow


def test_loading_and_starting_ask_and_stopping_does_not(cxcall: Cxcall) -> None:
    dialer = Dialer()
    file = cxcall.file("leads.csv", rows(2))
    with Platform(dialer.answer, reads=dialer.read) as platform:
        cxcall.environment |= platform.environment
        asked = load(cxcall, file, LIST_ID, code=2)
        assert f"2 contacts into the list `Leads` ({LIST_ID})" in asked.err
        asked = load(cxcall, file, LIST_ID, "--confirm", "3", code=2)
        assert "`--confirm 3` does not match: 2 contacts would be loaded" in asked.err
        assert not dialer.loaded
        load(cxcall, file, LIST_ID, "--confirm", "2", code=0)
        asked = cxcall("campaign", "start", CAMPAIGN, code=2)
        assert "`--yes` is required" in asked.err
        assert "campaign `Autumn`" in asked.err
        assert f"the list `Leads` ({LIST_ID})" in asked.err
        assert platform.rung == 1
        cxcall("campaign", "stop", CAMPAIGN, code=0)
        cxcall("campaign", "start", CAMPAIGN, "--yes", code=0)


def test_campaign_that_was_started_is_started_again_only_on_purpose(cxcall: Cxcall) -> None:
    start = ("campaign", "start", CAMPAIGN, "--yes")
    replies = [Reply(500, {}), *([Reply(204)] * 4)]
    with Platform(lambda *_: replies.pop(0), reads=Dialer().read) as platform:
        cxcall.environment |= platform.environment
        for code, sends in ((8, "sending it again could place calls twice"), (7, "may be placed")):
            lost = cxcall(*start, code=code)
            text = " ".join(lost.err.split())
            assert "may have been processed, and " in text
            assert sends in text
            assert "person" not in text
            assert "find out whether it was processed, then" in text
        explained = cxcall("explain", "--last", code=3)
        assert "could place calls twice" in " ".join(explained.out.split())
        delivery = cxcall("history", "list", "-o", "jsonl", code=0).envelope["id"]
        cxcall("history", "resolve", delivery, "--not-placed", code=0)
        cxcall(*start, code=0)
        cxcall("campaign", "stop", CAMPAIGN, code=0)
        stopped = cxcall(*start, code=7)
        assert "add `--again`" in " ".join(stopped.err.split())
        assert "same person" not in stopped.err
        cxcall(*start, "--again", code=0)


def test_start_of_a_campaign_that_runs_already_has_nothing_to_do(cxcall: Cxcall) -> None:
    error: dict[str, Any] = {"message": "It is on"}
    states = iter(("off", "off", "on", "off"))

    def read(path: str, _count: int) -> Reply:
        is_campaign = path.endswith(CAMPAIGN)
        return Reply(200, {"campaignStatus": next(states, "on")}) if is_campaign else Reply(404)

    with Platform(lambda *_: Reply(error["status"], error), reads=read) as platform:
        cxcall.environment |= platform.environment
        error |= {"code": "invalid.update.campaign.active", "status": 409}
        ran = cxcall("campaign", "start", CAMPAIGN, "--yes", "-o", "json", code=0)
        envelope = ran.envelope
        assert (envelope["outcome"], envelope["response"]["status"]) == ("ok", 409)
        assert [each["severity"] for each in envelope["findings"]] == ["note"]
        assert cxcall("history", "list", "-o", "jsonl", code=0).envelope["outcome"] == "refused"
        watch = ("campaign", "status", CAMPAIGN, "--watch", "--interval", "0.1", "-o", "jsonl")
        assert "waiting up to" in (followed := cxcall(*watch, code=0)).err
        assert [json.loads(each)["campaign"]["status"] for each in followed.out.splitlines()] == [
            "off",
            "on",
            "off",
        ]
        cxcall("send", "start-campaign", "--campaign-id", CAMPAIGN, "--yes", code=5)
        cxcall("campaign", "stop", CAMPAIGN, code=5)
        for error["code"], error["status"], code in (
            ("invalid.update.campaign.active", 409, 0),
            ("invalid.update.campaign.active", 400, 5),
            ("invalid.update.wrong.version", 409, 5),
            ("client", 409, 5),  # the table says "nothing to do" of this reason for a disconnect
        ):
            ran = cxcall("campaign", "start", CAMPAIGN, "--yes", code=code)
            assert ("follow it: `cxcall campaign status" in ran.err) is (code == 0)


def test_stop_is_sent_if_the_campaign_cannot_be_read(cxcall: Cxcall) -> None:
    with Platform(lambda *_: Reply(204), reads=lambda *_: Reply(400)) as platform:
        cxcall.environment |= platform.environment
        cxcall("campaign", "stop", CAMPAIGN, code=0)
        assert platform.rung == 1
        cxcall("campaign", "start", CAMPAIGN, "--yes", code=5)
        assert platform.rung == 1


def test_option_that_has_no_effect_on_a_campaign_is_not_offered(cxcall: Cxcall) -> None:
    names = (
        "--hours",
        "--do-not-call",
        "--max-attempts",
        "--wait",
        "--engagement-id",
        "--engagement-header",
    )
    for command, omitted in (
        ("campaign start", names),
        ("campaign load", names[3:]),
        ("campaign status", ("--contract",)),
        ("batch", ("--wait", "--yes", "-y")),
    ):
        words = command.split()
        offered = cxcall(*words, "--help", code=0).out
        assert not any(f"{name} " in offered for name in omitted), command
        (refused,) = cxcall(*words, "x", omitted[0], "-o", "json", code=2).envelope["findings"]
        assert refused["message"] == f"`{omitted[0]}` does not apply to `{command}`"
        assert refused["fix"].startswith("leave it out; ")
    before = cxcall("--wait", "batch", "rows.csv", "--operation", "execute", code=2)
    assert "`cxcall batch report`" in before.err


def test_start_says_whether_the_campaign_is_on_before(live: Cxcall, sandbox: Sandbox) -> None:
    ran = live("campaign", "start", CAMPAIGN, "--sandbox", code=0)
    assert "already running" not in ran.err
    live.environment |= {
        "CXCALL_PLATFORM": "nice-cxone",
        "CXCALL_ACCESS_TOKEN": sandbox.new_user_token(),
        "CXCALL_CLIENT_ID": "",
        "CXCALL_CLIENT_SECRET": "",
    }
    ran = live("campaign", "start", "4712", "--yes", code=0)
    assert "the campaign is already running" in ran.err
    assert "follow it: `cxcall campaign status 4712 --contact-list LIST_ID --watch" in ran.err
    live("campaign", "stop", "4712", "--yes", code=0)
    watched = live("campaign", "status", "4712", "--watch", code=0)
    assert "not running\n" in watched.err  # no counts, so no colon


def test_status_of_a_response_without_one_is_no_end_of_the_campaign(cxcall: Cxcall) -> None:
    def read(path: str, count: int) -> Reply:
        return (
            Reply(200, {"name": "Autumn"})
            if path.endswith(CAMPAIGN)
            else Dialer().read(path, count)
        )

    with Platform(reads=read) as platform:
        cxcall.environment |= platform.environment
        for more in ((), ("--watch",)):
            text = cxcall("campaign", "status", CAMPAIGN, *more, code=5).err
            assert "does not say whether the campaign runs" in text


def test_campaign_whose_status_is_text_has_not_ended(cxcall: Cxcall) -> None:
    states = ["true", "False"]

    def read(_path: str, count: int) -> Reply:
        return Reply(200, {"isRunning": states[min(count, 1)]})

    with Platform(reads=read) as platform:
        cxcall.environment |= {"CXCALL_BASE_URL": platform.base_url, "CXCALL_ACCESS_TOKEN": "t-1"}
        words = ("campaign", "status", "4712", "--platform", "nice-cxone")
        ran = cxcall(*words, "--watch", "--interval", "0.1", "-o", "jsonl", code=0)
    assert [json.loads(line)["campaign"]["running"] for line in ran.out.splitlines()] == [
        True,
        False,
    ]


def test_campaign_that_was_just_started_is_followed_until_its_status_shows_it(
    cxcall: Cxcall,
) -> None:
    states = ["off", "complete", "on", "off"]
    said = "started less than a minute ago"

    def read(path: str, count: int) -> Reply:
        state = {"campaignStatus": states[min(count, 3)]}
        return Reply(200, state) if path.endswith(CAMPAIGN) else Reply(404)

    watch = ("campaign", "status", CAMPAIGN, "--watch", "--interval", "0.1", "-o", "jsonl")
    with Platform(lambda *_: Reply(204), reads=read) as platform:
        cxcall.environment |= platform.environment
        assert said not in cxcall("campaign", "status", CAMPAIGN, code=0).err  # nobody started it
        cxcall("send", "start-campaign", "--campaign-id", CAMPAIGN, "--yes", code=0)
        ran = cxcall(*watch, code=0)
        assert said in ran.err
        seen = [json.loads(line)["campaign"]["status"] for line in ran.out.splitlines()]
        assert seen == states[1:]
        assert said in cxcall("campaign", "status", CAMPAIGN, code=0).err
        cxcall("campaign", "stop", CAMPAIGN, code=0)
        assert said not in cxcall(*watch, code=0).err


def test_status_shows_what_a_campaign_reports_in_any_form(cxcall: Cxcall) -> None:
    odd = {
        "name": "A\x1b[31m +12025550123\nerror[x]",
        "campaignStatus": "off",
        "errors": ["no line", {"details": "no agent"}, 7, {"code": "x"}, {}],
    }
    reads: dict[str, Any] = {
        f"/campaigns/{CAMPAIGN}": odd,
        f"/{LIST_ID}": {"phoneColumns": {"a": 1}, "columnNames": 5},
    }
    with Platform(
        reads=lambda path, _: Reply(
            200, next((reads[end] for end in reads if path.endswith(end)), {})
        )
    ) as platform:
        cxcall.environment |= platform.environment
        words = ("campaign", "status", CAMPAIGN, "--contact-list", LIST_ID)
        shown = cxcall(*words, code=0).out
        asked = cxcall("campaign", "start", CAMPAIGN, code=2).err
        data = cxcall(*words, "-o", "json", code=0).out
    assert "\nerror[x]" not in shown + asked
    for text in (shown, asked, data):
        assert "+*******0123" in text
        assert "12025550123" not in text
    assert "A\\x1b[31m" in shown
    assert [line.split(None, 1)[1] for line in shown.splitlines() if line.startswith("error")] == [
        "no line",
        "no agent",
        "7",
        '{"code": "x"}',
    ]
