"""`cxcall track` and `--wait`: follow a call to its end."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from cxcall.sandbox.server import Sandbox
from helpers.cases import each_case
from helpers.command import CAMPAIGN, CONTACT, Cxcall, screen, terminal
from helpers.platform_server import Platform, Reply

ID = "5ae62443-ec12-414c-a709-6e214374bffc"
USER = "00000004-1234-1234-1234-123456789012"
NUMBER = "+12025550111"


def conversation(*legs: dict[str, Any], over: bool = False) -> Reply:
    """Return a conversation with one leg for each party; the first one is the caller's."""
    parties = [
        {"purpose": purpose, "address": f"tel:{NUMBER}", "calls": [leg]}
        for purpose, leg in zip(("agent", "customer"), legs, strict=False)
    ]
    end = {"endTime": "2026-01-01T00:00:00Z"} if over else {"endTime": None}
    return Reply(200, {"id": ID, "participants": parties, **end})


def test_single_read_shows_the_state(live: Cxcall) -> None:
    ran = live("track", ID, "-o", "json", code=8)
    data = ran.envelope["data"]
    assert data["engagementId"] == ID
    assert [leg["state"] for leg in data["legs"]] == ["alerting"]
    assert not data["over"]


@pytest.mark.parametrize(
    ("callee", "over", "code", "codes"),
    [
        ({"state": "alerting"}, False, 8, ["outcome-unknown"]),
        ({"state": "connected", "connectedTime": "2026-01-01T00:00:00Z"}, False, 0, []),
        ({"state": "connected"}, True, 0, []),
        ({"state": "terminated", "connectedTime": "2026-01-01T00:00:00Z"}, True, 0, []),
        ({"state": "terminated", "disconnectType": "error"}, True, 5, ["hidden-failure"]),
    ],
)
def test_exit_code_of_a_single_read_says_if_the_callee_was_connected(
    cxcall: Cxcall, callee: dict[str, Any], *, over: bool, code: int, codes: list[str]
) -> None:
    """A script writes `cxcall track $ID && echo connected`."""
    own = {"state": "connected", "connectedTime": "2026-01-01T00:00:00Z"}
    with Platform(reads=lambda _path, _count: conversation(own, callee, over=over)) as platform:
        ran = cxcall("track", ID, "-o", "json", code=code, env=platform.environment)
    assert ran.codes == codes


def test_leg_without_a_state_is_not_printed(cxcall: Cxcall) -> None:
    reply = Reply(200, {"id": ID, "participants": [{"calls": [{}]}]})
    with Platform(reads=lambda _path, _count: reply) as platform:
        ran = cxcall("track", ID, code=8, env=platform.environment)
    assert "the call has not ended yet: no leg is shown" in ran.err


@pytest.mark.slow
@each_case(
    "until, callee, code, codes",
    [
        ("conected", "held", 8, ["outcome-unknown"]),
        ("Held", "held", 0, []),
        # The caller's own leg does not count.
        ("connected", "terminated", 5, ["hidden-failure", "outcome-unknown"]),
    ],
)
def test_state_that_was_not_seen_is_not_success(
    cxcall: Cxcall, until: str, callee: str, code: int, codes: list[str]
) -> None:
    own = {"state": "connected", "connectedTime": "2026-01-01T00:00:00Z"}
    called = {**own, "state": callee} if callee == "held" else {"state": callee}
    with Platform(reads=lambda _path, _count: conversation(own, called, over=True)) as platform:
        words = ("track", ID, "--until", until, "-o", "json")
        ran = cxcall(*words, env=platform.environment, code=code)
    assert ran.codes == codes
    assert until != "conected" or "`connected`, `held`" in ran.envelope["findings"][0]["fix"]


@pytest.mark.slow
def test_until_prints_changes_up_to_the_state(live: Cxcall) -> None:
    ran = live("track", ID, "--until", "Dialing", code=0)
    seen = [json.loads(line) for line in ran.out.splitlines()]
    assert [sight["legs"][-1]["state"] for sight in seen] == ["alerting", "dialing"]
    assert NUMBER not in ran.out
    assert "+*******" in ran.out


@pytest.mark.slow
def test_call_is_followed_to_its_end(live: Cxcall, sandbox: Sandbox) -> None:
    ran = live("call", "--to", NUMBER, "--as", USER, "--wait", "-o", "json", code=0)
    assert ran.envelope["outcome"] == "accepted"
    data = ran.envelope["data"]
    assert (data["over"], data["reached"]) == (True, True)
    assert data["engagementId"] == ran.envelope["engagementId"]
    assert len(sandbox.rings) == 1


@pytest.mark.slow
def test_placed_call_that_cannot_be_read_is_not_to_be_run_again(cxcall: Cxcall) -> None:
    placed = Reply(200, {"id": ID})
    with Platform(lambda _body, _count: placed, reads=lambda *_: Reply(500, {})) as platform:
        words = ("call", "--to", NUMBER, "--as", USER, "--wait", "--yes")
        err = cxcall(*words, code=8, env=platform.environment).err
    assert "run it again" not in err
    assert "hint: read it again" in err
    assert f"`cxcall track {ID} --wait` follows it again" in err


@pytest.mark.parametrize(
    "read",
    [
        Reply(400, {"message": "busy"}, {"Retry-After": "5"}),
        Reply(200, {"participants": 1}),
    ],
)
def test_placed_call_that_cannot_be_read_is_not_to_be_sent_again(
    cxcall: Cxcall, read: Reply
) -> None:
    placed = Reply(200, {"id": ID})
    with Platform(lambda _body, _count: placed, reads=lambda *_: read) as platform:
        words = ("call", "--to", NUMBER, "--as", USER, "--wait", "--yes")
        err = cxcall(*words, code=8, env=platform.environment).err
    assert not re.search("(run|send) it again|try again", err)


@pytest.mark.slow
def test_placed_call_without_its_id_cannot_be_followed(cxcall: Cxcall) -> None:
    with Platform(lambda _body, _count: Reply(202, {})) as platform:
        words = ("call", "--to", NUMBER, "--as", USER, "--wait", "--yes")
        err = cxcall(*words, code=8, env=platform.environment).err
    assert "without its ID, the call cannot be followed; it may have been placed" in err


def test_call_whose_response_never_has_an_id_is_not_placed_to_be_followed(cxcall: Cxcall) -> None:
    words = ("--platform", "nice-cxone", "--to", NUMBER, "--skill", "1")
    for command, target in (
        ("call", "--sandbox"),
        ("call", "--dry-run"),
        ("callback", "--dry-run"),
    ):
        more = ("--session", "s") if command == "call" else ()
        ran = cxcall(command, *words, *more, "--wait", target, code=2)
        assert "has no engagement ID, so the call cannot be followed" in ran.err


@pytest.mark.slow
def test_callee_without_a_connected_leg_was_not_reached(cxcall: Cxcall) -> None:
    failed = {
        "state": "terminated",
        "errorInfo": {"code": "error.ininedgecontrol.connection.timeout"},
        "disconnectType": "error",
    }
    with Platform(reads=lambda _path, _count: conversation(failed, over=True)) as platform:
        ran = cxcall("track", ID, "--wait", "-o", "json", code=5, env=platform.environment)
    finding = ran.envelope["findings"][0]
    assert finding["code"] == "hidden-failure"
    assert "error.ininedgecontrol.connection.timeout" in finding["message"]
    assert ran.envelope["data"]["reached"] is False


@pytest.mark.slow
@pytest.mark.parametrize(
    ("parties", "reached", "code"),
    [
        ([], None, 8),
        (
            [{"purpose": "user", "calls": [{"state": "terminated", "connectedTime": "x"}]}] * 2,
            None,
            8,
        ),
        ([{"purpose": "agent", "calls": [{"state": "connected"}]}], None, 8),
        ([{"purpose": "agent", "calls": [{"state": "terminated"}]}], False, 5),
    ],
)
def test_callee_without_a_leg_is_unknown_unless_nobody_was_connected(
    cxcall: Cxcall, parties: list[Any], *, reached: bool | None, code: int
) -> None:
    body = {"id": ID, "participants": parties, "endTime": "2026-01-01T00:00:00Z"}
    with Platform(reads=lambda _path, _count: Reply(200, body)) as platform:
        ran = cxcall("track", ID, "-o", "json", code=code, env=platform.environment)
    assert ran.envelope["data"]["reached"] is reached
    assert ran.codes == ["hidden-failure" if code == 5 else "outcome-unknown"]


def test_call_that_outlasts_the_limit_is_unknown(cxcall: Cxcall) -> None:
    ringing = conversation({"state": "connected", "connectedTime": "x"}, {"state": "alerting"})
    with Platform(reads=lambda _path, _count: ringing) as platform:
        words = ("track", ID, "--wait", "--at-most", "0.5", "-o", "json")
        ran = cxcall(*words, code=8, env=platform.environment)
    assert "cxcall track" in ran.envelope["findings"][0]["fix"]


@pytest.mark.slow
@pytest.mark.parametrize(("status", "code"), [(500, 6), (403, 5), (302, 5)])
def test_failed_read_is_reported(status: int, code: int, cxcall: Cxcall) -> None:
    with Platform(reads=lambda _path, _count: Reply(status, {"message": "no"})) as platform:
        ran = cxcall("track", ID, "-o", "json", code=code, env=platform.environment)
    assert ran.envelope["findings"]
    assert ran.envelope["data"] is None


def test_low_rate_budget_delays_the_next_read(cxcall: Cxcall) -> None:
    spent = {
        "inin-ratelimit-allowed": "300",
        "inin-ratelimit-count": "299",
        "inin-ratelimit-reset": "900",
    }
    reply = conversation({"state": "alerting"})._replace(headers=spent)
    with Platform(reads=lambda _path, _count: reply) as platform:
        words = ("track", ID, "--wait", "--at-most", "600", "-o", "json")
        cxcall(*words, code=8, env=platform.environment)
        assert platform.seen[f"/api/v2/conversations/{ID}"] == 1


@pytest.mark.slow
def test_cxone_contact_is_its_own_leg(cxcall: Cxcall) -> None:
    body = {"contactId": 7, "stateName": "Active", "toAddress": NUMBER}
    ended = {**body, "stateName": "Released", "endReason": "Contact hung up"}
    with Platform(reads=lambda _path, count: Reply(200, ended if count else body)) as platform:
        env = {**platform.environment, "CXCALL_PLATFORM": "nice-cxone"}
        ran = cxcall("track", "7", "--wait", "-o", "json", code=0, env=env)
    assert ran.envelope["data"]["legs"][0]["why"] == "Contact hung up"
    assert ran.envelope["data"]["over"]
    assert ran.envelope["data"]["reached"] is None


@pytest.mark.slow
def test_community_operation_cannot_be_tracked(live: Cxcall, sandbox: Sandbox) -> None:
    words = ("execute", CAMPAIGN, "--contact-id", CONTACT, "--phone-number", NUMBER, "-o", "json")
    ran = live(*words, "--wait", code=2)
    assert "no published operation reads" in ran.envelope["findings"][0]["fix"]
    assert not sandbox.rings
    ran = live("send", "get-users-me", "--wait", code=2)
    assert "it follows a call, and this operation places none" in ran.err
    result = live(*words, code=0).envelope
    for known in (result["engagementId"], result["deliveryId"]):
        ran = live("track", known, "-o", "json", code=2)
        assert ran.codes == ["not-provable"]


@pytest.mark.slow
def test_delivery_id_can_be_tracked(live: Cxcall, sandbox: Sandbox) -> None:
    result = live("call", "--to", NUMBER, "--as", USER, "-o", "json", code=0).envelope
    ran = live("track", result["deliveryId"], "-o", "json", code=8)
    assert ran.envelope["data"]["engagementId"] == result["engagementId"]
    assert sandbox.received[-1].path.endswith(result["engagementId"])


@pytest.mark.slow
def test_sentiment_is_read_from_the_platform(live: Cxcall) -> None:
    ran = live("track", ID, "--sentiment", "-o", "json", code=0)
    body = ran.envelope["response"]["body"]
    assert body["sentimentScore"] == 0.5
    assert body["conversation"]["id"] == ID
    env = {"CXCALL_PLATFORM": "nice-cxone"}
    assert live("track", "7", "--sentiment", "-o", "json", code=2, env=env).codes == ["usage"]


@pytest.mark.slow
def test_wait_comes_before_sentiment_and_transcripts(cxcall: Cxcall) -> None:
    seen: list[str] = []

    def reads(path: str, count: int) -> Reply:
        seen.append(path.rpartition("/")[2])
        if path.endswith("/transcripturl"):
            has_one = "/leg-2/" in path
            return Reply(200, {"url": "https://s3.example/t"}) if has_one else Reply(404)
        if "speechandtextanalytics" in path:
            return Reply(200, {"sentimentScore": 0.5})
        legs = [
            {"id": f"leg-{each}", "state": "connected", "connectedTime": "t"} for each in (1, 2)
        ]
        return conversation(*legs, over=count > 0)

    words = ("track", ID, "--sentiment", "--transcript")
    with Platform(reads=reads) as platform:
        ran = cxcall(*words, "--wait", "-o", "json", code=0, env=platform.environment)
        assert seen == [ID, ID, "transcripturl", "transcripturl", ID]
        assert ran.envelope["response"]["body"] == {"sentimentScore": 0.5}
        data = ran.envelope["data"]
        assert [leg["communicationId"] for leg in data["legs"]] == ["leg-1", "leg-2"]
        assert "communication" not in data["legs"][0]
        assert [(each["who"], each["url"]) for each in data["transcripts"]] == [
            ("agent", None),
            ("customer", "https://s3.example/t"),
        ]
        cxcall.environment |= platform.environment
        with terminal(cxcall, *words) as child:
            shown = screen(child)
    assert "communication leg-1 (agent): no transcript available" in shown
    assert "communication leg-2 (customer): https://s3.example/t" in shown
    env = {"CXCALL_PLATFORM": "nice-cxone"}
    cxcall("track", "7", "--transcript", "--wait", "-o", "json", code=2, env=env)


@pytest.mark.slow
def test_delivery_without_an_engagement_id_is_reported_in_one_line(cxcall: Cxcall) -> None:
    with Platform() as platform:
        words = ("call", "--to", NUMBER, "--as", USER, "--yes", "-o", "json")
        sent = cxcall(*words, env=platform.environment).envelope
        ran = cxcall("track", sent["deliveryId"], code=2, env=platform.environment)
        assert len(platform.seen) == 1, "the POST"
    assert ran.err.splitlines()[0] == (
        f"error[not-provable]: delivery `{sent['deliveryId']}` has no engagement ID, so the call cannot be followed"
    )
    assert "{" not in ran.err


@pytest.mark.slow
def test_sentiment_that_is_not_there_does_not_mean_that_the_call_is_not(cxcall: Cxcall) -> None:
    absent = Reply(404, {"code": "not.found", "message": "none"})
    with Platform(reads=lambda _path, _count: absent) as platform:
        ran = cxcall("track", ID, "--sentiment", "-o", "json", code=5, env=platform.environment)
        message = ran.envelope["findings"][0]["message"]
        assert message.startswith(f"no sentiment of conversation `{ID}` was found")
        ran = cxcall("track", ID, "-o", "json", code=5, env=platform.environment)
    assert ran.envelope["findings"][0]["message"].startswith(f"conversation `{ID}` does not exist")


@pytest.mark.slow
def test_terminal_shows_only_the_parties_that_changed(cxcall: Cxcall) -> None:
    own = {"state": "connected", "connectedTime": "2026-01-01T00:00:00Z"}
    states = [
        {"state": "alerting"},
        {"state": "connected", "connectedTime": "2026-01-01T00:00:00Z"},
    ]

    def read(_path: str, count: int) -> Reply:
        return conversation(own, states[min(count, 1)], over=count > 1)

    with Platform(reads=read) as platform:
        cxcall.environment |= platform.environment
        with terminal(cxcall, "track", ID, "--wait") as child:
            text = screen(child)
    assert text.count("agent") == 1
    assert [word for word in ("alerting", "the call ended") if word in text] == [
        "alerting",
        "the call ended",
    ]
    assert text.count("customer") == 2
    assert re.search(r"0\.\d s  customer tel:\+\*+0111: alerting", text), text
