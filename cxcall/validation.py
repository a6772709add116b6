"""Payload files -> verdicts: which operation each payload is for, and all that is wrong with it."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from cxcall.checks import check_payload, fit, has_errors
from cxcall.document import DocumentError, parse, parse_lines
from cxcall.errors import CxcallError, ExitCode, Finding, Outcome, UsageError
from cxcall.payload import Payload
from cxcall.textfile import read_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cxcall.contract import Operation
    from cxcall.document import Document

LINES = (".jsonl", ".ndjson")
SUFFIXES = (".json", *LINES)


class Verdict(NamedTuple):
    """What became of one payload; `line` is None but in JSON Lines."""

    file: str
    line: int | None
    operations: tuple[str, ...]
    valid: bool
    findings: tuple[Finding, ...]
    exit_code: ExitCode

    def as_dict(self) -> dict[str, Any]:
        """Return the verdict for a program, its findings counted by code."""
        codes = [finding.code for finding in self.findings]
        return {
            "file": self.file,
            "line": self.line,
            "valid": self.valid,
            "operations": list(self.operations),
            "codes": {code: codes.count(code) for code in dict.fromkeys(codes)},
        }

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        names = " or ".join(self.operations)
        return f"{place}: {'valid' if self.valid else 'not valid'}{f' as {names}' if names else ''}"


class Result(NamedTuple):
    """The verdicts of a run, in the order that the files were named."""

    payloads: tuple[Verdict, ...]

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


def validate_files(
    files: Sequence[str], known: Sequence[Operation], named: Operation | None, *, strict: bool
) -> Result:
    """Check every payload of every file; one bad file does not hide the others."""
    return Result(
        tuple(verdict for file in files for verdict in _verdicts(file, known, named, strict=strict))
    )


def _verdicts(
    file: str, known: Sequence[Operation], named: Operation | None, *, strict: bool
) -> Iterator[Verdict]:
    try:
        for path in _expanded(file):
            for found in _documents(path):
                if isinstance(found, DocumentError):
                    yield _unread(path, found)
                else:
                    yield _judged(found, known, named, strict=strict)
    except CxcallError as error:
        yield _unread(file, error)


def _expanded(file: str) -> list[str]:
    """Return the payload files below a folder, sorted; a file stands for itself."""
    if file == "-" or not Path(file).is_dir():
        return [file]
    found = sorted(str(path) for path in Path(file).rglob("*") if path.suffix.lower() in SUFFIXES)
    if not found:
        raise UsageError(
            f"`{file}` holds no payload files",
            where=file,
            fix=f"name the files, or give them one of the endings {', '.join(SUFFIXES)}",
        )
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


def _judged(
    document: Document, known: Sequence[Operation], named: Operation | None, *, strict: bool
) -> Verdict:
    operation, findings = check_payload(known, Payload(document.value, document), named)
    every = (*document.findings, *findings)
    valid = not has_errors(every, strict=strict)
    fitting = (operation,) if named or not valid else fit(known, document.value).fitting
    return Verdict(
        document.name,
        document.first_line if document.name.lower().endswith(LINES) else None,
        tuple(entry.name for entry in fitting),
        valid,
        every,
        ExitCode.OK if valid else ExitCode.INVALID,
    )


def _unread(file: str, error: CxcallError) -> Verdict:
    return Verdict(file, None, (), valid=False, findings=error.findings, exit_code=error.exit_code)
