"""The request that is about to be sent, as the ledger records it, its ID, and the order of its outcomes."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from cxcall.findings.exit_codes import Outcome
from cxcall.named_tuple import NamedTuple
from cxcall.runtime.known_secrets import redacted_repr

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

MAX_NOTE_LENGTH = 500
PLACED, NOT_PLACED = "placed", "not-placed"
"""What a person found out about an unknown delivery: whether a call was placed."""
RANG, DID_NOT_RING = "rang", "did-not-ring"
"""The resolutions in the database. Their first names stay, because older versions read the same ledger."""
RESOLUTIONS = {PLACED: RANG, NOT_PLACED: DID_NOT_RING}
LONGEST_EXCHANGE = timedelta(days=1)
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def _no_digests(_profile: str, _operation: str) -> tuple[str, ...]:
    return ()


class Intent(NamedTuple):
    """A request that is about to be sent; numbers are masked, `row` counts from 1, `key` is the row's own name.

    `digest` identifies the request, whatever profile and operation name it is sent by. `older_digests`
    returns the digests of the same request in older records, for a profile and an operation name. `people` are
    those whom it calls; the ledger keeps keyed digests of them, because the texts have whole numbers. `undone_by` is the
    digest of a request after which this one may be sent again: it stops what this one started. `possible_people` are the
    texts by which each of the people may be recorded, for a limit of the calls to them.
    """

    profile: str
    operation: str
    provenance: str
    method: str
    target: str
    digest: str
    numbers: tuple[str, ...] = ()
    again: bool = False
    batch: str = ""
    row: int | None = None
    key: str = ""
    older_digests: Callable[[str, str], tuple[str, ...]] = _no_digests
    people: tuple[str, ...] = ()
    undone_by: str = ""
    possible_people: tuple[tuple[str, ...], ...] = ()

    def __repr__(self) -> str:
        return redacted_repr(self, "people", "possible_people")


def new_id(now: datetime) -> str:
    """Return an ID of 18 characters that sorts by time: 10 for the milliseconds, 8 random ones."""
    number = (int(now.timestamp() * 1000) << 40) | int.from_bytes(os.urandom(5))
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in range(85, -1, -5))


_WEIGHTS = {Outcome.UNDELIVERED: 0, Outcome.UNKNOWN: 1}
"""The strength of an outcome as evidence of a call; all others are responses of the API, the strongest evidence."""


def may_follow(last: Mapping[str, Any], outcome: Outcome) -> bool:
    """Return whether an outcome may be recorded after the last event of a delivery."""
    if last["kind"] == "ended":
        return _weight(outcome) > _weight(last["outcome"])
    return not (last["resolution"] == RANG and outcome is Outcome.UNDELIVERED)


def _weight(outcome: str) -> int:
    return _WEIGHTS.get(Outcome(outcome), 2)
