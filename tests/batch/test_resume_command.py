"""The command to resume is the first one with `--resume`; it shows the causes that the first run showed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from helpers.batch_files import FAST, PERSONAL, at, body, lines, write_lines
from helpers.platform_server import Platform, Reply

if TYPE_CHECKING:
    from helpers.command import Cxcall

pytestmark = pytest.mark.slow

BUSY = Reply(429, {}, {"Retry-After": "900"})
REFUSAL = Reply(
    403, {"code": "not.authorized", "message": "You are not authorized to perform this."}
)


def refuse_first(sent: Any, _count: int) -> Reply:
    return REFUSAL if sent == body(1) else BUSY


def test_row_of_an_earlier_run_keeps_the_cause_of_its_refusal(cxcall: Cxcall) -> None:
    words = ("batch", write_lines(cxcall, 2), *PERSONAL, *FAST, "--concurrency", "1", "-o", "jsonl")
    with Platform(refuse_first) as platform:
        at(cxcall, platform)
        first = lines(cxcall(*words, "--confirm", "2", code=9))
        platform.answer = lambda _body, _count: Reply()
        second = lines(cxcall(*words, "--confirm", "1", "--resume", code=9))
    causes = [
        (row[0]["findings"][0]["code"], row[0]["findings"][0]["message"]) for row in (first, second)
    ]
    assert causes[0] == causes[1]
    assert causes[0][0] == "permission-missing"
    reasons = [(each["code"], each["message"]) for each in second[-1]["data"]["reasons"]]
    assert reasons == causes[:1]
