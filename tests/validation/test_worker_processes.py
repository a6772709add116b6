"""`cxcall validate` with several processes: signals, killed processes, and the user's contract."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from helpers.payload_lines import WIDE, begin, in_line, lines
from helpers.small_api import swagger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpers.command import Cxcall

pytestmark = pytest.mark.slow


@pytest.fixture
def endless(cxcall: Cxcall) -> Iterator[str]:
    """Create a named pipe with endless lines, until nobody reads them."""
    path = cxcall.folder / "endless.jsonl"
    os.mkfifo(path)
    chunk = lines(400).encode()
    is_over = False

    def write() -> None:
        with open(path, "wb", buffering=0) as pipe:
            while not is_over:
                try:
                    pipe.write(chunk)
                except BrokenPipeError:
                    return

    writer = Thread(target=write)
    writer.start()
    yield path.name
    is_over = True
    os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))  # lets a waiting writer continue
    writer.join()


def children(process: int) -> list[int]:
    """Return the processes that a process started."""
    text = Path(f"/proc/{process}/task/{process}/children").read_text("ascii")
    return [int(number) for number in text.split()]


def is_alive(process: int) -> bool:
    """Return whether a process runs, and is not only a zombie."""
    try:
        state = Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
@pytest.mark.parametrize("jobs", ["1", "3"])
def test_ctrl_c_ends_all_processes(cxcall: Cxcall, endless: str, jobs: str) -> None:
    with begin(cxcall, "validate", endless, "--jobs", jobs, "-o", "jsonl") as process:
        assert process.stdout is not None
        process.stdout.readline()
        while len(workers := children(process.pid)) < int(jobs) - 1:
            assert process.poll() is None
        os.killpg(process.pid, signal.SIGINT)  # a terminal sends it to all of them
        _, err = process.communicate(timeout=30)
        assert process.returncode == 130
        assert b"Traceback" not in err
        assert not any(map(is_alive, workers))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_killed_worker_is_reported(cxcall: Cxcall, endless: str) -> None:
    with begin(cxcall, "validate", endless, "--jobs", "3") as process:
        while len(workers := children(process.pid)) < 2:
            assert process.poll() is None
        os.kill(workers[1], signal.SIGKILL)
        out, err = process.communicate(timeout=30)
        assert process.returncode == 1
        assert out == b""
        assert b"a worker process ended unexpectedly; the check was not finished" in err
        assert b"--jobs 1" in err
        assert b"Traceback" not in err
        assert not any(map(is_alive, workers))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_workers_end_when_the_parent_is_killed(cxcall: Cxcall, endless: str) -> None:
    with begin(cxcall, "validate", endless, "--jobs", "3") as process:
        while len(workers := children(process.pid)) < 2:
            assert process.poll() is None
        process.kill()
        process.communicate(timeout=30)  # a worker that still runs has the other end of these pipes
        assert process.returncode == -signal.SIGKILL
        while any(map(is_alive, workers)):
            os.sched_yield()


SPAWN = """
import json, multiprocessing, sys
from cxcall.contracts.contract import load_catalog
from cxcall.validation.payload_files import Validation
from cxcall.validation.payload_check import VerdictRun

if __name__ == "__main__":
    multiprocessing.set_start_method(sys.argv[1])
    known = load_catalog(sys.argv[2])
    known[0].schema_at("")
    for named in (None, known.find_operation("addGroup")):
        for entry in Validation(known, named, jobs=2).run([sys.argv[3]]):
            for each in entry.each() if isinstance(entry, VerdictRun) else [entry]:
                print(json.dumps([each.line, each.valid, each.operations]))
"""


def test_worker_knows_the_users_contract_with_every_start_method(cxcall: Cxcall) -> None:
    cxcall.file("script.py", SPAWN)
    contract = cxcall.file("own.json", swagger())
    bodies = [
        {"rank": 1, "volume": 2},
        {"rank": 0, "volume": 4},
        {"volume": 3},
        {"rank": 1, "label": "todo"},
    ]
    name = cxcall.file("own.jsonl", "".join(f"{json.dumps(body)}{WIDE}\n" for body in bodies * 12))
    outs = [
        subprocess.run(
            [sys.executable, "script.py", method, contract, name],
            cwd=cxcall.folder,
            env=cxcall.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        ).stdout
        for method in ("fork", "spawn")
        if method in multiprocessing.get_all_start_methods()
    ]
    assert len(set(outs)) == 1
    assert [json.loads(line)[0] for line in outs[0].splitlines()] == [*range(1, 49)] * 2


def test_users_contract_is_used_by_all_processes(cxcall: Cxcall) -> None:
    contract = ("--contract", cxcall.file("own.json", swagger()))
    bodies = [
        {"rank": 1, "volume": 2},
        {"rank": 3, "volume": 4},
        {"rank": 0, "volume": 4},
        {"rank": 5, "volume": 4.5},
        {"rank": 5, "volume": "x"},
        {"rank": 1, "label": "low"},
        {"rank": 1, "label": "todo"},
        {"rank": 1, "owner": {"rank": 2}},
        {"rank": 1, "owner": {"rank": 0}},
    ]
    files = [cxcall.file(f"{number}.jsonl", body) for number, body in enumerate(bodies)]
    shown = cxcall("validate", *files, *contract, "-o", "jsonl").out
    alone = list(map(json.loads, shown.splitlines()))
    assert {entry["valid"] for entry in alone} == {True, False}
    name = cxcall.file("own.jsonl", "".join(f"{json.dumps(body)}{WIDE}\n" for body in bodies * 6))
    for jobs in ("1", "3"):
        out = cxcall("validate", name, *contract, "--jobs", jobs, "-o", "jsonl", code=3).out
        assert [json.loads(line) for line in out.splitlines()] == [
            in_line(entry, name, number) for number, entry in enumerate(alone * 6, 1)
        ]
