"""`validate` on files of many payloads: in processes side by side, in order, told in short."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import pexpect
import pytest

from helpers.command import CONTACT

if TYPE_CHECKING:
    from helpers.command import Cxcall

PERSONAL = ("--operation", "personal-connection")


def body(number: int) -> dict[str, Any]:
    """Return a payload; every tenth is wrong, each of these in another way than the one before."""
    if number % 10 == 3:
        return {"contactId": "12345", "reasonCode": f"row {number}"}
    if number % 10 == 7:
        return {"contactId": CONTACT, "reasonCod": f"row {number}"}
    return {"contactId": CONTACT, "reasonCode": f"row {number}"}


def write(cxcall: Cxcall, count: int, name: str = "many.jsonl") -> str:
    return cxcall.file(name, "".join(f"{json.dumps(body(number))}\n" for number in range(count)))


@pytest.mark.slow
@pytest.mark.parametrize("form", ["text", "json", "jsonl", "github", "junit", "sarif"])
def test_what_is_told_does_not_hang_on_how_many_do_it(cxcall: Cxcall, form: str) -> None:
    file = write(cxcall, 15_000)  # some seconds of work: all of the processes take part
    words = ("validate", file, *PERSONAL, *(() if form == "text" else ("-o", form)))
    alone, *others = (cxcall(*words, "--jobs", jobs, code=3) for jobs in ("1", "2", "5"))
    assert alone.out
    for other in others:
        assert (other.out, other.err) == (alone.out, alone.err)


def test_every_line_has_its_verdict_in_the_order_of_the_file(cxcall: Cxcall) -> None:
    file = write(cxcall, 2500)
    ran = cxcall("validate", file, *PERSONAL, "-o", "jsonl", "--jobs", "4", code=3)
    found = list(map(json.loads, ran.out.splitlines()))
    assert [entry["line"] for entry in found] == list(range(1, 2501))
    assert [entry["valid"] for entry in found] == [
        number % 10 not in (3, 7) for number in range(2500)
    ]


def test_the_first_hundred_findings_are_shown_and_all_are_counted(cxcall: Cxcall) -> None:
    file = write(cxcall, 1000)
    ran = cxcall("validate", file, *PERSONAL, code=3)
    assert ran.out.count("error[") == 100 + 3  # and once more where they are counted
    assert "100  error[id-format]" in ran.out
    assert "1,000 payloads, 800 valid as personal-connection" in ran.out
    every = cxcall("validate", file, *PERSONAL, "--all", code=3)
    assert every.out.count("error[id-format]") == 100
    assert every.out.count("error[property-unknown]") == 100
    shown = cxcall("validate", file, *PERSONAL, "-o", "json", code=3).envelope
    assert len(shown["findings"]) == 100
    assert shown["data"]["counts"]["codes"]["id-format"] == 100


def test_a_table_is_judged_row_by_row(cxcall: Cxcall) -> None:
    rows = "".join(f"{CONTACT if number % 4 else 12345},row {number}\n" for number in range(2000))
    file = cxcall.file("many.csv", f"contact-id,reason-code\n{rows}")
    one, four = (
        cxcall("validate", file, *PERSONAL, "-o", "jsonl", "--jobs", jobs, code=3).out
        for jobs in ("1", "4")
    )
    assert one == four
    found = [json.loads(line) for line in one.splitlines()[:-1]]
    assert [entry["line"] for entry in found if not entry["valid"]] == list(range(2, 2002, 4))


def test_a_table_says_by_its_columns_what_it_is_for(cxcall: Cxcall) -> None:
    file = cxcall.file("some.csv", f"/contactId,/reasonCode\n{CONTACT},x\n")
    assert cxcall("validate", file, code=0).out == f"{file}:2: valid as personal-connection\n"
    other = cxcall.file("other.csv", "height,weight\n1,2\n")
    assert "is for no operation that is known" in cxcall("validate", other, code=2).out


def test_a_pipe_is_judged_as_it_comes(cxcall: Cxcall) -> None:
    command = [sys.executable, "-m", "cxcall", "validate", "-", *PERSONAL, "-o", "jsonl"]
    with subprocess.Popen(
        command, env=cxcall.environment, cwd=cxcall.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as running:  # fmt: skip
        assert running.stdin
        assert running.stdout
        lines = "".join(f"{json.dumps(body(0))}\n" for _ in range(40_000)).encode()
        writer = Thread(target=running.stdin.write, args=(lines,))
        writer.start()
        assert json.loads(running.stdout.readline())["line"] == 1  # and stdin is still open
        rest: list[bytes] = []
        reader = Thread(target=lambda: rest.extend(running.stdout or ()))
        reader.start()
        writer.join(30)
        running.stdin.close()
        reader.join(30)
        assert b"".join(rest).count(b'"valid": true') == 39_999


@pytest.mark.slow
def test_a_bar_shows_how_far_it_is(cxcall: Cxcall) -> None:
    write(cxcall, 60_000)
    words = ["-m", "cxcall", "validate", "many.jsonl", *PERSONAL, "--jobs", "2"]
    child = pexpect.spawn(
        sys.executable, words, env=cxcall.environment, cwd=str(cxcall.folder), timeout=60, dimensions=(24, 80), encoding="utf-8"
    )  # fmt: skip
    child.expect(r"checked")
    child.expect(r"payloads, 48,000 valid")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 3


def workers(process: int) -> list[int]:
    """Return the processes that another one started."""
    try:
        return [
            int(each)
            for each in Path(f"/proc/{process}/task/{process}/children").read_text().split()
        ]
    except FileNotFoundError:
        return []


def started(cxcall: Cxcall, count: int) -> subprocess.Popen[str]:
    """Start a long check, and wait until its workers are there."""
    if not Path("/proc/self/task").exists():
        pytest.skip("what a process started is asked of /proc, which is not here")
    write(cxcall, count)
    running = subprocess.Popen(
        [sys.executable, "-m", "cxcall", "validate", "many.jsonl", *PERSONAL, "--jobs", "2"],
        env=cxcall.environment, cwd=cxcall.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    until = time.monotonic() + 30
    while len(workers(running.pid)) < 2 and time.monotonic() < until and running.poll() is None:
        os.sched_yield()
    return running


@pytest.mark.slow
def test_ctrl_c_ends_all_of_it_at_once(cxcall: Cxcall) -> None:
    running = started(cxcall, 200_000)
    theirs = workers(running.pid)
    assert len(theirs) == 2
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=20)
    assert running.returncode == 130
    assert "Traceback" not in out + err
    assert not any(Path(f"/proc/{each}").exists() for each in theirs)


@pytest.mark.slow
def test_a_worker_that_is_killed_is_no_verdict(cxcall: Cxcall) -> None:
    running = started(cxcall, 200_000)
    os.kill(workers(running.pid)[0], signal.SIGKILL)
    out, err = running.communicate(timeout=60)
    assert "a worker process ended unexpectedly; the check was not finished" in err
    assert "--jobs 1" in err
    assert running.returncode not in (0, 3)
    assert "Traceback" not in out + err


@pytest.mark.slow
def test_workers_end_with_the_process_that_started_them(cxcall: Cxcall) -> None:
    running = started(cxcall, 200_000)
    assert len(workers(running.pid)) == 2
    running.kill()
    running.communicate(timeout=20)  # workers that live on hold the other end of these pipes open
    assert running.returncode == -signal.SIGKILL
