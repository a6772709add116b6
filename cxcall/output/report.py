"""Hold the result of a command as one value."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from cxcall.findings.errors import CxcallError
from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.named_tuple import NamedTuple
from cxcall.runtime.secrets.known_secrets import redacted_repr

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cxcall.contracts.operation import Operation
    from cxcall.findings.finding import Finding
    from cxcall.output.layouts import Section
    from cxcall.responses.delivery import Delivery
    from cxcall.transport.http_messages import HttpRequest
    from cxcall.validation.payload_check import PayloadVerdict


class Table(NamedTuple):
    """Rows of text under headings.

    `narrower` replaces it on a terminal that is too narrow for a row on one line. The texts under its heading `cut` are
    cut to fit; if it is too wide even so, and has more than two columns, each row of the whole table has several lines.
    """

    headings: Sequence[str]
    rows: Iterable[Sequence[str]]
    narrower: Table | None = None
    cut: str = ""

    def joining_sources(self) -> Table:
        """Return the table with a narrower form: values with their sources, the last column, in parentheses."""
        rows = [
            (*cells, " ".join(filter(None, (value, f"({source})" if source else ""))))
            for *cells, value, source in self.rows
        ]
        headings = (*self.headings[:-2], "VALUE (SOURCE)")
        return self._replace(narrower=Table(headings, rows))


class Report(NamedTuple):
    """The result of a command.

    `text` and `table` go to stdout in text output, and `data` is the same in JSON. `diagnostics`
    go to stderr, in text output only. `json_lines` are the records of JSON Lines output;
    `is_last_json_line` says that they were printed before, and that the envelope follows them.
    `sections` are printed in text output, in place of a table only on a terminal.
    `lines` are printed unchanged in text output, one by one.
    `values` are printed in text output in place of the response, text as it is and all else as JSON.
    `payloads` is what the formats of CI systems print. `shows_secret` says that the user requested
    a secret, so that it is not masked.
    """

    command: str = ""
    outcome: Outcome = Outcome.OK
    exit_code: ExitCode = ExitCode.OK
    operation: Operation | None = None
    request: HttpRequest | None = None
    body: Any = None
    delivery: Delivery | None = None
    findings: Sequence[Finding] = ()
    data: Any = None
    text: str = ""
    table: Table | None = None
    sections: Sequence[Section] | None = None
    json_lines: Iterable[Any] | None = None
    values: Sequence[Any] | None = None
    lines: Iterable[str] | None = None
    diagnostics: Sequence[str] = ()
    summary: str = ""
    payloads: Sequence[PayloadVerdict] = ()
    findings_are_data: bool = False
    is_last_json_line: bool = False
    shows_secret: bool = False

    def __repr__(self) -> str:
        output = ("text", "table", "sections", "json_lines", "values", "lines", "diagnostics")
        return redacted_repr(self, "body", "data", "payloads", *output)

    @property
    def is_change_accepted(self) -> bool:
        """Whether the API accepted a change, so that running the command again would repeat it."""
        return self.outcome is Outcome.ACCEPTED and not self._is_read

    @property
    def shows_effect(self) -> bool:
        """Whether the command may have sent a change, so that only its report says what became of it."""
        was_sent = self.delivery is not None and not self._is_read
        return was_sent or self.is_change_accepted or self.exit_code is ExitCode.PARTIAL

    @property
    def _is_read(self) -> bool:
        return self.operation is not None and self.operation.is_read


def error_report(error: CxcallError, command: str) -> Report:
    """Return the report of a command that ended with an error."""
    found = Report(command, error.outcome, error.exit_code, *error.subject)
    return found._replace(findings=error.findings)


def interrupted_report(command: str, done: str = "sent") -> Report:
    """Return the report of a command that a signal ended before it had done something."""
    diagnostics = [f"interrupted; nothing was {done}"]
    return Report(command, Outcome.ERROR, ExitCode.INTERRUPTED, diagnostics=diagnostics)


@contextmanager
def named_in_errors(
    operation: Operation, request: HttpRequest | None = None, body: Any = None
) -> Iterator[None]:
    """Add an operation, and its request if it was built, to an error that ends the block, for its report."""
    try:
        yield
    except CxcallError as error:
        error.subject = error.subject or (operation, request, body)
        raise


def delivery_report(
    command: str,
    delivery: Delivery,
    operation: Operation | None = None,
    request: HttpRequest | None = None,
    body: Any = None,
    findings: Sequence[Finding] = (),
) -> Report:
    """Return the report of a request that was sent; `findings` are the findings of its check."""
    return Report(
        command,
        delivery.outcome,
        delivery.exit_code,
        operation,
        request,
        body,
        delivery,
        (*findings, *delivery.findings),
    )
