"""What the sandbox received: for tests to count, and for `GET /sandbox/requests` to tell."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Condition
from typing import Any

from cxcall.phone.phone_numbers import mask_text


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """One request, numbers masked; `status` is None where no answer left.

    `accepted` means that the platform took it on, whatever it answered; `rings` that a phone rang for it.
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

    def as_dict(self) -> dict[str, Any]:
        """Return what a client may read of it: the body's digest in place of the body."""
        return {
            "method": self.method,
            "path": self.path,
            "status": self.status,
            "operation": self.operation,
            "accepted": self.accepted,
            "rings": self.rings,
            "engagementId": self.engagement_id,
            "correlationId": self.correlation_id,
            "fault": self.fault,
            "numbers": list(self.numbers),
            "digest": self.digest,
        }


class RequestLog:
    """The requests in the order of their answers, shared by the server's threads."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._received: list[LoggedRequest] = []
        self._claimed: set[str] = set()

    @property
    def received(self) -> list[LoggedRequest]:
        """A copy of all there is."""
        with self._changed:
            return list(self._received)

    def count(self, method: str, path: str) -> int:
        """Return how many requests for a path succeeded so far."""
        with self._changed:
            return sum(
                entry.accepted and (entry.method, entry.path) == (method, mask_text(path))
                for entry in self._received
            )

    def add(self, received: LoggedRequest) -> None:
        """Append one request."""
        with self._changed:
            self._received.append(received)
            self._changed.notify_all()

    def wait_for_rings(self, count: int, timeout: float) -> bool:
        """Wait until `count` phones would have rung; returns whether they did within `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(
                lambda: sum(entry.rings for entry in self._received) >= count, timeout
            )

    def claim(self, number: str) -> bool:
        """Tell whether this is the first time that `number` is claimed."""
        with self._changed:
            first = number not in self._claimed
            self._claimed.add(number)
            return first

    def clear(self) -> None:
        """Forget the requests and the claims."""
        with self._changed:
            self._received.clear()
            self._claimed.clear()
