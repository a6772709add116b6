"""Time `explain` on HAR files of 47 MB: python tests/bench/har.py. Aims: 5 s, and 6 times the file in memory."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from lines import peak
from pairs import environment_in, run

CXCALL = str(Path(sys.executable).with_name("cxcall"))
PLACED = "https://api.mypurecloud.com/api/v2/conversations/calls"


def entry(number: int, more: int) -> dict[str, Any]:
    """Return one refused call, its answer `more` letters long."""
    body = {"phoneNumber": f"+1212{2000000 + number}", "label": "a word " * 3}
    kept = [{"name": f"X-Kept-{each}", "value": "v" * 40} for each in range(12)]
    answer = {"message": "Bad Request", "code": "bad.request", "status": 400, "more": "p" * more}
    return {
        "startedDateTime": "2026-11-23T10:00:00.000Z",
        "request": {
            "method": "POST",
            "url": PLACED,
            "headers": [
                {"name": "Authorization", "value": f"Bearer a-token-of-number-{number}"},
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


def main() -> None:
    """Print time and memory for many small entries, and for few large ones."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = environment_in(folder)
        for entries, more in ((20_000, 900), (500, 93_000)):
            file = folder / f"{entries}.har"
            log = {"version": "1.2", "entries": [entry(each, more) for each in range(entries)]}
            file.write_text(json.dumps({"log": log}), "utf-8")
            command = [CXCALL, "explain", str(file)]
            took = min(run(command, turn, environment) for turn in range(3)) / 1e3
            size = file.stat().st_size
            times = peak(command, environment) * 1024 / size
            print(
                f"{entries:,} entries, {size / 1e6:.0f} MB: {took:.1f} s, {times:.1f} times its size"
            )


if __name__ == "__main__":
    main()
