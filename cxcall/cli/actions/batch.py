"""Run `cxcall batch`: check all rows, ask, send, print each result, report the totals."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack, suppress
from itertools import islice
from typing import TYPE_CHECKING

from cxcall.batch.job import Job, check_rows
from cxcall.batch.rate_limiter import Rate, RateLimiter
from cxcall.batch.resume import find_resumable_batch
from cxcall.batch.row_result import COMMAND, RowResult
from cxcall.batch.rows import RowFile
from cxcall.batch.totals import CheckStatistics, FailureLimit, count_phrase
from cxcall.cli.actions.contract_file import find_own_contract
from cxcall.cli.actions.send import load_settings_for
from cxcall.contracts.contract import load_operation
from cxcall.findings.errors import CheckError, CxcallError, UsageError
from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.findings.finding import Severity
from cxcall.output.finding_text import format_one_line
from cxcall.output.report import Report
from cxcall.output.screen import Screen
from cxcall.output.terminal_text import escape_to_one_line
from cxcall.runtime.signals import note_only, noted
from cxcall.sending.consent import ask_count
from cxcall.sending.draft import parse_parameters, provenance_note, stop_on_unsuitable_token

if TYPE_CHECKING:
    from cxcall.batch.run import Run
    from cxcall.cli.commands.batch import BatchOptions
    from cxcall.cli.options import RequestOptions
    from cxcall.ledger.ledger import Ledger


def run_batch(options: BatchOptions, common: RequestOptions) -> Report:
    """Check all rows, then send the valid ones; print the result of each and return the totals."""
    operation = load_operation(
        options.operation, find_own_contract(common.contracts, common.settings.profile)
    )
    rate = Rate.parse(options.rate or operation.rate)
    limit = FailureLimit.parse(options.max_failures or ())
    sending = common.sending
    if options.resume and sending.again:
        raise _conflicting_flags()
    screen = Screen.standard(common.output)
    with ExitStack() as stack:
        settings = load_settings_for(operation, common, stack)
        job = Job(
            operation,
            stack.enter_context(RowFile(options.file)),
            settings,
            parse_parameters(operation, options.param or ()),
            options.set or (),
            strict=common.check.strict,
            force=sending.force,
            again=sending.again,
        )
        if common.is_dry_run:
            return _dry_run(job, screen, as_curl=sending.curl)
        return _Batch(job, options, screen, rate, limit).run()


def _conflicting_flags() -> UsageError:
    return UsageError(
        "`--again` cannot be combined with `--resume`",
        where="--again",
        fix="for an unknown row: find out whether a call was placed, then `cxcall history resolve ID`",
        why="a resumed batch never sends a row again that was, or may have been, processed",
    )


def _dry_run(job: Job, screen: Screen, *, as_curl: bool) -> Report:
    """Print the request of each row; send nothing."""
    from cxcall.transport.curl import curl

    totals = CheckStatistics()
    for checked in check_rows(job):
        totals.add(checked)
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
            screen.print_json(RowResult(row, shown).as_dict(""))
        elif as_curl:
            screen.print_line(curl(request))
        else:
            text = json.dumps(body, ensure_ascii=False)
            screen.print_line(f"row {row.number}: {request.method} {request.url} {text}")
    _require_rows(job, totals)
    return Report(
        COMMAND,
        Outcome.INVALID if totals.invalid else Outcome.DRY_RUN,
        ExitCode.INVALID if totals.invalid else ExitCode.OK,
        operation=job.operation,
        findings=(*totals.findings, *provenance_note(job.operation)),
        data={"rows": totals.rows, "valid": totals.to_send, "invalid": totals.invalid},
        diagnostics=["dry run: nothing was sent"],
        summary=totals.summary(),
        is_last_json_line=True,
    )


def _require_rows(job: Job, totals: CheckStatistics) -> None:
    if not totals.rows:
        raise UsageError(
            f"`{job.rows.name}` has no rows",
            where=job.rows.name,
            fix=f"a sample: `cxcall operations {job.operation.name} --skeleton --csv`",
        )


class _Batch:
    """One run of the command."""

    def __init__(
        self,
        job: Job,
        options: BatchOptions,
        screen: Screen,
        rate: Rate,
        limit: FailureLimit,
    ) -> None:
        self.job, self.options, self.screen = job, options, screen
        self.rate, self.limit = rate, limit
        self.write_error = ""

    def run(self) -> Report:
        """Check the rows, ask, send, and return the totals."""
        from cxcall.cli.actions.machine_ledger import open_ledger

        with open_ledger() as ledger:
            return self._run(ledger)

    def _run(self, ledger: Ledger) -> Report:
        from cxcall.batch.run import Run, SharedToken
        from cxcall.credentials import tokens

        job, settings = self.job, self.job.settings
        batch = find_resumable_batch(ledger, job, resume=self.options.resume)
        totals = self._check(ledger, batch)
        ask = self.screen.read_line if self.screen.is_interactive else None
        ask_count(job.operation, settings, totals.to_send, confirmed=self.options.confirm, ask=ask)
        token = tokens.get_token(settings)
        stop_on_unsuitable_token(settings, token, job.operation, force=job.force)
        batch = batch or ledger.begin_batch(*job.identity)
        rate_limiter = RateLimiter(self.rate, settings.max_wait)
        run = Run(job, batch, ledger, rate_limiter, SharedToken(settings, token), self.limit)
        self.screen.print_diagnostic(
            f"batch {batch}: {count_phrase(totals.to_send, 'request')} to {settings.base_url}, at most {self.rate}"
        )
        note_only()  # from here on, the run itself handles signals
        self._send(run, totals)
        report = self._report(run, totals)
        if not run.is_at_end or run.stop_reason:
            return report
        try:
            with suppress(KeyboardInterrupt):  # it can be resumed, and then nothing is left to send
                ledger.end_batch(batch, lambda: bool(noted))
        except CxcallError as error:  # the calls were placed all the same
            warned = [each._replace(severity=Severity.WARNING) for each in error.findings]
            report = report._replace(findings=(*report.findings, *warned))
        return report

    def _check(self, ledger: Ledger, batch: str) -> CheckStatistics:
        """Check all rows; raises CheckError if one is invalid, unless invalid rows are skipped."""
        from cxcall.batch.run import find_previous_delivery

        totals = CheckStatistics()
        for checked in check_rows(self.job):
            totals.add(checked)
            if batch and checked.request and find_previous_delivery(ledger, batch, checked.request):
                totals.already_sent += 1
        _require_rows(self.job, totals)
        if totals.invalid and not self.options.skip_invalid:
            self.screen.print_diagnostic(totals.summary())
            raise CheckError(*totals.findings)
        for finding in totals.findings if self.screen.options.output == "text" else ():
            self.screen.print_finding(finding)
        self.screen.print_diagnostic(totals.summary())
        return totals

    def _send(self, run: Run, totals: CheckStatistics) -> None:
        options = self.options
        began = time.monotonic()
        with run.catch_signals(), self.screen.progress(totals.rows) as progress:
            results = run.results(
                islice(check_rows(self.job), totals.rows),  # no more than the user agreed to
                resume=options.resume,
                in_order=not options.unordered,
                threads=options.concurrency,
            )
            for result in results:
                self._print_safely(result, run)
                statistics = run.statistics
                speed = (statistics.total - statistics.resumed) / (time.monotonic() - began)
                progress(statistics.total, f"{statistics.outcome_counts()}, {speed:.1f}/s")

    def _print_safely(self, result: RowResult, run: Run) -> None:
        """Print a result; if that fails, stop the batch, but let requests in flight finish."""
        if self.write_error:
            return
        try:
            self._print(result, run.batch)
        except OSError as error:
            self.write_error = error.strerror or "the pipe is closed"
            run.stop(f"the results cannot be written: {self.write_error}")

    def _print(self, result: RowResult, batch: str) -> None:
        screen, report = self.screen, result.report
        if screen.options.output != "text":
            screen.print_json(result.as_dict(batch))
        elif screen.options.quiet:
            if report.delivery and report.delivery.engagement_id:
                screen.print_line(report.delivery.engagement_id)
        elif not screen.stdout.isatty():
            screen.print_line("\t".join(map(escape_to_one_line, result.cells())))
        elif report.outcome is not Outcome.ACCEPTED:
            screen.print_line(format_one_line(str(result)))
        screen.stdout.flush()

    def _report(self, run: Run, totals: CheckStatistics) -> Report:
        statistics = run.statistics
        left = totals.rows - statistics.total
        is_complete = not left and set(statistics.outcomes) <= {Outcome.ACCEPTED}
        code = ExitCode.OK if is_complete else ExitCode.PARTIAL
        if run.interrupts and not statistics.total - statistics.resumed:
            code = ExitCode.INTERRUPTED
        is_empty = code is ExitCode.INTERRUPTED and not statistics.total
        lines = statistics.lines()
        if run.stop_reason:
            lines.append(f"stopped: {run.stop_reason}")
        if left:
            lines.append(
                f"not sent: {count_phrase(left, 'row')}; to continue, run the same command with `--resume`"
            )
        return Report(
            COMMAND,
            Outcome.ERROR if is_empty else statistics.outcome,
            code,
            operation=self.job.operation,
            data={
                "batch": run.batch,
                **statistics.as_dict(),
                "notSent": left,
                "stopped": run.stop_reason,
            },
            diagnostics=lines,
            is_last_json_line=True,
        )
