"""Detect that a ledger disappeared or is another copy: by a marker in another folder, and by what all its machines know.

The machines that share a ledger have marks in rows of its table `decision`. A machine whose marker shows that records
are missing stops all machines, until a person accepts that. A machine without a marker, such as a new container,
detects it by the server: a promoted standby may lack the last records.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from datetime import UTC, datetime
from threading import Lock
from typing import TYPE_CHECKING

from cxcall.findings.finding import Finding, add_notice
from cxcall.ledger.checksummed_rows import changes_of_id
from cxcall.ledger.schema import DecisionKind
from cxcall.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cxcall.ledger.checksummed_rows import LedgerRows, State

_SHARED = "shared"
"""The member of the marker of a database, which other machines may share."""
_WIDTH = 200
"""Bytes of a marker, written at once so that a kill cannot leave half a marker."""


class Mark(NamedTuple):
    """The last change of a ledger that this place has seen: its generation, and the number and time of its last event.

    The event is 0 if it is not known, as in a marker of an earlier version.
    """

    generation: int
    event: int = 0
    at: float = 0.0


class LedgerMarker:
    """The ID and the last change of the ledger of one place, stored outside the ledger.

    The place is a state folder, or the address of a database. It is one small file, `KEY-ID.json`; the key
    stands for the place. A change of it is not synchronized to the disk: after a power failure it may be
    older than its ledger, never newer. A copy that went on elsewhere may have as many changes, or more: it
    has another event in place of the one of the mark. An event that is not there any more was pruned, because
    no number is used again.
    """

    def __init__(self, folder: Path | None, place: str) -> None:
        self._folder, self._lock = folder, Lock()
        self._key = hashlib.sha256(place.encode("utf-8", "surrogateescape")).hexdigest()[:16]
        self._place = place
        self._marks = self._read()
        self.time_of_event: Callable[[int], float | None] = lambda _number: None
        """Returns the time of an event of the ledger by its number, and None if it was pruned."""
        self._found: Mark | None = None
        """The mark whose event the ledger has, so that it is searched only once."""

    def _read(self) -> dict[str, Mark]:
        """Return the mark of each ledger by its ID."""
        found: dict[str, Mark] = {}
        if self._folder is None:
            return found
        try:
            for path in self._folder.iterdir():
                if path.match(f"{self._key}-*.json"):
                    found[path.stem.removeprefix(f"{self._key}-")] = _read_mark(path)
        except FileNotFoundError:
            pass
        except OSError as error:
            add_notice(_marker_notice(self._folder, error))
        return found

    def warn_of_shared_ledger(self) -> None:
        """Add a notice if this file is a new ledger, but a database was the ledger with the same settings before.

        A variable that is set in a shell may be missing in a cron job.
        """
        if self._marks or self._folder is None:
            return
        with suppress(OSError, ValueError):
            texts = [each.read_text("utf-8") for each in self._folder.glob("*.json")]
            if any(json.loads(each).get(_SHARED) is True for each in texts):
                add_notice(_shared_notice())

    def problem(self, state: State) -> str:
        """Return why a ledger lacks records; empty if nothing shows that."""
        if not self._marks:
            return ""
        if state.id not in self._marks and state.id in (stored := self._read()):
            self._marks = stored  # a person has accepted this ledger, in another process
        mark = self._marks.get(state.id)
        if mark is None:
            if self._other_copies(state):
                return (
                    f"the ledger in `{self._place}` was restored from an older copy:"
                    " its last records are missing"
                )
            return self.loss()
        if (count := mark.generation - state.generation) > 0:
            missing = "last change is" if count == 1 else f"last {count} changes are"
            return f"the ledger in `{self._place}` is an older copy: its {missing} missing"
        if self._lacks_event(mark, state):
            from cxcall.findings.times_in_text import utc_text

            at = datetime.fromtimestamp(mark.at, UTC)
            return (
                f"the ledger in `{self._place}` is a copy that was used elsewhere:"
                f" what was recorded here at {utc_text(at)} is missing"
            )
        return ""

    def _lacks_event(self, mark: Mark, state: State) -> bool:
        """Return whether a ledger has another event in place of the one of the mark, or has not come so far."""
        if mark.event > state.last_event:
            return True
        if mark.event and mark != self._found:
            if self.time_of_event(mark.event) not in (mark.at, None):
                return True
            self._found = mark
        return False

    def loss(self) -> str:
        """Return the message that the ledger was lost or replaced; empty if there never was one."""
        if not self._marks:
            return ""
        return (
            f"the ledger in `{self._place}` is not the same as before:"
            " the earlier ledger was deleted or replaced, and its records are missing"
        )

    def is_older_copy(self, state: State) -> bool:
        """Return whether a later or another state was seen of the same ledger, or of the ledger that it became."""
        changes, mark = changes_of_id(state.id), self._marks.get(state.id, Mark(0))
        is_left = any(changes_of_id(each) > changes for each in self._other_copies(state))
        return is_left or state.generation < mark.generation or self._lacks_event(mark, state)

    def _other_copies(self, state: State) -> list[str]:
        """Return the other ledgers that were seen and have the same origin."""
        others = self._marks.keys() - {state.id}
        return [each for each in others if each.startswith(state.digest_key)]

    def advance(self, state: State, event_at: float | None = None) -> None:
        """Write a committed state, with the time of its last event if it is new, unless records are missing."""
        with self._lock:
            known = self._marks.get(state.id, Mark(state.generation if self._marks else 0))
            if state.generation <= known.generation:
                return
            mark = known._replace(generation=state.generation)
            if event_at is not None:
                self._found = mark = Mark(state.generation, state.last_event, event_at)
            self._write(state.id, mark)

    def accept(self, state: State) -> None:
        """Write a ledger to the marker although records are missing, because a person decided so; remove all others."""
        with self._lock:
            others = self._marks.keys() - {state.id}
            self._write(state.id, Mark(state.generation))
            for ledger in others if self._folder else ():
                del self._marks[ledger]
                with suppress(OSError):
                    self._path(ledger).unlink(missing_ok=True)

    def _path(self, ledger: str) -> Path:
        assert self._folder is not None  # noqa: S101 - for the type checker
        return self._folder / f"{self._key}-{ledger}.json"

    def _write(self, ledger: str, mark: Mark) -> None:
        """Write a marker; if that fails (a read-only folder), the older marker stays, with a warning."""
        self._marks[ledger] = mark
        if self._folder is None:
            return
        content = {
            "generation": mark.generation,
            "event": mark[1:],
            "at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
            **({_SHARED: True} if "://" in self._place else {}),
            "purpose": "notices that a ledger of cxcall disappeared; do not delete it",
        }
        try:
            if not self._folder.is_dir():
                from cxcall.documents.private_files import make_private_folder

                make_private_folder(self._folder)
            file = os.open(self._path(ledger), os.O_WRONLY | os.O_CREAT, 0o600)
            try:
                is_new = not os.fstat(file).st_size
                os.write(file, json.dumps(content).ljust(_WIDTH - 1).encode() + b"\n")
                if is_new:  # a power failure could leave an empty file
                    os.fsync(file)
            finally:
                os.close(file)
        except OSError as error:
            add_notice(_marker_notice(self._folder, error))


def _shared_notice() -> Finding:
    return Finding.warning(
        "ledger",
        "CXCALL_LEDGER",
        "this is a new ledger, in a file of this machine, but earlier calls of this user were recorded in a database",
        "set `CXCALL_LEDGER` here, too, such as in the environment of a cron job",
        "this ledger does not know those calls, so it does not stop a repetition",
        source="ledger",
    )


def _marker_notice(folder: Path, error: OSError) -> Finding:
    return Finding.warning(
        "ledger",
        "ledger",
        f"the marker of the ledger in `{folder}` cannot be read or written",
        "make the folder writable, or set `CXCALL_CONFIG_DIR` to one that is",
        f"{(error.strerror or 'it failed').lower()}; without a marker, a ledger that is deleted or replaced is not noticed, and a repeated call is not stopped",
        source="ledger",
    )


def _read_mark(path: Path) -> Mark:
    """Return the mark in a marker; if it cannot be read, generation 0, with a warning."""
    try:
        content = json.loads(path.read_text("utf-8"))
        event, at = content.get("event", (0, 0.0))
        datetime.fromtimestamp(float(at), UTC)  # a wrong time is damage, too
        return Mark(int(content["generation"]), int(event), float(at))
    except OSError as error:
        add_notice(_marker_notice(path, error))
    except (ValueError, TypeError, LookupError, ArithmeticError, AttributeError):
        add_notice(
            Finding.warning(
                "ledger",
                "ledger",
                f"the marker `{path}` is damaged: an older copy of the ledger would not be noticed",
                "if the ledger was restored from a copy, check on the platform which calls were placed before you send any",
                "the next call that is recorded writes the marker again",
                source="ledger",
            )
        )
    return Mark(0)


class SharedMarks(NamedTuple):
    """The facts that all machines know.

    `stop` is why calls are stopped, `server` where the ledger was, in the form of `LedgerDatabase.server`.
    `is_accepted` says that a person decided at some time to continue without records.
    """

    stop: str = ""
    server: str = ""
    is_accepted: bool = False


def read_marks(rows: LedgerRows) -> SharedMarks:
    """Return the last decision of each kind in a ledger."""
    marks = SharedMarks()
    for row in rows.select_table("decision", "ORDER BY number"):
        if row["kind"] == DecisionKind.STOP:
            marks = marks._replace(stop=str(row["note"]))
        elif row["kind"] == DecisionKind.SERVER:
            marks = marks._replace(server=str(row["note"]))
        else:
            marks = marks._replace(stop="", is_accepted=True)
    return marks


def shared_problem(marks: SharedMarks, name: str, server: str) -> str:
    """Return why a ledger on a server may lack records; empty if nothing shows that."""
    if marks.stop:
        return f"another machine found that records are missing: {marks.stop}"
    if marks.server and server and marks.server != server:
        return (
            f"the ledger `{name}` is not the same copy as before: a standby was promoted, or a backup restored,"
            " and its last records may be missing"
        )
    return ""
