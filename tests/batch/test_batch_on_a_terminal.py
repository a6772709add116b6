"""The output of a batch on a real terminal, and on stderr if stdout is a file."""

from __future__ import annotations

import json
import re
from threading import Event
from typing import TYPE_CHECKING, Any

import pexpect
import pytest

from cxcall.cli.actions.batch.result_printer import ProgressLines
from cxcall.output.output_options import OutputOptions
from cxcall.output.screen import Screen
from helpers.command import CAMPAIGN, screen, terminal
from helpers.platform_server import Platform, Reply

if TYPE_CHECKING:
    from helpers.command import Cxcall

CONTACT = "12345678-1234-4234-8234-{:012}"
FAULTS = {3: "+12025550143", 7: "+12025550150", 9: "+1202"}


def export(cxcall: Cxcall, count: int = 12) -> list[str]:
    """Write a file with a refused, an unknown, and an invalid row; return the words of the command."""
    numbers = [FAULTS.get(n, f"+120255511{n:02}") for n in range(count)]
    rows = [f"{CONTACT.format(n)},{number},{CAMPAIGN}" for n, number in enumerate(numbers)]
    name = cxcall.file("calls.csv", "\n".join(["contact-id,phone-number,campaignId", *rows]) + "\n")
    return [
        "batch",
        name,
        "--operation",
        "execute",
        "--sandbox",
        "--confirm",
        str(count - 1),
        "--rejects",
        "again.csv",
        "--rate",
        "500/s",
    ]


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("columns", "environment"), [(80, {}), (60, {"TERM": "dumb"})], ids=["80", "60-dumb"]
)
def test_terminal_shows_progress_and_then_a_table(
    cxcall: Cxcall, columns: int, environment: dict[str, str]
) -> None:
    with terminal(cxcall, *export(cxcall), columns=columns, **environment) as child:
        text = screen(child)
    assert child.exitstatus == 9
    assert ("━" in text) == ("TERM" not in environment)
    assert "\x1b" not in text or "TERM" not in environment
    totals = plain(text)[plain(text).index("OUTCOME") :]
    table = totals.splitlines()[:5]
    assert [line.split()[:3] for line in table] == [
        ["OUTCOME", "ROWS", "REASON"],
        ["unknown", "1", "outcome-unknown:"],
        ["refused", "1", "permission-missing:"],
        ["skipped", "1", "invalid-number"],
        ["accepted", "9"],
    ]
    assert all(len(line) <= columns for line in table)
    output = " ".join(totals.split())
    found = re.search(
        r"elapsed: [0-9.]+ s, [0-9.,]+/[smh] of \S+ permitted; latency: p50 \S+ ms, p95 \S+ ms",
        output,
    )
    assert found
    assert "2 rows to correct and send again: `again.csv`" in output
    assert "delivery 01" in output
    rejects = (cxcall.folder / "again.csv").read_text("utf-8").splitlines()
    assert [line.split(",")[1] for line in rejects] == ["phone-number", FAULTS[3], FAULTS[9]]


@pytest.mark.slow
def test_redirected_results_leave_progress_totals_and_resume_on_the_terminal(
    cxcall: Cxcall,
) -> None:
    words = [*export(cxcall), "--max-failures", "1", "--concurrency", "1"]
    (cxcall.folder / "run").write_text('cxcall "$@" -o jsonl > results.jsonl\n')
    path = cxcall.path_of_shells()
    with terminal(cxcall, "run", *words, columns=100, program="sh", PATH=path) as child:
        text = plain(screen(child))
    for part in ("━", "refused", "elapsed:", "stopped: 1 request failed", "--resume"):
        assert part in text
    lines = (cxcall.folder / "results.jsonl").read_text("utf-8").splitlines()
    assert all(json.loads(line) for line in lines)


class Stream:
    """A stream that is not a terminal."""

    def isatty(self) -> bool:
        """Return False."""
        return False


def test_log_gets_a_line_of_progress_every_ten_seconds() -> None:
    shown: list[str] = []
    stream: Any = Stream()
    lines = ProgressLines(Screen(OutputOptions(), stream, stream), 5000, shown.append)
    for second in range(25):
        lines.update(second * 100, "all well", float(second))
    assert shown == ["1,000 of 5,000 rows: all well", "2,000 of 5,000 rows: all well"]
    lines.update(2000, "waiting", 99.0)
    assert len(shown) == 2, "nothing has changed"
    quiet = ProgressLines(Screen(OutputOptions(quiet=True), stream, stream), 5000, shown.append)
    quiet.update(1, "", 99.0)
    assert len(shown) == 2


@pytest.mark.slow
def test_results_after_a_row_that_waits_are_shown_at_once(cxcall: Cxcall) -> None:
    """The first row has no response until the terminal has shown that the third was refused, and two others accepted."""
    is_shown = Event()

    def reply(body: Any, _count: int) -> Reply:
        if body["contactId"] == CONTACT.format(0):
            is_shown.wait(30)
        return Reply(400 if body["contactId"] == CONTACT.format(2) else 201)

    rows = [f"{CONTACT.format(n)},+120255511{n:02}" for n in range(4)]
    name = cxcall.file("calls.csv", "\n".join(["contact-id,phone-number", *rows]) + "\n")
    words = ["batch", name, "--operation", "execute", "--param", f"campaignId={CAMPAIGN}"]
    with Platform(reply) as platform:
        words += ["--confirm", "4", "--rate", "500/s"]
        with terminal(cxcall, *words, columns=80, NO_COLOR="1", **platform.environment) as child:
            found = child.expect(["row 3: refused", pexpect.TIMEOUT], timeout=20)
            found += child.expect(["3/4 1 refused, 2 accepted", pexpect.TIMEOUT], timeout=20)
            is_shown.set()
            text = plain(screen(child))
    assert not found, text
    assert "4/4 1 refused, 3 accepted" in text
