"""Time `explain` on HAR files of 50 MB: python tests/bench/har.py. Aims: 5 s, and 6 times the file in memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

from lines import peak
from pairs import environment_in

CXCALL = str(Path(sys.executable).with_name("cxcall"))
API = "https://api.mypurecloud.com/api/v2"
PLACED, EXECUTED = f"{API}/conversations/calls", f"{API}/outbound/campaigns/{{}}/executions"


def entry(number: int, more: int, *, is_campaign: bool = False) -> dict[str, Any]:
    """Return one refused call, its answer `more` letters long; no two have the same token or body.

    Those of a campaign share one token, and each has IDs of its own in path, body, and answer, and two faults.
    """
    random = Random(number)
    contact, campaign, context = (str(UUID(int=random.getrandbits(128), version=4)) for _ in "123")
    number_called = f"+1212{2000000 + number}"
    body: dict[str, Any] = {"phoneNumber": number_called, "label": "a word " * 3}
    answer = {"message": "Bad Request", "code": "bad.request", "status": 400, "more": "p" * more}
    if is_campaign:
        body = {"contact_id": contact, "contactSpec": {"type": "PHONE", "value": number_called}}
        answer |= {"message": f"Invalid contact {contact}", "contextId": context}
    kept = [{"name": f"X-Kept-{each}", "value": "v" * 40} for each in range(12)]
    token = "one-token-of-all" if is_campaign else f"a-token-of-number-{number}"
    return {
        "startedDateTime": "2026-11-23T10:00:00.000Z",
        "request": {
            "method": "POST",
            "url": EXECUTED.format(campaign) if is_campaign else PLACED,
            "headers": [
                {"name": "Authorization", "value": f"Bearer {token}"},
                {"name": "Content-Type", "value": "application/json"},
                *kept,
            ],
            "postData": {"mimeType": "application/json", "text": json.dumps(body)},
        },
        "response": {
            "status": 400,
            "headers": [{"name": "Content-Type", "value": "application/json"}],
            "content": {"mimeType": "application/json", "text": json.dumps(answer)},
        },
    }


def processor_time(command: list[str], environment: dict[str, str]) -> float:
    """Return the seconds of processor time that a command takes."""
    before = os.times()
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False)
    after = os.times()
    return after.children_user - before.children_user + after.children_system - before.children_system  # fmt: skip


def main() -> None:
    """Print processor time and memory for many small entries, and for few large ones."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = environment_in(folder)
        for label, entries, more, is_campaign in (
            ("refused calls", 20_000, 900, False),
            ("refused calls of a campaign", 20_000, 800, True),
            ("refused calls with answers of 93 KB", 500, 93_000, False),
        ):
            file = folder / "calls.har"
            calls = [entry(each, more, is_campaign=is_campaign) for each in range(entries)]
            file.write_text(json.dumps({"log": {"version": "1.2", "entries": calls}}), "utf-8")
            command = [CXCALL, "explain", str(file)]
            took = min(processor_time(command, environment) for _ in range(2))
            size = file.stat().st_size
            times = peak(command, environment) * 1024 / size
            print(
                f"{entries:,} {label}, {size / 1e6:.0f} MB: {took:.1f} s, {times:.1f} times its size"
            )


if __name__ == "__main__":
    main()
