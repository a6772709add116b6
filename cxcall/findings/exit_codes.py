"""Exit codes, and the outcomes of commands."""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Self


class ExitCode(IntEnum):
    """The exit code of a command: what it means, and whether a call was placed."""

    meaning: str
    call_placed: str

    def __new__(cls, value: int, meaning: str, call_placed: str) -> Self:
        """Create a member whose value is only the code."""
        member = int.__new__(cls, value)
        member._value_, member.meaning, member.call_placed = value, meaning, call_placed
        return member

    OK = (
        0,
        "accepted by the API; or valid; or a dry run without errors; or a batch that sent all it should",
        "as asked",
    )
    FAULT = 1, "a fault in cxcall itself", "see `cxcall history list`"
    USAGE = (
        2,
        "usage or settings: a flag, a file, an output, or the ledger cannot be used; `--yes` is missing",
        "no",
    )
    INVALID = (
        3,
        "a check, `explain`, `operations --problems`, or `sandbox requests --expect` found errors",
        "no",
    )
    CREDENTIALS = 4, "no usable credentials: none, expired, refused, or for another host", "no"
    REFUSED = (
        5,
        "the API refused the request; `doctor` found an obstacle; `track` or `--wait`: never connected",
        "no; maybe with `track` or `--wait`",
    )
    UNDELIVERED = 6, "undelivered: never connected, or provably not processed", "no"
    STOPPED = (
        7,
        (
            "stopped by a guard: declined, duplicate, outside hours, do-not-call, `--max-attempts`,"
            " an unfinished batch, a ledger that lacks records"
        ),
        "no",
    )
    UNKNOWN = (
        8,
        "unknown: a call may have been placed. Do not run it again; `track` or `--wait`: end not known",
        "maybe",
    )
    PARTIAL = (
        9,
        "`batch`, `worker`, or `campaign load` ended, and rows were not accepted, are left, or were not reported",
        "some",
    )
    INTERRUPTED = 130, "interrupted before anything was sent", "no"


class Outcome(StrEnum):
    """How a command ended; the first four are the outcomes of a delivery."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNDELIVERED = "undelivered"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"
    INVALID = "invalid"
    STOPPED = "stopped"
    DRY_RUN = "dry-run"
    ERROR = "error"
    VALID = "valid"
    OK = "ok"
