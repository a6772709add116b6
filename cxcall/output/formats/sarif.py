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
    repository_path,
)
from cxcall.phone import number_masking
from cxcall.version import PROJECT_URL, __version__

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cxcall.documents.json_document import Document
    from cxcall.findings.finding import Finding
    from cxcall.output.report import Report
    from cxcall.validation.payload_check import PayloadVerdict

_MAX_FIXED_CHARACTERS = 50_000_000
"""The most characters of text that are edited for one payload, counted for each finding."""
_STDIN_URI = "stdin"
"""GitHub rejects a result whose location names no artifact, so that text from stdin also has a name."""
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def render(report: Report) -> str:
    """Return the SARIF document in ASCII, which every stream can carry."""
    results, notifications, verdicts = [], [], payload_verdicts(report)
    used = sorted({each.code for one in verdicts for each in one.findings if _location(one, each)})
    for verdict in verdicts:
        for finding, fixes in zip(verdict.findings, _fixes(verdict), strict=True):
            message = {"text": finding_message(finding)}
            said = {"level": str(finding.severity), "message": message}
            if location := _location(verdict, finding):
                rule = {"ruleIndex": used.index(finding.code)}
                places = {"locations": [location]}
                results.append({"ruleId": finding.code, **rule, **said, **places, **fixes})
            else:  # GitHub rejects a result without a location
                notifications.append({"descriptor": {"id": finding.code}, **said})
    invocation = {
        "executionSuccessful": report.exit_code in (ExitCode.OK, ExitCode.INVALID),
        "exitCode": int(report.exit_code),
        **({"toolExecutionNotifications": notifications} if notifications else {}),
    }
    driver = {
        "name": "cxcall",
        "version": __version__,
        "informationUri": PROJECT_URL,
        "rules": list(map(_rule, used)),
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [invocation],
        "results": results,
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


def _fixes(verdict: PayloadVerdict) -> Iterator[dict[str, Any]]:
    """Yield the member `fixes` for each finding of a payload: its safe edits as a change of the file's text."""
    from cxcall.validation.fixes import reread_json_document, safe_edits, text_change

    document = reread_json_document(verdict) if safe_edits(verdict.findings) else None
    file = repository_path(verdict)
    is_long = document and len(document.text) * len(verdict.findings) > _MAX_FIXED_CHARACTERS
    for finding in verdict.findings:
        change = text_change(document, finding) if document and file and not is_long else None
        # A text with a phone number is not printed in full.
        if (
            document is None
            or file is None
            or change is None
            or number_masking.mask_text(change[2]) != change[2]
        ):
            yield {}
            continue
        start, end, text = change
        replacement = {
            "deletedRegion": {
                **_position(document, start, "start"),
                **_position(document, end, "end"),
            },
            "insertedContent": {"text": text},
        }
        changes = [{"artifactLocation": _artifact(file), "replacements": [replacement]}]
        yield {"fixes": [{"description": {"text": finding.fix}, "artifactChanges": changes}]}


def _position(document: Document, offset: int, name: str) -> dict[str, int]:
    place = document.excerpt(offset, offset)
    return {f"{name}Line": place.line, f"{name}Column": place.column}


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
