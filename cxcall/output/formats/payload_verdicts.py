"""The common part of the formats of CI systems: the verdict on each payload, its file, and finding text."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from cxcall.documents.paths import current_folder
from cxcall.findings.exit_codes import ExitCode
from cxcall.validation.pattern_file import folders_to_root
from cxcall.validation.payload_check import PayloadVerdict

if TYPE_CHECKING:
    from cxcall.findings.finding import Finding
    from cxcall.output.report import Report


def payload_verdicts(report: Report) -> tuple[PayloadVerdict, ...]:
    """Return the verdicts on the payloads of a report.

    Findings on the run as a whole have a verdict without a file, which is invalid if the command failed
    before it read a payload, so that a CI job can read the same format in every case.
    """
    messages = {each.message for payload in report.payloads for each in payload.findings}
    others = tuple(each for each in report.findings if each.message not in messages)
    if not others:
        return tuple(report.payloads)
    code = ExitCode.OK if report.payloads else report.exit_code
    is_valid = bool(report.payloads)
    of_run = PayloadVerdict("", None, (), valid=is_valid, findings=others, exit_code=code)
    return (*report.payloads, of_run)


def finding_message(finding: Finding) -> str:
    """Return the problem, the reason, and the correction, one per line; it does not quote the payload."""
    why = [f"why: {finding.why}"] if finding.why else []
    hint = [f"hint: {finding.fix}"] if finding.fix else []
    return "\n".join([finding.message, *why, *hint])


def repository_path(verdict: PayloadVerdict) -> Path | None:
    """Return the file of a payload as `named_path` does; None for a file that cannot be read."""
    return named_path(verdict) if verdict.is_read else None


def named_path(verdict: PayloadVerdict) -> Path | None:
    """Return the file of a payload, relative to the repository, or else to the working directory.

    A file outside has an absolute path. None for stdin.
    """
    from cxcall.documents.text_files import STDIN

    if verdict.file in ("", STDIN):
        return None
    return _path_of(verdict.file, current_folder())


@lru_cache(maxsize=1024)  # a file may have many payloads and findings
def _path_of(file: str, folder: Path | None) -> Path:
    if folder is None:
        return Path(file)
    path = Path(os.path.normpath(folder / file))  # keeps symbolic links, unlike resolve()
    root = folders_to_root(folder)[-1]
    return path.relative_to(root) if path.is_relative_to(root) else path
