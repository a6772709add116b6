"""Write JUnit XML: a test case for each payload, so that a CI system shows payloads as tests."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from cxcall.findings.finding import Severity
from cxcall.output.formats.payload_verdicts import (
    finding_message,
    payload_verdicts,
    repository_path,
)
from cxcall.output.terminal_text import escape_to_one_line
from cxcall.phone.number_masking import mask_text
from cxcall.runtime.patterns import compile_on_use

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cxcall.findings.finding import Finding
    from cxcall.output.report import Report
    from cxcall.validation.payload_check import PayloadVerdict

_NOT_IN_XML = compile_on_use("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(report: Report) -> str:
    """Return the XML document in ASCII, which every stream can carry.

    An invalid payload has one `failure` with all of its errors, because many readers show only the
    first; an unreadable one has an `error`. Other findings are in `system-out`.
    """
    verdicts = payload_verdicts(report)
    unreadable = sum(not verdict.is_read for verdict in verdicts)
    counts = {
        "name": "cxcall validate",
        "tests": str(len(verdicts)),
        "failures": str(sum(not verdict.valid for verdict in verdicts) - unreadable),
        "errors": str(unreadable),
    }
    suites = Element("testsuites", counts)
    suite = SubElement(suites, "testsuite", {**counts, "skipped": "0"})
    for verdict in verdicts:
        _add_case(suite, verdict)
    indent(suites)
    text: bytes = tostring(suites, encoding="us-ascii", xml_declaration=True)
    return text.decode("ascii")


def _add_case(suite: Element, verdict: PayloadVerdict) -> None:
    name = verdict.place or "command line"
    attributes = {"classname": "cxcall.validate", "name": _escape(escape_to_one_line(name))}
    if file := repository_path(verdict):
        attributes["file"] = _escape(file.as_posix())
    case = SubElement(suite, "testcase", attributes)
    failures = _failures(verdict)
    if failures:
        first, more = failures[0], len(failures) - 1
        message = f"{first.message} (and {more} more)" if more else first.message
        kind = "failure" if verdict.is_read else "error"
        details = {"message": _escape(escape_to_one_line(message)), "type": first.code}
        SubElement(case, kind, details).text = _format_findings(failures)
    severities = {each.severity for each in failures}
    if others := [each for each in verdict.findings if each.severity not in severities]:
        SubElement(case, "system-out").text = _format_findings(others)


def _failures(verdict: PayloadVerdict) -> list[Finding]:
    """Return the findings that make a payload invalid: its errors, or its warnings if only `--strict` refuses it."""
    errors = [each for each in verdict.findings if each.severity is Severity.ERROR]
    warnings = [each for each in verdict.findings if each.severity is Severity.WARNING]
    return errors if errors or verdict.valid else warnings


def _format_findings(findings: Sequence[Finding]) -> str:
    # Without the quoted line, which is not shown, and may be long and the same for each finding.
    brief = (
        each._replace(excerpt=each.excerpt and each.excerpt._replace(text="")) for each in findings
    )
    safe = [each.map_texts(escape_to_one_line) for each in brief]
    return _escape("\n\n".join(f"{_heading(each)}\n{finding_message(each)}" for each in safe))


def _heading(finding: Finding) -> str:
    excerpt = finding.excerpt
    position = f"{excerpt.position}  " if excerpt else ""
    return f"{finding.severity}[{finding.code}]  {position}{mask_text(finding.where)}"


def _escape(text: str) -> str:
    """Replace the characters that XML 1.0 cannot contain with escape sequences."""
    return _NOT_IN_XML.sub(lambda match: ascii(match[0])[1:-1], text)
