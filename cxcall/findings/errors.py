"""What can be found, what can go wrong, and the exit code of each (DESIGN: exit codes, findings)."""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import NamedTuple, Self


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


class Severity(StrEnum):
    """How much a finding matters: `error` means that the API would refuse, or the wrong person be called."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Excerpt(NamedTuple):
    """A place in a text: 1-based line and column, the line itself, and how many characters to underline."""

    file: str
    line: int
    column: int
    text: str
    width: int = 1

    def __repr__(self) -> str:
        # A test of a user's own prints this into a log: the line may hold a phone number.
        return f"{type(self).__name__}({self.file}:{self.line}:{self.column})"


class Finding(NamedTuple):
    """One thing found by a check or an explanation.

    `where` is a JSON pointer into the body, or `path`, `host`, `header:NAME`, `token`, `response`,
    or a setting; `origin` names the flag that the value came from, and `excerpt` the place in a file;
    `source` names who made the rule: a contract, a fact, or the response.
    """

    severity: Severity
    code: str
    where: str
    message: str
    fix: str = ""
    why: str = ""
    source: str = ""
    origin: str = ""
    excerpt: Excerpt | None = None


def command(*words: str) -> str:
    """Return words as a hint that can be pasted into a shell: in backticks, each quoted where it must be."""
    from shlex import join

    return f"`{join(words)}`"


class CxcallError(Exception):
    """A command that cannot go on: what was found, the exit code, and the envelope's outcome."""

    exit_code: ExitCode = ExitCode.FAULT
    outcome: Outcome = Outcome.ERROR

    def __init__(self, *findings: Finding) -> None:
        super().__init__("; ".join(finding.message for finding in findings))
        self.findings = findings


class UsageError(CxcallError):
    """Flags, settings or an unreadable file: nothing was sent."""

    exit_code = ExitCode.USAGE

    def __init__(
        self,
        message: str,
        *,
        where: str = "usage",
        fix: str = "",
        why: str = "",
        code: str = "usage",
    ) -> None:
        super().__init__(Finding(Severity.ERROR, code, where, message, fix, why))


class CheckError(CxcallError):
    """The check found errors: nothing was sent."""

    exit_code = ExitCode.INVALID
    outcome = Outcome.INVALID


class CredentialsError(CxcallError):
    """No usable credentials: none, expired, or refused."""

    exit_code = ExitCode.CREDENTIALS


class StoppedError(CxcallError):
    """A guard stopped the request: answered no, already sent, outside hours, on a do-not-call list."""

    exit_code = ExitCode.STOPPED
    outcome = Outcome.STOPPED
