"""Time a batch: its rate against a token bucket, the cost of recording, and growth.

python tests/bench/batch.py [SECONDS]; prints figures and asserts nothing.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from contextlib import contextmanager
from itertools import pairwise
from multiprocessing import Pipe, Process
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from cxcall.ledger.ledger import Ledger
from cxcall.payloads.payload import Payload
from cxcall.responses.delivery import Delivery
from cxcall.sending.request_sender import deliver
from cxcall.sending.send_plan import NullLedger, SendHooks
from helpers.deliveries import Tokens, changed_plan, plan_to
from helpers.platform_server import Bucket, Platform
from helpers.postgres import find_programs, running_postgres

if TYPE_CHECKING:
    from collections.abc import Iterator

CXCALL = str(Path(sys.executable).with_name("cxcall"))
OPERATION = ("--operation", "personal-connection")
CALLS = 400
# In its own small process, because a child's peak includes that of the process it was forked from.
PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def serve(rate: float, burst: float, pipe: Connection) -> None:
    """Run a platform in its own process until a line on stdin; then print its counts."""
    with Platform(bucket=Bucket(rate, burst)) as platform:
        pipe.send(platform.environment)
        pipe.recv()
        twice = sum(count > 1 for count in platform.dials.values())
        pipe.send((platform.rung, platform.limited, twice, platform.at_first, platform.at_last))


@contextmanager
def platform_of(rate: float, burst: float) -> Iterator[tuple[dict[str, str], Connection]]:
    """Run a platform beside this process."""
    here, there = Pipe()
    process = Process(target=serve, args=(rate, burst, there), daemon=True)
    process.start()
    try:
        yield here.recv(), here
    finally:
        process.kill()


def write_rows(folder: Path, count: int) -> str:
    """Write so many rows."""
    source = random.Random(count)
    path = folder / f"{count}.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            contact = str(uuid.UUID(int=source.getrandbits(128), version=4))
            file.write(json.dumps({"contactId": contact, "reasonCode": f"row {number}"}) + "\n")
    return str(path)


def own(folder: Path, **more: str) -> dict[str, str]:
    """Return an environment with its own state."""
    return {
        **os.environ,
        "CXCALL_STATE_DIR": str(folder / "state"),
        "CXCALL_CONFIG_DIR": str(folder),
        **more,
    }


def pace(rate: float, burst: float, seconds: float) -> None:
    """Print the share of the rate that a batch reaches, from the first request to the last, and the number of 429s."""
    count = int(rate * seconds)
    with tempfile.TemporaryDirectory() as name, platform_of(rate, burst) as (environment, pipe):
        folder = Path(name)
        command = [CXCALL, "batch", write_rows(folder, count), *OPERATION]
        words = ["--rate", f"{rate:g}/s", "--confirm", str(count), "-q"]
        subprocess.run(
            [*command, *words], env=own(folder, **environment), capture_output=True, check=False
        )
        pipe.send("stop")
        rung, limited, twice, first, last = pipe.recv()
    share = (rung - 1) / (last - first) / rate if rung > 1 else 0.0
    print(
        f"{rate:>6g}{burst:>7g}{share:>10.3f}{limited:>7}{limited / max(rung, 1):>9.2%}{twice:>8}"
    )


class NoLedger(NullLedger):
    """A stand-in for a ledger that records nothing, not even the start of a delivery."""

    def begin(self, *_: Any, **_more: Any) -> str:
        """Record nothing."""
        return "none"


def recording() -> None:
    """Print the time that recording adds to a call, in a file and in PostgreSQL."""
    with tempfile.TemporaryDirectory() as name, Ledger.open(Path(name)) as ledger:
        record_calls("in a file", ledger)
    if find_programs() is None:
        print("no PostgreSQL server is installed")
        return
    with running_postgres(is_durable=True) as server:
        url = server.url(server.new_database(), by_socket=False)
        with Ledger.open_shared(url) as ledger:
            record_calls("in PostgreSQL, by TCP", ledger)


def record_calls(where: str, ledger: Ledger) -> None:
    """Print the time that a ledger adds to a call, from alternating calls with and without the ledger."""
    nothing = NoLedger()
    extra, spent = [], []
    with platform_of(1e9, 1e9) as (environment, pipe):
        plan = plan_to(environment["CXCALL_BASE_URL"])
        for number in range(CALLS):
            one = changed_plan(plan, payload=Payload({"number": number}))._replace(
                batch="B", row=number
            )
            without = timed(one, nothing)
            extra.append(timed(one, ledger) - without)
            spent.append(without)
        pipe.send("stop")
        pipe.recv()
    print(
        f"recording {where}: {statistics.median(extra):.2f} ms a call more than {statistics.median(spent):.2f}"
    )


def timed(plan: Any, ledger: Any) -> float:
    """Return the milliseconds of one delivery."""
    began = time.perf_counter()
    delivery: Delivery = deliver(plan, ledger, Tokens(), SendHooks())
    assert delivery.outcome
    return (time.perf_counter() - began) * 1e3


def memory(counts: tuple[int, ...]) -> None:
    """Print the peak memory of a dry run of so many rows."""
    for count in counts:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            command = [CXCALL, "batch", write_rows(folder, count), *OPERATION, "-n"]
            environment = own(folder, CXCALL_BASE_URL="http://127.0.0.1:1")
            began = time.perf_counter()
            result = subprocess.run(
                [sys.executable, "-c", PEAK, *command],
                env=environment,
                capture_output=True,
                check=True,
            )
            took = time.perf_counter() - began
        print(
            f"dry run of {count:>9} rows: {took:>6.1f} s, peak {int(result.stdout) / 1024:.1f} MiB"
        )


def growth(counts: tuple[int, ...]) -> None:
    """Print the times to open, look up, and list in a ledger of so many deliveries."""
    for count in counts:
        with tempfile.TemporaryDirectory() as name:
            with Ledger.open(Path(name)) as ledger:
                last = ledger.begin(plan_to("http://127.0.0.1:1").intent(), 0)
                fill(ledger, last, count)
            times = [looked_up(Path(name), last) for _ in range(21)]
        opened, found, listed = (statistics.median(column) for column in zip(*times, strict=True))
        print(
            f"ledger of {count:>9}: open {opened:.2f} ms, look up {found:.2f}, list 50 {listed:.2f}"
        )


def fill(ledger: Ledger, delivery: str, count: int) -> None:
    """Copy one finished delivery of a ledger many times, in one transaction."""
    first = ledger._find(delivery)  # noqa: SLF001 - a million recorded one by one would take an hour
    with ledger.writing(lambda: False):
        for number in range(count):
            own = {"id": f"X{number}", "digest": f"{first.delivery['digest']}{number}"}
            copy = ledger.rows.insert("delivery", **{**first.delivery, **own})
            ended = {"delivery": copy, "kind": "ended", "outcome": "accepted", "status": 201}
            ledger.rows.insert("event", **{**first.event, **ended})


def looked_up(folder: Path, delivery: str) -> tuple[float, float, float]:
    """Return the milliseconds to open a ledger, to look one delivery up, and to list fifty."""
    marks = [time.perf_counter()]
    with Ledger.open(folder) as ledger:
        marks.append(time.perf_counter())
        ledger.get(delivery)
        marks.append(time.perf_counter())
        assert list(ledger.records(limit=50))
        marks.append(time.perf_counter())
    first, second, third = ((after - before) * 1e3 for before, after in pairwise(marks))
    return first, second, third


def main() -> None:
    """Print all results."""
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 30.0
    print(f"{'R':>6}{'burst':>7}{'of R':>10}{'429':>7}{'':>9}{'twice':>8}")
    for rate in (5, 50):
        for burst in (1, 5, 50):
            pace(rate, burst, seconds)
    recording()
    growth((1_000, 10_000, 100_000, 1_000_000))
    memory((1_000, 10_000, 100_000, 1_000_000))


if __name__ == "__main__":
    main()
