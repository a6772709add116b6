"""A copy of the ledger that was used elsewhere lacks what was recorded here since, however many records it has."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from cxcall.findings.exit_codes import Outcome
from cxcall.findings.finding import with_notices
from cxcall.ledger.errors import MissingRecordsError
from cxcall.ledger.ledger import Ledger
from helpers.command import CONTACT
from helpers.ledger_process import intent
from helpers.missing_records import SEND, state_of

if TYPE_CHECKING:
    from pathlib import Path

    from helpers.command import Cxcall
    from helpers.platform_server import Platform

OTHER = ("personal-connection", "--contact-id", CONTACT, "--reason-code", "y", "--yes")


class Place:
    """A ledger with its marker, and copies of it in other places."""

    def __init__(self, folder: Path) -> None:
        self.state, self.elsewhere, self.markers = (
            folder / name for name in ("state", "elsewhere", "markers")
        )

    def open(self) -> Ledger:
        """Open the ledger of this place."""
        return Ledger.open(self.state, marker_folder=self.markers)

    def call(self, name: str) -> None:
        """Record an accepted request."""
        with self.open() as ledger:
            ledger.record_outcome(ledger.begin(intent(name), 900), Outcome.ACCEPTED)

    def call_elsewhere(self, *names: str) -> None:
        """Record requests in the copy, whose place has no marker."""
        for name in names:
            with Ledger.open(self.elsewhere) as ledger:
                ledger.record_outcome(ledger.begin(intent(name), 900), Outcome.REFUSED)

    def copy(self) -> None:
        """Copy the ledger to the other place."""
        shutil.copytree(self.state, self.elsewhere)

    def put_back(self) -> None:
        """Replace the ledger by the copy."""
        shutil.rmtree(self.state)
        shutil.copytree(self.elsewhere, self.state)

    def problem(self) -> str:
        """Return why the ledger lacks records."""
        with self.open() as ledger:
            return ledger.missing_records()

    @property
    def marker(self) -> Path:
        """The only marker."""
        (path,) = self.markers.iterdir()
        return path


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = Place(tmp_path)
    place.call("a")
    return place


@pytest.mark.slow
@pytest.mark.parametrize("others", [("x",), ("x", "y"), ("x", "y", "z")])
def test_copy_that_was_used_elsewhere_stops_calls(place: Place, others: tuple[str, ...]) -> None:
    place.copy()
    place.call("b")
    place.call_elsewhere(*others)
    place.put_back()
    with place.open() as ledger, pytest.raises(MissingRecordsError, match="was used elsewhere"):
        ledger.begin(intent("b"), 900)
    with place.open() as ledger:
        ledger.begin(intent("c", again=True), 900)  # a call on purpose does not complete the copy
    assert "copy" in place.problem()
    with place.open() as ledger:
        ledger.accept_missing_records()
        ledger.begin(intent("b"), 900)
    assert place.problem() == ""


def test_copy_with_all_records_that_was_used_elsewhere_is_accepted(place: Place) -> None:
    place.copy()
    place.call_elsewhere("x", "y")
    place.put_back()
    assert place.problem() == ""
    place.call("b")
    assert place.problem() == ""


def test_ledger_that_was_pruned_elsewhere_is_accepted(place: Place) -> None:
    place.copy()
    with Ledger.open(place.elsewhere) as ledger:
        assert ledger.prune(datetime.now(UTC) + timedelta(days=1)) == 1
    place.put_back()
    assert place.problem() == ""


def test_marker_that_is_older_than_its_ledger_is_accepted(place: Place) -> None:
    # A process was killed between its record and the marker.
    content = place.marker.read_bytes()
    place.call("b")
    place.marker.write_bytes(content)
    assert place.problem() == ""


def test_marker_of_an_earlier_version_gets_an_event(place: Place) -> None:
    content = json.loads(place.marker.read_text("utf-8"))
    del content["event"]
    place.marker.write_text(json.dumps(content), "utf-8")
    assert place.problem() == ""
    place.copy()
    place.call("b")
    place.call_elsewhere("x")
    place.put_back()
    assert "was used elsewhere" in place.problem()


def test_event_that_was_not_committed_is_not_in_the_marker(place: Place) -> None:
    def stop(_delivery: str) -> None:
        raise MissingRecordsError("another guard stops it")

    with place.open() as ledger:
        with pytest.raises(MissingRecordsError):
            ledger.begin(intent("b"), 900, fence=stop)
        ledger.batches.begin("p", "execute", "https://api.example.com", "v", "calls.csv", "d")
        place.call("c")
        ledger.record_outcome(ledger.begin(intent("d"), 900), Outcome.ACCEPTED)
    assert place.problem() == ""


def test_processes_that_write_by_turns_agree(place: Place) -> None:
    with place.open() as one, place.open() as two:
        for number in range(3):
            for name, ledger in (("one", one), ("two", two)):
                ledger.begin(intent(f"{name} {number}"), 900)
                assert place.problem() == ""
    assert json.loads(place.marker.read_text("utf-8"))["event"][0] == 8


@pytest.mark.parametrize(
    "content",
    [
        *("", "{", "[]", '{"generation": 1e400}'),
        *(f'{{"generation": 1, "event": [2, {at}]}}' for at in ("1e400", "1e300", "NaN")),
    ],
)
def test_damaged_marker_is_a_warning_until_the_next_call(place: Place, content: str) -> None:
    place.marker.write_text(content, "utf-8")
    assert place.problem() == ""
    messages = [notice.message for notice in with_notices(())]
    assert (
        f"the marker `{place.marker}` is damaged: an older copy of the ledger would not be noticed"
        in messages
    )
    place.call("b")
    assert json.loads(place.marker.read_text("utf-8"))["event"][0] == 4


@pytest.mark.slow
def test_every_command_notices_a_copy_that_was_used_elsewhere(
    cxcall: Cxcall, platform: Platform
) -> None:
    cxcall(*OTHER, code=0)
    state, copy = state_of(cxcall), cxcall.folder / "copy"
    shutil.copytree(state, copy)
    cxcall(*SEND, code=0)
    with Ledger.open(copy) as ledger:
        ledger.record_outcome(ledger.begin(intent("x"), 900), Outcome.REFUSED)
    shutil.rmtree(state)
    shutil.copytree(copy, state)
    for words in (SEND, ("history", "list")):
        assert "was used elsewhere" in cxcall(*words, code=7).err
    assert "was used elsewhere" in cxcall("doctor", code=5).out
    assert platform.rung == 2
