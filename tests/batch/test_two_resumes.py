"""Two runs of one batch, of which one has an edited file, call nobody twice."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from cxcall.sending.configured_ledger import open_ledger
from helpers.command import CAMPAIGN
from helpers.platform_server import Platform, Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from helpers.command import Cxcall, Ran

WORDS = ("--operation", "execute", "--param", f"campaignId={CAMPAIGN}", "--rate", "500/s")
RESUME = (*WORDS, "--resume", "--concurrency", "1", "-o", "jsonl", "--confirm")
ROWS = 4
POSTPONED = 1
"""The row that ends the first run of the batch; the one before it is accepted."""


def number_of(row: int) -> str:
    return f"+1202555010{row}"


def write(cxcall: Cxcall, name: str, order: list[int]) -> str:
    """Write rows in some order, with a name that is a part of each request."""
    contact = "12345678-1234-4234-8234-{:012}"
    lines = [f"{contact.format(row)},{number_of(row)},{name}" for row in order]
    heading = "contact-id,phone-number,/contactSpec/contactData/firstName"
    return cxcall.file("calls.csv", "\n".join((heading, *lines)) + "\n")


class Dialer(Platform):
    """A platform that counts the calls to each number; `meanwhile` runs before it answers the first call to one."""

    def __init__(self) -> None:
        super().__init__(self._answer)
        self.called: list[str] = []
        self.postponed = number_of(POSTPONED)
        self.meanwhile: dict[str, Callable[[], object]] = {}

    def _answer(self, body: Any, _count: int) -> Reply:
        number = str(body["contactSpec"]["contactData"]["phoneNumber"])
        if number == self.postponed:  # longer than `max_wait`: the run ends
            return Reply(429, {}, {"Retry-After": "900"})
        self.called.append(number)
        if action := self.meanwhile.pop(number, None):
            action()
        return Reply()


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, cxcall: Cxcall) -> None:
    """Choose the database of the ledger."""
    if request.param == "postgres":
        cxcall.environment["CXCALL_LEDGER"] = request.getfixturevalue("postgres_url")


@pytest.fixture
def dialer(request: pytest.FixtureRequest, cxcall: Cxcall) -> Iterator[Dialer]:
    """Run a platform for a file of rows."""
    if "place" in request.fixturenames:
        request.getfixturevalue("place")
    write(cxcall, "Ada", [*range(ROWS)])
    with Dialer() as running:
        cxcall.environment |= running.environment | {"CXCALL_DUPLICATE_WINDOW": "0.001"}
        yield running


def outcomes(ran: Ran) -> list[str]:
    *rows, _ = map(json.loads, ran.out.splitlines())
    return [each["outcome"] for each in rows]


def without_stopped(ran: Ran) -> list[str]:
    """Return the outcomes of the rows that a run had sent before it noticed the other run."""
    return [each for each in outcomes(ran) if each != "stopped"]


@pytest.mark.slow
@pytest.mark.usefixtures("place")
def test_a_resumed_run_ends_when_another_one_has_an_edited_file(
    cxcall: Cxcall, dialer: Dialer
) -> None:
    cxcall("batch", "calls.csv", *WORDS, "--concurrency", "1", "--confirm", str(ROWS), code=9)
    dialer.postponed = ""
    shutil.copy(cxcall.folder / "calls.csv", cxcall.folder / "before.csv")
    ends = []

    def resume_edited() -> None:
        write(cxcall, "ADA", [*reversed(range(ROWS))])
        ends.append(cxcall("batch", "calls.csv", *RESUME, str(ROWS - 2), code=9))

    dialer.meanwhile[number_of(POSTPONED)] = resume_edited
    first = cxcall("batch", "before.csv", *RESUME, str(ROWS - 1), code=9)
    assert sorted(dialer.called) == [number_of(row) for row in range(ROWS)]
    assert without_stopped(first) == ["accepted", "accepted"]
    assert "another process resumed this batch with a changed file" in first.err
    assert outcomes(ends[0]) == ["accepted", "accepted", "skipped", "skipped"]


@pytest.mark.slow
def test_a_first_run_ends_when_its_batch_is_resumed_with_an_edited_file(
    cxcall: Cxcall, dialer: Dialer
) -> None:
    dialer.postponed = ""

    def resume_edited() -> None:
        write(cxcall, "ADA", [*range(ROWS)])
        cxcall("batch", "calls.csv", *RESUME, str(ROWS - 1), code=9)

    dialer.meanwhile[number_of(0)] = resume_edited
    words = (*WORDS, "--concurrency", "1", "-o", "jsonl", "--confirm", str(ROWS))
    first = cxcall("batch", "calls.csv", *words, code=9)
    assert sorted(dialer.called) == [number_of(row) for row in range(ROWS)]
    assert without_stopped(first) == ["accepted"]


@pytest.mark.slow
def test_workers_send_no_row_after_the_batch_was_resumed_with_another_file(
    cxcall: Cxcall, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other run began before the rows were in the queue, and records its file after that."""
    write(cxcall, "Ada", [*range(ROWS)])
    with Dialer() as dialer:
        dialer.postponed = ""
        cxcall.environment |= dialer.environment | {"CXCALL_LEDGER": postgres_url}
        words = ("calls.csv", *WORDS, "--queue", "--confirm", str(ROWS))
        batch = cxcall("batch", *words, code=0).out.strip()
        for name in ("CXCALL_LEDGER", "CXCALL_CONFIG_DIR"):
            monkeypatch.setenv(name, cxcall.environment[name])
        with open_ledger() as ledger:
            ledger.batches.record_content(batch, "another content", 1)
        cxcall("worker", "--until-empty", code=9)
        assert dialer.called == []
        assert "stopped" in cxcall("batch", "status", batch, code=0).out
        cxcall("batch", *words, "--resume", code=0)
        cxcall("worker", "--until-empty", code=0)
    assert sorted(dialer.called) == [number_of(row) for row in range(ROWS)]
