"""In any order of events, the guard stops exactly the requests that a model stops."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from cxcall.findings.exit_codes import Outcome
from cxcall.ledger.duplicates import AlreadySentError, InFlightError, ResolvedError
from cxcall.ledger.ledger import Ledger
from helpers.ledger_process import ENDS, intent
from helpers.ledgers import DAY, Clock
from helpers.work import examples


@dataclass
class ModelDelivery:
    """One delivery in the model."""

    digest: str
    at: datetime
    again: bool
    began: int
    outcome: str = "unknown"
    resolution: str = ""
    ended: datetime | None = None
    changed: int = 0
    attempts: int = 1
    uptime: float = 0.0

    def stops(self, clock: Clock, window: float) -> bool:
        """Return whether the guard must stop an identical request."""
        recent = (self.ended or self.at) >= clock() - timedelta(seconds=window)
        recent = recent or clock.uptime - self.uptime <= window
        return self.open or (self.rang and recent)

    @property
    def open(self) -> bool:
        """Whether a call may have been placed and was not resolved."""
        return self.outcome == "unknown" and not self.resolution

    @property
    def rang(self) -> bool:
        """Whether a call was certainly placed."""
        return self.outcome == "accepted" or self.resolution == "placed"


class GuardMachine(RuleBasedStateMachine):
    """In any order of events, the guard stops exactly the requests that the model stops."""

    def __init__(self) -> None:
        super().__init__()
        self.place = tempfile.TemporaryDirectory()
        self.clock, self.steps = Clock(), 0
        self.known: dict[str, ModelDelivery] = {}
        self.book = self.open_ledger()

    def open_ledger(self) -> Ledger:
        """Open the ledger with the clocks of the model."""
        return Ledger.open(Path(self.place.name), now=self.clock, boot_clock=self.clock.boot_time)

    def teardown(self) -> None:
        """Close the file and remove it."""
        self.book.__exit__()
        self.place.cleanup()

    def pick(self, data: st.DataObject, *outcomes: str) -> str | None:
        """Draw a delivery with one of these outcomes."""
        fitting = [name for name, known in self.known.items() if known.outcome in outcomes]
        return data.draw(st.sampled_from(fitting)) if fitting else None

    def change(self, delivery: str, **values: Any) -> None:
        """Record what an event changed, and its position in the order of events."""
        self.steps += 1
        self.known[delivery] = replace(self.known[delivery], changed=self.steps, **values)

    @rule(seconds=st.sampled_from([-4000, -1, 0.5, 60, 899, 901, 5000, DAY]))
    def pass_time(self, seconds: float) -> None:
        """Move the clock, also backward."""
        self.clock.advance(seconds)

    @rule(name=st.sampled_from("ab"), again=st.booleans(), window=st.sampled_from([1.0, 900.0]))
    def begin(self, name: str, again: bool, window: float) -> None:  # noqa: FBT001 - drawn by Hypothesis
        """Begin a delivery, which is stopped exactly if the model says so."""
        now = self.clock()
        asked = intent(name, again=again)
        equal = [known for known in self.known.values() if known.digest == asked.digest]
        if not again and any(known.stops(self.clock, window) for known in equal):
            with pytest.raises(AlreadySentError) as stopped:
                self.book.begin(asked, window)
            unknown = any(known.open for known in equal)
            code = "outcome-unknown" if unknown else "already-sent"
            assert stopped.value.findings[0].code == code
            return
        delivery = self.book.begin(asked, window)
        self.steps += 1
        self.known[delivery] = ModelDelivery(
            asked.digest, now, again, self.steps, changed=self.steps, uptime=self.clock.uptime
        )

    @rule(data=st.data())
    def not_processed(self, data: st.DataObject) -> None:
        """End an attempt that was not processed."""
        if delivery := self.pick(data, "unknown"):
            mine = self.known[delivery]
            if mine.resolution:
                with pytest.raises(ResolvedError):
                    self.book.record_not_processed(delivery, mine.attempts, "busy")
                return
            self.book.record_not_processed(delivery, mine.attempts, "busy")
            self.change(delivery, outcome="undelivered", resolution="", ended=None)
            self.known[delivery].uptime = self.clock.uptime

    @rule(data=st.data())
    def send_again(self, data: st.DataObject) -> None:
        """Start the next attempt, which is stopped if an identical request was sent meanwhile."""
        delivery = self.pick(data, "undelivered")
        if not delivery:
            return
        mine = self.known[delivery]
        others = [
            known
            for name, known in self.known.items()
            if name != delivery and known.digest == mine.digest
        ]
        meanwhile = any(o.open or (o.rang and o.changed > mine.began) for o in others)
        if meanwhile and not mine.again:
            with pytest.raises(AlreadySentError):
                self.book.record_attempt(delivery, mine.attempts + 1)
            return
        self.book.record_attempt(delivery, mine.attempts + 1)
        self.change(delivery, outcome="unknown", ended=None, attempts=mine.attempts + 1)
        self.known[delivery].uptime = self.clock.uptime

    @rule(data=st.data(), outcome=st.sampled_from(ENDS))
    def end(self, data: st.DataObject, outcome: Outcome) -> None:
        """End a delivery."""
        if delivery := self.pick(data, "unknown"):
            self.book.record_outcome(delivery, outcome)
            mine = self.known[delivery]
            says_no_more = outcome in (Outcome.UNKNOWN, Outcome.UNDELIVERED)
            if says_no_more and mine.ended and not mine.resolution:
                return
            if outcome is Outcome.UNDELIVERED and mine.resolution == "placed":
                return
            self.change(delivery, outcome=str(outcome), resolution="", ended=self.clock())
            self.known[delivery].uptime = self.clock.uptime

    @rule(data=st.data(), rang=st.booleans())
    def resolve(self, data: st.DataObject, rang: bool) -> None:  # noqa: FBT001 - drawn by Hypothesis
        """Let a person resolve a delivery."""
        if delivery := self.pick(data, "unknown"):
            mine = self.known[delivery]
            if mine.ended is None and self.clock.uptime - mine.uptime < DAY:
                with pytest.raises(InFlightError):
                    self.book.resolve(delivery, placed=rang)
                return
            self.book.resolve(delivery, placed=rang)
            self.change(delivery, resolution="placed" if rang else "not-placed")

    @rule()
    @precondition(lambda self: self.known)
    def open_anew(self) -> None:
        """Close the ledger and open it again."""
        self.book.__exit__()
        self.book = self.open_ledger()

    @invariant()
    def tells_the_truth(self) -> None:
        """Compare every record with the model."""
        found = {record.id: record for record in self.book.records()}
        assert set(found) == set(self.known)
        for delivery, known in self.known.items():
            record = found[delivery]
            assert (record.outcome, record.resolution) == (known.outcome, known.resolution)
            assert (record.attempts, record.at, record.ended_at) == (
                known.attempts,
                known.at,
                known.ended,
            )


TestGuard = GuardMachine.TestCase
TestGuard.settings = settings(max_examples=examples(30), stateful_step_count=20, deadline=None)
