"""Responses to a read of a call that do not show it, or not yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from cxcall import Client, UsageError
from helpers.cases import each_case
from helpers.platform_server import Platform, Reply

if TYPE_CHECKING:
    from pathlib import Path

    from helpers.command import Cxcall

ID = str(uuid4())
OVER = Reply(200, {"id": ID, "participants": [], "endTime": "2026-11-28T10:00:00Z"})
PLACE = ("call", "--to", "+12025550123", "--as", ID, "--wait", "--yes", "-o", "json")


@pytest.mark.slow
@each_case(
    "reply",
    [
        Reply(204), Reply(200), Reply(200, []), Reply(200, {}), Reply(200, {"error": "not found"}),
        Reply(200, {"participants": "x"}),
    ],
)  # fmt: skip
def test_response_that_does_not_show_a_call_is_an_error(cxcall: Cxcall, reply: Reply) -> None:
    with Platform(reads=lambda *_: reply) as platform:
        ran = cxcall("track", ID, "--wait", "-o", "json", code=5, env=platform.environment)
    assert ran.codes == ["not-provable"]


@pytest.mark.slow
@each_case(
    "body",
    [
        {"id": ID},
        {"participants": None},
        {"participants": [{}, None, 7]},
        {"participants": {}},
    ],
)
def test_unexpected_response_shapes_are_handled(cxcall: Cxcall, body: Any) -> None:
    with Platform(reads=lambda *_: Reply(200, body)) as platform:
        ran = cxcall("track", ID, "-o", "json", code=8, env=platform.environment)
    assert ran.envelope["data"]["over"] is False


def test_placed_call_that_a_response_does_not_show_is_followed_no_longer(cxcall: Cxcall) -> None:
    placed = Reply(200, {"id": ID})
    with Platform(lambda *_: placed, reads=lambda *_: Reply(204)) as platform:
        envelope = cxcall(*PLACE, code=8, env=platform.environment).envelope
    assert envelope["outcome"] == "accepted"
    assert "does not show a call" in envelope["findings"][0]["message"]


def test_response_that_shows_another_object_says_nothing_about_the_one_that_was_asked_for(
    cxcall: Cxcall,
) -> None:
    other, placed = str(uuid4()), Reply(200, {"id": ID})
    reply = Reply(200, {"id": other, "participants": [], "endTime": "2026-11-28T10:00:00Z"})
    with Platform(lambda *_: placed, reads=lambda *_: reply) as platform:
        tracked = cxcall("track", ID, "-o", "json", code=5, env=platform.environment)
        envelope = cxcall(*PLACE, code=8, env=platform.environment).envelope
        status = cxcall("campaign", "status", ID, "-o", "json", code=5, env=platform.environment)
    said = f"the response shows another object: its `id` is `{other}`, not `{ID}`"
    assert (tracked.codes, status.codes) == (["not-provable"], ["not-provable"])
    assert said in tracked.envelope["findings"][0]["message"]
    assert said in envelope["findings"][0]["message"]
    assert envelope["outcome"] == "accepted"


@pytest.mark.slow
@each_case(
    "asked, body, code",
    [
        (ID.upper(), {"id": ID, "endTime": None}, 8),
        ("7", {"contactId": 7, "id": "x", "stateName": "Active"}, 8),
        ("7", {"contactId": 8, "stateName": "Active"}, 5),
    ],
)
def test_id_of_an_object_may_be_spelled_otherwise(
    cxcall: Cxcall, asked: str, body: dict[str, Any], code: int
) -> None:
    name = "nice-cxone" if "contactId" in body else "genesys-cloud"
    with Platform(reads=lambda *_: Reply(200, body)) as platform:
        environment = {**platform.environment, "CXCALL_PLATFORM": name}
        cxcall("track", asked, "-o", "json", code=code, env=environment)


def test_preflight_does_not_describe_another_object(cxcall: Cxcall) -> None:
    def read(path: str, _count: int) -> Reply:
        return Reply(200, {"id": str(uuid4()), "name": "Other"} if "campaigns" in path else {})

    with Platform(reads=read) as platform:
        words = ("doctor", "--param", f"campaignId={ID}", "-o", "json")
        ran = cxcall(*words, code=5, env=platform.environment)
    assert "the response shows another object" in ran.out
    assert "it exists: `Other`" not in ran.out


@pytest.mark.slow
def test_placed_call_that_cannot_be_read_at_first_is_read_again(cxcall: Cxcall) -> None:
    def read(_path: str, count: int) -> Reply:
        return OVER if count else Reply(404, {"message": "none"})

    placed = Reply(200, {"id": ID})
    with Platform(lambda *_: placed, reads=read) as platform:
        envelope = cxcall(*PLACE, code=8, env=platform.environment).envelope
    assert envelope["data"]["over"] is True
    with Platform(reads=read) as platform:
        cxcall("track", ID, "-o", "json", code=5, env=platform.environment)


@pytest.mark.slow
def test_leg_without_a_state_does_not_end_the_wait(cxcall: Cxcall) -> None:
    begun = {"id": ID, "participants": [{"purpose": "external", "calls": [{"id": "c"}]}]}
    placed = Reply(200, {"id": ID})
    with Platform(
        lambda *_: placed, reads=lambda _, count: OVER if count else Reply(200, begun)
    ) as platform:
        envelope = cxcall(*PLACE, code=8, env=platform.environment).envelope
    assert envelope["data"]["over"] is True


@pytest.mark.slow
def test_call_whose_id_is_the_masked_number_is_not_looked_for(cxcall: Cxcall) -> None:
    placed = Reply(200, {"id": "+12025550123"})
    with Platform(lambda *_: placed) as platform:
        envelope = cxcall(*PLACE, code=8, env=platform.environment).envelope
        assert envelope["outcome"] == "accepted"
        assert "not the whole engagement ID" in envelope["findings"][0]["message"]
        cxcall("track", envelope["deliveryId"], code=2, env=platform.environment)
    assert not any("conversations/" in path for path in platform.seen)


@pytest.mark.parametrize("seconds", [float("nan"), "60", None])
def test_limit_that_is_no_number_of_seconds_is_refused(
    seconds: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CXCALL_STATE_DIR", str(tmp_path))
    monkeypatch.setenv("CXCALL_ACCESS_TOKEN", "x")
    with Client(platform="genesys-cloud", base_url="http://127.0.0.1:9") as client:
        with pytest.raises(UsageError, match="max_seconds"):
            next(client.track(ID, max_seconds=seconds))
        with pytest.raises(UsageError, match="parameters"):
            client.check("place-call", {}, parameters=[("a", 1)])  # type: ignore[arg-type]
