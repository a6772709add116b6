"""Apply the safe edits of findings to payload files: JSON and JSON Lines."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from difflib import unified_diff
from io import StringIO
from os.path import commonprefix
from pathlib import Path
from typing import TYPE_CHECKING

from cxcall.documents.json_document import BOM, DocumentError, parse_json
from cxcall.documents.json_edits import edit_text
from cxcall.documents.paths import absolute_path
from cxcall.documents.text_files import STDIN, read_text
from cxcall.findings.errors import CxcallError, UsageError
from cxcall.findings.finding import Severity
from cxcall.named_tuple import NamedTuple
from cxcall.payloads.payload import Payload
from cxcall.payloads.schema_check import check_body, has_errors
from cxcall.runtime.secrets.likely_secrets import mask_likely_secrets
from cxcall.validation.folder_files import LINES, TABLES
from cxcall.validation.payload_check import VerdictRun

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cxcall.contracts.operation import Operation
    from cxcall.documents.json_document import Document
    from cxcall.findings.edit import Edit
    from cxcall.findings.finding import Finding
    from cxcall.validation.payload_check import PayloadVerdict
    from cxcall.validation.payload_files import Validation

_MAX_ROUNDS = 20
"""The most rounds of edits: an edit can reveal another error, such as in the value of a renamed property."""


class FixedFile(NamedTuple):
    """A payload file before and after its safe edits, and the number of edits."""

    path: str
    before: str
    after: str
    edits: int

    def diff(self) -> str:
        """Return the change as a unified diff, with likely secrets masked."""
        name = self.path.lstrip("/")
        before, after = _split_lines(self.before), _split_lines(self.after)
        lines = unified_diff(before, after, f"a/{name}", f"b/{name}")
        text = "".join(
            line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
            for line in lines
        )
        return mask_likely_secrets(text)

    def write(self) -> None:
        """Replace the file atomically; keeps its permissions, and a symbolic link."""
        path = os.path.realpath(absolute_path(self.path))
        descriptor, temporary = tempfile.mkstemp(dir=Path(path).parent)
        try:
            with open(descriptor, "w", encoding="utf-8", newline="") as file:  # noqa: PTH123 - a descriptor
                file.write(self.after)
            shutil.copymode(path, temporary)
            Path(temporary).replace(path)
        finally:
            Path(temporary).unlink(missing_ok=True)


def fix_files(validation: Validation, files: Sequence[str]) -> Iterator[FixedFile]:
    """Yield each JSON and JSON Lines file that safe edits change; nothing is written.

    A payload whose operation is only a guess is changed only if the result is valid. CSV files are not
    changed: people rename their columns.  Raises UsageError for stdin.
    """
    if STDIN in files:
        raise UsageError(
            "stdin cannot be changed",
            where="-",
            fix="save the payload in a file, and give its name",
        )
    found: dict[str, list[PayloadVerdict]] = {}
    for entry in validation.run(files):
        if isinstance(entry, VerdictRun) or not safe_edits(entry.findings):
            continue
        if Path(entry.file).is_file() and not entry.file.lower().endswith(TABLES):
            found.setdefault(entry.file, []).append(entry)
    for path, verdicts in found.items():
        before = read_text(path)
        lines = _split_lines(before) if path.lower().endswith(LINES) else [before]
        edits = 0
        for verdict in verdicts:
            index = (verdict.line or 1) - 1
            operation = next(
                each for each in validation.known if each.name == verdict.operations[0]
            )
            is_guess = not (verdict.valid or verdict.assigned or validation.named)
            lines[index], count = _fix_text(path, lines[index], operation, is_guess=is_guess)
            edits += count
        if edits:
            yield FixedFile(path, before, "".join(lines), edits)


def _split_lines(text: str) -> list[str]:
    """Return the lines of a text with their ends; only a line feed ends a line."""
    return StringIO(text, newline="\n").readlines()


def safe_edits(findings: Iterable[Finding]) -> list[Edit]:
    """Return the edits of all findings that are corrected by safe edits alone."""
    return [
        edit
        for finding in findings
        if all(each.is_safe for each in finding.edits)
        for edit in finding.edits
    ]


def reread_json_document(verdict: PayloadVerdict) -> Document | None:
    """Read the JSON document of a verdict again, and return it; None if it cannot be edited."""
    path = verdict.file
    if path.lower().endswith(TABLES) or not Path(path).is_file():
        return None
    with suppress(CxcallError):
        text = read_text(path)
        line = verdict.line or 1
        text = _split_lines(text)[line - 1].rstrip("\r\n") if verdict.line else text
        document = parse_json(text, path, line)
        return None if has_errors(document.findings) else document
    return None


def text_change(document: Document, finding: Finding) -> tuple[int, int, str] | None:
    """Return the change of text, as (start, end, new text), that corrects a finding safely; None if there is none."""
    before, after = document.text, edit_text(document, safe_edits([finding]))
    if before == after:
        return None
    start = len(commonprefix([before, after]))  # noqa: RUF071 - of characters
    rest = before[start:], after[start:]
    end = len(commonprefix([text[::-1] for text in rest]))  # noqa: RUF071 - of characters
    return start, len(before) - end, after[start : len(after) - end]


def _fix_text(path: str, text: str, operation: Operation, *, is_guess: bool) -> tuple[str, int]:
    """Return the text of one payload after its safe edits, and their number."""
    ending = text[len(text.rstrip("\r\n")) :] if path.lower().endswith(LINES) else ""
    mark = BOM if text.startswith(BOM) else ""
    with suppress(DocumentError):
        document = parse_json(text.removesuffix(ending), path)
        if not has_errors(document.findings):
            fixed, edits, findings = _fix_document(document, operation)
            if not (is_guess and has_errors(findings)):
                return mark + fixed.text + ending, edits
    return text, 0


def _fix_document(document: Document, operation: Operation) -> tuple[Document, int, list[Finding]]:
    """Return a document after its safe edits, their number, and the findings that remain."""
    findings, count = check_body(operation, Payload(document.value, document)), 0
    for _ in range(_MAX_ROUNDS):
        edits = safe_edits(findings)
        changed = parse_json(edit_text(document, edits), document.name, document.first_line)
        left = check_body(operation, Payload(changed.value, changed))
        if changed.text == document.text or _weight(left) >= _weight(findings):
            break
        document, findings, count = changed, left, count + len(edits)
    return document, count, findings


def _weight(findings: Sequence[Finding]) -> tuple[int, int]:
    """Return the number of errors and of all findings, which safe edits must reduce."""
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    return errors, len(findings)
