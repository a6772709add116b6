"""Rows of a batch that is queued, and sent by workers that share a ledger in PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from helpers.command import CONTACT, Cxcall
from helpers.platform_server import Platform

OPERATION = ("--operation", "personal-connection")


@pytest.fixture
def shared(cxcall: Cxcall, postgres_url: str) -> Cxcall:
    """Return the command with a ledger in PostgreSQL."""
    cxcall.environment["CXCALL_LEDGER"] = postgres_url
    return cxcall


@pytest.fixture
def platform(shared: Cxcall) -> Iterator[Platform]:
    with Platform() as running:
        shared.environment |= running.environment
        yield running


def queue(cxcall: Cxcall, rows: list[Any], *more: str, code: int = 0) -> str:
    """Queue rows, and return the ID of their batch."""
    file = cxcall.file("rows.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    ran = cxcall("batch", file, *OPERATION, "--rate", "500/s", "--confirm", str(len(rows)), "--queue", *more, code=code)  # fmt: skip
    return ran.out.strip()


def rows_of(count: int) -> list[dict[str, str]]:
    return [{"contactId": CONTACT, "reasonCode": f"row {row}"} for row in range(count)]


def work(cxcall: Cxcall, *more: str, code: int = 0) -> list[dict[str, Any]]:
    """Run a worker until the queue is empty, and return what it printed."""
    ran = cxcall("worker", "--until-empty", "-o", "jsonl", *more, code=code)
    return [json.loads(line) for line in ran.out.splitlines()]


def status(cxcall: Cxcall, batch: str) -> dict[str, Any]:
    found: dict[str, Any] = cxcall("batch", "status", batch, "-o", "json", code=0).envelope["data"]
    return found


def test_queued_rows_are_sent_once_by_a_worker(
    shared: Cxcall, platform: Platform, postgres_url: str
) -> None:
    batch = queue(shared, rows_of(5))
    assert platform.rung == 0
    assert status(shared, batch)["states"] == {"todo": 5}
    *results, totals = work(shared)
    assert sorted(result["data"]["row"] for result in results) == [1, 2, 3, 4, 5]
    assert totals["data"]["outcomes"] == {"accepted": 5}
    assert set(platform.dials.values()) == {1}
    assert platform.rung == 5
    assert status(shared, batch)["state"] == "done"
    assert work(shared)[0]["data"]["rows"] == 0
    listed = shared("batch", "list", "-o", "json").envelope["data"]["batches"]
    assert [(each["id"], each["state"], each["outcomes"]) for each in listed] == [(batch, "finished", {"accepted": 5})]  # fmt: skip
    with psycopg.connect(postgres_url) as connection:
        assert connection.execute("SELECT count(content) FROM cxcall.queued_row").fetchone() == (0,)
