"""Write GitHub Actions workflow commands: an annotation for each finding, at its line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.findings.finding import Severity
from cxcall.output.count_phrases import count_phrase
from cxcall.output.formats.payload_verdicts import (
    finding_message,
    payload_verdicts,
    repository_path,
)
from cxcall.phone.number_masking import mask_text

if TYPE_CHECKING:
    from cxcall.findings.finding import Finding
    from cxcall.output.report import Report
    from cxcall.validation.payload_check import PayloadVerdict

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def render(report: Report) -> str:
    """Return a workflow command for each finding, and a line that counts the valid payloads."""
    verdicts = payload_verdicts(report)
    lines = [_annotation(verdict, each) for verdict in verdicts for each in verdict.findings]
    if report.payloads:
        read = [verdict.valid for verdict in report.payloads if verdict.is_read]
        summary = f"; {report.summary}" if report.summary else ""
        counts = f"{sum(read)} of {count_phrase(len(read), 'payload')} valid"
        lines.append(f"cxcall: {counts if read else 'no payload was read'}{summary}")
    return "\n".join(lines)


def _annotation(verdict: PayloadVerdict, finding: Finding) -> str:
    file, excerpt = repository_path(verdict), finding.excerpt
    properties = {"file": file.as_posix()} if file else {}
    if file and excerpt:
        properties |= {"line": str(excerpt.line), "col": str(excerpt.column)}
    position = f"{excerpt.position}  " if excerpt and not file else ""
    properties["title"] = f"{finding.code}  {position}{mask_text(finding.where)}"
    joined = ",".join(f"{name}={_escape_property(text)}" for name, text in properties.items())
    return f"::{_COMMANDS[finding.severity]} {joined}::{_escape_data(finding_message(finding))}"


def _escape_data(text: str) -> str:
    """Escape text so that it cannot end the command or start another one."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    return _escape_data(text).replace(":", "%3A").replace(",", "%2C")
