"""Streams that are closed, full, or missing: no traceback, and a correct exit code."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from helpers.cases import each_case
from helpers.command import CAMPAIGN, CONTACT, CXCALL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cxcall.sandbox.server import Sandbox
    from helpers.command import Cxcall

EXECUTE = f"execute {CAMPAIGN} --contact-id {CONTACT} --phone-number"
OUTCOMES = [
    ("+12025550100", 0, "accepted"),
    ("+12025550129", 6, "undelivered"),
    ("+12025550150", 8, "unknown"),
]
FULL = "the report could not be written: No space left on device"
PERSONAL = f"personal-connection --contact-id {CONTACT} --reason-code x"


def shell(
    cxcall: Cxcall, line: str, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a line of bash, where `cxcall` is the installed command; a fork of it if all of its streams are open."""
    program = f'cxcall() {{ {CXCALL} "$@"; }}; {line}' if "&-" in line else line
    return subprocess.run(
        ["bash", "-c", program],
        cwd=cxcall.folder,
        env={**cxcall.environment, "PATH": cxcall.path_of_shells(), **(env or {})},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.slow
def test_a_reader_that_leaves_is_no_fault(live: Cxcall) -> None:
    live("personal-connection", "--contact-id", CONTACT, "--reason-code", "x", code=0)
    for line in ("history export", "--help"):
        result = shell(live, f"cxcall {line} | true; echo ${{PIPESTATUS[0]}}")
        assert (result.stdout, result.stderr) == ("0\n", ""), line


@pytest.mark.slow
@pytest.mark.parametrize("target", ["/dev/full", "&-"])
def test_an_output_that_takes_nothing_does_not_change_what_happened(
    live: Cxcall, target: str
) -> None:
    result = shell(live, f"cxcall {PERSONAL} >{target}; echo $?")
    assert result.stdout == "0\n"
    assert "the report could not be written: " in result.stderr
    assert "; see `cxcall history show " in result.stderr
    assert "Traceback" not in result.stderr
    assert "accepted" in live("history", "list", code=0).out


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "code", "outcome", "flags", "full"),
    [
        *((*outcome, "", ["out"]) for outcome in OUTCOMES),
        (*OUTCOMES[0], "-v", ["err"]),
        (*OUTCOMES[-1], "", ["out", "err"]),
    ],
)
def test_the_exit_code_is_that_of_the_outcome_whatever_the_streams_take(
    live: Cxcall,
    sandbox: Sandbox,
    number: str,
    code: int,
    outcome: str,
    flags: str,
    full: list[str],
) -> None:
    with open("/dev/full", "wb") as device:
        out, err = (device.fileno() if each in full else subprocess.PIPE for each in ("out", "err"))
        process = live.begin(*EXECUTE.split(), number, *flags.split(), out=out, err=err)
        _, text = process.communicate(timeout=60)
    assert process.returncode == code, text
    assert "Traceback" not in text
    (sent,) = live("history", "list", "-o", "json", code=0).envelope["data"]["deliveries"]
    assert sent["outcome"] == outcome
    assert (FULL in text) == (full == ["out"])
    if full == ["out"]:
        assert f"`cxcall history show {sent['id']}`" in text
    assert len(sandbox.rings) <= 1


@pytest.mark.slow
def test_talk_that_nobody_reads_does_not_either(live: Cxcall) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    words = [str(CXCALL), *EXECUTE.split(), "+12025550129"]
    result = subprocess.run(
        words,
        cwd=live.folder,
        env={**live.environment, "CXCALL_MAX_WAIT": "1.5"},
        stdout=subprocess.PIPE,
        stderr=writer,
        timeout=60,
        check=False,
    )
    os.close(writer)
    assert result.returncode == 6
    assert "undelivered" in live("history", "list", code=0).out


@pytest.mark.slow
def test_a_batch_whose_talk_cannot_be_written_sends_every_row(
    live: Cxcall, sandbox: Sandbox
) -> None:
    rows = [f"{CAMPAIGN},{CONTACT},+1202555010{number}" for number in range(3)]
    live.file("calls.csv", "\n".join(["campaignId,contact-id,phone-number", *rows]))
    result = shell(live, "cxcall batch calls.csv --operation execute 2>/dev/full; echo $?")
    *results, code = result.stdout.splitlines()
    assert (len(results), code) == (3, "0")
    assert len(sandbox.rings) == 3
    live.file("one.csv", f"campaignId,contact-id,phone-number\n{CAMPAIGN},{CONTACT},+12025550104")
    result = shell(live, "cxcall batch one.csv --operation execute >/dev/full; echo $?")
    assert result.stdout == "9\n"  # nobody knows from its output which rows were accepted
    assert len(sandbox.rings) == 4


@pytest.mark.slow
def test_a_batch_goes_on_when_its_terminal_is_gone(live: Cxcall, sandbox: Sandbox) -> None:
    rows = [f"{CAMPAIGN},{CONTACT},+1202555010{number}" for number in range(4)]
    live.file("calls.csv", "\n".join(["campaignId,contact-id,phone-number", *rows]))
    ours, theirs = os.openpty()
    words = [str(CXCALL), *["batch", "calls.csv", "--operation", "execute", "--rate", "5/s"]]
    with subprocess.Popen(
        words,
        cwd=live.folder,
        env=live.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=theirs,
    ) as running:
        os.close(theirs)
        assert os.read(ours, 1)
        os.close(ours)
        assert running.stdout is not None
        assert len(running.stdout.readlines()) == 4
    assert running.returncode == 0
    assert len(sandbox.rings) == 4


@pytest.mark.slow
def test_a_call_that_is_followed_stays_accepted_where_nothing_can_be_written(live: Cxcall) -> None:
    call = f"call --to +12025550100 --as {CONTACT} --wait"
    result = shell(live, f"cxcall {call} >/dev/full; echo $?")
    assert result.stdout == "0\n"
    assert FULL in result.stderr
    assert "accepted" in live("history", "list", code=0).out


QUIET = [
    *("--version", "operations", "completion bash"),
    *("history list -o jsonl", "", "validate -o json p.json"),
    f"{EXECUTE} +12025550100 --dry-run",
]
UNBUFFERED = ["--version", "operations"]
"""A command that writes bytes at the end of the process, and one that writes a table."""


@pytest.fixture
def written(live: Cxcall) -> Cxcall:
    """Return the command, with a delivery and a payload to report on."""
    live(*PERSONAL.split(), code=0)
    live.file("p.json", {"contactId": CONTACT, "reasonCode": "x"})
    return live


@pytest.mark.slow
@each_case(
    "line, unbuffered",
    [*((line, "") for line in QUIET), *((line, "1") for line in UNBUFFERED)],
    quick=1,
)
def test_a_report_that_cannot_be_written_is_no_success(
    written: Cxcall, line: str, unbuffered: str
) -> None:
    env = {"PYTHONUNBUFFERED": unbuffered} if unbuffered else {}
    with open("/dev/full", "wb") as full:
        process = written.begin(*line.split(), out=full.fileno(), env=env)
        _, text = process.communicate(timeout=60)
        assert process.returncode == 2
        assert [each for each in text.splitlines() if "written" in each] == [FULL]
        assert "Traceback" not in text
        assert "error[" not in text
        if not unbuffered:
            silent = written.begin(*line.split(), out=full.fileno(), err=full.fileno())
            assert silent.wait(timeout=60) == 2


@pytest.mark.slow
def test_neither_is_what_a_shell_asks_for(cxcall: Cxcall) -> None:
    env = {"_CXCALL_COMPLETE": "bash", "_CXCALL_LINE": "cxcall "}
    result = shell(cxcall, "cxcall >/dev/full; echo $?", env)
    assert (result.stdout, result.stderr) == ("2\n", f"{FULL}\n")


@pytest.mark.slow
@pytest.mark.parametrize(("line", "target"), [("operations", ">&-"), ("nope", ">&- 2>&-")])
def test_streams_that_are_closed_are_no_fault(cxcall: Cxcall, line: str, target: str) -> None:
    code = 2 if line == "nope" else 0
    result = shell(cxcall, f"(cxcall {line} {target}); echo $?")
    assert result.stdout.splitlines()[-1] == str(code)
    assert "Traceback" not in result.stderr


@pytest.mark.slow
def test_a_closed_stderr_does_not_either(live: Cxcall) -> None:
    result = shell(live, f"cxcall {PERSONAL} --force 2>&-; echo $?")
    assert [line for line in result.stdout.splitlines() if line.isdigit()] == ["0"]


@pytest.mark.slow
def test_a_locale_without_unicode_is_no_fault(cxcall: Cxcall) -> None:
    name = cxcall.file("p.json", {"contactId": "é☎"})
    env = {"LC_ALL": "POSIX", "PYTHONIOENCODING": "ascii"}
    assert r"\u00e9" in cxcall("validate", name, env=env, code=3).out
    call = ("personal-connection", "--contact-id", CONTACT, "--reason-code", "é☎😀", "-n")
    ran = cxcall(*call, env=env, code=0)
    assert json.loads(ran.out[ran.out.index("{") :])["reasonCode"] == "é☎😀"


@pytest.mark.slow
def test_pipes_get_utf8_whatever_the_locale(cxcall: Cxcall) -> None:
    name = cxcall.file("p.json", {"contactId": "é😀"})
    bare = {**cxcall.environment, "LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    result = cxcall.run([str(CXCALL), "validate", name, "-o", "json"], b"", bare)
    assert "é😀" in str(json.loads(result.stdout)["findings"])


def test_a_state_folder_that_cannot_be_made_stops_it_before_anything_is_sent(live: Cxcall) -> None:
    live.file("file", "")
    ran = live(
        *PERSONAL.split(),
        "-o",
        "json",
        code=2,
        env={"CXCALL_STATE_DIR": str(live.folder / "file" / "state")},
    )
    assert "ledger" in ran.codes


@pytest.mark.slow
def test_an_input_that_was_closed_is_an_empty_one(live: Cxcall) -> None:
    sent = shell(live, f"cxcall {PERSONAL} --yes <&-; echo $?")
    assert sent.stdout.endswith("0\n"), sent
    empty = shell(live, "cxcall personal-connection --file - --yes <&-; echo $?")
    assert empty.stdout == "3\n", empty
    assert "fault" not in sent.stderr + empty.stderr
