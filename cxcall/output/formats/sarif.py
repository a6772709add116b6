"""Write SARIF 2.1.0 (OASIS, for code scanning): a result for each finding, a rule for each code."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from cxcall.documents.text_files import STDIN
from cxcall.findings.codes import load_codes
from cxcall.findings.exit_codes import ExitCode
from cxcall.output.formats.payload_verdicts import (
    finding_message,
    named_path,
    payload_verdicts,
)
from cxcall.phone import number_masking
from cxcall.version import PROJECT_URL, __version__

if TYPE_CHECKING:
    from pathlib import Path

    from cxcall.findings.finding import Finding
    from cxcall.output.report import Report
    from cxcall.validation.payload_check import PayloadVerdict

_STDIN_URI = "stdin"
"""GitHub rejects a result whose location names no artifact, so that text from stdin also has a name."""
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def render(report: Report) -> str:
    """Return the SARIF document in ASCII, which every stream can carry."""
    found = [(verdict, each) for verdict in payload_verdicts(report) for each in verdict.findings]
    pairs = [pair for pair in found if _location(*pair)]
    notifications = [_notification(pair[1]) for pair in found if not _location(*pair)]
    used = sorted({finding.code for _, finding in pairs})
    rules = [_rule(code) for code in used]
    invocation = {
        "executionSuccessful": report.exit_code in (ExitCode.OK, ExitCode.INVALID),
        "exitCode": int(report.exit_code),
        **({"toolExecutionNotifications": notifications} if notifications else {}),
    }
    driver = {
        "name": "cxcall",
        "version": __version__,
        "informationUri": PROJECT_URL,
        "rules": rules,
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [invocation],
        "results": [
            _result(verdict, finding, used.index(finding.code)) for verdict, finding in pairs
        ],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _rule(code: str) -> dict[str, Any]:
    entry = load_codes().get(code)
    rule = {"id": code, "shortDescription": {"text": entry.means if entry else code}}
    return {**rule, "help": {"text": entry.do}, "helpUri": entry.url} if entry else rule


def _location(verdict: PayloadVerdict, finding: Finding) -> dict[str, Any]:
    location: dict[str, Any] = {}
    file = named_path(verdict)
    if file or verdict.file == STDIN:
        artifact = _artifact(file) if file else {"uri": _STDIN_URI}
        location["physicalLocation"] = {"artifactLocation": artifact, **_region(finding)}
    if verdict.is_read and finding.where.startswith("/"):
        location["logicalLocations"] = [
            {"fullyQualifiedName": number_masking.mask_text(finding.where)}
        ]
    return location


def _notification(finding: Finding) -> dict[str, Any]:
    """Return a finding without a place as a notification: GitHub rejects a result without a location."""
    return {
        "descriptor": {"id": finding.code},
        "level": str(finding.severity),
        "message": {"text": finding_message(finding)},
    }


def _result(verdict: PayloadVerdict, finding: Finding, rule: int) -> dict[str, Any]:
    return {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": str(finding.severity),
        "message": {"text": finding_message(finding)},
        "locations": [_location(verdict, finding)],
    }


def _artifact(file: Path) -> dict[str, str]:
    if file.is_absolute():
        return {"uri": file.as_uri()}
    return {"uri": quote(os.fsencode(file.as_posix())), "uriBaseId": "%SRCROOT%"}


def _region(finding: Finding) -> dict[str, Any]:
    excerpt = finding.excerpt
    if excerpt is None:
        return {}
    start = excerpt.column
    region = {"startLine": excerpt.line, "startColumn": start, "endColumn": start + excerpt.width}
    return {"region": region}
