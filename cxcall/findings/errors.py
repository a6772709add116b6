"""Errors that end a command, and the exit code of each."""

from __future__ import annotations

import copyreg
from typing import Any

from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.findings.finding import Finding
from cxcall.version import __version__


class Picklable(BaseException):
    """An exception that another process can receive, whatever its `__init__` takes.

    Without this, a pool of processes would lose the results of calls that were placed.
    """

    def __reduce__(self) -> tuple[Any, ...]:
        return copyreg.__newobj__, (type(self), *self.args), self.__dict__  # type: ignore[attr-defined]


class CxcallError(Picklable, Exception):
    """The error that ends a command: its findings, the exit code, and the outcome in the JSON envelope."""

    exit_code: ExitCode = ExitCode.FAULT
    outcome: Outcome = Outcome.ERROR
    subject: tuple[Any, ...] = ()
    """The operation that it is about, the request if it was built, and its body, for the report."""

    def __init__(self, *findings: Finding) -> None:
        super().__init__("; ".join(finding.message for finding in findings))
        self.findings = findings


class UsageError(CxcallError):
    """Invalid flags or settings, or an unreadable file. Nothing was sent."""

    exit_code = ExitCode.USAGE

    def __init__(
        self,
        message: str,
        *,
        where: str,
        fix: str = "",
        why: str = "",
        code: str = "usage",
    ) -> None:
        super().__init__(Finding.error(code, where, message, fix, why))


class UnusableGuardError(UsageError):
    """A guard cannot be applied because of a setting, whatever the request is."""

    def __init__(self, *findings: Finding) -> None:
        super(UsageError, self).__init__(*findings)


class UnusableDocumentError(UsageError):
    """No operation of a user's document can be used because of its `problems`, the first of which is reported."""

    def __init__(self, problems: list[dict[str, Any]]) -> None:
        first = problems[0]
        super().__init__(first["message"], where=first["where"], fix=first["fix"])
        self.problems = problems


class RetryStoppedError(CxcallError):
    """A batch that stops by itself sends no further attempt of a request; it was not processed."""

    exit_code = ExitCode.UNDELIVERED
    outcome = Outcome.UNDELIVERED

    def __init__(self, reason: str) -> None:
        finding = Finding.error(
            "undelivered",
            "batch",
            f"the batch stopped before the next attempt: {reason}",
            fix="remove the cause, then run the same command with `--resume`",
        )
        super().__init__(finding)


class CheckError(CxcallError):
    """A check found errors. Nothing was sent."""

    exit_code = ExitCode.INVALID
    outcome = Outcome.INVALID


class CredentialsError(CxcallError):
    """No usable credentials: none, expired, or refused."""

    exit_code = ExitCode.CREDENTIALS


class RejectedCredentialsError(CredentialsError):
    """The API refused credentials that cxcall cannot replace, such as a token that a person set."""


class StoppedError(CxcallError):
    """A guard stopped the request, or the ledger cannot show that it is not a duplicate."""

    exit_code = ExitCode.STOPPED
    outcome = Outcome.STOPPED


def fault_finding(fault: BaseException) -> Finding:
    """Return the finding on a fault; it names only places in the code, because values can be secrets."""
    from traceback import extract_tb

    places = [
        f"{frame.filename.rpartition('cxcall')[2]}:{frame.lineno}"
        for frame in extract_tb(fault.__traceback__)
    ]
    return Finding.error(
        "fault",
        " > ".join(places[-4:]),
        f"cxcall {__version__} itself failed: {type(fault).__name__}",
        why="`cxcall history list` shows whether something was sent",
        fix="report it with the line above and the command; the line contains none of your values",
    )
