"""GitHub Actions workflow commands: an annotation for each finding, at its line in the pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.findings.finding import Severity
from cxcall.output.formats.payload_verdicts import (
    finding_message,
    payload_verdicts,
    repository_path,
)

if TYPE_CHECKING:
    from cxcall.findings.finding import Finding
    from cxcall.output.report import Report
    from cxcall.validation.payload_check import PayloadVerdict

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def render(report: Report) -> str:
    """Return one workflow command for each finding, and how many payloads are valid."""
    payloads = payload_verdicts(report)
    lines = [annotation(checked, each) for checked in payloads for each in checked.findings]
    if report.payloads:
        valid = sum(checked.valid for checked in payloads)
        summary = f"; {report.summary}" if report.summary else ""
        lines.append(f"cxcall: {valid} of {len(payloads)} payloads valid{summary}")
    return "\n".join(lines)


def annotation(checked: PayloadVerdict, finding: Finding) -> str:
    """Return a finding as a workflow command; nothing in it can end the command or start another."""
    file, place = repository_path(checked), finding.excerpt
    properties = {"file": file.as_posix()} if file else {}
    if file and place:
        properties |= {"line": str(place.line), "col": str(place.column)}
    properties["title"] = f"{finding.code}  {finding.where}"
    told = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{_COMMANDS[finding.severity]} {told}::{_data(finding_message(finding))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
