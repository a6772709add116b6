"""Values in the form that the ledger stores: masked texts, digests, IDs, and the timings of an attempt."""

from __future__ import annotations

import hashlib
import json
import os
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from cxcall.phone.number_masking import mask_text
from cxcall.runtime.secrets.known_secrets import redact

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

MAX_NOTE_LENGTH = 500
PLACED, NOT_PLACED = "placed", "not-placed"
"""What a person found out about an unknown delivery: whether a call was placed."""
SPLIT = "split"
"""The response listed only some rows of a load: deliveries of their own have the outcomes of its rows."""
LONGEST_EXCHANGE = timedelta(days=1)
"""The time after which an attempt is over whose limit is not known."""
_MARGIN = timedelta(minutes=15)
"""The time in which a system still delivers what a process has written, or what it wrote before it was killed."""
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def storable(text: str | None) -> str | None:
    """Return a text that can be stored: secrets masked, and only characters that the database can store."""
    if text is None:
        return None
    return redact(text).encode("utf-8", "replace").decode().replace("\0", "\ufffd")


def mask_for_ledger(text: str) -> str:
    """Mask phone numbers and secrets, so that the file never contains one."""
    return mask_text(storable(text) or "")


def keyed_digest(text: str, key: str) -> str:
    """Return a digest with the key of this ledger: 32 hexadecimal digits."""
    content = text.encode("utf-8", "replace")
    return hashlib.blake2b(content, key=key.encode(), digest_size=16).hexdigest()


def new_id(now: datetime) -> str:
    """Return an ID of 18 characters that sorts by time: 10 for the milliseconds, 8 random ones."""
    number = (int(now.timestamp() * 1000) << 40) | int.from_bytes(os.urandom(5))
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in range(85, -1, -5))


def time_in_flight(event: Mapping[str, Any]) -> timedelta:
    """Return how long after an event without an end an attempt may be in flight.

    A process without a clock that nobody can set cannot keep a limit: the time is then at least a day.
    """
    if not event["time_limit"]:
        return LONGEST_EXCHANGE
    limited = timedelta(seconds=event["time_limit"]) + _MARGIN
    return limited if event["boot"] else max(limited, LONGEST_EXCHANGE)


def text_of_numbers(numbers: Iterable[str]) -> str:
    """Return the masked numbers of a delivery as the ledger stores them."""
    return json.dumps([mask_for_ledger(number) for number in numbers])


def text_of_timings(timings: Mapping[str, float]) -> str:
    """Return the timings of a delivery in milliseconds as the ledger stores them."""
    return json.dumps({name: round(ms, 1) for name, ms in timings.items()}) if timings else ""
