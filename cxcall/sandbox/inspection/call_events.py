"""Keep the outcomes of calls for `GET /sandbox/events`, and post each one to a URL, with a few attempts."""

from __future__ import annotations

import json
from collections import deque
from itertools import count
from queue import Queue
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from cxcall.findings.errors import UsageError
from cxcall.phone.number_masking import mask_number
from cxcall.runtime.secrets.known_secrets import redact
from cxcall.sandbox.campaign_dialer import as_time
from cxcall.transport.origins import is_http_url

if TYPE_CHECKING:
    from collections.abc import Callable

    from cxcall.sandbox.campaign_dialer import CallOutcome

_MOST_EVENTS = 100_000
_ATTEMPTS = 3
_MOST_WAITING = 10_000
_TIMEOUT = 5.0
_FIRST_WAIT = 0.25
_SUCCESS = range(200, 300)


class CallEvents:
    """The outcomes of calls in order, numbered from 1; `send` gets each one as JSON data."""

    def __init__(self, send: Callable[[dict[str, Any]], None]) -> None:
        self._send = send
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
        """Keep an outcome with its number masked, and send it."""
        with self._lock:
            event = {"id": next(self._numbers), **_as_dict(outcome)}
            self._events.append(event)
        self._send(event)

    def as_text(self, after: int, *, as_stream: bool) -> str:
        """Return the events after a number as JSON lines, or as server-sent events.

        The response ends there: an `EventSource` requests again after a second, with the ID of its last event.
        """
        with self._lock:
            events = [event for event in self._events if event["id"] > after]
        if not as_stream:
            return "".join(f"{json.dumps(event)}\n" for event in events)
        texts = (f"id: {event['id']}\ndata: {json.dumps(event)}\n\n" for event in events)
        return f"retry: 1000\n\n{''.join(texts)}"


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


class Webhook:
    """Posts each event as JSON from its own thread; `tell` gets a message about each event that is given up.

    If the response of a receiver was lost, it gets the event again, with the same `id`. Raises
    UsageError for an unusable URL.
    """

    def __init__(self, url: str, tell: Callable[[str], None]) -> None:
        if not is_http_url(url) or urlsplit(url).username is not None:
            raise UsageError(
                f"invalid URL `{redact(url)}`",
                where="--webhook",
                fix="write it like `http://127.0.0.1:9000/events`, without a user name or password",
            )
        self._url, self._tell = url, tell
        self._waiting: Queue[dict[str, Any] | None] = Queue(_MOST_WAITING)
        self._is_stopping = Event()
        self._thread = Thread(target=self._run, name="cxcall-webhook", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_stopping.set()
        if not self._waiting.full():
            self._waiting.put(None)

    def add(self, event: dict[str, Any]) -> None:
        """Queue an event to be posted; it is given up if 10,000 others are waiting."""
        if self._waiting.full():
            self._tell(f"event {event['id']} was not posted: {_MOST_WAITING:,} others are waiting")
        else:
            self._waiting.put(event)

    def _run(self) -> None:
        while (event := self._waiting.get()) is not None and not self._is_stopping.is_set():
            self._post(event)

    def _post(self, event: dict[str, Any]) -> None:
        import urllib3

        reason = ""
        for attempt in range(_ATTEMPTS):
            try:
                response = urllib3.request(
                    "POST", self._url, json=event, timeout=_TIMEOUT, redirect=False, retries=False
                )
            except urllib3.exceptions.HTTPError as error:
                reason = type(error).__name__
            else:
                if response.status in _SUCCESS:
                    return
                reason = f"HTTP {response.status}"
            if self._is_stopping.wait(_FIRST_WAIT * 2**attempt):
                break
        self._tell(f"event {event['id']} was not posted after {_ATTEMPTS} attempts: {reason}")
