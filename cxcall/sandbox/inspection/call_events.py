"""Keep the outcomes of calls for `GET /sandbox/events`."""

from __future__ import annotations

import json
from collections import deque
from itertools import count
from threading import Lock
from typing import TYPE_CHECKING, Any

from cxcall.phone.number_masking import mask_number
from cxcall.sandbox.campaign_dialer import as_time

if TYPE_CHECKING:
    from cxcall.sandbox.campaign_dialer import CallOutcome

_MOST_EVENTS = 100_000


class CallEvents:
    """The outcomes of calls in order, numbered from 1."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self._events: deque[dict[str, Any]] = deque(maxlen=_MOST_EVENTS)
        self._lock = Lock()
        self._due: deque[CallOutcome] = deque()

    def add_later(self, outcome: CallOutcome) -> None:
        """Add an outcome when its time comes."""
        self._due.append(outcome)

    def advance(self, now: float) -> None:
        """Add the outcomes whose time has come; one thread calls this."""
        while self._due and self._due[0].at <= now:
            self.add(self._due.popleft())

    def add(self, outcome: CallOutcome) -> None:
        """Keep an outcome with its number masked."""
        with self._lock:
            self._events.append({"id": next(self._numbers), **_as_dict(outcome)})

    def as_text(self, after: int) -> str:
        """Return the events after a number as JSON lines."""
        with self._lock:
            events = [event for event in self._events if event["id"] > after]
        return "".join(f"{json.dumps(event)}\n" for event in events)


def _as_dict(outcome: CallOutcome) -> dict[str, Any]:
    return {
        "type": "call.outcome",
        "at": as_time(outcome.at),
        "outcome": outcome.outcome,
        "campaignId": outcome.campaign or None,
        "contactListId": outcome.contact_list or None,
        "contactId": outcome.contact or None,
        "engagementId": outcome.engagement or None,
        "number": mask_number(outcome.number) if outcome.number else None,
    }
