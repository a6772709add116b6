"""Read a response, or all pages of a list, and select the part that `--query` or `--fields` names."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from cxcall.contracts.paging import (
    PAGE_COUNTS,
    TOTALS,
    Paging,
    find_cursor,
    find_link,
    find_number,
    find_paging,
)
from cxcall.documents.json_text import as_cell
from cxcall.findings.errors import UsageError
from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.findings.finding import Finding
from cxcall.named_tuple import NamedTuple
from cxcall.output.count_phrases import count_phrase
from cxcall.output.report import Report, Table
from cxcall.phone.number_masking import mask_value
from cxcall.responses.body_selection import (
    Selection,
    SelectionError,
    missing_fields,
    parse_selection,
    printed_lines,
)
from cxcall.runtime.signals import sleep
from cxcall.sending.checked_request import token_source
from cxcall.sending.send_plan import SendHooks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cxcall.cli.shared_options import ReadOptions
    from cxcall.contracts.operation import Operation
    from cxcall.output.screen import Screen
    from cxcall.platform_reads.all_pages import Page
    from cxcall.responses.delivery import Delivery
    from cxcall.sending.checked_request import CheckedRequest


_SAMPLE = 100
"""The number of items of a page that are searched for the names of fields."""


class Reading(NamedTuple):
    """How a response is read: all pages or one, if the operation returns a list, and the selected part."""

    paging: Paging | None
    selection: Selection | None
    all_pages: bool

    @classmethod
    def of(cls, operation: Operation, options: ReadOptions) -> Reading:
        """Return the reading for the flags; raises UsageError before anything is sent."""
        paging = find_paging(operation)
        if options.all_pages and paging is None:
            raise UsageError(
                f"`{operation.name}` does not return a list in pages",
                where="--all",
                fix="leave out `--all`",
                why="it may place a call"
                if operation.can_place_call
                else "its schema declares no list",
            )
        selection = parse_selection(options.query, options.fields)
        return cls(paging, selection, options.all_pages)

    def select(self, body: Any) -> tuple[Any, tuple[Finding, ...]]:
        """Return the selected part of a response body, and notes; raises SelectionError."""
        selection = self.selection
        items = self.paging.find_items(body) if self.paging else None
        if selection is None:
            return (body if items is None else items), ()
        if selection.search is not None:
            result = selection.search(body)
            note = Finding.note(
                "selection", "--query", "the expression selects nothing in the response"
            )
            return result, () if result is not None else (note,)
        objects = items if items is not None else [body]
        picked = [selection.pick(item) for item in objects]
        notes = missing_fields(selection, objects[:_SAMPLE])
        return (picked if items is not None else picked[0]), notes

    def add_selection(self, report: Report, screen: Screen) -> Report:
        """Return the report of one response with its selected part in place of the response.

        The response of a failed request is shown unchanged. The selection never changes the exit code of a
        request that may have changed something.
        """
        delivery = report.delivery
        response = delivery.response if delivery else None
        if report.outcome is not Outcome.ACCEPTED or delivery is None or response is None:
            return report
        body = response.json()
        more = _note_more_pages(self.paging, body, response.headers) if self.paging else ()
        if self.selection is None:
            return report._replace(findings=(*report.findings, *more))
        try:
            result, notes = self.select(body)
        except SelectionError as error:
            is_read = report.operation is not None and report.operation.is_read
            code = ExitCode.USAGE if is_read else report.exit_code
            return report._replace(
                exit_code=code, findings=(*report.findings, explain_selection_error(error))
            )
        result = mask_numbers(result, delivery, screen)
        values = printed_lines(result)
        fields = self.selection.fields
        is_table = bool(fields) and isinstance(result, list) and screen.is_terminal
        rows = [[as_cell(row[name]) for name in fields] for row in values] if is_table else ()
        return report._replace(
            values=() if is_table else values,
            table=Table(fields, rows) if is_table else None,
            data={"result": result},
            json_lines=values,
            findings=(*report.findings, *notes, *more),
        )


def explain_selection_error(error: SelectionError) -> Finding:
    """Return the finding on an expression that cannot be applied to a response."""
    fix = "to see the response, leave out `--query`"
    message = f"the expression cannot be applied to the response: {error}"
    return Finding.error("selection", "--query", message, fix=fix)


def mask_numbers(value: Any, delivery: Delivery, screen: Screen) -> Any:
    """Return a value with the phone numbers masked, except for text on a terminal."""
    if delivery.exchange is None or (screen.options.output == "text" and screen.is_terminal):
        return value
    return mask_value(value, delivery.exchange.request.number_masker())


def _note_more_pages(paging: Paging, body: Any, headers: Any) -> tuple[Finding, ...]:
    """Return a note if a response is only the first of several pages."""
    items = paging.find_items(body) or []
    pages, total = find_number(body, PAGE_COUNTS), find_number(body, TOTALS)
    is_more = (pages or 0) > 1 if pages is not None else (total or 0) > len(items)
    if not (
        is_more or find_link(body, headers) or (paging.cursor and find_cursor(body, paging.cursor))
    ):
        return ()
    shown = f"{len(items):,} of {total:,} items" if total else f"{len(items):,} items"
    message = f"this is one page: {shown}"
    return (Finding.note("paging", "response", message, fix="read all pages: `--all`"),)


def read_all(
    checked: CheckedRequest, reading: Reading, command: str, screen: Screen, *, force: bool
) -> Report:
    """Print the items of all pages as they arrive, and return the end of the list.

    In JSON output the items are part of the report instead, so they are kept in memory.
    """
    from cxcall.platform_reads.all_pages import follow_pages
    from cxcall.platform_reads.read_requests import Reader, ReadError

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
