"""Exit codes, and the outcomes that they stand for."""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Self


class ExitCode(IntEnum):
    """Say to the caller's script whether it may run the command again: what it means, and whether it rang."""

    meaning: str
    rang: str

    def __new__(cls, value: int, meaning: str, rang: str) -> Self:
        """Make a member; its value is the code alone."""
        member = int.__new__(cls, value)
        member._value_, member.meaning, member.rang = value, meaning, rang
        return member

    OK = 0, "accepted by the API; or valid; or a clean dry run", "as asked"
    FAULT = 1, "a fault in cxcall itself", "see `cxcall history list`"
    USAGE = (
        2,
        "usage or settings: flags, a file or output that cannot be read or written, `--yes` missing",
        "no",
    )
    INVALID = 3, "the check, or `explain`, found errors; nothing was sent", "no"
    CREDENTIALS = 4, "no usable credentials: none, expired, refused", "no"
    REFUSED = 5, "the API refused the request", "no"
    UNDELIVERED = 6, "undelivered: never connected, or provably not processed", "no"
    STOPPED = (
        7,
        "stopped by a guard: you answered no, it was sent already, outside hours, do-not-call",
        "no",
    )
    UNKNOWN = 8, "unknown: it may have rung. Do not run it again", "maybe"
    PARTIAL = 9, "a batch ended with some rows not accepted; its summary says which", "some"
    INTERRUPTED = 130, "interrupted before anything left", "no"


class Outcome(StrEnum):
    """How a command ended; the first four are the outcomes of a delivery."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNDELIVERED = "undelivered"
    UNKNOWN = "unknown"
    INVALID = "invalid"
    STOPPED = "stopped"
    DRY_RUN = "dry-run"
    ERROR = "error"
    VALID = "valid"
    OK = "ok"
