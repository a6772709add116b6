"""Pending confirmations: a request that a dry run showed can be sent once, for a short time."""

import hashlib
import json
import secrets
import time
from collections.abc import Callable
from threading import Lock

from pydantic import BaseModel, Field

from cxcall.findings.errors import StoppedError
from cxcall.findings.finding import Finding
from cxcall.sending.checked_request import CheckedRequest

LIFETIME_SECONDS = 600.0
"""Seconds after a dry run within which its request can be sent."""
_MAX_PENDING = 100


class Confirmation(BaseModel):
    """The answer of the person."""

    # Strict, because a text such as "no, yes later" is not an agreement.
    send: bool = Field(strict=True, title="Send this request", description="Yes sends it, once.")


class PendingConfirmations:
    """Pending requests by confirmation ID: the digest of the exact request, and when it expires."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, Lock()
        self._pending: dict[str, tuple[str, float]] = {}

    def add(self, checked: CheckedRequest) -> str:
        """Return a new confirmation ID for a request; the oldest ID is removed if there are too many."""
        identifier = secrets.token_urlsafe(16)
        with self._lock:
            while len(self._pending) >= _MAX_PENDING:
                del self._pending[next(iter(self._pending))]
            self._pending[identifier] = digest_of(checked), self._clock() + LIFETIME_SECONDS
        return identifier

    def check(self, identifier: str, checked: CheckedRequest) -> None:
        """Raise StoppedError unless the ID is valid for exactly this request; another request uses it up."""
        with self._lock:
            digest, expires = self._pending.get(identifier, ("", 0.0))
            if digest and self._clock() < expires and digest == digest_of(checked):
                return
            self._pending.pop(identifier, None)
        if not digest:
            raise _confirmation_error("it is unknown, used, or expired")
        is_same = digest == digest_of(checked)
        raise _confirmation_error("it has expired" if is_same else "it belongs to another request")

    def take(self, identifier: str, checked: CheckedRequest) -> None:
        """Use up an ID; raises StoppedError as `check` does, also if another call has just used it."""
        self.check(identifier, checked)
        with self._lock:
            if self._pending.pop(identifier, None) is None:
                raise _confirmation_error("it is used")

    def discard(self, identifier: str) -> None:
        """Remove an ID, because the person declined."""
        with self._lock:
            self._pending.pop(identifier, None)


def digest_of(checked: CheckedRequest) -> str:
    """Return the SHA-256 of everything that would be sent, and of its destination."""
    request, settings = checked.request, checked.settings
    parts = [
        checked.operation.name,
        settings.profile,
        settings.base_url,
        request.method,
        request.url,
        sorted(request.headers.items()),
    ]
    text = json.dumps(parts).encode() + b"\n" + (request.body or b"")
    return hashlib.sha256(text).hexdigest()


def _confirmation_error(why: str) -> StoppedError:
    return StoppedError(
        Finding.error(
            "declined",
            "confirmation_id",
            f"the confirmation ID is not valid for this request: {why}; nothing was sent",
            fix="call `dry_run` with the same request, then `send` with the ID that it returns",
        )
    )
