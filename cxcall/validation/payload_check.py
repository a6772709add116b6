"""Check one payload: find the operations that it matches, and its errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxcall.findings.exit_codes import ExitCode
from cxcall.named_tuple import NamedTuple
from cxcall.payloads.payload import Payload
from cxcall.payloads.schema_check import (
    check_parameters,
    has_errors,
    match_and_check,
    sort_findings,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cxcall.contracts.operation import Operation
    from cxcall.documents.json_document import Document
    from cxcall.findings.errors import CxcallError
    from cxcall.findings.finding import Finding
    from cxcall.validation.pattern_file import PatternMatch


class PayloadVerdict(NamedTuple):
    """The result of the check of one payload.

    `line` is None unless the file has many payloads. `assigned` is the pattern of the project's
    settings that names the operation of the file, or None.
    """

    file: str
    line: int | None
    operations: tuple[str, ...]
    valid: bool
    findings: tuple[Finding, ...]
    exit_code: ExitCode
    assigned: PatternMatch | None = None

    @property
    def is_read(self) -> bool:
        """Whether there is a payload; False for a missing file, or a folder without payload files."""
        return self.exit_code in (ExitCode.OK, ExitCode.INVALID)

    @property
    def place(self) -> str:
        """The file, and the line if the file has many payloads."""
        return self.file if self.line is None else f"{self.file}:{self.line}"

    def as_dict(self) -> dict[str, Any]:
        """Return the verdict as JSON members, with its findings counted by code."""
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
        result = "valid" if self.valid else "not valid" if self.is_read else "not read"
        text = f"{self.place}: {result}{f' as {names}' if names else ''}"
        return f"{text} (by {self.assigned})" if self.assigned else text


class VerdictRun(NamedTuple):
    """The verdicts on consecutive lines that are valid as the same operations, without findings."""

    first: PayloadVerdict
    length: int

    def each(self) -> Iterator[PayloadVerdict]:
        """Yield the verdict of each line."""
        start = self.first.line or 0
        return (self.first._replace(line=start + more) for more in range(self.length))


class PayloadChecker(NamedTuple):
    """Check payloads as the operation `named` or, if this is None, as the operations that match."""

    known: Sequence[Operation]
    named: Operation | None = None
    assigned: PatternMatch | None = None
    strict: bool = False

    def check_document(self, document: Document, line: int | None = None) -> PayloadVerdict:
        """Return the verdict on one document; `line` is its line in a file of many."""
        return self.check_body(document.name, line, Payload(document.value, document))

    def check_body(
        self, file: str, line: int | None, body: Payload, values: Mapping[str, str] | None = None
    ) -> PayloadVerdict:
        """Return the verdict on a body and on the parameters beside it."""
        operations, findings = match_and_check(self.known, body, self.named)
        if values and self.named:
            findings = tuple(
                sort_findings([*findings, *check_parameters(self.named, values, body)])
            )
        valid = not has_errors(findings, strict=self.strict)
        return PayloadVerdict(
            file,
            line,
            operations if valid else operations[:1],
            valid,
            findings,
            ExitCode.OK if valid else ExitCode.INVALID,
            self.assigned,
        )


def unreadable_verdict(file: str, error: CxcallError, line: int | None = None) -> PayloadVerdict:
    """Return the verdict on a payload that could not be read."""
    return PayloadVerdict(
        file, line, (), valid=False, findings=error.findings, exit_code=error.exit_code
    )
