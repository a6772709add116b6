"""JUnit XML: a test case for each payload, so that a CI system counts and shows them as tests."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from cxcall.findings.finding import Severity
from cxcall.output.formats.payload_verdicts import (
    finding_message,
    is_readable,
    payload_verdicts,
    repository_path,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cxcall.findings.finding import Finding
    from cxcall.output.report import Report
    from cxcall.validation.payload_check import PayloadVerdict

_NO_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(report: Report) -> str:
    """Return the document, in ASCII: any stream can carry it.

    What makes a payload invalid is one `failure`, as many readers take the first alone; what could
    not be read is an `error`; other findings stand in `system-out`.
    """
    payloads = payload_verdicts(report)
    unread = sum(not is_readable(checked) for checked in payloads)
    counts = {
        "name": "cxcall validate",
        "tests": str(len(payloads)),
        "failures": str(sum(not checked.valid for checked in payloads) - unread),
        "errors": str(unread),
    }
    suites = Element("testsuites", counts)
    suite = SubElement(suites, "testsuite", {**counts, "skipped": "0"})
    for checked in payloads:
        _add_case(suite, checked)
    indent(suites)
    text: bytes = tostring(suites, encoding="us-ascii", xml_declaration=True)
    return text.decode("ascii")


def _add_case(suite: Element, checked: PayloadVerdict) -> None:
    name = checked.place or "command line"
    attributes = {"classname": "cxcall.validate", "name": _xml(name)}
    if file := repository_path(checked):
        attributes["file"] = _xml(file.as_posix())
    case = SubElement(suite, "testcase", attributes)
    faults = _faults(checked)
    if faults:
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        kind = "failure" if is_readable(checked) else "error"
        said = {"message": _xml(faults[0].message + more), "type": faults[0].code}
        SubElement(case, kind, said).text = _text(faults)
    faulty = {each.severity for each in faults}
    if others := [each for each in checked.findings if each.severity not in faulty]:
        SubElement(case, "system-out").text = _text(others)


def _faults(checked: PayloadVerdict) -> list[Finding]:
    """Return what makes a payload invalid: its errors, or (`--strict`) its warnings where it has none."""
    errors = [each for each in checked.findings if each.severity is Severity.ERROR]
    warnings = [each for each in checked.findings if each.severity is Severity.WARNING]
    return errors if errors or checked.valid else warnings


def _text(findings: Sequence[Finding]) -> str:
    return _xml("\n\n".join(f"{_head(each)}{finding_message(each)}" for each in findings))


def _head(finding: Finding) -> str:
    place = finding.excerpt
    at = f"{place.file}:{place.line}:{place.column}  " if place else ""
    return f"{finding.severity}[{finding.code}]  {at}{finding.where}\n"


def _xml(text: str) -> str:
    """Spell out the characters that XML 1.0 cannot hold at all."""
    return _NO_XML.sub(lambda found: ascii(found[0])[1:-1], text)
