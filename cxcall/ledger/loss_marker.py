"""Detect that a ledger disappeared or is an older copy, by a marker in another folder."""

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

if TYPE_CHECKING:
    from pathlib import Path

    from cxcall.ledger.checksummed_rows import State

_WIDTH = 200
"""Bytes of a marker, written at once so that a kill cannot leave half a marker."""


class LedgerMarker:
    """The ID and generation of the ledger of one place, stored outside the ledger.

    The place is a state folder, or the address of a database. It is one small file, `KEY-ID.json`; the key stands for the place. A marker is
    not synchronized to the disk: after a power failure it may be older than its ledger, never newer.
    """

    def __init__(self, folder: Path | None, place: str) -> None:
        self._folder, self._lock = folder, Lock()
        self._key = hashlib.sha256(place.encode("utf-8", "surrogateescape")).hexdigest()[:16]
        self._place = place
        self._generations = self._read()

    def _read(self) -> dict[str, int]:
        """Return the generation of each ledger by its ID."""
        found: dict[str, int] = {}
        prefix, suffix = f"{self._key}-", ".json"
        if self._folder is None:
            return {}
        try:
            for name in os.listdir(self._folder):  # noqa: PTH208 - faster
                if name.startswith(prefix) and name.endswith(suffix):
                    ledger = name.removeprefix(prefix).removesuffix(suffix)
                    found[ledger] = _generation(self._folder / name)
        except FileNotFoundError:
            pass
        except OSError as error:
            add_notice(_marker_notice(self._folder, error))
        return found

    def problem(self, state: State) -> str:
        """Return why a ledger lacks records; empty if nothing shows that."""
        if not self._generations:
            return ""
        generation = self._generations.get(state.id)
        if generation is None:
            if self._other_copies(state):
                return (
                    f"the ledger in `{self._place}` was restored from an older copy:"
                    " its last records are missing"
                )
            return self.loss()
        if (count := generation - state.generation) > 0:
            missing = "last change is" if count == 1 else f"last {count} changes are"
            return f"the ledger in `{self._place}` is an older copy: its {missing} missing"
        return ""

    def loss(self) -> str:
        """Return the message that the ledger was lost or replaced; empty if there never was one."""
        if not self._generations:
            return ""
        return (
            f"the ledger in `{self._place}` is not the same as before:"
            " the earlier ledger was deleted or replaced, and its records are missing"
        )

    def is_older_copy(self, state: State) -> bool:
        """Return whether a later state was seen of the same ledger, or of the ledger that it became."""
        changes = changes_of_id(state.id)
        is_left = any(changes_of_id(each) > changes for each in self._other_copies(state))
        return is_left or state.generation < self._generations.get(state.id, 0)

    def _other_copies(self, state: State) -> list[str]:
        """Return the other ledgers that were seen and have the same origin."""
        others = self._generations.keys() - {state.id}
        return [each for each in others if each.startswith(state.digest_key)]

    def advance(self, state: State) -> None:
        """Write a committed state to the marker, unless records are missing."""
        with self._lock:
            if self._generations and state.generation <= self._generations.get(
                state.id, state.generation
            ):
                return
            self._write(state)

    def accept(self, state: State) -> None:
        """Write a ledger to the marker although records are missing, because a person decided so; remove all others."""
        with self._lock:
            others = self._generations.keys() - {state.id}
            self._write(state)
            for ledger in others if self._folder else ():
                del self._generations[ledger]
                with suppress(OSError):
                    self._path(ledger).unlink(missing_ok=True)

    def _path(self, ledger: str) -> Path:
        assert self._folder is not None  # noqa: S101 - for the type checker
        return self._folder / f"{self._key}-{ledger}.json"

    def _write(self, state: State) -> None:
        """Write a marker; if that fails (a read-only folder), the older marker stays, with a warning."""
        self._generations[state.id] = state.generation
        if self._folder is None:
            return
        content = {
            "generation": state.generation,
            "at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "purpose": "notices that a ledger of cxcall disappeared; do not delete it",
        }
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = os.open(self._path(state.id), os.O_WRONLY | os.O_CREAT, 0o600)
            try:
                os.write(file, json.dumps(content).ljust(_WIDTH - 1).encode() + b"\n")
            finally:
                os.close(file)
        except OSError as error:
            add_notice(_marker_notice(self._folder, error))


def _marker_notice(folder: Path, error: OSError) -> Finding:
    return Finding.warning(
        "ledger",
        "ledger",
        f"the marker of the ledger in `{folder}` cannot be read or written",
        "make the folder writable, or set `CXCALL_CONFIG_DIR` to one that is",
        f"{(error.strerror or 'it failed').lower()}; without a marker, a ledger that is deleted or replaced is not noticed, and a repeated call is not stopped",
        source="ledger",
    )


def _generation(path: Path) -> int:
    """Return the generation in a marker; 0 if it cannot be read."""
    try:
        return int(json.loads(path.read_text("utf-8"))["generation"])
    except (OSError, ValueError, TypeError, LookupError):
        return 0
