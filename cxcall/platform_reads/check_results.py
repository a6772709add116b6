"""What a preflight check is given, and what it returns."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Self

from cxcall.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cxcall.contracts.operation import Operation
    from cxcall.findings.finding import Finding
    from cxcall.payloads.payload import Payload
    from cxcall.settings.settings import Settings


class CheckStatus(StrEnum):
    """The status of one check."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"


class CheckResult(NamedTuple):
    """One check: its subject, its status, the result, and the next step."""

    check: str
    verdict: CheckStatus
    says: str
    fix: str = ""

    @classmethod
    def passed(cls, check: str, says: str) -> Self:
        """Return the result of a check that passed."""
        return cls(check, CheckStatus.PASSED, says)

    @classmethod
    def failed(cls, check: str, says: str, fix: str) -> Self:
        """Return the result of a check that failed."""
        return cls(check, CheckStatus.FAILED, says, fix)

    @classmethod
    def of_finding(cls, check: str, finding: Finding) -> Self:
        """Return the result of a check that failed with a finding."""
        return cls.failed(check, finding.message, finding.fix)

    @classmethod
    def unknown(cls, check: str, says: str, fix: str = "") -> Self:
        """Return the result of a check that could not be performed."""
        return cls(check, CheckStatus.UNKNOWN, says, fix)

    def as_dict(self) -> dict[str, str]:
        """Return the result as JSON data."""
        return {**self._asdict(), "verdict": str(self.verdict)}


class PreflightInput(NamedTuple):
    """The input of the checks: settings, and the request to be sent, if one was named.

    `reads` are the operations of the settings' platform with `x-cxcall-doctor`, `values` the request's parameters.
    """

    settings: Settings
    reads: Sequence[Operation]
    operation: Operation | None
    values: Mapping[str, str]
    payload: Payload
