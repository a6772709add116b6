"""Payload files -> verdicts: which operation each payload is for, and all that is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from glob import glob, has_magic
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from cxcall.checks import has_errors, judge
from cxcall.document import DocumentError, parse, parse_lines
from cxcall.errors import CxcallError, ExitCode, Finding, Outcome, UsageError
from cxcall.payload import Payload
from cxcall.textfile import STDIN, read_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cxcall.assignment import Assigned, Assignment
    from cxcall.contract import Operation
    from cxcall.document import Document

LINES = (".jsonl", ".ndjson")
SUFFIXES = (".json", *LINES)


class Checked(NamedTuple):
    """What became of one payload.

    `line` is None but in JSON Lines; `assigned` is what a project's own file says the payload is
    for, None where it says nothing or was not asked.
    """

    file: str
    line: int | None
    operations: tuple[str, ...]
    valid: bool
    findings: tuple[Finding, ...]
    exit_code: ExitCode
    assigned: Assigned | None = None

    @property
    def place(self) -> str:
        """The file, and the line in JSON Lines."""
        return self.file if self.line is None else f"{self.file}:{self.line}"

    def as_dict(self) -> dict[str, Any]:
        """Return the verdict for a program, its findings counted by code."""
        codes = [finding.code for finding in self.findings]
        return {
            "file": self.file,
            "line": self.line,
            "valid": self.valid,
            "operations": list(self.operations),
            "assignedBy": self.assigned
            and {"pattern": self.assigned.pattern, "file": self.assigned.source},
            "codes": {code: codes.count(code) for code in dict.fromkeys(codes)},
        }

    def __str__(self) -> str:
        names = " or ".join(self.operations)
        told = f"{self.place}: {'valid' if self.valid else 'not valid'}{f' as {names}' if names else ''}"
        return f"{told} (by {self.assigned})" if self.assigned else told


class Result(NamedTuple):
    """The verdicts of a run, in the order that the files were named."""

    payloads: tuple[Checked, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Every finding, payload by payload."""
        return tuple(finding for payload in self.payloads for finding in payload.findings)

    @property
    def exit_code(self) -> ExitCode:
        """An unreadable file outweighs an invalid one: it was not checked at all."""
        codes = {payload.exit_code for payload in self.payloads}
        return ExitCode.USAGE if ExitCode.USAGE in codes else max(codes, default=ExitCode.OK)

    @property
    def outcome(self) -> Outcome:
        """`valid`, `invalid`, or `error` where something could not be read."""
        outcomes = {ExitCode.OK: Outcome.VALID, ExitCode.INVALID: Outcome.INVALID}
        return outcomes.get(self.exit_code, Outcome.ERROR)


@dataclass(frozen=True)
class Validation:
    """How payload files are checked: as `named`, else as their path is assigned, else as they fit."""

    known: Sequence[Operation]
    named: Operation | None = None
    assignment: Assignment | None = None
    strict: bool = False

    def run(self, files: Sequence[str]) -> Result:
        """Check every payload of every file, folder and pattern; a bad one does not hide the others."""
        return Result(tuple(checked for file in files for checked in self._checked(file)))

    def _checked(self, file: str) -> Iterator[Checked]:
        try:
            for path in _expanded(file):
                for found in _documents(path):
                    if isinstance(found, DocumentError):
                        yield _unread(path, found)
                    else:
                        yield self._judged(found)
        except CxcallError as error:
            yield _unread(file, error)

    def _judged(self, document: Document) -> Checked:
        name = document.name
        assigned = self.assignment.of(name) if self.assignment and name != STDIN else None
        named = self.named or (assigned.operation if assigned else None)
        operations, findings = judge(self.known, Payload(document.value, document), named)
        valid = not has_errors(findings, strict=self.strict)
        return Checked(
            name,
            _line_in(name, document.first_line),
            operations if valid else operations[:1],
            valid,
            findings,
            ExitCode.OK if valid else ExitCode.INVALID,
            assigned,
        )


def _expanded(file: str) -> list[str]:
    """Return the payload files of a folder or a pattern, sorted; a file stands for itself."""
    if file != STDIN and Path(file).is_dir():
        found = sorted(
            str(path) for path in Path(file).rglob("*") if path.suffix.lower() in SUFFIXES
        )
        said, fix = (
            "holds no payload files",
            f"name the files, or end them in {', '.join(SUFFIXES)}",
        )
    elif has_magic(file) and not Path(file).exists():
        every = glob(file, recursive=True)  # noqa: PTH207 - Path.glob refuses absolute patterns
        found = sorted(path for path in every if Path(path).is_file())
        said, fix = "matches no file", "check the pattern: `**` stands for any number of folders"
    else:
        return [file]
    if not found:
        raise UsageError(f"`{file}` {said}", where=file, fix=fix)
    return found


def _documents(path: str) -> Iterator[Document | DocumentError]:
    try:
        text = read_text(path)
        if path.lower().endswith(LINES):
            yield from parse_lines(StringIO(text), path)
        else:
            yield parse(text, path)
    except CxcallError as error:
        if not isinstance(error, DocumentError):
            raise
        yield error


def _line_in(name: str, line: int) -> int | None:
    return line if name.lower().endswith(LINES) else None


def _unread(file: str, error: CxcallError) -> Checked:
    place = error.findings[0].excerpt
    line = _line_in(file, place.line) if place else None
    return Checked(file, line, (), valid=False, findings=error.findings, exit_code=error.exit_code)
