"""Commands that use a ledger."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from helpers.command import CONTACT

if TYPE_CHECKING:
    from pathlib import Path

    from helpers.command import Cxcall


SEND = ("personal-connection", "--contact-id", CONTACT, "--reason-code", "x", "--yes")
BATCH = (
    "batch",
    "calls.jsonl",
    "--operation",
    "personal-connection",
    "--rate",
    "500/s",
    "--confirm",
)


def state_of(cxcall: Cxcall) -> Path:
    return cxcall.folder / "state"


def write_rows(cxcall: Cxcall, count: int) -> None:
    rows = [{"contactId": CONTACT, "reasonCode": f"row {number}"} for number in range(count)]
    cxcall.file("calls.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
