"""Of several commands that begin a batch of one file at the same instant, only the first sends it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from helpers.command import screen, terminal
from helpers.platform_server import Platform
from helpers.workers import OPERATION, rows_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpers.command import Cxcall

pytestmark = pytest.mark.slow

AFTER_THE_WINDOW = {"CXCALL_DUPLICATE_WINDOW": "0.001"}
"""A duplicate window that is over at once, as for a long list."""


@pytest.fixture
def platform(cxcall: Cxcall) -> Iterator[Platform]:
    """Write the file of rows, and run a platform for it."""
    cxcall.file("rows.jsonl", "".join(json.dumps(row) + "\n" for row in rows_of(3)))
    with Platform() as running:
        cxcall.environment |= running.environment | AFTER_THE_WINDOW
        yield running


def begin_two(cxcall: Cxcall, *more: str, state: str = "state") -> Iterator[Any]:
    """Yield two commands in turn after both have looked for earlier batches, when each may begin its own."""
    words = ("batch", "rows.jsonl", *OPERATION, "--rate", "500/s", *more)
    other = {"CXCALL_STATE_DIR": str(cxcall.folder / state)}
    with terminal(cxcall, *words) as first, terminal(cxcall, *words, **other) as second:  # type: ignore[arg-type]
        for each in (first, second):
            each.expect_exact("Type the number of calls to continue: ")
        for each in (first, second):
            each.sendline("3")
            yield each


def test_a_batch_that_began_after_another_one_looked_stops_it(
    cxcall: Cxcall, platform: Platform
) -> None:
    texts = [(screen(each), each.exitstatus) for each in begin_two(cxcall)]
    assert [code for _, code in texts] == [0, 7]
    assert len(cxcall("batch", "list", "-o", "jsonl", code=0).out.splitlines()) == 1
    assert set(platform.dials.values()) == {1}


def test_a_file_is_queued_once_by_two_machines_that_queue_it_at_once(
    cxcall: Cxcall, platform: Platform, postgres_url: str
) -> None:
    cxcall.environment["CXCALL_LEDGER"] = postgres_url
    ends = []
    for each in begin_two(cxcall, "--queue", state="state-of-another-machine"):
        text = screen(each)
        ends.append(each.exitstatus)
        cxcall("worker", "--until-empty", code=0)
    assert ends == [0, 7]
    assert "another process began a batch of `rows.jsonl`" in text
    assert set(platform.dials.values()) == {1}
    assert platform.rung == 3
