"""The logs of received requests and of the outcomes of calls, for tests, `GET /sandbox/requests`, and `/sandbox/events`."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http import HTTPStatus
from itertools import count
from threading import Condition, Lock, RLock
from typing import TYPE_CHECKING, Any

from cxcall.phone.number_masking import mask_number, mask_text
from cxcall.sandbox.campaign_dialer import as_time

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cxcall.sandbox.campaign_dialer import CallOutcome


LARGEST_LOG = 32 << 20
"""The most bytes of messages that are kept; the oldest are dropped first."""
TOKEN_PATH = "/oauth/token"  # noqa: S105 - a path
MOST_REQUESTS = 100_000
"""The most requests that are kept."""
_MOST_TOKENS = 10_000
_PATH_LENGTH = 1000
_MOST_NUMBERS = 100


def drop_oldest(entries: dict[str, Any]) -> None:
    """Remove the oldest entry of a dictionary with 10,000 entries, so that it does not grow beyond."""
    if len(entries) >= _MOST_TOKENS:
        del entries[next(iter(entries))]


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """One request with masked numbers. `status` is None if no response was sent.

    `accepted` is true if the platform would process the request, whatever it responds. `rings` is true
    if it would place a call. The messages of a token request contain secrets, and are not kept. `target` is the path
    with the query as it was sent, `number` counts the requests from 1, and `at` is in seconds since 1970.
    """

    method: str
    path: str
    status: int | None
    correlation_id: str
    operation: str = ""
    accepted: bool = False
    rings: bool = False
    engagement_id: str | None = None
    fault: str = ""
    numbers: tuple[str, ...] = ()
    digest: str = ""
    body: bytes = field(default=b"", repr=False)
    number: int = 0
    at: float = 0.0
    target: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    response: bytes = field(default=b"", repr=False)
    is_token_request: bool = False

    @property
    def size(self) -> int:
        """The size of its messages in bytes."""
        headers = sum(len(name) + len(value) for name, value in self.headers.items())
        return len(self.body) + len(self.response) + len(self.target) + headers

    @property
    def purpose(self) -> str:
        """The operation, or what else the request was for."""
        if self.operation:
            return self.operation
        is_login = self.status == HTTPStatus.FOUND  # only the login page redirects
        return "a token" if self.is_token_request else "login" if is_login else "unknown operation"

    @property
    def verdict(self) -> str:
        """The sandbox's verdict on the request, as text."""
        if self.rings:
            return "call placed"
        if self.accepted:
            return "accepted"
        is_issued = self.is_token_request and self.status == HTTPStatus.OK
        return "token issued" if is_issued else "refused"

    def without_messages(self) -> LoggedRequest:
        """Return the entry without headers and bodies, to save memory."""
        return replace(self, body=b"", response=b"", target="", headers={})

    def __str__(self) -> str:
        notes = [
            self.purpose,
            *(["a call would be placed"] if self.rings else []),
            *([f"fault {self.fault}"] if self.fault else []),
        ]
        return f"{self.method} {self.path}: {self.status or 'no response'} ({', '.join(notes)})"

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON members of the entry, with the digest of the body in place of the body."""
        return {
            "number": self.number,
            "at": datetime.fromtimestamp(self.at, UTC).isoformat(timespec="milliseconds"),
            "method": self.method,
            "path": self.path,
            "status": self.status,
            "verdict": self.verdict,
            "operation": self.operation,
            "accepted": self.accepted,
            "rings": self.rings,
            "engagementId": self.engagement_id,
            "correlationId": self.correlation_id,
            "fault": self.fault,
            "numbers": list(self.numbers),
            "digest": self.digest,
            "isTokenRequest": self.is_token_request,
        }


class RequestLog:
    """The requests in the order of their responses, shared by the threads of the server.

    `on_request` is called with each entry, one at a time.
    """

    def __init__(self, on_request: Callable[[LoggedRequest], None] = lambda _: None) -> None:
        self._on_request = on_request
        # Not the condition is entered: an exception of a signal handler could leave it locked.
        self._lock = RLock()
        self._changed = Condition(self._lock)
        self._entries: deque[LoggedRequest] = deque(maxlen=MOST_REQUESTS)
        # The number of dropped entries, and the number of the oldest entry that may have a body.
        self._dropped = self._next_body = self._body_size = self._count = 0
        self._claimed_numbers: set[str] = set()

    @property
    def received(self) -> list[LoggedRequest]:
        """A copy of all entries."""
        with self._lock:
            return list(self._entries)

    def count_accepted(self, method: str, path: str) -> int:
        """Return how many requests for a path were accepted so far."""
        shown = mask_text(path)[:_PATH_LENGTH]
        found = (each for each in self.received if (each.method, each.path) == (method, shown))
        return sum(each.accepted for each in found)

    def add(self, entry: LoggedRequest) -> None:
        """Append an entry, and drop data so that the log stays within its limits."""
        path, numbers = entry.path[:_PATH_LENGTH], entry.numbers[:_MOST_NUMBERS]
        with self._lock:
            if len(self._entries) == MOST_REQUESTS:
                self._body_size -= self._entries[0].size
                self._dropped += 1
            self._count += 1
            entry = replace(entry, path=path, numbers=numbers, number=self._count)
            self._entries.append(entry)
            self._body_size += entry.size
            self._on_request(entry)
            self._drop_bodies()
            self._changed.notify_all()

    def _drop_bodies(self) -> None:
        while self._body_size > LARGEST_LOG:
            index, self._next_body = self._next_body - self._dropped, self._next_body + 1
            if index >= 0:
                self._body_size -= self._entries[index].size
                self._entries[index] = self._entries[index].without_messages()

    def wait_for_rings(self, count: int, timeout: float) -> bool:
        """Wait up to `timeout` seconds for `count` requests that place a call; return whether they came."""
        with self._lock:
            return self._changed.wait_for(
                lambda: sum(each.rings for each in self._entries) >= count, timeout
            )

    def claim(self, number: str) -> bool:
        """Return whether this is the first call with `number`."""
        with self._lock:
            is_first = number not in self._claimed_numbers
            self._claimed_numbers.add(number)
            return is_first

    def clear(self) -> None:
        """Delete the entries and the claims."""
        with self._lock:
            self._entries.clear()
            self._dropped = self._next_body = self._body_size = 0
            self._claimed_numbers.clear()


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
