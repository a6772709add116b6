"""A signal ends a command even if nobody reads its output."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import pytest

from cxcall.contracts.contract import load_shipped_contracts
from cxcall.sandbox.server import start_sandbox
from helpers.cases import each_case
from helpers.command import CAMPAIGN, CONTACT, Cxcall

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from helpers.command import Running

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

IN_FLIGHT = "+12025550198"
"""The sandbox never responds to a call to this number."""
EXECUTE = ("execute", CAMPAIGN, "--contact-id", CONTACT, "--yes")
COMMANDS = {
    "--version": 130, "--help": 130, "operations": 130, "history": 2, "history list": 130, "explain --codes": 130,
    "completion bash": 130, "auth status": 4, "validate missing": 2,
}  # fmt: skip
"""The exit code of each command that a signal ends while it prints."""


@contextmanager
def full_pipe() -> Iterator[tuple[BinaryIO, BinaryIO]]:
    """Yield both ends of a full pipe: to read, to write."""
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    for size in (4096, 1):
        try:
            while True:
                os.write(write_end, b"x" * size)
        except BlockingIOError:
            pass
    os.set_blocking(write_end, True)
    with open(read_end, "rb") as reader, open(write_end, "wb", buffering=0) as writer:
        yield reader, writer


def is_blocked(process: Running) -> bool:
    """Wait until a process ends, or a thread of it waits for space in a pipe; return which."""
    threads = Path(f"/proc/{process.pid}/task")
    for _ in range(
        1000
    ):  # at least 10 seconds, if the system does not report what a thread waits for
        if process.poll() is not None:
            return False
        with suppress(OSError):  # a thread that ended meanwhile
            if any("pipe" in (each / "wchan").read_text("ascii") for each in threads.iterdir()):
                return True
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=0.01)
    return True


def wait_for_handler(process: Running) -> None:
    """Wait until the system has given the process all signals that were sent to it."""
    status = Path(f"/proc/{process.pid}/status")
    while any(int(each, 16) for each in re.findall(r"Pnd:\s*(\w+)", status.read_text("ascii"))):
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=0.01)


def end_of(
    cxcall: Cxcall,
    words: tuple[str, ...],
    stream: str,
    number: int,
    wait: Callable[[], bool] = lambda: False,
) -> int:
    """Send a signal to a command after `wait`, or while it writes to the pipe; return its exit code."""
    with full_pipe() as (_, pipe):
        streams = {
            name: pipe.fileno() if name in stream else subprocess.DEVNULL
            for name in ("stdout", "stderr")
        }
        process = cxcall.begin(*words, out=streams["stdout"], err=streams["stderr"])
        try:
            if wait() or is_blocked(process):  # it may have nothing to print
                process.send_signal(number)
            return process.wait(timeout=60)
        finally:
            process.kill()
            process.wait()


# Each case starts a process, so only two commands are tried with every stream and signal.
CASES = [(command, "stdout and stderr", signal.SIGTERM) for command in COMMANDS] + [
    (command, stream, number)
    for command in ("--help", "validate missing")
    for stream, number in (("stdout", signal.SIGTERM), ("stderr", signal.SIGINT))
]


def new_command(folder: Path, *words: object) -> Cxcall:
    """Return the command in its own folder, named after these words."""
    own = folder / "-".join(map(str, words))
    own.mkdir()
    return Cxcall(own)


@each_case("command, stream, number", dict.fromkeys(CASES), quick=1, at_once=True)
def test_signal_ends_a_command_whose_output_is_not_read(
    tmp_path: Path, command: str, stream: str, number: int
) -> None:
    cxcall = new_command(tmp_path, command, stream, number)
    code = end_of(cxcall, tuple(command.split()), stream, number)
    assert code in (0, COMMANDS[command])


@pytest.mark.slow
@each_case(
    "number, stream, output",
    [
        ("+12025550100", "stdout", "json"),
        ("+12025550100", "stderr", "text"),
        (IN_FLIGHT, "stdout", "text"),
        (IN_FLIGHT, "stderr", "json"),
    ],
    at_once=True,
)
def test_call_is_recorded_although_its_report_is_not_read(
    tmp_path: Path, number: str, stream: str, output: str
) -> None:
    words = (*EXECUTE, "--phone-number", number, "-o", output)
    with start_sandbox(load_shipped_contracts()) as sandbox:
        live = new_command(tmp_path, number, stream, output).at(sandbox)
        code = end_of(live, words, stream, signal.SIGTERM, sandbox.wait_for_rings)
        outcome = json.loads(live("history", "list", "-o", "jsonl", code=0).out)["outcome"]
        assert (code, outcome) in [(8, "unknown"), (0, "accepted")][
            : 1 if number == IN_FLIGHT else 2
        ]
        assert len(sandbox.rings) == 1


@pytest.mark.slow
@each_case("number", [signal.SIGINT, signal.SIGHUP], at_once=True)
def test_signal_while_the_report_of_a_call_is_written_loses_nothing_of_it(
    tmp_path: Path, number: int
) -> None:
    with start_sandbox(load_shipped_contracts()) as sandbox, full_pipe() as (reader, pipe):
        live = new_command(tmp_path, number).at(sandbox)
        words = (*EXECUTE, "--phone-number", "+12025550100", "-o", "json")
        process = live.begin(*words, out=pipe.fileno(), err=subprocess.DEVNULL)
        pipe.close()
        assert sandbox.wait_for_rings()
        assert is_blocked(process)
        process.send_signal(number)
        wait_for_handler(process)
        envelope = json.loads(reader.read().lstrip(b"x"))
        assert (process.wait(timeout=60), envelope["outcome"]) == (0, "accepted")
