"""Faults by phone number: the table of numbers for which the sandbox returns a fault."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from cxcall.documents.json_pointer import leaves
from cxcall.sandbox.http_messages import Transmission

FICTION_PREFIX = "+1202555"
"""Prefix of the numbers 0100 to 0199, which are reserved for fiction, so no phone has them."""

RETRY_AFTER = 1
"""The value of `Retry-After`, in seconds."""


class BodyShape(StrEnum):
    """The place of the engagement ID in a response, or the replacement of the usual body."""

    NORMAL = "normal"
    ID_IN_BODY = "id-in-body"
    NO_ID = "no-id"
    HIDDEN_FAILURE = "hidden-failure"
    HTML_PAGE = "html-page"


@dataclass(frozen=True, slots=True)
class Fault:
    """The response for one number. A `status` of None stands for the operation's own success.

    `accepted` is true if the platform would place the call. A fault with `once` applies only to the
    first request with the number; the next requests are accepted.
    """

    number: str
    effect: str
    status: int | None = None
    accepted: bool = False
    once: bool = False
    retry_after: int | None = None
    transmission: Transmission = Transmission.COMPLETE
    shape: BodyShape = BodyShape.NORMAL


def _accepted_fault(last_digits: str, effect: str, **options: Any) -> Fault:
    """Return a fault for which the platform would place the call."""
    return Fault(f"{FICTION_PREFIX}{last_digits}", effect, accepted=True, **options)


def _refused_fault(last_digits: str, status: int, effect: str, **options: Any) -> Fault:
    return Fault(f"{FICTION_PREFIX}{last_digits}", effect, status, **options)


FAULTS: tuple[Fault, ...] = (
    _accepted_fault("0100", "accepted, as is every number that is not listed here"),
    _accepted_fault(
        "0101", "accepted, the engagement ID only in the body", shape=BodyShape.ID_IN_BODY
    ),
    _accepted_fault("0102", "accepted, no engagement ID anywhere", shape=BodyShape.NO_ID),
    _refused_fault("0120", 200, "200, its body reports a failure", shape=BodyShape.HIDDEN_FAILURE),
    _refused_fault(
        "0128", 429, "429 with Retry-After once, then accepted", once=True, retry_after=RETRY_AFTER
    ),
    _refused_fault("0129", 429, "429 with Retry-After", retry_after=RETRY_AFTER),
    _accepted_fault("0130", "303, but accepted", status=303),
    _refused_fault("0137", 307, "307 to the same path"),
    _refused_fault("0140", 400, "400"),
    _refused_fault("0141", 401, "401 once, its token revoked; then accepted", once=True),
    _refused_fault("0142", 401, "401, its token revoked"),
    _refused_fault("0143", 403, "403"),
    _refused_fault("0144", 404, "404"),
    _refused_fault("0148", 408, "408"),
    _refused_fault("0149", 409, "409"),
    _refused_fault("0150", 500, "500"),
    _accepted_fault("0151", "500, but accepted", status=500),
    _accepted_fault(
        "0152",
        "accepted, the response cut in the middle of its body",
        transmission=Transmission.TRUNCATED,
    ),
    _refused_fault("0153", 503, "503 with Retry-After", retry_after=RETRY_AFTER),
    _accepted_fault("0154", "504, but accepted", status=504),
    _refused_fault("0155", 503, "503 without Retry-After"),
    _refused_fault(
        "0156", 503, "503 with Retry-After once, then accepted", once=True, retry_after=RETRY_AFTER
    ),
    _accepted_fault(
        "0157",
        "accepted, the connection closed without a response",
        transmission=Transmission.CLOSED,
    ),
    _refused_fault("0158", 502, "502, a page of HTML", shape=BodyShape.HTML_PAGE),
    _accepted_fault("0198", "accepted, never responded to", transmission=Transmission.HELD),
)

_BY_NUMBER = {fault.number: fault for fault in FAULTS}
_NUMBER = re.compile(re.escape(FICTION_PREFIX) + r"[0-9]{4}(?![0-9])")
_LOWEST_STATUS, _HIGHEST_STATUS = 200, 599
_CODE = re.compile(r'(?:^|[,;])\s*code\s*=\s*"?([1-9][0-9]{2})"?\s*(?=$|[,;])', re.IGNORECASE)


def find_fault(value: Any) -> Fault:
    """Return the fault of the first listed number in a JSON value; or else the fault that accepts the request."""
    for _, text in leaves(value):
        for number in _NUMBER.findall(text) if isinstance(text, str) else ():
            if number in _BY_NUMBER:
                return _BY_NUMBER[number]
    return FAULTS[0]


def preferred_status(header: str) -> int | None:
    """Return NNN of `Prefer: code=NNN` (RFC 7240); None if the header has no such preference."""
    found = _CODE.search(header)
    status = int(found[1]) if found else 0
    return status if _LOWEST_STATUS <= status <= _HIGHEST_STATUS else None


def preferred_fault(status: int) -> Fault:
    """Return a fault that responds with `status`."""
    retry_after = RETRY_AFTER if status in (429, 503) else None
    return Fault("", f"Prefer: code={status}", status, retry_after=retry_after)
