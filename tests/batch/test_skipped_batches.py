"""A worker skips the queued batches that it may not, or cannot, send, and sends no token to a host that it is not for."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from helpers.platform_server import Platform
from helpers.workers import queue_rows, rows_of, running_workers, status_of

if TYPE_CHECKING:
    from helpers.command import Cxcall

pytestmark = pytest.mark.slow

FAST = ("--rate", "500/s")


def test_running_worker_sends_no_token_of_one_host_to_another(
    shared: Cxcall, platform: Platform
) -> None:
    del shared.environment["CXCALL_BASE_URL"]
    config = '[profiles.default]\nbase_url = "{}"\n'
    with Platform() as other, ExitStack() as stack:
        for count, host in enumerate((platform, other)):
            shared.file("config/config.toml", config.format(host.base_url))
            queue_rows(shared, rows_of(2)[count:], *FAST, name=f"{count}.jsonl")
            if host is platform:
                stack.enter_context(running_workers(shared, 1))
            assert host.wait_for_rings(1)
        assert (platform.grants, other.grants) == (1, 1)


def test_batch_that_the_token_of_a_worker_cannot_send_is_skipped(
    shared: Cxcall, platform: Platform
) -> None:
    """A colleague with a token of another kind queued it."""
    file = shared.file("call.jsonl", json.dumps({"phoneNumber": "+12125550123"}) + "\n")
    words = ("batch", file, "--operation", "place-call", "--confirm", "1", "--queue")
    mine = {"CXCALL_ACCESS_TOKEN": "token-of-a-user"}
    skipped = f"this worker skips batch {shared(*words, env=mine, code=0).out.strip()}: "
    ran = shared("worker", "--until-empty", code=4)
    assert skipped in ran.err
    assert "token-user-context" in ran.err
    batch = queue_rows(shared, rows_of(3), *FAST)
    ran = shared("worker", "--until-empty", code=9)
    assert ran.err.count(skipped) == 1
    assert status_of(shared, batch)["states"] == {"accepted": 3}
    assert platform.rung == 3
