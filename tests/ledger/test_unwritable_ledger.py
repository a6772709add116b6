"""A ledger that cannot be written, on a full disk or in a folder that is a file, is reported; nothing is sent."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from helpers.command import CONTACT, CXCALL

if TYPE_CHECKING:
    from helpers.command import Cxcall

CALL = ("personal-connection", "--contact-id", CONTACT, "--reason-code", "x")


def on_a_full_disk(
    cxcall: Cxcall, *words: str, blocks: int = 0
) -> subprocess.CompletedProcess[str]:
    """Run the command with a limit on the size of files, in KiB; it prints into pipes."""
    line = f"trap '' XFSZ; ulimit -f {blocks}; exec \"$@\""
    return subprocess.run(
        ["bash", "-c", line, "bash", str(CXCALL), *words],
        cwd=cxcall.folder,
        env=cxcall.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.slow
def test_copy_on_a_full_disk_is_the_problem_and_not_the_ledger(cxcall: Cxcall) -> None:
    cxcall(*CALL, "--sandbox", code=0)
    ran = on_a_full_disk(cxcall, "history", "backup", "copy.sqlite3", blocks=64)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "the ledger `" in ran.stderr
    assert "copy.sqlite3" in ran.stderr
    assert not (cxcall.folder / "copy.sqlite3").exists()


def ledger_check(cxcall: Cxcall) -> dict[str, str]:
    """Return the result of the check of the ledger; no host responds, so doctor ends with 5."""
    env = {"CXCALL_BASE_URL": "http://127.0.0.1:1"}
    checks = cxcall("doctor", "-o", "json", code=5, env=env).envelope["data"]["checks"]
    [found] = [each for each in checks if each["check"] == "ledger"]
    return dict(found)


def test_doctor_checks_a_ledger_that_does_not_exist_yet_and_creates_none(cxcall: Cxcall) -> None:
    assert ledger_check(cxcall)["verdict"] == "passed"
    assert not (cxcall.folder / "state").exists()


def test_doctor_reports_a_folder_where_no_ledger_can_be_made(cxcall: Cxcall) -> None:
    cxcall.file("file", "")
    cxcall.environment["CXCALL_STATE_DIR"] = str(cxcall.folder / "file" / "state")
    found = ledger_check(cxcall)
    assert found["verdict"] == "failed"
    assert "cannot be opened" in found["says"]


@pytest.mark.slow
def test_doctor_changes_nothing_and_notices_a_full_disk_and_a_lost_ledger(live: Cxcall) -> None:
    live(*CALL, code=0)
    file = live.folder / "state" / "ledger.sqlite3"
    before = file.read_bytes()
    assert ledger_check(live)["verdict"] == "passed"
    assert file.read_bytes() == before
    full = on_a_full_disk(live, "doctor")
    assert [line.split("\t")[0] for line in full.stdout.splitlines() if "ledger" in line][:1] == [
        "failed"
    ]
    file.unlink()
    found = ledger_check(live)
    assert found["verdict"] == "failed"
    assert "records are missing" in found["says"]


FULL_DISK = """
mount -t tmpfs -o size=$1k tmpfs state && shift || exit 99
"$@" > first.txt 2>&1; echo $?
ls -A state
mount -o remount,size=8m state
"$@" > second.txt 2>&1; echo $?
"""


@pytest.mark.slow
def test_disk_that_is_full_while_the_ledger_is_created_leaves_no_half_made_ledger(
    live: Cxcall,
) -> None:
    """The disk has room for a part of the first files."""
    (live.folder / "state").mkdir()
    command = ["unshare", "-rm", "bash", "-c", FULL_DISK, "bash", "120", str(CXCALL), *CALL]
    ran = subprocess.run(
        command,
        cwd=live.folder,
        env=live.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if ran.returncode == 99 or "unshare" in ran.stderr:
        pytest.skip("this user may not mount a file system")
    first, *left, second = ran.stdout.splitlines()
    assert (first, second) == ("2", "0")
    assert not [name for name in left if name.startswith(".")]
