"""Dial the contacts of a running campaign at a rate, with outcomes derived from places in the list."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Self

from cxcall.findings.errors import UsageError
from cxcall.named_tuple import NamedTuple
from cxcall.phone.number_property_names import is_number_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

OUTCOMES = ("connected", "no-answer", "busy", "machine")
OUTCOME_NUMBERS = {f"+1202555016{place}": name for place, name in enumerate(OUTCOMES)}
"""Numbers with a fixed outcome; like those of the faults, they are reserved for fiction."""
_DEFAULT_OUTCOMES = "connected=60,no-answer=30,busy=10"


class CallOutcome(NamedTuple):
    """The outcome of one call of a campaign, or of a request with an `engagement` ID; `at` is in seconds since 1970."""

    campaign: str
    contact_list: str
    contact: str
    number: str
    outcome: str
    at: float
    engagement: str = ""


class DialPlan(NamedTuple):
    """How a sandbox dials: calls per second of each campaign, and the weights of the outcomes."""

    rate: float = 10.0
    outcomes: tuple[tuple[str, int], ...] = (("connected", 60), ("no-answer", 30), ("busy", 10))

    @classmethod
    def parse(cls, rate: float, outcomes: str | None) -> Self:
        """Read `connected=60,no-answer=30,busy=10`; raises UsageError for anything else."""
        weights = []
        for text in (outcomes or _DEFAULT_OUTCOMES).split(","):
            found = re.fullmatch(r"\s*([a-z-]+)\s*=\s*([0-9]{1,6})\s*", text)
            if not found or found[1] not in OUTCOMES:
                raise UsageError(
                    f"invalid outcome `{text.strip()}`",
                    where="--dial-outcome",
                    fix=f"write it like `{_DEFAULT_OUTCOMES}`; known: {', '.join(OUTCOMES)}",
                )
            weights.append((found[1], int(found[2])))
        if not sum(weight for _, weight in weights):
            raise UsageError(
                "the weights of the outcomes are all 0",
                where="--dial-outcome",
                fix=f"write it like `{_DEFAULT_OUTCOMES}`",
            )
        return cls(rate, tuple(weights))

    def choose(self, place: int, number: str) -> str:
        """Return the outcome of a call: fixed by its number, or else derived from the place in the list."""
        if number in OUTCOME_NUMBERS:
            return OUTCOME_NUMBERS[number]
        digest = sha256(f"0 {place}".encode()).digest()
        left = int.from_bytes(digest[:8]) % sum(weight for _, weight in self.outcomes)
        for name, weight in self.outcomes:
            left -= weight
            if left < 0:
                return name
        raise AssertionError


class Contact:
    """A contact of a list; `last_attempt` is 0 before its call."""

    __slots__ = ("data", "id", "last_attempt", "outcome", "sent")

    def __init__(self, id_: str, data: Mapping[str, Any], sent: Mapping[str, Any]) -> None:
        self.id, self.data, self.sent = id_, data, sent
        self.last_attempt, self.outcome = 0.0, ""

    def find_number(self, columns: tuple[str, ...]) -> tuple[str, str]:
        """Return the first phone column with a value, and the value; without declared columns, by their names."""
        names = columns or tuple(filter(is_number_name, self.data))
        found = ((name, str(self.data.get(name) or "")) for name in names)
        return next((each for each in found if each[1]), ("", ""))


@dataclass
class ContactList:
    """A contact list: `declared` is the body that created it, empty if it was not created here."""

    id: str
    declared: Mapping[str, Any] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    phone_columns: tuple[str, ...] = ()
    contacts: dict[str, Contact] = field(default_factory=dict)
    order: list[Contact] = field(default_factory=list)

    def add(self, contact: Contact) -> None:
        """Add a contact; it replaces a contact with the same ID, in the same place."""
        known = self.contacts.get(contact.id)
        if known is not None:
            known.data, known.sent = contact.data, contact.sent
            return
        self.contacts[contact.id] = contact
        self.order.append(contact)


@dataclass
class Campaign:
    """A campaign that dials a list from its start, one contact after the other."""

    id: str
    contact_list: ContactList
    declared: Mapping[str, Any] = field(default_factory=dict)
    status: str = "stopped"
    dialed: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    started_at: float = 0.0
    _dialed_before: int = 0

    def start(self, now: float) -> None:
        """Continue the list where the campaign stopped; a finished campaign dials contacts that were added."""
        if self.status != "running":
            self.status, self.started_at, self._dialed_before = "running", now, self.dialed

    def advance(self, plan: DialPlan, now: float, on_call: Callable[[CallOutcome], None]) -> None:
        """Place the calls that are due."""
        if self.status != "running":
            return
        contacts = self.contact_list.order
        due = self._dialed_before + int((now - self.started_at) * plan.rate)
        while self.dialed < min(due, len(contacts)):
            contact = contacts[self.dialed]
            at = self.started_at + (self.dialed + 1 - self._dialed_before) / plan.rate
            _, number = contact.find_number(self.contact_list.phone_columns)
            contact.outcome, contact.last_attempt = plan.choose(self.dialed, number), at
            self.dialed += 1
            self.outcomes[contact.outcome] += 1
            call = CallOutcome(
                self.id, self.contact_list.id, contact.id, number, contact.outcome, at
            )
            on_call(call)
        if self.dialed >= len(contacts) and not self.declared.get("alwaysRunning"):
            self.status = "ended"


def as_time(seconds: float) -> str:
    """Return a time as RFC 3339."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
