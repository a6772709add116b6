"""`batch --strict` sends nothing if a row would be skipped; without it, a skipped row is a warning."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from helpers.batch_files import contact
from helpers.command import CAMPAIGN
from helpers.platform_server import Platform, Reply

if TYPE_CHECKING:
    from collections.abc import Sequence

    from helpers.command import Cxcall

pytestmark = pytest.mark.slow

EXECUTE = ("--operation", "execute", "--param", f"campaignId={CAMPAIGN}", "--rate", "500/s")
GOOD, OTHER, LISTED = "+12025550101", "+12025550103", "+12025550102"
NEVER = ("--hours", "00:00-00:00:01")


def table(*rows: tuple[int, str]) -> str:
    """Return a table with a contact's number and a phone number on each line."""
    lines = [f"{contact(number)},{phone}" for number, phone in rows]
    return "\n".join(["contact-id,phone-number", *lines]) + "\n"


SKIPPED: dict[str, tuple[str, Sequence[str], str, str]] = {
    "do-not-call": (LISTED, ("--do-not-call", "dnc.txt"), "do-not-call", "do-not-call"),
    "emergency number": ("911", (), "invalid-number", "phone-kind"),
    "premium-rate number": ("+19005550105", (), "invalid-number", "phone-kind"),
    "number that is not in E.164": ("2025550103", (), "invalid-number", "phone-format"),
    "number that nobody has": ("+1202555010", (), "invalid-number", "phone-unlikely"),
    "missing number": ("", (), "invalid-number", "property-missing"),
    "duplicate": (GOOD, (), "duplicate", "duplicate-row"),
    "outside-hours": (OTHER, NEVER, "outside-hours", "outside-hours"),
    "no-calling-hours": ("+80012345678", NEVER, "no-calling-hours", "outside-hours"),
}
"""The second number of a file, more flags, the reason why its row is skipped, and the code of its finding."""


@pytest.mark.parametrize(("number", "flags", "reason", "code"), SKIPPED.values(), ids=SKIPPED)
def test_row_that_is_skipped_with_a_warning_stops_a_strict_batch_before_it_sends(
    cxcall: Cxcall, number: str, flags: Sequence[str], reason: str, code: str
) -> None:
    cxcall.file("config/config.toml", '[profiles.default]\nhours_policy = "enforce"\n')
    cxcall.file("dnc.txt", f"{LISTED}\n")
    is_copy = reason == "duplicate"
    file = cxcall.file("calls.csv", table((1, GOOD), (1 if is_copy else 2, number)))
    words = ("batch", file, *EXECUTE, *flags)
    shown = cxcall(*words, "--dry-run", code=0)
    assert re.search(f"skipped \\(.*[12] {reason}", shown.err)
    assert f"warning[{code}]: row 2: " in shown.err
    assert "error[" not in shown.err
    with Platform() as platform:
        cxcall.environment |= platform.environment
        for more in (("--confirm", "2"), ("--dry-run",)):
            ran = cxcall(*words, "--strict", *more, "-o", "jsonl", code=3)
            last = json.loads(ran.out.splitlines()[-1])
            assert code in [each["code"] for each in last["findings"]]
    assert platform.rung == 0


def test_person_who_was_called_too_often_stops_a_strict_batch(cxcall: Cxcall) -> None:
    words = (*EXECUTE, "--max-attempts", "1/day", "--strict", "-o", "json", "--confirm")
    with Platform() as platform:
        cxcall.environment |= platform.environment
        cxcall("batch", cxcall.file("one.csv", table((1, GOOD))), *words, "1", code=0)
        file = cxcall.file("two.csv", table((2, GOOD), (3, OTHER)))
        new = {"CXCALL_STATE_DIR": str(cxcall.folder / "new")}
        cxcall("batch", file, *words, "2", "-n", code=0, env=new)
        assert not (cxcall.folder / "new").exists()
        unreachable = {"CXCALL_LEDGER": "postgresql://127.0.0.1:1/x"}
        assert "was not checked" in cxcall("batch", file, *words, "2", "-n", env=unreachable).out
        assert cxcall("batch", file, *words, "2", code=3).codes == ["max-attempts"]
        assert "max-attempts" in cxcall("batch", file, *words, "2", "-n", code=3).out
    assert platform.rung == 1


def test_changed_row_of_a_called_person_stops_a_strict_batch(cxcall: Cxcall) -> None:
    def answer(sent: dict[str, str], _count: int) -> Reply:
        return (
            Reply(429, {}, {"Retry-After": "900"}) if sent["contactId"] == contact(2) else Reply()
        )

    words = ("batch", "calls.csv", *EXECUTE, "--concurrency", "1", "--strict", "-o", "json")
    with Platform(answer) as platform:
        cxcall.environment |= platform.environment
        cxcall.file("calls.csv", table((1, GOOD), (2, OTHER)))
        cxcall(*words, "--confirm", "2", code=9)
        cxcall.file("calls.csv", table((3, GOOD), (2, OTHER)))
        ran = cxcall(*words, "--confirm", "2", "--resume", code=3)
    assert ran.codes == ["already-sent"]
    assert platform.rung == 1


def test_skipped_row_of_a_run_stays_an_error_of_its_own_result(cxcall: Cxcall) -> None:
    file = cxcall.file("calls.csv", table((1, GOOD), (1, GOOD)))
    with Platform() as platform:
        cxcall.environment |= platform.environment
        ran = cxcall("batch", file, *EXECUTE, "--confirm", "1", "-o", "jsonl", code=0)
    skipped = json.loads(ran.out.splitlines()[1])
    (finding,) = [each for each in skipped["findings"] if each["code"] == "duplicate-row"]
    assert (skipped["exitCode"], finding["severity"]) == (7, "error")


def test_row_that_strict_stops_is_not_one_to_correct(cxcall: Cxcall) -> None:
    cxcall.file("dnc.txt", f"{LISTED}\n")
    rows = table((1, GOOD), (1, GOOD), (2, LISTED), (3, "2025550103"))
    words = ("batch", cxcall.file("calls.csv", rows), *EXECUTE, "--do-not-call", "dnc.txt")
    more = ("--strict", "--skip-invalid", "--confirm", "1", "--rejects", "r.csv")
    with Platform() as platform:
        cxcall.environment |= platform.environment
        cxcall(*words, *more, code=9)
        cxcall("batch", "report", "--rejects", "again.csv", code=0)
    for name in ("r.csv", "again.csv"):
        (row,) = (cxcall.folder / name).read_text("utf-8").splitlines()[1:]
        assert row == f"{contact(3)},2025550103"
