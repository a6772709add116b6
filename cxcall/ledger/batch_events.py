"""The beginnings and ends of batches, by the numbers of records: a batch is finished until it is resumed."""

from __future__ import annotations

import json
from collections import defaultdict
from math import inf
from typing import TYPE_CHECKING, Any

from cxcall.findings.exit_codes import Outcome
from cxcall.ledger.database_interface import never
from cxcall.ledger.errors import pruned_batch_error
from cxcall.ledger.schema import BatchEvent, UnsentKind
from cxcall.ledger.stored_values import storable
from cxcall.runtime.host_spellings import is_same_address

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cxcall.ledger.duplicates import Window
    from cxcall.ledger.ledger_access import LedgerAccess


class BatchEvents:
    """The records of the beginnings, ends, guards, and unsent rows of batches."""

    def __init__(self, access: LedgerAccess) -> None:
        self._access, self._rows = access, access.rows
        self._beginnings: dict[str, tuple[float, bool]] = {}
        self._stops: dict[str, set[str]] = defaultdict(set)
        self._last_unsent = 0
        self.resuming: set[str] = set()
        """The batches that this process is about to resume, which counts as if it were recorded."""

    def is_finished(self, batch: str) -> bool:
        """Return whether a batch is finished; also true for a delivery without a batch."""
        if not batch:
            return True
        last = self._last(batch, BatchEvent.ENDED, BatchEvent.REOPENED)
        return last is not None and last["kind"] == BatchEvent.ENDED

    def finished_batches(self) -> set[str]:
        """Return the IDs of all finished batches."""
        kinds = (BatchEvent.ENDED, BatchEvent.REOPENED)
        found = self._rows.select_table("batch_event", "ORDER BY number")
        last = {each["batch"]: each["kind"] for each in found if each["kind"] in kinds}
        return {batch for batch, kind in last.items() if kind == BatchEvent.ENDED}

    def record(
        self,
        batch: str,
        is_cancelled: Callable[[], bool] = never,
        *,
        guard: Callable[[], None] = lambda: None,
        is_closed: bool = False,
    ) -> None:
        """Record that a batch has handled all of its rows, and so have others of the same rows, unless they are queued.

        `guard` is as in `BatchRecords.begin`. With `is_closed`, a person closes the batch: a finished one
        gets another end, which stops a command that is about to resume it.
        """
        with self._access.writing(is_cancelled):
            guard()
            for each in dict.fromkeys((batch, *self.same_batches(batch))):
                is_to_end = is_closed or not self.is_finished(each)
                if is_to_end and (each == batch or not self._access.has_queued_rows(each)):
                    self._insert(each, BatchEvent.ENDED)

    def reopen(
        self, batch: str, *, guards: Sequence[Sequence[Any]], guard: Callable[[], None]
    ) -> None:
        """Record that a batch is resumed, so that it is unfinished again, and its guards, if they are others.

        `guards` and `guard` are as in `BatchRecords.begin`.
        """
        with self._access.writing():
            guard()
            if not self._rows.select_table("batch", "WHERE id = ?", (batch,)):
                raise pruned_batch_error()
            self.stop_on_pruned(batch)
            self._insert(batch, BatchEvent.REOPENED)
            self._record_guards(batch, guards)

    def stop_on_pruned(self, batch: str) -> None:
        """Raise an error if deliveries that the resumption of a batch needs were deleted."""
        if self._last(batch, BatchEvent.PRUNED):
            raise pruned_batch_error()

    def record_beginning(self, batch: str, guards: Sequence[Sequence[Any]], *, again: bool) -> None:
        """Record after which event a batch begins, and its guards, in the transaction that records the batch."""
        kind = BatchEvent.BEGAN_AGAIN if again else BatchEvent.BEGAN
        self._insert(batch, kind, str(self._rows.state.last_event))
        self._record_guards(batch, guards)

    def guards(self, batch: str) -> list[list[Any]]:
        """Return the guards of the last run of a batch; empty for a batch of cxcall 0.2.0."""
        found = self._last(batch, BatchEvent.GUARDS)
        return json.loads(found["value"]) if found else []

    def _record_guards(self, batch: str, guards: Sequence[Sequence[Any]]) -> None:
        if self.guards(batch) != (kept := [[*each] for each in guards]):
            self._insert(batch, BatchEvent.GUARDS, storable(json.dumps(kept)) or "")

    def beginning(self, batch: str) -> tuple[float, bool]:
        """Return the number of the last event before a batch began, infinite if unknown; and whether it began with `--again`.

        Numbers of events decide, because a clock may be wrong. cxcall 0.2.0 did not record it: then the first
        event of the batch's own deliveries counts.
        """
        if batch not in self._beginnings:
            if found := self._last(batch, BatchEvent.BEGAN, BatchEvent.BEGAN_AGAIN):
                beginning = int(found["value"]), found["kind"] == BatchEvent.BEGAN_AGAIN
            else:
                statement = "SELECT min(number) FROM delivery WHERE batch = ? AND batch <> ''"
                (first,) = self._access.database.run(statement, (batch,)).fetchone()
                if first is None:
                    return inf, False
                beginning = self._rows.first_event(first), False
            self._beginnings[batch] = beginning
        return self._beginnings[batch]

    def extend(self, window: Window, batch: str) -> Window:
        """Return what stops a row of a batch: also what was accepted since the batch began, or stopped the row before.

        Another command may have sent the row while the batch was closed, or before it is resumed. A row of a resumed
        batch is also stopped by what would have stopped it when the batch began.
        """
        last = self._rows.read_state().last_unsent
        if last > self._last_unsent:
            values = self._last_unsent, UnsentKind.DUPLICATE
            for row in self._rows.select_table("unsent", "WHERE number > ? AND kind = ?", values):
                self._stops[row["batch"]].add(row["reason"])
            self._last_unsent = last
        number, is_again = self.beginning(batch)
        return window._replace(
            after=min(window.after, number),
            stops=self._stops[batch],
            allowed=number if is_again else 0,
            began=self._time_if_resumed(batch),
        )

    def _time_if_resumed(self, batch: str) -> float:
        """Return when a batch began that was resumed at least once; infinite for any other."""
        if batch not in self.resuming and self._last(batch, BatchEvent.REOPENED) is None:
            return inf
        found = self._rows.select_table("batch", "WHERE id = ?", (batch,))
        return min((each["at"] for each in found), default=inf)

    def record_stop(self, batch: str, earlier: str) -> None:
        """Record the ID of the delivery that stopped a row of a batch as a duplicate, unless it is known."""
        if earlier in self._stops[batch]:
            return
        with self._access.writing(is_durable=False):
            self._rows.insert(
                "unsent",
                at=self._access.now().timestamp(),
                batch=batch,
                row=0,  # the row is found by its content
                key="",
                outcome=Outcome.STOPPED,
                reason=earlier,
                message="",
                kind=UnsentKind.DUPLICATE,
            )

    def _last(self, batch: str, *kinds: BatchEvent) -> dict[str, Any] | None:
        """Return the last record of a batch of one of some kinds; None if there is none."""
        # All of its records are read, because one of an unknown kind may mean that it cannot be resumed.
        found = self._rows.select_table(
            "batch_event", "WHERE batch = ? ORDER BY number DESC", (batch,)
        )
        return next((each for each in found if each["kind"] in kinds), None)

    def _insert(self, batch: str, kind: BatchEvent, value: str = "") -> None:
        at = self._access.now().timestamp()
        self._rows.insert("batch_event", batch=batch, at=at, kind=kind, value=value)

    def is_recorded_since(self, batch: str, number: int) -> bool:
        """Return whether the end of a batch was recorded after the record with a number."""
        if self._rows.state.last_batch_event == number:
            return False
        last = self._last(batch, BatchEvent.ENDED)
        return last is not None and last["number"] > number

    def same_batches(self, batch: str) -> list[str]:
        """Return the other batches with the same rows, requests, and profile.

        Loads of the same rows into the same list count as the same, whatever their profiles.
        """
        found = self._rows.select_table("batch", "WHERE id = ?", (batch,))
        names = ("operation", "digest", "given")
        condition = " AND ".join(f"{name} = ?" for name in names)
        return [
            other["id"]
            for own in found
            for other in self._rows.select_table(
                "batch", f"WHERE {condition}", [own[name] for name in names]
            )
            if is_same_address(other["target"], own["target"])
            and (other["profile"] == own["profile"] or own["is_load"])
        ]
