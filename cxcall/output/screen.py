"""Outcome, findings, errors -> text or JSON: the only place that writes to stdout or stderr."""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from typing import IO, TYPE_CHECKING, Any

from cxcall.findings.errors import UsageError
from cxcall.findings.finding import Severity
from cxcall.output.finding_text import format_finding
from cxcall.output.options import CI_FORMATS, OutputOptions, supported_formats
from cxcall.output.terminal_text import cell_width, escape_controls, fold
from cxcall.phone import phone_numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from cxcall.findings.finding import Finding
    from cxcall.output.report import Report, Table
    from cxcall.transport.messages import Exchange

_STYLES = {
    "error": "1;31",
    "warning": "1;33",
    "note": "1;36",
    "hint": "32",
    "dim": "2",
    "bold": "1",
    "good": "1;32",
}


class Screen:
    """The two streams of the process and how each may be written to."""

    def __init__(self, options: OutputOptions, stdout: IO[str], stderr: IO[str]) -> None:
        self.options = options
        self.stdout = stdout
        self.stderr = stderr

    @classmethod
    def standard(cls, options: OutputOptions) -> Screen:
        """Return the process's own streams, which `streams.guard` has made safe to write to."""
        return cls(options, sys.stdout, sys.stderr)

    def uses_color(self, stream: IO[str]) -> bool:
        """Tell whether to colour a stream: --color, then NO_COLOR, then a terminal that can."""
        if self.options.color != "auto":
            return self.options.color == "always"
        if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
            return False
        return stream.isatty()

    def paint(self, stream: IO[str], style: str, text: str) -> str:
        """Return `text` in a style where the stream takes colour."""
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if self.uses_color(stream) else text

    def print_line(self, text: str = "") -> None:
        """Print one line of data."""
        print(text, file=self.stdout)

    def print_text(self, text: str, mark: str = "") -> None:
        """Print text from outside as data, behind a mark of our own: safe, numbers whole on a terminal only."""
        shown = escape_controls(text if self.stdout.isatty() else phone_numbers.mask_text(text))
        self.print_line(mark + fold(shown, terminal_columns(self.stdout)))

    def print_diagnostic(self, text: str) -> None:
        """Tell a person something, on stderr; nothing in JSON, where all is in the envelope."""
        if self.options.output == "text":
            print(fold(escape_controls(text), terminal_columns(self.stderr)), file=self.stderr)

    def confirm(self, question: str) -> bool:
        """Ask yes or no on the terminal; no is the default, and an end of input means no."""
        shown = fold(escape_controls(question), terminal_columns(self.stderr))
        print(shown, end=" [y/N] ", file=self.stderr, flush=True)
        return sys.stdin.readline().strip().lower() in ("y", "yes")

    def read_line(self, prompt: str) -> str:
        """Read one line: asked for on a terminal, taken as it comes from a pipe."""
        if self.is_interactive:
            print(f"{prompt}: ", end="", file=self.stderr, flush=True)
        return sys.stdin.readline().strip()

    def read_secret(self, prompt: str) -> str:
        """Read a secret from stdin, never echoed on a terminal."""
        if not sys.stdin.isatty():
            return sys.stdin.readline().strip()
        if self.options.no_input:
            raise UsageError(
                f"{prompt} is missing, and nobody can be asked", where="stdin", fix="pipe it in"
            )
        from getpass import getpass

        return getpass(f"{prompt}: ").strip()

    @property
    def is_interactive(self) -> bool:
        """Whether a person is there to answer."""
        return not self.options.no_input and sys.stdin.isatty() and self.stderr.isatty()

    @contextmanager
    def progress(self, total: int | None) -> Iterator[Callable[[int, str], None]]:
        """Show a bar on a terminal; what is given takes (how many are done, words). No total is no end in sight."""
        if self.options.quiet or not self.stderr.isatty():
            yield lambda _done, _words: None
            return
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        bar = Progress(
            BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}", markup=False), TimeRemainingColumn(),
            console=Console(file=self.stderr, no_color=not self.uses_color(self.stderr)), transient=True,
        )  # fmt: skip
        before = self.stdout
        with bar:
            if before.isatty():
                self.stdout = sys.stdout  # as the bar has replaced it: lines go above the bar
            task = bar.add_task("", total=total)
            yield lambda done, words: bar.update(task, completed=done, description=words)
        self.stdout = before

    def print_report(self, report: Report) -> None:
        """Print a report: one envelope, or JSON Lines, or a format of CI systems, or text."""
        if self.options.output == "jsonl" and report.json_lines is not None:
            for record in report.json_lines:
                self.print_line(json.dumps(record, ensure_ascii=False))
        elif self.options.output in CI_FORMATS:
            from importlib import import_module

            form = import_module(f"cxcall.output.formats.{self.options.output}")
            self.print_line(escape_controls(form.render(report)))
        elif self.options.output != "text":
            indent = 2 if self.options.output == "json" and not report.is_last_json_line else None
            self.print_line(json.dumps(report.envelope(), ensure_ascii=False, indent=indent))
        else:
            self._print_text_report(report)
        self.stdout.flush()

    def _print_text_report(self, report: Report) -> None:
        if report.delivery is not None and report.delivery.exchange is not None:
            if self.options.verbose:
                self._print_exchange(report.delivery.exchange)
            self._print_delivery(report)
        elif report.text:
            self.print_line(self._highlight_json(report.text))
        if report.table is not None:
            self._print_table(report.table)
        for text in report.diagnostics:
            self.print_diagnostic(text)
        stream = self.stdout if report.findings_are_data else self.stderr
        if report.delivery is not None and report.findings and self.stdout.isatty():
            self.print_line()
        for finding in report.findings:
            self.print_finding(finding, stream)
        if report.summary and not self.options.quiet:
            print(escape_controls(report.summary), file=stream)

    def _print_delivery(self, report: Report) -> None:
        delivery = report.delivery
        assert delivery is not None  # noqa: S101 - the caller looked
        if self.options.quiet:
            if delivery.engagement_id:
                self.print_line(escape_controls(delivery.engagement_id))
            return
        response = delivery.exchange.response if delivery.exchange else None
        if response is not None:
            style = "good" if report.exit_code == 0 else "error"
            status = f"HTTP {response.status} {escape_controls(response.reason)}".rstrip()
            elapsed = delivery.exchange.timings.get("total", 0.0) if delivery.exchange else 0.0
            dim = self.paint(self.stdout, "dim", f" in {elapsed:.0f} ms")
            self.print_line(self.paint(self.stdout, style, status) + dim)
        for label, value, note in (
            ("engagement ID", delivery.engagement_id, delivery.engagement_id_source),
            ("correlation ID", delivery.correlation_id, None),
            ("delivery ID", delivery.id, None),
        ):
            if value:
                behind = self.paint(self.stdout, "dim", f"  ({note})") if note else ""
                shown = self.paint(self.stdout, "bold", escape_controls(value))
                self.print_line(f"{label + ':':<16}{shown}{behind}")
        if response is not None and response.body:
            decoded = response.json()
            text = (
                response.text
                if decoded is None
                else json.dumps(decoded, ensure_ascii=False, indent=2)
            )
            self.print_line()
            self.print_line(
                self._highlight_json(
                    text if self.stdout.isatty() else phone_numbers.mask_international(text)
                )
            )

    def _highlight_json(self, text: str) -> str:
        """Return text made safe, with syntax colours when it is JSON and the stream takes colour."""
        safe = escape_controls(text)
        if not (self.uses_color(self.stdout) and safe[:1] in ("{", "[")):
            return safe
        from rich.console import Console
        from rich.highlighter import JSONHighlighter
        from rich.text import Text

        console = Console(force_terminal=True, no_color=False, soft_wrap=True)
        with console.capture() as capture:
            console.print(JSONHighlighter()(Text(safe)), soft_wrap=True)
        return capture.get().rstrip("\n")

    def _print_exchange(self, exchange: Exchange) -> None:
        from cxcall.transport.messages import masked_headers

        request, response = exchange.request, exchange.response
        url = request.url if self.stderr.isatty() else phone_numbers.mask_url(request.url)
        lines = [f"> {request.method} {url}"]
        lines += [f"> {name}: {value}" for name, value in masked_headers(request.headers).items()]
        if response is not None:
            lines.append(f"< {response.status} {response.reason}")
            lines += [
                f"< {name}: {text}" for name, text in masked_headers(response.headers).items()
            ]
        phases = ", ".join(f"{phase} {ms:.1f} ms" for phase, ms in exchange.timings.items())
        for line in (*lines, f"* {phases}"):  # never folded: they are to be copied
            print(escape_controls(line), file=self.stderr)

    def _print_table(self, table: Table) -> None:
        if not self.stdout.isatty():
            for row in table.rows:
                self.print_line("\t".join(escape_controls(cell) for cell in row))
            return
        from rich.console import Console
        from rich.table import Table as Grid
        from rich.text import Text

        coloured = self.uses_color(self.stdout)
        console = Console(color_system="auto" if coloured else None, highlight=False)
        table = _narrow_to_fit(table.on_terminal or table, console.width)
        if not table.rows:
            return
        grid = Grid(box=None, pad_edge=False, header_style="bold")
        for heading in table.headings:  # an ID is to be copied
            grid.add_column(heading, overflow="fold", no_wrap=heading == "ID")
        for row in table.rows:
            grid.add_row(*(Text(escape_controls(cell)) for cell in row))
        console.print(grid)

    def print_finding(self, finding: Finding, stream: IO[str] | None = None) -> None:
        """Print a finding, on stderr if on no other stream, and an empty line behind it."""
        stream = stream or self.stderr
        text = format_finding(finding, partial(self.paint, stream), terminal_columns(stream))
        print(text + "\n", file=stream)


def _narrow_to_fit(table: Table, width: int) -> Table:
    """Return the first of the ever narrower forms of a table that fits, else the narrowest."""
    while table.narrower is not None:
        lines = zip(table.headings, *table.rows, strict=True)
        if sum(max(map(cell_width, column)) + 1 for column in lines) - 1 <= width:
            break
        table = table.narrower
    return table


def terminal_columns(stream: IO[str]) -> int | None:
    """Return how wide the terminal behind a stream is; None where there is none."""
    if not stream.isatty():
        return None
    told = os.environ.get("COLUMNS", "")
    return int(told if told.isdecimal() else os.get_terminal_size(stream.fileno()).columns) or None


def count_findings(counts: Mapping[str, int]) -> str:
    """Say in words how many findings there are of each severity: `2 errors, 1 warning`."""
    told = [(counts.get(name, 0), str(name)) for name in (Severity.ERROR, Severity.WARNING)]
    return ", ".join(f"{count:,} {name}{'s' if count > 1 else ''}" for count, name in told if count)


def parse_output_options(arguments: Iterable[str], command: str) -> OutputOptions:
    """Read how a command is to speak from raw arguments, for errors that arise before they are parsed."""
    found: Mapping[str, Any] = {}
    for word, following in pairwise([*arguments, ""]):
        if word == "--":
            break
        if word in ("-o", "--output"):
            found = {**found, "output": following}
        elif word.startswith(("--output=", "-o")) and not word.startswith("-o="):
            found = {**found, "output": word.removeprefix("--output=").removeprefix("-o")}
        elif word == "--color":
            found = {**found, "color": following}
        elif word.startswith("--color="):
            found = {**found, "color": word.removeprefix("--color=")}
    output = found.get("output", "text")
    color = found.get("color", "auto")
    return OutputOptions(
        output=output if output in supported_formats(command) else "text",
        color=color if color in ("always", "never") else "auto",
    )
