"""Run `cxcall campaign load`: check the rows, ask, send them in few requests, wait for upload jobs."""

from __future__ import annotations

import json
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from cxcall.batch.failure_limit import FailureLimit
from cxcall.batch.load.chunks import ChunkBuilder
from cxcall.batch.load.earlier_loads import LoadedContacts, LoadedRows, stop_on_earlier_load
from cxcall.batch.rate_limiter import Rate
from cxcall.cli.actions.batch.dry_run import print_requests
from cxcall.cli.actions.batch.run_batch import BatchCommand, RunMode
from cxcall.cli.actions.batch.setup import new_job, open_row_file, report_errors
from cxcall.cli.actions.campaign import find_role
from cxcall.cli.actions.send import load_settings_for, start_log
from cxcall.cli.shared_options import flags_of
from cxcall.contracts.campaign_roles import contact_operation, values_from_path
from cxcall.contracts.paging import success_schema
from cxcall.contracts.parameters import parse_parameters
from cxcall.documents.text_files import STDIN, open_bytes
from cxcall.findings.errors import CheckError, CxcallError, UsageError
from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.findings.finding import Finding
from cxcall.findings.hinted_commands import command
from cxcall.ledger.row_ranges import describe_ranges
from cxcall.output.count_phrases import count_phrase
from cxcall.output.terminal_text import escape_to_one_line
from cxcall.payloads.payload import Payload
from cxcall.payloads.schema_check import check_body, check_parameters, has_errors
from cxcall.phone.number_masking import mask_text
from cxcall.platform_reads.campaigns import CampaignReader, ContactListState, JobState
from cxcall.platform_reads.read_requests import ReadError, after_send
from cxcall.runtime.garbage_collection import collect_garbage
from cxcall.runtime.signals import defer_signals, interrupt_on_signals, raise_deferred_interrupt
from cxcall.sending.confirmation_prompt import ask_count, ask_yes
from cxcall.settings.settings import find_columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cxcall.batch.beginning_and_end import BegunBatch
    from cxcall.batch.job import Job
    from cxcall.batch.load.load_run import LoadRun
    from cxcall.batch.resume import FindEarlier
    from cxcall.batch.row_checks import CheckedRow
    from cxcall.batch.row_selection import RowSelection
    from cxcall.batch.run import Run
    from cxcall.batch.statistics import CheckStatistics
    from cxcall.cli.commands.campaign import LoadOptions
    from cxcall.cli.shared_options import RequestOptions
    from cxcall.contracts.campaign_roles import RoleOperation
    from cxcall.contracts.operation import Operation
    from cxcall.ledger.ledger import Ledger
    from cxcall.output.report import Report
    from cxcall.output.screen import Screen
    from cxcall.settings.settings import Settings

COMMAND = "campaign load"
_ENDED = ("canceled", "complete, with failures")
"""The states of upload jobs that ended without all of their contacts."""


def run_load(options: LoadOptions, common: RequestOptions) -> Report:
    """Check all rows, then load the valid ones; print the result of each request and return the totals."""
    return report_errors(lambda screen: _run(options, common, screen), common, COMMAND)


def _run(options: LoadOptions, common: RequestOptions, screen: Screen) -> Report:
    load = find_role("load", common.target.settings)
    rate = Rate.parse(options.rate or load.operation.rate)
    limit = FailureLimit.parse(options.max_failures or ())
    collect_garbage()
    with ExitStack() as stack:
        flags = flags_of(common)
        start_log(common.log, stack, flags, options.file)
        settings = load_settings_for(load.operation, common, stack)
        values = {
            load.id_parameter: options.contact_list,
            **parse_parameters(load.operation, options.param or ()),
        }
        findings = list(check_parameters(load.operation, values, Payload(None)))
        if has_errors(findings, strict=False):
            raise CheckError(*findings)
        builder = ChunkBuilder(load, options.set or (), options.file)
        _check_upload(load.operation, builder, screen, strict=common.check.strict)
        reader = CampaignReader(load.operation.contract, settings)
        if options.file != STDIN and not Path(options.file).exists():
            open_bytes(options.file)  # raises UsageError before the list is read from the platform
        known = None if common.is_dry_run else _read_list(reader, options.contact_list, screen)
        job = _new_job(options, common, screen, stack, load, settings, values, known)
        batch = _LoadCommand(job, options, common, screen, rate, limit, RunMode())
        batch.load, batch.builder, batch.reader, batch.known = load, builder, reader, known
        if common.is_dry_run:
            screen.print_diagnostic("a dry run does not read the list: its columns are not checked")
            return print_requests(batch, stack)
        return batch.run()


def _check_upload(
    operation: Operation, builder: ChunkBuilder, screen: Screen, *, strict: bool
) -> None:
    """Check the values of an upload's own body, and print warnings; raises CheckError. The contacts are checked by row."""
    if builder.is_file:
        findings = check_body(operation, builder.build_payload([{"column": "cell"}], 1))
        if has_errors(findings, strict=strict):
            raise CheckError(*findings)
        for finding in findings if screen.options.output == "text" else ():
            screen.print_finding(finding)


def _read_list(reader: CampaignReader, id_: str, screen: Screen) -> ContactListState | None:
    """Return the list; None if the token may load contacts but not read the list."""
    try:
        return reader.read_list(id_)
    except ReadError as error:
        if not error.is_forbidden:
            raise
        screen.print_diagnostic(
            "the token does not allow reading the list: its columns are not checked", always=True
        )
        return None


def _new_job(
    options: LoadOptions,
    common: RequestOptions,
    screen: Screen,
    stack: ExitStack,
    load: RoleOperation,
    settings: Settings,
    values: dict[str, str],
    known: ContactListState | None,
) -> Job:
    """Return the job of the rows, with the operation that would send a single contact."""
    columns = known.columns if known else ()
    contact = contact_operation(load, columns, known.phone_columns if known else ())
    repeated = values_from_path(contact, values)
    sets = [f"/{name}={json.dumps(value)}" for name, value in repeated.items()]
    if not columns and load.place("columns") and options.reading.ignore_extra_columns:
        raise UsageError(
            "the list was not read, so cxcall does not know which columns are extra",
            where="--ignore-extra-columns",
            fix="leave out `--ignore-extra-columns`",
            why="only the list shows which columns are extra; a dry run does not read it",
        )
    rows = open_row_file(options, contact, screen, stack, find_columns(flags_of(common)))
    sets += () if "file" in load.declared else options.set or ()
    return new_job(contact, rows, settings, values, sets, options, common, is_load=True)


class _LoadCommand(BatchCommand):
    """A batch whose requests each send many rows."""

    command, noun, verb = COMMAND, "contact", "loaded"
    options: LoadOptions
    load: RoleOperation
    builder: ChunkBuilder
    reader: CampaignReader
    known: ContactListState | None
    loading: LoadRun

    def run(self) -> Report:
        """Load the contacts, and wait for the jobs of a platform that processes them later."""
        report = super().run()
        has_jobs = "job" in self.reader.roles and (self.loading.started or self.loading.unnamed)
        return self._follow_jobs(report) if has_jobs else report

    def combine(self, rows: Iterator[CheckedRow]) -> Iterator[CheckedRow]:
        """Return the requests that send some rows: as few as the platform allows."""
        return self.builder.combine(rows)

    def new_finder(self, ledger: Ledger, batches: Sequence[str]) -> FindEarlier:
        """Return a function that finds the delivery of a row in the continued loads, by its number or its contact."""
        job = self.job
        if not self.options.resume:
            stop_on_earlier_load(ledger, job)
        self.resumed, self.contacts = batches, LoadedContacts(ledger, job)
        loaded, contacts = LoadedRows(ledger, batches), self.contacts
        if job.again:  # a person decided to add contacts that the list already has
            return loaded.find_same
        return lambda request, row: loaded.find_same(request, row) or contacts.find(request)

    def ask(self, totals: CheckStatistics, operation: Operation) -> None:
        """Ask a person to confirm the number of contacts, unless `--yes` or `--confirm` does."""
        job, settings, options = self.job, self.job.settings, self.options
        count = totals.to_send
        if found := self.contacts.count:
            self._tell(
                f"not loaded again without `--again`: {count_phrase(found, 'contact')} that may be in the list already, from a load of another file"
            )
        if options.confirm is not None or not count:
            ask_count(
                operation,
                settings,
                count,
                confirmed=options.confirm,
                ask=None,
                is_resumed=options.resume,
                noun=self.noun,
                verb=self.verb,
            )
            return
        id_ = job.values[self.load.id_parameter]
        name = self.known.name if self.known else ""
        name = escape_to_one_line(name if self.screen.is_interactive else mask_text(name))
        named = f"`{name}` ({id_})" if name else f"`{id_}`"
        place = f"the list {named}, profile {settings.profile}, {settings.base_url}"
        what = f"{count_phrase(count, 'contact')} into {place}"
        question = f"Load {what}? A campaign that dials this list may call them at once."
        ask = self.screen.confirm if self.screen.is_interactive else None
        ask_yes(
            operation, settings, "real calls", question, what, yes=self.common.sending.yes, ask=ask
        )

    def new_run(self, begun: BegunBatch, selection: RowSelection) -> Run:
        """Return the run that sends the requests."""
        from cxcall.batch.load.load_run import LoadRun

        self.contacts.refresh()
        self.loading = LoadRun(
            begun,
            selection,
            self.builder,
            None if begun.job.again else self.contacts,
            columns_at=self.load.place("columns"),
            returns_contacts=success_schema(self.load.operation).get("type") == "array",
            resumed=self.resumed,
        )
        return self.loading

    def _follow_jobs(self, report: Report) -> Report:
        """Wait for the upload jobs, and add their results to the report."""
        states: dict[str, JobState] = {}
        jobs = self.loading.started
        findings = [
            *report.findings,
            *(
                _job_warning(
                    f"the response to the upload of {describe_ranges(rows)} does not name an upload job",
                    "check whether their contacts are in the list",
                    "the platform accepted each file; its contacts are in the list once the job of that file is complete",
                )
                for rows in self.loading.unnamed
            ),
        ]
        errors: list[Finding] = []
        try:
            interrupt_on_signals(ExitCode.PARTIAL)
            raise_deferred_interrupt()
            self.reader.on_outage = self._tell
            for job, state in self.reader.follow_jobs([*jobs], self.options.at_most):
                if job not in states or states[job].text != state.text:
                    self.tell_progress(f"upload job {job}: {state.text}")
                states[job] = state
        except CxcallError as error:
            errors = after_send(error.findings)
        except KeyboardInterrupt:
            self._tell("interrupted: the states of the upload jobs are no longer checked")
        finally:
            defer_signals()
        findings += [*chain(*(state.findings for state in states.values())), *errors]
        texts = {job: state.text for job, state in states.items()}
        for job, rows in jobs.items():
            if texts.get(job) != "complete":
                findings.append(self._job_finding(job, rows, texts.get(job, "unknown")))
        if len(findings) > len(report.findings):
            report = report._replace(exit_code=ExitCode.PARTIAL, outcome=Outcome.ERROR)
        return report._replace(findings=findings, data={**report.data, "jobs": texts})

    def _job_finding(self, job: str, rows: str, state: str) -> Finding:
        found = self.reader.roles["job"]
        read = command(
            "cxcall", "send", found.operation.name, "--param", f"{found.id_parameter}={job}"
        )
        fix = f"check it later with {read} and the same profile"
        if state in _ENDED:
            fix = (
                f"check which contacts of {describe_ranges(rows)} are in the list; load the others from a separate file, with `--again`"
                f" ({read} shows the job)"
            )
        why = f"the platform accepted the file with {describe_ranges(rows)}; its contacts are in the list once the job is complete"
        return _job_warning(f"upload job {job} is {state}", fix, why)


def _job_warning(message: str, fix: str, why: str) -> Finding:
    return Finding.warning("outcome-unknown", "response", message, fix, why, source="response")
