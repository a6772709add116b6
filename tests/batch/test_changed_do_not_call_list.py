"""A person who was on the do-not-call list at any time of a batch is not called from then on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from helpers.command import CAMPAIGN
from helpers.platform_server import Platform, Reply

if TYPE_CHECKING:
    from collections.abc import Sequence

    from helpers.command import Cxcall

pytestmark = pytest.mark.slow

WORDS = ("--operation", "execute", "--param", f"campaignId={CAMPAIGN}", "--rate", "500/s")
OTHER = "+12025550199\n"
ROWS = 4


def number_of(row: int) -> str:
    return f"+1202555010{row}"


def run_batch(
    cxcall: Cxcall, versions: Sequence[str], code: int
) -> tuple[list[str | None], dict[str, Any]]:
    """Run a batch; after each request, its list has the next version. Return why rows were skipped, and the summary."""
    lines = [f"12345678-1234-4234-8234-{row:012},{number_of(row)}" for row in range(ROWS)]
    cxcall.file("calls.csv", "\n".join(["contact-id,phone-number", *lines]) + "\n")
    cxcall.file("dnc.txt", OTHER)
    left = iter(versions)

    def answer(_body: Any, _count: int) -> Reply:
        if (text := next(left, None)) is not None:
            cxcall.file("dnc.txt", text)
        return Reply()

    guards = ("--do-not-call", "dnc.txt", "--confirm", str(ROWS), "--concurrency", "1")
    with Platform(answer) as platform:
        cxcall.environment |= platform.environment
        ran = cxcall("batch", "calls.csv", *WORDS, *guards, "-o", "jsonl", code=code)
    *rows, summary = map(json.loads, ran.out.splitlines())
    assert platform.rung == sum(row["outcome"] == "accepted" for row in rows)
    return [row["data"].get("skipped") for row in rows], summary


def test_number_of_an_earlier_version_of_the_list_is_not_called(cxcall: Cxcall) -> None:
    """A file that is rewritten in place is empty for a moment."""
    skipped, _ = run_batch(cxcall, [f"{OTHER}{number_of(3)}\n", "", OTHER], 0)
    assert skipped == [None, None, None, "do-not-call"]


def test_batch_stops_when_its_list_cannot_be_read(cxcall: Cxcall) -> None:
    """The rows that are left are not lost: `--resume` sends them."""
    skipped, summary = run_batch(cxcall, [f"{OTHER}a broken line\n"], 9)
    assert (skipped, summary["data"]["notSent"]) == ([None], ROWS - 1)
    assert "line 2 of `dnc.txt` has no number" in summary["data"]["stopped"]
