"""`batch --strict` sends nothing if a row would be skipped; without it, a skipped row is a warning."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from helpers.batch_files import contact
from helpers.command import CAMPAIGN
from helpers.platform_server import Platform

if TYPE_CHECKING:
    from collections.abc import Mapping

    from helpers.command import Cxcall, Ran

pytestmark = pytest.mark.slow

EXECUTE = ("--operation", "execute", "--param", f"campaignId={CAMPAIGN}", "--rate", "500/s")
GOOD, OTHER, LISTED = "+12025550101", "+12025550103", "+12025550102"
UNLIKELY = "+1202555010"


def table(*rows: tuple[int, str]) -> str:
    """Return a table with a contact's number and a phone number on each line."""
    lines = [f"{contact(number)},{phone}" for number, phone in rows]
    return "\n".join(["contact-id,phone-number", *lines]) + "\n"


SKIPPED: Mapping[tuple[str, ...], tuple[str, Mapping[tuple[int, str], str]]] = {
    ("--do-not-call", "dnc.txt"): (
        "7 skipped (5 invalid-number, 1 do-not-call, 1 duplicate)",
        {
            (2, LISTED): "do-not-call",
            (3, "911"): "phone-kind",
            (4, "+19005550105"): "phone-kind",
            (5, "2025550103"): "phone-format",
            (6, UNLIKELY): "phone-unlikely",
            (7, ""): "property-missing",
            (1, GOOD): "duplicate-row",
        },
    ),
    ("--hours", "00:00-00:00:01"): (
        "3 skipped (2 outside-hours, 1 no-calling-hours)",
        {(2, OTHER): "outside-hours", (3, "+80012345678"): "outside-hours"},
    ),
}
"""Flags, the counts of the rows that are skipped, and the code of the finding on each row after the first one."""


def findings_of(ran: Ran) -> list[tuple[str, str]]:
    """Return the code and the severity of each finding of a check."""
    found = (each for line in ran.out.splitlines() for each in json.loads(line)["findings"])
    return [(each["code"], each["severity"]) for each in found]


@pytest.mark.parametrize("flags", SKIPPED, ids=["numbers", "hours"])
def test_row_that_is_skipped_with_a_warning_stops_a_strict_batch_before_it_sends(
    cxcall: Cxcall, flags: tuple[str, ...]
) -> None:
    cxcall.file("config/config.toml", '[profiles.default]\nhours_policy = "enforce"\n')
    cxcall.file("dnc.txt", f"{LISTED}\n")
    counts, rows = SKIPPED[flags]
    file = cxcall.file("calls.csv", table((1, GOOD), *rows))
    words = ("batch", file, *EXECUTE, *flags)
    shown = cxcall(*words, "--dry-run", code=0)
    assert counts in shown.err
    for row, code in enumerate(rows.values(), 2):
        assert f"warning[{code}]: row {row}: " in shown.err
    assert "error[" not in shown.err
    with Platform() as platform:
        cxcall.environment |= platform.environment
        for more in (("--confirm", "9"), ("--dry-run",)):
            found = findings_of(cxcall(*words, "--strict", *more, "-o", "jsonl", code=3))
            for code in rows.values():
                assert (code, "warning" if code == "phone-unlikely" else "error") in found
    assert platform.rung == 0


def test_warning_alone_stops_a_strict_batch(cxcall: Cxcall) -> None:
    """A number that nobody has is not an error, because the API may accept it."""
    words = ("batch", cxcall.file("calls.csv", table((1, GOOD), (2, UNLIKELY))), *EXECUTE)
    with Platform() as platform:
        cxcall.environment |= platform.environment
        ran = cxcall(*words, "--strict", "--confirm", "2", "-o", "jsonl", code=3)
    assert ("phone-unlikely", "warning") in findings_of(ran)
    assert platform.rung == 0


def test_person_who_was_called_too_often_stops_a_strict_batch(cxcall: Cxcall) -> None:
    words = (*EXECUTE, "--max-attempts", "1/day", "--strict", "-o", "json", "--confirm")
    with Platform() as platform:
        cxcall.environment |= platform.environment
        cxcall("batch", cxcall.file("one.csv", table((1, GOOD))), *words, "1", code=0)
        file = cxcall.file("two.csv", table((2, GOOD), (3, OTHER)))
        unreachable = {"CXCALL_LEDGER": "postgresql://127.0.0.1:1/x"}
        cxcall("batch", file, *words, "2", "-n", code=0, env=unreachable)
        assert cxcall("batch", file, *words, "2", code=3).codes == ["max-attempts"]
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
