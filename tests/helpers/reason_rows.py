"""Rows of a batch with a contact and a reason, and the results of a run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from helpers.command import Cxcall, Ran

WORDS = ("--operation", "personal-connection", "--rate", "500/s", "-o", "jsonl")


def row(number: int) -> dict[str, str]:
    return {"contactId": f"12345678-1234-4234-8234-{number:012}", "reasonCode": f"row {number}"}


def write_rows(cxcall: Cxcall, *numbers: int) -> str:
    return cxcall.file("calls.jsonl", "".join(json.dumps(row(each)) + "\n" for each in numbers))


def results(ran: Ran) -> tuple[list[str], dict[str, Any]]:
    """Return the outcome of every row, and the data of the summary."""
    *rows, summary = map(json.loads, ran.out.splitlines())
    return [each["outcome"] for each in rows], summary["data"]


def skipped_results(ran: Ran) -> tuple[list[tuple[str, str | None]], dict[str, Any]]:
    """Return (outcome, reason for skipping) of each row, and the data of the summary."""
    *rows, summary = map(json.loads, ran.out.splitlines())
    return [(row["outcome"], row["data"].get("skipped")) for row in rows], summary["data"]
