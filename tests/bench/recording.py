"""Time the recording of a call, in a file and in PostgreSQL on this machine: python tests/bench/recording.py."""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from cxcall.findings.exit_codes import Outcome
from cxcall.ledger.ledger import Ledger
from cxcall.ledger.request_identity import Intent, intent_digest
from helpers.postgres import running_postgres

CALLS, ROUNDS = 200, 7


def record(ledger: Ledger, label: str) -> float:
    """Begin and end some deliveries, each to another person, and return the milliseconds of one."""
    target = "https://api.example.com/calls"
    started = time.perf_counter()
    for number in range(CALLS):
        name = f"{label} {number}"
        digest = intent_digest("POST", target, name)
        intent = Intent(
            "default", "call", "published", "POST", target, digest, people=(f"number {name}",)
        )
        delivery = ledger.begin(intent, 900)
        ledger.record_outcome(
            delivery, Outcome.ACCEPTED, attempts=1, status=200, engagement_id=f"e-{number}"
        )
    return (time.perf_counter() - started) * 1e3 / CALLS


def main() -> None:
    """Print the median of alternating rounds."""
    with tempfile.TemporaryDirectory() as folder, running_postgres(is_durable=True) as server:
        url = server.url(server.new_database(), by_socket=False)
        with Ledger.open(Path(folder)) as file, Ledger.open_shared(url) as database:
            times = [
                (record(file, f"file {turn}"), record(database, f"database {turn}"))
                for turn in range(ROUNDS)
            ]
    file_ms, database_ms = map(statistics.median, zip(*times, strict=True))
    print(f"recording a call: {file_ms:.2f} ms in a file, {database_ms:.2f} ms in PostgreSQL")


if __name__ == "__main__":
    main()
