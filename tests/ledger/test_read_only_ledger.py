"""Commands that only read the ledger work in a folder that cannot be written, and miss no record there."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from cxcall.ledger.errors import LedgerError
from cxcall.ledger.ledger import Ledger
from helpers.command import CONTACT, CXCALL
from helpers.ledger_process import intent
from helpers.ledgers import WINDOW

if TYPE_CHECKING:
    from pathlib import Path

    from helpers.command import Cxcall

CALL = ("personal-connection", "--contact-id", CONTACT, "--reason-code", "x", "--sandbox")
READ_ONLY_DISK = """
state=${CXCALL_STATE_DIR:-state}; mkdir -p "$state"
mount --bind "$state" "$state" && mount -o remount,bind,ro "$state" || exit 99
while read -r line; do "$0" $line 2>> errors.txt; echo "exit code $?"; done
"""


def on_a_read_only_disk(cxcall: Cxcall, *commands: str) -> list[str]:
    """Run commands while nobody can write to the state folder, not even root; return the lines of stdout."""
    ran = subprocess.run(
        ["unshare", "-rm", "bash", "-c", READ_ONLY_DISK, str(CXCALL)],
        input="\n".join(commands) + "\n",
        cwd=cxcall.folder,
        env=cxcall.environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if ran.returncode == 99 or "unshare" in ran.stderr:
        pytest.skip("this user may not mount a file system")
    return ran.stdout.splitlines()


@pytest.mark.slow
def test_deliveries_are_read_and_no_call_is_placed_on_a_read_only_disk(cxcall: Cxcall) -> None:
    delivery = cxcall(*CALL, "-o", "json", code=0).envelope["deliveryId"]
    lines = on_a_read_only_disk(
        cxcall,
        "history list -o jsonl",
        "history backup copy.sqlite3",
        " ".join(CALL),
        "history accept --yes",
    )
    assert sum(delivery in line for line in lines) == 1
    codes = [int(line.rpartition(" ")[2]) for line in lines if "exit code" in line]
    assert codes == [0, 0, 2, 2]
    assert "make it writable" in (cxcall.folder / "errors.txt").read_text()
    assert "1 delivery copied to copy.sqlite3" in lines
    assert [each.name for each in (cxcall.folder / "state").iterdir()] == ["ledger.sqlite3"]


@pytest.mark.slow
def test_ledger_that_does_not_exist_on_a_read_only_disk_has_no_deliveries(cxcall: Cxcall) -> None:
    lines = on_a_read_only_disk(cxcall, "history list")
    assert lines == ["exit code 0"]
    errors = (cxcall.folder / "errors.txt").read_text()
    assert "no deliveries yet" in errors


@pytest.mark.slow
def test_ledger_that_was_lost_on_a_read_only_disk_is_reported(cxcall: Cxcall) -> None:
    cxcall(*CALL, code=0)
    (cxcall.folder / "state" / "ledger.sqlite3").unlink()
    assert on_a_read_only_disk(cxcall, "history list") == ["exit code 7"]
    assert "records are missing" in (cxcall.folder / "errors.txt").read_text()


@pytest.mark.slow
def test_records_that_another_process_writes_are_read_on_a_read_only_disk(
    cxcall: Cxcall, folder: Path
) -> None:
    cxcall.environment["CXCALL_STATE_DIR"] = str(folder)
    with Ledger.open(folder) as ledger:
        delivery = ledger.begin(intent("still in the -wal file"), WINDOW)
        lines = on_a_read_only_disk(cxcall, "history list")
    assert [delivery in line for line in lines] == [True, False]


def test_ledger_that_changes_while_it_is_read_without_locks_is_reported(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder may be read-only for this process, but not for another one."""
    Ledger.open(folder).__exit__()
    with monkeypatch.context() as patch:
        patch.setattr(os, "access", lambda *_: False)
        reader = Ledger.open(folder, is_for_reading=True)
        Ledger.open(folder, is_for_reading=True).__exit__()  # unchanged
    with Ledger.open(folder) as ledger:
        ledger.begin(intent("meanwhile"), WINDOW)
        with pytest.raises(LedgerError, match="changed the ledger"), reader:
            assert reader.last() is None
