"""What was found in payload files, in the formats that CI systems read: one module a format.

Each has `render(report)`, which returns the whole text. A report of no payloads, as that of a wrong
flag, is rendered too: a CI job reads the same format on every path.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from cxcall.findings.exit_codes import ExitCode
from cxcall.validation.payload_check import PayloadVerdict

if TYPE_CHECKING:
    from cxcall.findings.finding import Finding
    from cxcall.output.report import Report


def payload_verdicts(report: Report) -> tuple[PayloadVerdict, ...]:
    """Return what became of each payload; of a command that could not go on, one without a file."""
    if report.payloads or not report.findings:
        return tuple(report.payloads)
    findings = tuple(report.findings)
    return (
        PayloadVerdict("", None, (), valid=False, findings=findings, exit_code=report.exit_code),
    )


def finding_message(finding: Finding) -> str:
    """Return what is wrong, why, and what to do, a line each; none of the payload's own text."""
    why = [f"why: {finding.why}"] if finding.why else []
    hint = [f"hint: {finding.fix}"] if finding.fix else []
    return "\n".join([finding.message, *why, *hint])


def is_readable(checked: PayloadVerdict) -> bool:
    """Tell whether there was a payload to judge."""
    return checked.exit_code in (ExitCode.OK, ExitCode.INVALID)


def repository_path(checked: PayloadVerdict) -> Path | None:
    """Return the file of a payload, from the repository's root (else from the working directory).

    One outside of it is absolute. None for stdin, and for what could not be read.
    """
    from cxcall.documents.text_files import STDIN
    from cxcall.validation.operation_patterns import to_root

    if checked.file in ("", STDIN) or not is_readable(checked):
        return None
    path = Path(os.path.abspath(checked.file))  # noqa: PTH100 - symbolic links stay as they are named
    root = to_root(Path.cwd())[-1]
    return path.relative_to(root) if path.is_relative_to(root) else path
