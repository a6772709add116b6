"""Write SARIF 2.1.0 (OASIS, for code scanning): a result for each finding, a rule for each code."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from cxcall.findings.codes import load_codes
from cxcall.findings.exit_codes import ExitCode
from cxcall.output.formats.payload_verdicts import (
    finding_message,
    is_readable,
    payload_verdicts,
    repository_path,
)
from cxcall.version import __version__

if TYPE_CHECKING:
    from pathlib import Path

    from cxcall.findings.finding import Finding
    from cxcall.output.report import Report
    from cxcall.validation.payload_check import PayloadVerdict

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def render(report: Report) -> str:
    """Return the SARIF document in ASCII, which every stream can carry."""
    pairs = [
        (verdict, finding) for verdict in payload_verdicts(report) for finding in verdict.findings
    ]
    used = sorted({finding.code for _, finding in pairs})
    rules = [_rule(code) for code in used]
    invocation = {
        "executionSuccessful": report.exit_code in (ExitCode.OK, ExitCode.INVALID),
        "exitCode": int(report.exit_code),
    }
    run = {
        "tool": {"driver": {"name": "cxcall", "version": __version__, "rules": rules}},
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
    return {**rule, "help": {"text": entry.do}} if entry else rule


def _result(verdict: PayloadVerdict, finding: Finding, rule: int) -> dict[str, Any]:
    location: dict[str, Any] = {}
    if file := repository_path(verdict):
        location["physicalLocation"] = {"artifactLocation": _artifact(file), **_region(finding)}
    if is_readable(verdict) and finding.where.startswith("/"):
        location["logicalLocations"] = [{"fullyQualifiedName": finding.where}]
    return {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": str(finding.severity),
        "message": {"text": finding_message(finding)},
        **({"locations": [location]} if location else {}),
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
