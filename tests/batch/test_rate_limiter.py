"""The rate limiter follows what the API says: slower after a 429, held until the window opens."""

from __future__ import annotations

import json
import signal
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from cxcall.batch.rate_limiter import Rate, RateLimiter
from cxcall.transport.messages import Exchange, HttpRequest, HttpResponse
from helpers.command import CXCALL
from helpers.platform_server import Platform, Reply

if TYPE_CHECKING:
    from helpers.command import Cxcall

RATE = Rate(100, 1.0)
REQUEST = HttpRequest("POST", "http://127.0.0.1:1/calls", {}, b"{}")


def respond(limiter: RateLimiter, status: int, **headers: str) -> None:
    """Let the limiter learn from a response to a request that left."""
    response = HttpResponse(status, "", headers, b"")
    limiter.update_from_response(Exchange(REQUEST, response, left=True))


@pytest.mark.parametrize("status", [429, 503])
def test_requests_are_spaced_wider_after_the_api_refuses_for_its_limit(status: int) -> None:
    limiter = RateLimiter(RATE, max_wait=60)
    even = limiter.interval
    respond(limiter, status)
    assert limiter.interval > even
    for _ in range(100):
        respond(limiter, status)
    assert limiter.interval == 2 * even


def test_the_rate_returns_to_normal_after_accepted_requests() -> None:
    limiter = RateLimiter(RATE, max_wait=60)
    even = limiter.interval
    respond(limiter, 429)
    after_refusal = limiter.interval
    respond(limiter, 201)
    assert even < limiter.interval < after_refusal
    for _ in range(1000):
        respond(limiter, 201)
    assert limiter.interval == even


def test_nothing_is_sent_until_the_window_of_the_api_opens_again(cxcall: Cxcall) -> None:
    contact = "12345678-1234-4234-8234-{:012}"
    rows = [{"contactId": contact.format(n), "reasonCode": "x"} for n in range(5)]
    file = cxcall.file("calls.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    window = {f"inin-ratelimit-{name}": "10" for name in ("allowed", "count")}

    def answer(_body: Any, _count: int) -> Reply:
        return Reply(headers={**window, "inin-ratelimit-reset": "3000"})

    words = ["--operation", "personal-connection", "--rate", "500/s", "--concurrency", "1"]
    with Platform(answer) as platform:
        cxcall.environment |= platform.environment | {"CXCALL_MAX_WAIT": "3600"}
        with subprocess.Popen(
            [CXCALL, "batch", file, *words, "--confirm", "5", "-o", "jsonl"],
            cwd=cxcall.folder, env=cxcall.environment, stdout=subprocess.PIPE, text=True,
        ) as process:  # fmt: skip
            assert platform.wait_for_rings(1)
            assert not platform.wait_for_rings(2, timeout=0.5)
            process.send_signal(signal.SIGINT)
            out, _ = process.communicate(timeout=60)
    summary = json.loads(out.splitlines()[-1])["data"]
    assert (summary["outcomes"], summary["notSent"]) == ({"accepted": 1}, 4)
