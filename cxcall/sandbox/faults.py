"""Faults on demand: the one table of numbers that make the sandbox misbehave."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from cxcall.sandbox.messages import Transmission

if TYPE_CHECKING:
    from collections.abc import Iterator

FICTION_PREFIX = "+1202555"
"""Numbers under it, from 0100 to 0199, are reserved for fiction and ring nobody anywhere."""

RETRY_AFTER = 1
"""Seconds that `Retry-After` asks for."""


class BodyShape(StrEnum):
    """What stands in an answer's headers and body."""

    USUAL = "usual"
    ID_IN_BODY = "id-in-body"
    NO_ID = "no-id"
    HIDDEN_FAILURE = "hidden-failure"
    PAGE = "page"


@dataclass(frozen=True, slots=True)
class Fault:
    """What one number does: the status (None: the operation's own success), and whether it rings.

    `once`: only for the first request that carries the number; those after it are accepted.
    """

    number: str
    effect: str
    status: int | None = None
    accepted: bool = False
    once: bool = False
    wait: int | None = None
    ending: Transmission = Transmission.WHOLE
    shape: BodyShape = BodyShape.USUAL


def _taken(last: str, effect: str, **how: Any) -> Fault:
    """Return a fault of a request that the platform took on: a phone would ring."""
    return Fault(f"{FICTION_PREFIX}{last}", effect, accepted=True, **how)


def _refused(last: str, status: int, effect: str, **how: Any) -> Fault:
    return Fault(f"{FICTION_PREFIX}{last}", effect, status, **how)


FAULTS: tuple[Fault, ...] = (
    _taken("0100", "accepted, as is every number that is not listed here"),
    _taken("0101", "accepted, the engagement ID in the body alone", shape=BodyShape.ID_IN_BODY),
    _taken("0102", "accepted, no engagement ID anywhere", shape=BodyShape.NO_ID),
    _refused("0120", 200, "200, its body reports a failure", shape=BodyShape.HIDDEN_FAILURE),
    _refused("0128", 429, "429 with Retry-After once, then accepted", once=True, wait=RETRY_AFTER),
    _refused("0129", 429, "429 with Retry-After", wait=RETRY_AFTER),
    _taken("0130", "303, and accepted", status=303),
    _refused("0137", 307, "307 to the same path"),
    _refused("0140", 400, "400"),
    _refused("0141", 401, "401 once, its token revoked; then accepted", once=True),
    _refused("0142", 401, "401, its token revoked"),
    _refused("0143", 403, "403"),
    _refused("0144", 404, "404"),
    _refused("0148", 408, "408"),
    _refused("0149", 409, "409"),
    _refused("0150", 500, "500"),
    _taken("0151", "500, and yet accepted", status=500),
    _taken("0152", "accepted, the answer cut in the middle of its body", ending=Transmission.CUT),
    _refused("0153", 503, "503 with Retry-After", wait=RETRY_AFTER),
    _taken("0154", "504, and yet accepted", status=504),
    _refused("0155", 503, "503 without Retry-After"),
    _refused("0156", 503, "503 with Retry-After once, then accepted", once=True, wait=RETRY_AFTER),
    _taken("0157", "accepted, the connection closed without an answer", ending=Transmission.CLOSED),
    _refused("0158", 502, "502, a page of HTML", shape=BodyShape.PAGE),
    _taken("0198", "accepted, never answered", ending=Transmission.HELD),
)

_BY_NUMBER = {fault.number: fault for fault in FAULTS}
_NUMBER = re.compile(re.escape(FICTION_PREFIX) + r"[0-9]{4}(?![0-9])")
_CODE = re.compile(r'(?:^|[,;])\s*code\s*=\s*"?([1-9][0-9]{2})"?\s*(?=$|[,;])', re.IGNORECASE)


def find_fault(value: Any) -> Fault:
    """Return the fault of the first listed number in a JSON value's strings; acceptance otherwise."""
    for text in _strings(value):
        for number in _NUMBER.findall(text):
            if number in _BY_NUMBER:
                return _BY_NUMBER[number]
    return FAULTS[0]


def preferred_status(header: str) -> int | None:
    """Return NNN of `Prefer: code=NNN` (RFC 7240); None when it asks for nothing like that."""
    found = _CODE.search(header)
    status = int(found[1]) if found else 0
    return status if HTTP_LOWEST <= status <= HTTP_HIGHEST else None


HTTP_LOWEST, HTTP_HIGHEST = 200, 599


def preferred_fault(status: int) -> Fault:
    """Return the fault that answers `status`, as the table would."""
    wait = RETRY_AFTER if status in (429, 503) else None
    return Fault("", f"Prefer: code={status}", status, wait=wait)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for member in value.values() if isinstance(value, dict) else value:
            yield from _strings(member)
