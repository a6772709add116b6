"""Findings about the run as a whole, such as an ignored setting: each is in the report once, for any command."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cxcall.findings.finding import Finding

_notices: dict[str, Finding] = {}


def add_notice(finding: Finding) -> None:
    """Add a finding to the report of this run, unless the command reports the same message itself."""
    _notices.setdefault(finding.message, finding)


def with_notices(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings of a report with the notices of this run that are not among them."""
    found = tuple(findings)
    messages = {finding.message for finding in found}
    return (*found, *(each for each in _notices.values() if each.message not in messages))
