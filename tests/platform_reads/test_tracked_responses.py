"""Responses to a read of a call that do not show it, or not yet."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from helpers.cases import each_case
from helpers.platform_server import Platform, Reply

if TYPE_CHECKING:
    from helpers.command import Cxcall

ID = str(uuid4())
OVER = Reply(200, {"id": ID, "participants": [], "endTime": "2026-11-28T10:00:00Z"})
PLACE = ("call", "--to", "+12025550123", "--as", ID, "--wait", "--yes", "-o", "json")


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


def test_placed_call_that_a_response_does_not_show_is_followed_no_longer(cxcall: Cxcall) -> None:
    placed = Reply(200, {"id": ID})
    with Platform(lambda *_: placed, reads=lambda *_: Reply(204)) as platform:
        envelope = cxcall(*PLACE, code=8, env=platform.environment).envelope
    assert envelope["outcome"] == "accepted"
    assert "does not show a call" in envelope["findings"][0]["message"]


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
