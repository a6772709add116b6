"""Faults by phone number: the table of numbers for which the sandbox returns a fault."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cxcall.documents.json_pointer import leaves
from cxcall.sandbox.http_messages import Transmission

if TYPE_CHECKING:
    from collections.abc import Iterator

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


def _read_faults() -> Iterator[Fault]:
    """Yield the faults of the table, which is in the file beside this module."""
    for line in Path(__file__).with_suffix(".tsv").read_text("utf-8").splitlines()[1:]:
        number, status, words, effect = line.split("\t")
        options = words.split()
        yield Fault(
            number,
            effect,
            None if status == "-" else int(status),
            accepted="accepted" in options,
            once="once" in options,
            retry_after=RETRY_AFTER if "retry-after" in options else None,
            transmission=next(filter(options.__contains__, Transmission), Transmission.COMPLETE),
            shape=next(filter(options.__contains__, BodyShape), BodyShape.NORMAL),
        )


FAULTS = tuple(_read_faults())
"""The first one accepts the request."""
_BY_NUMBER = {fault.number: fault for fault in FAULTS}
_NUMBER = re.compile(re.escape(FICTION_PREFIX) + r"[0-9]{4}(?![0-9])")


def find_fault(value: Any) -> Fault:
    """Return the fault of the first listed number in a JSON value; or else the fault that accepts the request."""
    for _, text in leaves(value):
        for number in _NUMBER.findall(text) if isinstance(text, str) else ():
            if number in _BY_NUMBER:
                return _BY_NUMBER[number]
    return FAULTS[0]
