"""Errors that end a command, and the exit code of each."""

from __future__ import annotations

from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.findings.finding import Finding, Severity


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
