"""Read all pages of a list, and print their items as they arrive."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from cxcall.cli.actions.response_reading import Reading, explain_selection_error, mask_numbers
from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.output.count_phrases import count_phrase
from cxcall.output.report import Report
from cxcall.platform_reads.all_pages import Page, follow_pages
from cxcall.platform_reads.read_requests import Reader, ReadError
from cxcall.responses.body_selection import SelectionError, printed_lines
from cxcall.runtime.signals import sleep
from cxcall.sending.checked_request import token_source
from cxcall.sending.send_plan import SendHooks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cxcall.findings.finding import Finding
    from cxcall.output.screen import Screen
    from cxcall.sending.checked_request import CheckedRequest


def read_all(
    checked: CheckedRequest, reading: Reading, command: str, screen: Screen, *, force: bool
) -> Report:
    """Print the items of all pages as they arrive, and return the end of the list.

    In JSON output the items are part of the report instead, so they are kept in memory.
    """
    assert reading.paging is not None  # noqa: S101 - `Reading.of` stops without it
    output = _ItemOutput(reading, screen)
    wait = _budget_wait(checked.settings.max_wait, screen)
    tokens = token_source(checked.settings, checked.operation, force=force)
    reader = Reader(checked.settings, tokens, SendHooks(on_wait=screen.print_wait))
    read = partial(reader.send, checked)
    report = Report(command, Outcome.ACCEPTED, operation=checked.operation, request=checked.request)
    try:
        for page in follow_pages(reading.paging, checked.request, read, wait):
            output.add(page)
    except ReadError as error:
        report = report._replace(
            outcome=error.outcome,
            exit_code=error.exit_code,
            findings=error.findings,
            delivery=error.delivery,
        )
    except SelectionError as error:
        report = report._replace(
            outcome=Outcome.ERROR,
            exit_code=ExitCode.USAGE,
            findings=(explain_selection_error(error),),
        )
    except KeyboardInterrupt:
        report = report._replace(outcome=Outcome.ERROR, exit_code=ExitCode.INTERRUPTED)
    return output.finish(report, checked.findings)


class _ItemOutput:
    """Prints the items of pages, or collects them for JSON output; keeps each note once."""

    def __init__(self, reading: Reading, screen: Screen) -> None:
        self.reading, self.screen = reading, screen
        self.is_kept = screen.options.output == "json"
        self.pages = self.count = 0
        self.kept: list[Any] = []
        self.notes: dict[Finding, int] = {}

    def add(self, page: Page) -> None:
        """Print or keep the items of a page, or the selected part of the page."""
        result, notes = self.reading.select(page.body) if page.body is not None else ([], ())
        values = printed_lines(result)
        self.pages, self.count = page.number, self.count + len(values)
        for note in notes:
            self.notes[note] = self.notes.get(note, 0) + 1
        values = mask_numbers(values, page.delivery, self.screen)
        if self.is_kept:
            self.kept += values
            return
        is_text = self.reading.selection is not None and self.screen.options.output == "text"
        for value in values:
            (self.screen.print_value if is_text else self.screen.print_json)(value)
        self.screen.stdout.flush()

    def finish(self, report: Report, findings: Sequence[Finding]) -> Report:
        """Return the report of the whole list; notes count only if every page has them."""
        summary = f"{count_phrase(self.count, 'item')} in {count_phrase(self.pages, 'page')}"
        if report.exit_code:
            summary = f"incomplete: {summary}"
        data: dict[str, Any] = {"pages": self.pages, "count": self.count}
        notes = [note for note, pages in self.notes.items() if pages == self.pages]
        is_done = not report.exit_code and self.screen.options.output == "jsonl"
        return report._replace(
            data={**data, "items": self.kept} if self.is_kept else data,
            findings=(*findings, *notes, *report.findings),
            diagnostics=() if self.screen.options.quiet else (summary,),
            values=(),
            json_lines=() if is_done else None,
            is_last_json_line=not self.is_kept,
        )


def _budget_wait(longest: float, screen: Screen) -> Callable[[float, str], None]:
    """Return a function that prints a message and waits; it skips a wait that is too long, so that the API refuses."""

    def wait(seconds: float, reason: str) -> None:
        if seconds <= longest:
            screen.print_diagnostic(f"{reason}; the next page is read in {seconds:.0f} s")
            sleep(seconds)

    return wait
