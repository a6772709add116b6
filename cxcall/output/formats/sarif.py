"""SARIF 2.1.0, the OASIS format of code scanning: a result for each finding, a rule for each code."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from cxcall.findings.codes import codes
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


def render(report: Report) -> str:
    """Return the document, in ASCII: any stream can carry it."""
    found = [(checked, each) for checked in payload_verdicts(report) for each in checked.findings]
    codes = sorted({finding.code for _, finding in found})
    run = {
        "tool": {
            "driver": {"name": "cxcall", "version": __version__, "rules": [*map(_rule, codes)]}
        },
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": report.exit_code in (ExitCode.OK, ExitCode.INVALID),
                "exitCode": int(report.exit_code),
            }
        ],
        "results": [_result(checked, each, codes.index(each.code)) for checked, each in found],
    }
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    return json.dumps({"$schema": schema, "version": "2.1.0", "runs": [run]}, indent=2)


def _rule(code: str) -> dict[str, Any]:
    known = codes().get(code)
    found = {"id": code, "shortDescription": {"text": known.means if known else code}}
    return {**found, "help": {"text": known.do}} if known else found


def _result(checked: PayloadVerdict, finding: Finding, rule: int) -> dict[str, Any]:
    location: dict[str, Any] = {}
    if file := repository_path(checked):
        location["physicalLocation"] = {"artifactLocation": _artifact(file), **_region(finding)}
    if is_readable(checked) and finding.where.startswith("/"):
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
    place = finding.excerpt
    if place is None:
        return {}
    region = {
        "startLine": place.line,
        "startColumn": place.column,
        "endColumn": place.column + place.width,
    }
    return {"region": region}
