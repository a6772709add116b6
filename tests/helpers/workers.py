"""Workers of a queue as processes that are killed, and checks that must always pass."""

from __future__ import annotations

import json
import signal
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Condition
from typing import Any

from helpers.command import CONTACT, CXCALL, Cxcall, Running
from helpers.platform_server import Reply

OPERATION = ("--operation", "personal-connection")


def rows_of(count: int) -> list[dict[str, str]]:
    """Return different bodies for rows."""
    return [{"contactId": CONTACT, "reasonCode": f"row {row}"} for row in range(1, count + 1)]


def queue_rows(cxcall: Cxcall, rows: Sequence[Any], *more: str, name: str = "rows.jsonl") -> str:
    """Queue rows, and return the ID of their batch."""
    file = cxcall.file(name, "".join(json.dumps(row) + "\n" for row in rows))
    words = ("batch", file, *OPERATION, "--confirm", str(len(rows)), "--queue", *more)
    return cxcall(*words, code=0).out.strip()


def status_of(cxcall: Cxcall, batch: str) -> dict[str, Any]:
    """Return the data of `batch status`."""
    found: dict[str, Any] = cxcall("batch", "status", batch, "-o", "json", code=0).envelope["data"]
    return found


class HeldRequests:
    """Late responses of a platform for some rows: a worker that is killed meanwhile leaves them unknown."""

    def __init__(self, is_held: Callable[[int], bool]) -> None:
        self._is_held = is_held
        self._changed = Condition()
        self.waiting = self._released = 0

    def __call__(self, body: Any, _count: int) -> Reply:
        """Accept a request, at once or when `release` is called."""
        number = int(body["reasonCode"].split()[1])
        if self._is_held(number):
            with self._changed:
                self.waiting += 1
                turn = self._released
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._released > turn, timeout=1)
                self.waiting -= 1
        return Reply()

    def wait_for(self, count: int) -> None:
        """Wait until so many requests are held."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.waiting >= count, timeout=30)

    def release(self) -> None:
        """Respond to all held requests."""
        with self._changed:
            self._released += 1
            self._changed.notify_all()


class Workers:
    """Some worker processes; each one that is killed is replaced by another."""

    def __init__(
        self, cxcall: Cxcall, arguments: Sequence[str], prefixes: Sequence[Sequence[str]] = ((),)
    ) -> None:
        self._cxcall, self._arguments, self._prefixes = cxcall, arguments, prefixes
        self.running: list[Running] = []
        self.kills = 0

    def start(self, count: int) -> None:
        """Start so many processes, each behind one of the prefixes in turn."""
        for number in range(count):
            self.running.append(self._new(number))

    def _new(self, number: int) -> Running:
        prefix = self._prefixes[number % len(self._prefixes)]
        words = ("worker", *self._arguments)
        with open(self._cxcall.folder / f"worker{number}.log", "ab") as output:
            if not prefix:
                return self._cxcall.begin(*words, out=subprocess.DEVNULL, err=output.fileno())
            return subprocess.Popen(
                [*prefix, str(CXCALL), *words],
                cwd=self._cxcall.folder,
                env=self._cxcall.environment,
                text=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=output,
            )

    def kill(self, number: int) -> None:
        """Kill a process as a crash of its machine would, and start another one."""
        self.running[number].send_signal(signal.SIGKILL)
        self.running[number].wait()
        self.kills += 1
        self.running[number] = self._new(number)

    def wait(self, timeout: float) -> list[int]:
        """Wait until all processes ended; returns their exit codes."""
        return [process.wait(timeout) for process in self.running]

    def stop(self) -> None:
        """End all processes."""
        for process in self.running:
            if process.poll() is None:
                process.kill()
            process.wait()


@contextmanager
def running_workers(
    cxcall: Cxcall, count: int, *arguments: str, prefixes: Sequence[Sequence[str]] = ((),)
) -> Iterator[Workers]:
    """Run worker processes, and end the remaining ones."""
    workers = Workers(cxcall, arguments, prefixes)
    try:
        workers.start(count)
        yield workers
    finally:
        workers.stop()


def check_calls(cxcall: Cxcall, batch: str, dials: Counter[str], rows: int) -> Counter[str]:
    """Check that no row was called twice or lost, and that each unknown row is named; return the outcomes."""
    assert set(dials.values()) <= {1}, "a row was called twice"
    called = {int(json.loads(body)["reasonCode"].split()[1]) for body in dials}
    report = cxcall("batch", "report", batch, "--format", "jsonl", code=0)
    outcomes = {row["row"]: row["outcome"] for row in map(json.loads, report.out.splitlines())}
    status = status_of(cxcall, batch)
    assert status["open"] == 0
    assert sorted(outcomes) == list(range(1, rows + 1)), "a row was lost"
    counted = Counter(outcomes.values())
    assert status["states"] == dict(counted)
    assert {row for row, outcome in outcomes.items() if outcome == "accepted"} <= called
    unknown = {row for row, outcome in outcomes.items() if outcome == "unknown"}
    assert {each["row"] for each in status["unknown"]} == unknown
    assert all(each["deliveryId"] for each in status["unknown"])
    in_doubt = {row for row in called if outcomes[row] != "accepted"}
    assert in_doubt <= unknown, "a call that was placed is not accepted or unknown"
    return counted
