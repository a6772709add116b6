"""`cxcall validate` on long files, as a user meets it: many processes, pipes, signals, a bar."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from helpers.command import CONTACT, CXCALL, screen, terminal
from helpers.small_api import swagger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpers.command import Cxcall

GOOD = {"contactId": CONTACT, "reasonCode": "follow_up"}
KINDS = [
    json.dumps(GOOD),
    json.dumps(GOOD | {"reasonCode": "a second try, after the first was not answered"}),
    json.dumps(
        {
            "contactId": CONTACT,
            "contactSpec": {"contactId": CONTACT, "contactData": {"phoneNumber": "+12125550123"}},
        }
    ),
    json.dumps(
        {
            "contactId": CONTACT,
            "contactSpec": {"contactId": CONTACT, "contactData": {"phoneNumber": "+1234567890"}},
        }
    ),
    json.dumps(GOOD | {"contactId": "12345"}),
    json.dumps(GOOD | {"reasonCode": "your-reason"}),
    '{"contactId": "broken',
    "",
]
EVERY_KIND = [0, 1, 0, 2, 2, 2, 0, 1, 3, 0, 2, 4, 1, 5, 6, 7]
PADDED = " " * 200
WIDE = " " * 10_000
"""Makes a hundred lines more than one piece of work."""
FORMATS = ["text", "json", "jsonl", "github", "junit", "sarif"]


def lines(count: int, kinds: list[int] = EVERY_KIND, end: str = PADDED) -> str:
    """Return JSON Lines that end in blanks."""
    return "".join(f"{KINDS[kinds[at % len(kinds)]]}{end}\n" for at in range(count))


@contextmanager
def begin(cxcall: Cxcall, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """Start a command in a process group of its own; it does not outlive the block."""
    with subprocess.Popen(
        [str(CXCALL), *arguments],
        cwd=cxcall.folder,
        env=cxcall.environment,
        start_new_session=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMATS)
def test_output_does_not_depend_on_number_of_processes(cxcall: Cxcall, form: str) -> None:
    name = cxcall.file("many.jsonl", lines(600, [*EVERY_KIND, *[0] * 48], WIDE))
    alone = cxcall("validate", name, "--jobs", "1", "-o", form, code=3)
    as_many_as_cores = ((),) if form == "text" else ()
    for jobs in (("--jobs", "5"), *as_many_as_cores):
        shared = cxcall("validate", name, *jobs, "-o", form, code=3)
        assert (shared.out, shared.err) == (alone.out, alone.err)


def _in_line(verdict: dict[str, Any], file: str, line: int) -> dict[str, Any]:
    """Return a verdict on a file of one line as that on a line of another file."""
    place = {"file": file, "line": line}
    findings = [each | (place if each["line"] else {}) for each in verdict["findings"]]
    return verdict | place | {"findings": findings}


@pytest.mark.slow
def test_lines_are_reported_in_order_and_as_in_a_file_of_one_line(cxcall: Cxcall) -> None:
    name = cxcall.file("many.jsonl", lines(400, end=WIDE))
    output = [
        json.loads(line)
        for line in cxcall("validate", name, "--jobs", "3", "-o", "jsonl", code=3).out.splitlines()
    ]
    kinds = [EVERY_KIND[at % len(EVERY_KIND)] for at in range(400)]
    alone = {}
    for kind, text in enumerate(KINDS[:-1]):
        (found,) = cxcall(
            "validate", cxcall.file(f"{kind}.jsonl", text), "-o", "jsonl"
        ).out.splitlines()
        alone[kind] = json.loads(found)
    assert output == [
        _in_line(alone[kind], name, number) for number, kind in enumerate(kinds, 1) if KINDS[kind]
    ]


@pytest.mark.slow
def test_first_hundred_findings_are_shown_and_all_are_counted(
    cxcall: Cxcall,
) -> None:
    name = cxcall.file("many.jsonl", lines(1600))
    ran = cxcall("validate", name, code=3)
    assert ran.out.count("warning[phone-unlikely]: ") + ran.out.count("error[id-format]: ") < 100
    assert "      100  warning[phone-unlikely]" in ran.out
    assert "      100  error[id-format]" in ran.out
    assert "the first 100 findings are shown; add `--all` to show all" in ran.out
    assert "1,500 payloads, 1,300 valid" in ran.out
    every = cxcall("validate", name, "--all", code=3)
    assert every.out.count("error[id-format]: ") == 100
    assert "`--all`" not in every.out
    counts = cxcall("validate", name, "-o", "json", code=3).envelope["data"]["counts"]
    assert (counts["payloads"], counts["invalid"], counts["codes"]["id-format"]) == (1500, 200, 100)


@pytest.mark.slow
@pytest.mark.parametrize("jobs", ["1", "3"])
def test_csv_table_is_checked_by_several_processes(cxcall: Cxcall, jobs: str) -> None:
    rows = [f"{CONTACT if number % 9 else 'wrong'},row {number}\n" for number in range(3000)]
    name = cxcall.file("many.csv", "/contactId,/reasonCode\n" + "".join(rows))
    out = cxcall(
        "validate",
        name,
        "--operation",
        "personal-connection",
        "--jobs",
        jobs,
        "-o",
        "jsonl",
        code=3,
    ).out
    results = [json.loads(line) for line in out.splitlines()]
    assert [entry["line"] for entry in results] == [*range(2, 3002)]
    assert [entry["line"] - 2 for entry in results if not entry["valid"]] == [*range(0, 3000, 9)]


def test_line_of_a_pipe_is_reported_when_it_arrives(cxcall: Cxcall) -> None:
    with begin(cxcall, "validate", "-", "-o", "jsonl") as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{KINDS[0]}\n".encode())
        process.stdin.flush()
        for number, valid in enumerate([True, False, True, True, False, True], 1):
            if number > 1:
                process.stdin.write(f"{KINDS[0 if valid else 4]}\n".encode())
            if number == 1:
                continue  # one document or many? That is known when a second one starts.
            process.stdin.flush()
            for expected in (1, 2) if number == 2 else (number,):
                assert json.loads(process.stdout.readline())["line"] == expected
        process.stdin.close()
        assert process.wait(30) == 3


def test_document_that_arrives_in_pieces_is_one_payload(cxcall: Cxcall) -> None:
    with begin(cxcall, "validate", "-", "-o", "jsonl") as process:
        assert process.stdin is not None
        for piece in json.dumps(GOOD, indent=1).splitlines(keepends=True):
            process.stdin.write(piece.encode())
            process.stdin.flush()
        out, _ = process.communicate(timeout=30)
    assert [json.loads(line)["valid"] for line in out.splitlines()] == [True]


@pytest.mark.slow
def test_file_and_pipe_give_the_same_report(cxcall: Cxcall) -> None:
    text = lines(3000)
    of_file = cxcall("validate", cxcall.file("a.jsonl", text), "-o", "json", code=3).out
    for jobs in ("1", "3"):
        of_pipe = cxcall("validate", "-", "--jobs", jobs, "-o", "json", stdin=text, code=3).out
        assert of_pipe == of_file.replace("a.jsonl", "-")


def peak(cxcall: Cxcall, *arguments: str) -> int:
    """Run a command; returns the most memory that it, or a process of its own, had (KiB)."""
    script = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    result = subprocess.run(
        [sys.executable, "-c", script, str(CXCALL), *arguments],
        cwd=cxcall.folder,
        env=cxcall.environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return int(result.stdout)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no resource module")
@pytest.mark.parametrize(("jobs", "form"), [("1", "text"), ("2", "jsonl")])
def test_memory_does_not_grow_with_the_lines(cxcall: Cxcall, jobs: str, form: str) -> None:
    name, longer = cxcall.file("a.jsonl", lines(2000)), cxcall.file("b.jsonl", lines(20000))
    few = peak(cxcall, "validate", name, "--jobs", jobs, "-o", form)
    assert peak(cxcall, "validate", longer, "--jobs", jobs, "-o", form) < 1.2 * few


@pytest.fixture
def endless(cxcall: Cxcall) -> Iterator[str]:
    """Make a named pipe that lines come from, for as long as anybody reads them."""
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
    os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))  # a writer that nobody came for goes on
    writer.join()


def children(process: int) -> list[int]:
    """Return the processes that a process started."""
    text = Path(f"/proc/{process}/task/{process}/children").read_text("ascii")
    return [int(number) for number in text.split()]


def is_alive(process: int) -> bool:
    """Tell whether a process is there, and not only its exit status."""
    try:
        state = Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
@pytest.mark.parametrize("jobs", ["1", "3"])
def test_ctrl_c_ends_all_processes(cxcall: Cxcall, endless: str, jobs: str) -> None:
    with begin(cxcall, "validate", endless, "--jobs", jobs, "-o", "jsonl") as process:
        assert process.stdout is not None
        process.stdout.readline()
        while len(workers := children(process.pid)) < (3 if jobs == "3" else 0):
            assert process.poll() is None
        os.killpg(process.pid, signal.SIGINT)  # a terminal sends it to all of them
        _, err = process.communicate(timeout=30)
        assert process.returncode == 130
        assert b"Traceback" not in err
        assert not any(map(is_alive, workers))


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_killed_worker_is_reported(cxcall: Cxcall, endless: str) -> None:
    with begin(cxcall, "validate", endless, "--jobs", "3") as process:
        while len(workers := children(process.pid)) < 3:
            assert process.poll() is None
        os.kill(workers[1], signal.SIGKILL)
        out, err = process.communicate(timeout=30)
        assert process.returncode == 1
        assert out == b""
        assert b"a worker process ended unexpectedly; the check was not finished" in err
        assert b"--jobs 1" in err
        assert b"Traceback" not in err
        assert not any(map(is_alive, workers))


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_workers_end_when_the_parent_is_killed(cxcall: Cxcall, endless: str) -> None:
    with begin(cxcall, "validate", endless, "--jobs", "3") as process:
        while len(workers := children(process.pid)) < 3:
            assert process.poll() is None
        process.kill()
        process.communicate(timeout=30)  # a worker that lives on holds the other end of these pipes
        assert process.returncode == -signal.SIGKILL
        while any(map(is_alive, workers)):
            os.sched_yield()


def test_table_matches_the_operation_that_has_its_columns(cxcall: Cxcall) -> None:
    file = cxcall.file("some.csv", f"/contactId,/reasonCode\n{CONTACT},x\n")
    assert cxcall("validate", file, code=0).out == f"{file}:2: valid as personal-connection\n"
    other = cxcall.file("other.csv", "volume,weight\n1,2\n")
    assert "no known operation fits the columns" in cxcall("validate", other, code=2).out


@pytest.mark.slow
def test_progress_is_shown_on_a_terminal(cxcall: Cxcall) -> None:
    name = cxcall.file("many.jsonl", lines(5000, [4, 0]))
    with terminal(cxcall, "validate", name, "--jobs", "1", columns=100) as child:
        child.expect(r"\d/1\S* MiB, [\d,]+ checked, [\d,]+ invalid")
        text = screen(child)
    assert child.exitstatus == 3
    assert "5,000 payloads, 2,500 valid" in text
    assert text.rstrip().endswith("2,500 errors")


@pytest.mark.slow
def test_progress_is_not_shown_without_a_terminal(cxcall: Cxcall) -> None:
    name = cxcall.file("many.jsonl", lines(5000, [4, 0]))
    ran: Any = cxcall("validate", name, "--jobs", "1", code=3)
    assert ran.err == ""
    assert "MiB" not in ran.out


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


@pytest.mark.slow
def test_worker_knows_the_users_contract_with_every_start_method(cxcall: Cxcall) -> None:
    cxcall.file("script.py", SPAWN)
    contract = cxcall.file("own.json", swagger())
    bodies = [
        {"rank": 1, "volume": 2},
        {"rank": 0, "volume": 4},
        {"volume": 3},
        {"rank": 1, "label": "todo"},
    ]
    name = cxcall.file("own.jsonl", "".join(f"{json.dumps(body)}{WIDE}\n" for body in bodies * 50))
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
        for method in multiprocessing.get_all_start_methods()
    ]
    assert len(set(outs)) == 1
    assert [json.loads(line)[0] for line in outs[0].splitlines()] == [*range(1, 201)] * 2


@pytest.mark.slow
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
    alone = [
        json.loads(cxcall("validate", cxcall.file("one.jsonl", body), *contract, "-o", "jsonl").out)
        for body in bodies
    ]
    assert {entry["valid"] for entry in alone} == {True, False}
    name = cxcall.file("own.jsonl", "".join(f"{json.dumps(body)}{WIDE}\n" for body in bodies * 20))
    for jobs in ("1", "3"):
        out = cxcall("validate", name, *contract, "--jobs", jobs, "-o", "jsonl", code=3).out
        assert [json.loads(line) for line in out.splitlines()] == [
            _in_line(entry, name, number) for number, entry in enumerate(alone * 20, 1)
        ]
