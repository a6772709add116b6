"""Print reports, findings, and prompts: only this module writes to stdout or stderr.

Every text is redacted here, before colors, folding, or JSON can split a secret.
"""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from functools import cache, partial
from typing import IO, TYPE_CHECKING, Any, Literal

from cxcall.findings.errors import UsageError
from cxcall.findings.hinted_commands import complete_commands
from cxcall.output import terminal_text as terminal
from cxcall.output.output_options import CI_FORMATS
from cxcall.output.terminal_text import escape_cell, escape_controls, escape_in_json, fold
from cxcall.runtime.secrets.known_secrets import redact, redact_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cxcall.findings.finding import Finding
    from cxcall.output.output_options import OutputOptions
    from cxcall.output.report import Report, Table
    from cxcall.responses.delivery import Delivery
    from cxcall.transport.http_messages import Exchange, HttpRequest, HttpResponse

_LONGEST_ANSWER = 65_536
"""The most characters of a line that is read from stdin: a token, a secret, or an answer."""

_FINDINGS_SHOWN = 100
"""The most findings of one report that are printed as text, as in `validate`."""
_MARGIN = 20_000
"""The part of a long line that is searched for secrets: more than the length of a token."""


class Screen:
    """Writes to stdout and stderr in the format, color, and width of each stream."""

    def __init__(self, options: OutputOptions, stdout: IO[str], stderr: IO[str]) -> None:
        self.options = options
        self.stdout = stdout
        self.stderr = stderr
        # Read once, because a report may print thousands of lines.
        self._is_terminal = cache(lambda stream: bool(stream.isatty()))
        self._uses_color = cache(lambda stream: terminal.uses_color(stream, options.color))

    @classmethod
    def standard(cls, options: OutputOptions) -> Screen:
        """Return a screen on the streams of the process; `streams.guard` has made them safe."""
        return cls(options, sys.stdout, sys.stderr)

    @property
    def is_terminal(self) -> bool:
        """Whether a person reads the data on a terminal; a program, or a file, gets it unfolded and masked."""
        return self._is_terminal(self.stdout)

    @property
    def is_interactive(self) -> bool:
        """Whether a person can answer questions."""
        return not self.options.no_input and sys.stdin.isatty() and self._is_terminal(self.stderr)

    @property
    def shows_bar(self) -> bool:
        """Whether stderr is a terminal that can draw a progress bar."""
        return terminal.can_draw(self.stderr)

    def paint(self, stream: IO[str], style: str, text: str) -> str:
        """Return `text` in a style if the stream is colored, else unchanged."""
        return terminal.color_text(style, text) if self._uses_color(stream) else text

    def _write(self, text: str, stream: IO[str], end: str = "\n") -> None:
        """Write a text that is already redacted."""
        stream.write(text + end)

    def print_line(self, text: str = "") -> None:
        """Print one line of data."""
        self._write(redact(text), self.stdout)

    def print_json(self, value: Any) -> None:
        """Print a JSON value as data, on one line."""
        self._write(escape_in_json(_as_json(redact_value(value))), self.stdout)

    def print_value(self, value: Any) -> None:
        """Print a value of a response on one line: a text unchanged, and all else as JSON."""
        value = redact_value(value)
        shown = value if isinstance(value, str) else escape_in_json(_as_json(value))
        self.print_line(escape_controls(value) if shown is value else self._highlight_json(shown))

    def print_text(
        self, text: str, *, label: str = "", style: str = "bold", indent: str = ""
    ) -> None:
        """Print one line of data after a label in a style; `indent` precedes continuation lines.

        The text is escaped and folded. Its phone numbers are masked unless stdout is a terminal.
        """
        if not self.is_terminal:
            from cxcall.phone.number_masking import mask_text

            text = mask_text(redact(text))
        line = fold(
            label + escape_cell(redact(text)), terminal.terminal_columns(self.stdout), indent
        )
        self.print_line((label and self.paint(self.stdout, style, label)) + line[len(label) :])

    def print_diagnostic(self, text: str, *, always: bool = False) -> None:
        """Print a message on stderr; in JSON output, whose envelope has all messages, only if `always`."""
        if self.options.output == "text" or always:
            safe = escape_controls(redact(complete_commands(text)))
            self._write(fold(safe, terminal.terminal_columns(self.stderr)), self.stderr)

    def print_wait(self, seconds: float, reason: str) -> None:
        """Print the reason why a request waits before it is sent again."""
        self.print_diagnostic(f"{reason}; sending again in {seconds:.1f} s")

    def confirm(self, question: str) -> bool:
        """Ask a yes-or-no question and return the answer; an empty line or end of input means no."""
        return self._ask(question, " [y/N] ").lower() in ("y", "yes")

    def read_line(self, prompt: str) -> str:
        """Read one line from stdin, with a prompt on a terminal."""
        return (
            self._ask(prompt, ": ")
            if self.is_interactive
            else sys.stdin.readline(_LONGEST_ANSWER).strip()
        )

    def _ask(self, question: str, end: str) -> str:
        """Ask on stderr and return the answer; after Ctrl-C or Ctrl-D, what is printed next begins a new line."""
        text = fold(escape_controls(redact(question)), terminal.terminal_columns(self.stderr))
        answer = ""
        try:  # around the question, too: a signal may come as soon as a person can see it
            self._write(text, self.stderr, end)
            self.stderr.flush()
            answer = sys.stdin.readline(_LONGEST_ANSWER)
        finally:
            self._write("" if answer.endswith("\n") else "\n", self.stderr, end="")
        return answer.strip()

    def read_secret(self, prompt: str) -> str:
        """Read a secret from stdin; it is not echoed on a terminal."""
        if not sys.stdin.isatty():
            return sys.stdin.readline(_LONGEST_ANSWER).strip()
        if self.options.no_input:
            raise UsageError(
                f"{prompt} is missing, and `--no-input` forbids the question",
                where="stdin",
                fix="pipe it in",
            )
        from getpass import getpass

        return getpass(f"{prompt}: ").strip()

    @contextmanager
    def progress(self, total: int | None) -> Iterator[Callable[[int, str], None]]:
        """Show a bar on a terminal, without an end if there is no total; yields a function of (number done, description)."""
        if self.options.quiet or not self.shows_bar:
            yield lambda _done, _description: None
            return
        from cxcall.output.layouts import new_bar

        bar = new_bar(self.stderr, is_colored=self._uses_color(self.stderr))
        before = self.stdout, self.stderr
        with bar:
            self.stderr = sys.stderr  # the bar's replacement, which prints lines above the bar
            if self.stdout.isatty():
                self.stdout = sys.stdout
            task = bar.add_task("", total=total)
            yield lambda done, text: bar.update(task, completed=done, description=redact(text))
        self.stdout, self.stderr = before

    def print_report(self, report: Report) -> None:
        """Print a report in the output format that the options name."""
        output = self.options.output
        if output == "text":
            self._print_text_report(report)
        elif output == "jsonl" and report.json_lines is not None:
            for record in report.json_lines:
                self.print_json(record)
            if not report.findings_are_data:
                self._print_findings(report, self.stderr)
        elif output in CI_FORMATS:
            from importlib import import_module

            ci_format = import_module(f"cxcall.output.formats.{output}")
            self.print_line(escape_controls(ci_format.render(report)))
        else:
            from cxcall.output.json_envelope import envelope_of

            indent = 2 if output == "json" and not report.is_last_json_line else None
            envelope = envelope_of(report)
            envelope = envelope if report.shows_secret else redact_value(envelope)
            self._write(escape_in_json(_as_json(envelope, indent)), self.stdout)
        self.stdout.flush()

    def _print_text_report(self, report: Report) -> None:
        delivery = report.delivery
        if delivery is not None and delivery.exchange is not None:
            if self.options.verbose:
                self._print_exchange(delivery.exchange)
            self._print_delivery(report, delivery, delivery.exchange)
        elif report.shows_secret:
            self._write(report.text, self.stdout)
        elif report.text:
            self.print_line(self._highlight_json(report.text))
        self._print_listing(report)
        if report.exit_code or not self.options.quiet:
            for text in report.diagnostics:
                self.print_diagnostic(text)
        stream = self.stdout if report.findings_are_data else self.stderr
        if delivery is not None and report.findings and self.is_terminal:
            self.print_line()
        self._print_findings(report, stream)
        if report.summary and not self.options.quiet:
            self._write(escape_controls(redact(report.summary)), stream)

    def _print_listing(self, report: Report) -> None:
        """Print the lines of a report, its sections, or its table."""
        for line in report.lines or ():
            self.print_line(escape_controls(line) if self.is_terminal else line)
        if report.sections is not None and (report.table is None or self.is_terminal):
            from cxcall.output.layouts import lay_out

            columns, paint = (
                terminal.terminal_columns(self.stdout),
                partial(self.paint, self.stdout),
            )
            for line in lay_out(report.sections, columns, paint):
                self.print_line(line)
        elif report.table is not None:
            self.print_table(report.table, self.stdout)

    def _print_findings(self, report: Report, stream: IO[str]) -> None:
        """Print the findings; a command whose findings are its data limits their number itself."""
        most = len(report.findings) if report.findings_are_data else _FINDINGS_SHOWN
        for finding in report.findings[:most]:
            self.print_finding(finding, stream)
        if (more := len(report.findings) - most) > 0:
            self._write(f"findings not shown: {more:,}; see `-o json`", stream)

    def _print_delivery(self, report: Report, delivery: Delivery, exchange: Exchange) -> None:
        """Print a response with its IDs, or the selected part of it."""
        if report.values is not None:
            for value in report.values:
                self.print_value(value)
            return
        if self.options.quiet:
            if delivery.engagement_id:
                self.print_line(escape_cell(delivery.engagement_id))
            return
        paint = partial(self.paint, self.stdout)
        response = exchange.response
        if response is not None:
            reason = escape_controls(_echo_mask(exchange.request, self.stdout)(response.reason))
            status = f"HTTP {response.status} {reason}".rstrip()
            elapsed = f" in {exchange.timings.get('total', 0.0):.0f} ms"
            self.print_line(
                paint("error" if report.exit_code else "good", status) + paint("dim", elapsed)
            )
        for label, value, source in (
            ("engagement ID", delivery.engagement_id, delivery.engagement_id_source),
            ("correlation ID", delivery.correlation_id, None),
            ("delivery ID", delivery.id, None),
        ):
            if value:
                note = paint("dim", f"  ({source})") if source else ""
                self.print_line(f"{label + ':':<16}{paint('bold', escape_cell(value))}{note}")
        if response is not None and response.body:
            self.print_line()
            self._print_body(exchange.request, response)

    def _print_body(self, request: HttpRequest, response: HttpResponse) -> None:
        decoded, text, mask = response.json(), response.text, _echo_mask(request, self.stdout)
        if not response.is_success:
            from cxcall.runtime.secrets.likely_secrets import mask_likely_secrets
            from cxcall.runtime.secrets.secrets_in_json import mask_response_members

            decoded, text = mask_response_members(decoded), mask_likely_secrets(text)
        if decoded is not None:
            if not self.is_terminal:
                from cxcall.phone.number_masking import mask_value

                decoded = mask_value(decoded, request.mask_echo)
            text = escape_in_json(_as_json(redact_value(decoded), indent=2))
        self.print_line(self._highlight_json(mask(text)))

    def _highlight_json(self, text: str) -> str:
        """Return text with control characters escaped, and with syntax colors if it is JSON."""
        safe = escape_controls(redact(text))
        if not (self._uses_color(self.stdout) and safe[:1] in ("{", "[")):
            return safe
        from rich.console import Console
        from rich.highlighter import JSONHighlighter
        from rich.text import Text

        console = Console(force_terminal=True, no_color=False, soft_wrap=True)
        with console.capture() as capture:
            console.print(JSONHighlighter()(Text(safe)), soft_wrap=True)
        return capture.get().rstrip("\n")

    def _print_exchange(self, exchange: Exchange) -> None:
        """Print an exchange without its bodies on stderr; phone numbers are masked unless that is a terminal."""
        from cxcall.output.exchange_text import exchange_lines

        mask = _echo_mask(exchange.request, self.stderr)
        for line in exchange_lines(exchange, mask, is_exact=self.stderr.isatty()):
            self._write(escape_controls(redact(line)), self.stderr)  # not folded, to be copied

    def print_table(self, table: Table, stream: IO[str]) -> None:
        """Print a table on a terminal, otherwise its cells with tabs between them."""
        if not stream.isatty():
            for row in table.rows:
                self._write("\t".join(escape_cell(redact(cell)) for cell in row), stream)
            return
        from rich.console import Console

        from cxcall.output.layouts import new_grid

        columns = terminal.terminal_columns(stream)
        color: Literal["auto"] | None = "auto" if self._uses_color(stream) else None
        console = Console(file=stream, color_system=color, highlight=False, width=columns)
        grid = new_grid(table, console.width)
        if grid is not None:
            console.print(grid)

    def print_finding(self, finding: Finding, stream: IO[str] | None = None) -> None:
        """Print a finding and an empty line, on stderr by default."""
        stream = stream or self.stderr
        from cxcall.output.finding_text import format_finding

        if finding.excerpt:
            finding = finding._replace(excerpt=finding.excerpt.crop(_MARGIN))
        finding = finding.map_texts(redact)
        columns = terminal.terminal_columns(stream) if self._is_terminal(stream) else None
        paint = partial(self.paint, stream)
        text = format_finding(finding, paint, columns, with_source=self.options.verbose)
        self._write(text + "\n", stream)


def _echo_mask(request: HttpRequest, stream: IO[str]) -> Callable[[str], str]:
    """Return a function that masks in a response the secrets of its request, and unless a terminal shows it, the numbers."""
    return request.secret_masker() if stream.isatty() else request.mask_echo


def _as_json(value: Any, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent)
