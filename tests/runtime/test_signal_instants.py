"""A signal at any instant, from the first instruction of cxcall to the last: a documented exit code, no traceback."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from helpers.command import CONTACT, CXCALL
from helpers.platform_server import Platform

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpers.command import Cxcall

COUNT = int(os.environ.get("CXCALL_TEST_SIGNALS", "5"))
"""The number of signals; a release is tested with 1,000."""

SEND = ("personal-connection", "--contact-id", CONTACT, "--reason-code", "x", "--again", "--yes")
CHECK = ("validate", "p.json")
EXPLAIN = ("explain", "401.txt")
DOCUMENTED = {0, 3, 8, 130}
LONGEST = 0.4

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")]


def wait_for_handler(process: subprocess.Popen[bytes]) -> None:
    """Wait until cxcall runs: Python itself does not handle SIGTERM."""
    status = Path(f"/proc/{process.pid}/status")
    while process.poll() is None:
        lines = status.read_text("ascii").splitlines()
        caught = next(int(line.split()[1], 16) for line in lines if line.startswith("SigCgt"))
        if caught >> (signal.SIGTERM - 1) & 1:
            return


ON_IMPORT = """
import os, sys

def note(event, arguments):
    if event == "import" and arguments[0] == "typer":
        os.write(int(os.environ["IMPORT_FD"]), b".")

sys.addaudithook(note)
"""


@contextmanager
def start(cxcall: Cxcall, words: tuple[str, ...]) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Start a command, and yield it with a pipe that gets a byte when the command starts to load modules."""
    cxcall.file("hook/sitecustomize.py", ON_IMPORT)
    read_end, write_end = os.pipe()
    environment = {"PYTHONPATH": str(cxcall.folder / "hook"), "IMPORT_FD": str(write_end)}
    with subprocess.Popen(
        [str(CXCALL), *words],
        cwd=cxcall.folder,
        env={**cxcall.environment, **environment},
        pass_fds=(write_end,),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as process:
        os.close(write_end)
        yield process, read_end
    os.close(read_end)


def run_and_signal(
    cxcall: Cxcall, words: tuple[str, ...], number: int, instant: float, *, is_import: bool = False
) -> tuple[int, str]:
    """Run a command, send it a signal some seconds after its first instruction; return its result.

    With `is_import`, the time starts at the first import of a library.
    """
    with start(cxcall, words) as (process, pipe):
        if is_import:
            os.read(pipe, 1)
        else:
            wait_for_handler(process)
        end = time.perf_counter() + instant
        while time.perf_counter() < end:
            pass
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
    return process.returncode, err.decode()


def listed(cxcall: Cxcall) -> list[dict[str, Any]]:
    """Return the recorded deliveries."""
    found: list[dict[str, Any]] = cxcall("history", "list", "-o", "json", code=0).envelope["data"][
        "deliveries"
    ]
    return found


@pytest.mark.slow
def test_signals_at_seeded_instants_end_with_a_documented_code(cxcall: Cxcall) -> None:
    seeded = Random(17)
    cxcall.file("p.json", {"contactId": 1})
    cxcall.file("401.txt", "HTTP/1.1 401 Unauthorized\n\n")
    codes: Counter[int] = Counter()
    ends: dict[str, tuple[tuple[str, ...], signal.Signals, float, int, str]] = {}
    with Platform() as platform:
        cxcall.environment |= platform.environment
        for turn in range(COUNT):
            command = seeded.choice((SEND, SEND, CHECK, EXPLAIN))
            number = seeded.choice((signal.SIGINT, signal.SIGTERM))
            instant = seeded.uniform(0, LONGEST) ** 2 / LONGEST if turn else 0  # one is early
            reason = f"signal-{turn}"
            words = tuple(reason if each == "x" else each for each in command)
            is_import = seeded.random() < 1 / 3
            code, err = run_and_signal(cxcall, words, number, instant, is_import=is_import)
            codes[code] += 1
            shown = (words, number, instant, code, err)
            assert code in DOCUMENTED, shown
            for word in ("Traceback", "panicked", "Exception ignored", "itself failed"):
                assert word not in err, shown
            ends[reason] = shown
        # Counted at the end, because a request may arrive after the end of the command that sent it.
        dialed = Counter(body["reasonCode"] for body in platform.order)
        assert not [
            ends[each] for each, count in dialed.items() if count > 1 or ends[each][3] == 130
        ]
        recorded = Counter(record["outcome"] for record in listed(cxcall))
    sends = Counter(code for words, _, _, code, _ in ends.values() if words[0] == SEND[0])
    assert (recorded["accepted"], recorded["unknown"]) == (sends[0], sends[8]), ends
    assert recorded["undelivered"] <= sends[130]
    assert codes[130], codes


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_modules_load_ends_with_130_and_nothing_else(
    cxcall: Cxcall, number: int
) -> None:
    instant = 0.01 if number == signal.SIGINT else 0.0
    assert run_and_signal(cxcall, CHECK, number, instant) == (130, "")


IMPORTING = """
import os, signal, sys
sys.path.insert(0, {folder!r})
sys.argv = ["cxcall", "validate", "p.json"]
import importlib.abc, importlib.machinery

class Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Finder())
from cxcall.__main__ import main
main()
"""


@pytest.mark.parametrize("module", ["typer", "jsonschema_rs"])
def test_a_signal_during_an_import_is_not_lost(cxcall: Cxcall, module: str) -> None:
    cxcall.file("p.json", {"contactId": 1})
    script = IMPORTING.format(folder=str(cxcall.folder), module=module)
    ran = subprocess.run(
        [sys.executable, "-c", script],
        cwd=cxcall.folder,
        env=cxcall.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in ran.stderr
    assert "panicked" not in ran.stderr
    assert ran.returncode in (130, 3), ran  # 3: it had ended before the signal was sent again


@pytest.mark.slow
def test_a_signal_in_code_that_rust_calls_interrupts_after_it() -> None:
    script = """
import signal, time
from pydantic import TypeAdapter
from pydantic_core import core_schema
from cxcall.runtime.signals import interrupt_on_signals

class Number:
    @classmethod
    def __get_pydantic_core_schema__(cls, source, handler):
        signal.raise_signal(signal.SIGINT)
        return core_schema.int_schema()

interrupt_on_signals(130)
adapter = None
try:
    adapter = TypeAdapter(Number)
    time.sleep(60)
except KeyboardInterrupt:
    print(adapter.validate_python(7))
"""
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout == "7\n"


def test_a_signal_between_the_last_import_and_the_delivery_is_not_swallowed(cxcall: Cxcall) -> None:
    cxcall.file(
        "sitecustomize.py",
        "import os, signal, sys\n"
        "def note(event, arguments):\n"
        "    if event == 'sqlite3.connect' and arguments[0] != ':memory:':\n"
        "        import threading\n"
        "        os.kill(os.getpid(), signal.SIGTERM)\n"
        "sys.addaudithook(note)\n",
    )
    with Platform() as platform:
        cxcall.environment |= {**platform.environment, "PYTHONPATH": str(cxcall.folder)}
        cxcall(*SEND, code=130)
        assert platform.rung == 0


def test_a_pipe_that_nobody_reads_does_not_keep_a_batch_from_ending(cxcall: Cxcall) -> None:
    import fcntl

    rows = 60
    line = '{"contactId": "%s", "reasonCode": "row %d"}\n'
    file = cxcall.file("rows.jsonl", "".join(line % (CONTACT, row) for row in range(rows)))
    words = ("batch", file, "--operation", "personal-connection", "--confirm", str(rows))
    reader, writer = os.pipe()
    size = fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    os.write(writer, b"." * size)  # it is full, and nobody reads it
    with Platform() as platform:
        cxcall.environment |= platform.environment
        with subprocess.Popen(
            [str(CXCALL), *words, "--rate", "1000/s"],
            cwd=cxcall.folder,
            env=cxcall.environment,
            stdin=subprocess.DEVNULL,
            stdout=writer,
            stderr=subprocess.DEVNULL,
        ) as process:
            assert platform.wait_for_rings(1)
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 9
    os.close(reader)
    os.close(writer)
    assert set(platform.dials.values()) == {1}


END_AT_IMPORT = """
import os, signal, sys

def end(event, arguments):
    if event == "import" and arguments[0] == os.environ["END_AT"]:
        os.kill(os.getpid(), int(os.environ["END_BY"]))

sys.addaudithook(end)
"""


@pytest.mark.parametrize(
    ("module", "number", "words"),
    [
        ("typer", signal.SIGINT, SEND),
        ("cxcall.runtime.streams", signal.SIGTERM, ("auth", "status")),
    ],
)
def test_signal_at_the_start_has_an_envelope(
    cxcall: Cxcall, module: str, number: int, words: tuple[str, ...]
) -> None:
    cxcall.file("hook/sitecustomize.py", END_AT_IMPORT)
    cxcall.environment |= {
        "PYTHONPATH": str(cxcall.folder / "hook"),
        "END_AT": module,
        "END_BY": str(int(number)),
    }

    def run(*words: str) -> tuple[int, bytes, bytes]:
        ran = subprocess.run(
            [str(CXCALL), *words],
            cwd=cxcall.folder,
            env=cxcall.environment,
            capture_output=True,
            check=False,
        )
        return ran.returncode, ran.stdout, ran.stderr

    code, out, err = run(*words, "-o", "json")
    assert (code, err) == (130, b"")
    envelope = json.loads(out)
    assert (envelope["command"], envelope["exitCode"]) == (
        " ".join(words[:1] if words is SEND else words),
        130,
    )
    if number == signal.SIGTERM:
        assert run(*words) == (130, b"", b"")
