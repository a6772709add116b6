"""One payload -> its verdict: the operations that it is for, and all that is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxcall.findings.exit_codes import ExitCode
from cxcall.named_tuple import NamedTuple
from cxcall.payloads.checks import (
    check_parameters,
    has_errors,
    match_and_check,
    sort_findings,
)
from cxcall.payloads.payload import Payload

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cxcall.contracts.operation import Operation
    from cxcall.documents.json_document import Document
    from cxcall.findings.errors import CxcallError
    from cxcall.findings.finding import Finding
    from cxcall.validation.operation_patterns import PatternMatch


class PayloadVerdict(NamedTuple):
    """What became of one payload.

    `line` is None but where a file holds many; `assigned` is what a project's own file says the
    payload is for, None where it says nothing or was not asked.
    """

    file: str
    line: int | None
    operations: tuple[str, ...]
    valid: bool
    findings: tuple[Finding, ...]
    exit_code: ExitCode
    assigned: PatternMatch | None = None

    @property
    def place(self) -> str:
        """The file, and the line where it holds many payloads."""
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


class VerdictRun(NamedTuple):
    """Lines in a row that are valid as the same operations, with nothing found in any: `first` is so."""

    first: PayloadVerdict
    length: int

    def each(self) -> Iterator[PayloadVerdict]:
        """Yield the verdict of each line."""
        start = self.first.line or 0
        return (self.first._replace(line=start + more) for more in range(self.length))


class PayloadChecker(NamedTuple):
    """How payloads are judged: as `named`, where a file is `assigned` to an operation or one was named."""

    known: Sequence[Operation]
    named: Operation | None = None
    assigned: PatternMatch | None = None
    strict: bool = False

    def document(self, document: Document, line: int | None = None) -> PayloadVerdict:
        """Return the verdict on one document; `line` where its file holds many."""
        return self.checked(document.name, line, Payload(document.value, document))

    def checked(
        self, file: str, line: int | None, body: Payload, values: Mapping[str, str] | None = None
    ) -> PayloadVerdict:
        """Return the verdict on a body, and on the parameters that stand beside it."""
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
    """Return the verdict on what could not be read."""
    return PayloadVerdict(
        file, line, (), valid=False, findings=error.findings, exit_code=error.exit_code
    )
