"""What `batch` does with its flags: check all rows, ask, send, print each result, sum up."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from cxcall.batch.job import Job, check_rows
from cxcall.batch.rate_limiter import Rate, RateLimiter
from cxcall.batch.resume import find_resumable_batch
from cxcall.batch.row_result import COMMAND, RowResult
from cxcall.batch.rows import RowFile
from cxcall.batch.totals import CheckStatistics, FailureLimit, count_phrase
from cxcall.cli.actions.send import settle_for
from cxcall.cli.options import flags_of
from cxcall.findings.errors import CheckError, CxcallError, UsageError
from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.findings.finding import Severity
from cxcall.output.finding_text import format_one_line
from cxcall.output.report import Report
from cxcall.output.screen import Screen
from cxcall.output.terminal_text import escape_to_one_line
from cxcall.runtime.signals import let_pass
from cxcall.sending.consent import ask_count
from cxcall.sending.draft import parse_parameters, provenance_note, stop_on_unsuitable_token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cxcall.batch.run import Run
    from cxcall.cli.options import CheckOptions, ContractOptions, SendOptions, SettingsOptions
    from cxcall.contracts.contract import Operation
    from cxcall.ledger.ledger import Ledger
    from cxcall.output.options import OutputOptions


class BatchOptions(NamedTuple):
    """The flags of `batch` alone."""

    file: str
    params: Sequence[str]
    sets: Sequence[str]
    rate: str | None
    concurrency: int
    max_failures: Sequence[str]
    skip_invalid: bool
    confirm: int | None
    resume: bool
    in_order: bool


def run_batch(
    operation: Operation,
    wishes: BatchOptions,
    sending: SendOptions,
    checks: CheckOptions,
    chosen: SettingsOptions,
    contracts: ContractOptions,
    output: OutputOptions,
) -> Report:
    """Check every row, then send those that are right; returns the summary, the results are printed."""
    rate = Rate.parse(wishes.rate or operation.rate)
    limit = FailureLimit.parse(wishes.max_failures)
    _refuse_flags(sending, wishes)
    screen = Screen.standard(output)
    with ExitStack() as stack:
        settings = settle_for(operation, sending, flags_of(chosen, contracts), stack)
        job = Job(
            operation,
            stack.enter_context(RowFile(wishes.file)),
            settings,
            parse_parameters(operation, wishes.params),
            wishes.sets,
            strict=checks.strict,
            force=sending.force,
            again=sending.again,
        )
        if sending.dry_run or sending.curl:
            return _dry_run(job, screen, as_curl=sending.curl)
        return _Batch(job, wishes, screen, sending, rate, limit).run()


def _refuse_flags(sending: SendOptions, wishes: BatchOptions) -> None:
    if wishes.resume and sending.again:
        raise UsageError(
            "`--again` and `--resume` do not go together",
            where="--again",
            fix="for a row that is unknown: find out, then `cxcall history resolve ID`",
            why="a resumed batch never sends a row that was answered, or may have been",
        )


def _dry_run(job: Job, screen: Screen, *, as_curl: bool) -> Report:
    """Print what would be sent, row by row."""
    from cxcall.transport.curl import curl

    found = CheckStatistics()
    for checked in check_rows(job):
        found.add(checked)
        if checked.request is None:
            continue
        row, request, body = checked.row, checked.request.request, checked.request.body
        if screen.options.output != "text":
            shown = Report(
                COMMAND,
                Outcome.DRY_RUN,
                operation=job.operation,
                request=request,
                body=body,
                findings=checked.findings,
            )
            screen.print_line(json.dumps(RowResult(row, shown).as_dict(""), ensure_ascii=False))
        elif as_curl:
            screen.print_line(curl(request))
        else:
            text = json.dumps(body, ensure_ascii=False)
            screen.print_line(f"row {row.number}: {request.method} {request.url} {text}")
    _stop_on_no_rows(job, found)
    return Report(
        COMMAND,
        Outcome.INVALID if found.invalid else Outcome.DRY_RUN,
        ExitCode.INVALID if found.invalid else ExitCode.OK,
        operation=job.operation,
        findings=(*found.findings, *provenance_note(job.operation)),
        data={"rows": found.rows, "valid": found.to_send, "invalid": found.invalid},
        diagnostics=["dry run: nothing was sent"],
        summary=found.summary(),
        is_last_json_line=True,
    )


def _stop_on_no_rows(job: Job, found: CheckStatistics) -> None:
    if not found.rows:
        raise UsageError(
            f"`{job.rows.name}` holds no rows",
            where=job.rows.name,
            fix=f"a sample: `cxcall operations {job.operation.name} --skeleton --csv`",
        )


class _Batch:
    """One run of the command."""

    def __init__(
        self,
        job: Job,
        wishes: BatchOptions,
        screen: Screen,
        sending: SendOptions,
        rate: Rate,
        limit: FailureLimit,
    ) -> None:
        self.job, self.wishes, self.screen, self.sending = job, wishes, screen, sending
        self.rate, self.limit = rate, limit
        self.mute = ""

    def run(self) -> Report:
        """Check, ask, send, and sum up."""
        from cxcall.batch.run import Run, SharedToken
        from cxcall.credentials import tokens
        from cxcall.ledger.ledger import Ledger
        from cxcall.settings.settings import state_dir

        job, settings = self.job, self.job.settings
        ledger = Ledger.open(state_dir())
        batch = find_resumable_batch(ledger, job, resume=self.wishes.resume)
        found = self._check(ledger, batch)
        asker = self.screen.read_line if self.screen.is_interactive else None
        ask_count(job.operation, settings, found.to_send, confirmed=self.wishes.confirm, ask=asker)
        token = tokens.get_token(settings)
        stop_on_unsuitable_token(settings, token, job.operation, force=job.force)
        batch = batch or ledger.begin_batch(*job.identity)
        rate_limiter = RateLimiter(self.rate, settings.max_wait)
        running = Run(job, batch, ledger, rate_limiter, SharedToken(settings, token), self.limit)
        self.screen.print_diagnostic(
            f"batch {batch}: {count_phrase(found.to_send, 'request')} to {settings.base_url}, at most {self.rate}"
        )
        let_pass()  # but for the run itself, which is stopped by them: from here on it is told
        self._send(running, found)
        report = self._report(running, found)
        if not running.is_at_end or running.stop_reason:
            return report
        try:
            ledger.end_batch(batch)
        except CxcallError as error:  # what was placed was placed
            warned = [each._replace(severity=Severity.WARNING) for each in error.findings]
            report = report._replace(findings=(*report.findings, *warned))
        return report

    def _check(self, ledger: Ledger, batch: str) -> CheckStatistics:
        """Check every row; raises CheckError when one is wrong and none is to be skipped."""
        from cxcall.batch.run import find_previous_delivery

        found = CheckStatistics()
        for checked in check_rows(self.job):
            found.add(checked)
            if batch and checked.request and find_previous_delivery(ledger, batch, checked.request):
                found.already_sent += 1
        _stop_on_no_rows(self.job, found)
        if found.invalid and not self.wishes.skip_invalid:
            self.screen.print_diagnostic(found.summary())
            raise CheckError(*found.findings)
        for finding in found.findings if self.screen.options.output == "text" else ():
            self.screen.print_finding(finding)
        self.screen.print_diagnostic(found.summary())
        return found

    def _send(self, running: Run, found: CheckStatistics) -> None:
        wishes = self.wishes
        began = time.monotonic()
        with running.catch_signals(), self.screen.progress(found.rows) as progress:
            results = running.results(
                islice(check_rows(self.job), found.rows),  # no more than were agreed to
                resume=wishes.resume,
                in_order=wishes.in_order,
                threads=wishes.concurrency,
            )
            for done in results:
                self._print_safely(done, running)
                statistics = running.statistics
                speed = (statistics.total - statistics.resumed) / (time.monotonic() - began)
                progress(statistics.total, f"{statistics.outcome_counts()}, {speed:.1f}/s")

    def _print_safely(self, done: RowResult, running: Run) -> None:
        """Print a result; where nobody can read it, what is in flight still comes to its end."""
        if self.mute:
            return
        try:
            self._print(done, running.batch)
        except OSError as error:
            self.mute = error.strerror or "the pipe is closed"
            running.stop(f"the results cannot be written: {self.mute}")

    def _print(self, done: RowResult, batch: str) -> None:
        screen, report = self.screen, done.report
        if screen.options.output != "text":
            screen.print_line(json.dumps(done.as_dict(batch), ensure_ascii=False))
        elif screen.options.quiet:
            if report.delivery and report.delivery.engagement_id:
                screen.print_line(report.delivery.engagement_id)
        elif not screen.stdout.isatty():
            screen.print_line("\t".join(map(escape_to_one_line, done.cells())))
        elif report.outcome is not Outcome.ACCEPTED:
            screen.print_line(format_one_line(str(done)))
        screen.stdout.flush()

    def _report(self, running: Run, found: CheckStatistics) -> Report:
        statistics = running.statistics
        left = found.rows - statistics.total
        is_whole = not left and set(statistics.outcomes) <= {Outcome.ACCEPTED}
        code = ExitCode.OK if is_whole else ExitCode.PARTIAL
        if running.interrupts and not statistics.total - statistics.resumed:
            code = ExitCode.INTERRUPTED
        is_void = code is ExitCode.INTERRUPTED and not statistics.total
        talk = statistics.lines()
        if running.stop_reason:
            talk.append(f"stopped: {running.stop_reason}")
        if left:
            talk.append(
                f"not sent: {count_phrase(left, 'row')}; to go on: the same command, with `--resume`"
            )
        return Report(
            COMMAND,
            Outcome.ERROR if is_void else statistics.outcome,
            code,
            operation=self.job.operation,
            data={
                "batch": running.batch,
                **statistics.as_dict(),
                "notSent": left,
                "stopped": running.stop_reason,
            },
            diagnostics=talk,
            is_last_json_line=True,
        )
