"""Time `explain` on HAR files of 50 MB: python tests/bench/har.py. Aims: 5 s, and 6 times the file in memory.

The time is the elapsed time on an idle machine; in brackets is the processor time of all processes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
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
    """Return one refused call whose response has `more` letters; no two have the same token or body.

    Calls of a campaign share one token; each has its own IDs in path, body, and response, and two faults.
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


def page(number: int) -> dict[str, Any]:
    """Return other entries of a browser: alternately a script, and a list that was read."""
    random = Random(number)
    words = ("".join(random.choices("abcdefgh", k=6)) for _ in range(1500))
    users = [
        {"id": str(UUID(int=random.getrandbits(128), version=4)), "name": word, "state": "active"}
        for word in words
    ]
    script = ";".join(
        f'var {user["name"]}="{user["id"]}";f({user["name"]}=={number})' for user in users
    )
    url, text = f"{API}/users?pageNumber={number}", json.dumps({"entities": users})
    if number % 2:
        url, text = f"https://apps.mypurecloud.com/directory/{number}.js", script
    return {
        "request": {"method": "GET", "url": url, "headers": []},
        "response": {"status": 200, "headers": [], "content": {"text": text}},
    }


def measure(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Return the elapsed seconds of a command, and its processor time."""
    before, began = os.times(), time.monotonic()
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False)
    after, elapsed = os.times(), time.monotonic() - began
    return (
        elapsed,
        after.children_user - before.children_user + after.children_system - before.children_system,
    )


def main() -> None:
    """Print processor time and memory for many small entries, and for few large ones."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = environment_in(folder)
        files = {
            "refused calls": [entry(each, 900) for each in range(20_000)],
            "refused calls of a campaign": [
                entry(each, 800, is_campaign=True) for each in range(20_000)
            ],
            "refused calls with responses of 93 KB": [entry(each, 93_000) for each in range(500)],
            "scripts and lists": [page(each) for each in range(470)],
        }
        for label, entries in files.items():
            file = folder / "calls.har"
            file.write_text(json.dumps({"log": {"version": "1.2", "entries": entries}}), "utf-8")
            command = [CXCALL, "explain", str(file)]
            elapsed, processor = min(measure(command, environment) for _ in range(2))
            size = file.stat().st_size
            times = peak(command, environment) * 1024 / size
            print(
                f"{len(entries):,} {label}, {size / 1e6:.0f} MB: {elapsed:.1f} s ({processor:.1f} s), "
                f"{times:.1f} times its size"
            )


if __name__ == "__main__":
    main()
