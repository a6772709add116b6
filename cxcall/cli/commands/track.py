"""`cxcall track`: follow a call."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from cxcall.cli.command_classes import CommandGroup
from cxcall.cli.shared_options import SHIPPED_ONLY, TargetOptions, TrackOptions, flags_of
from cxcall.contracts import contract
from cxcall.contracts.openapi_document import SENTIMENT, TRANSCRIPT
from cxcall.findings.errors import CxcallError, UsageError
from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.findings.finding import Finding, Severity
from cxcall.findings.hinted_commands import command
from cxcall.output.output_options import OutputOptions, argument
from cxcall.output.report import Report, delivery_report, interrupted_report
from cxcall.output.screen import Screen
from cxcall.platform_reads import tracking
from cxcall.platform_reads.read_requests import (
    MalformedResponseError,
    ReadError,
    after_send,
    new_reader,
)
from cxcall.runtime.signals import DeferredSignals
from cxcall.runtime.streams import WriteError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cxcall.contracts.operation import Operation
    from cxcall.ledger.record_types import Record
    from cxcall.platform_reads.tracking import CallState, Leg, Tracker
    from cxcall.settings.settings import Settings

COMMAND = "track"


app = CommandGroup()


@app.command(
    "track",
    "cxcall track $ID",
    "cxcall track $ID --wait",
    "cxcall track $ID --until connected -o jsonl",
    "cxcall track $ID --wait --sentiment --transcript",
    omitted=SHIPPED_ONLY,
)
def track(
    options: TrackOptions,
    target: TargetOptions,
    output: OutputOptions,
    engagement_id: str = argument(
        "ENGAGEMENT_ID", "An engagement ID or a delivery ID.", default=...
    ),
) -> Report:
    """Follow a call.

    Reads the state of the call with the published operation of the profile's platform. A 2xx
    response does not mean that the call was placed; the state shows it. Exit code 0 if the other
    side is or was connected, 5 if the call ended without that, 8 if neither is known yet. With
    --wait, 8 also if the call has not ended in time; sentiment and transcripts are read when it
    has ended. With --until, 0 only if a party was seen in that state; for `connected`, only the
    other side counts. With --sentiment, but not --wait, the exit code says whether it was read.
    """
    tracker, settings = _load_tracker(target)
    found = _find_engagement_id(engagement_id)
    report = Report(COMMAND, operation=tracker.operation)
    find = partial(tracking.extended_operation, tracker)
    sentiment = find(SENTIMENT, "--sentiment") if options.sentiment else None
    transcript = find(TRANSCRIPT, "--transcript") if options.transcript else None
    try:
        if options.follows or not sentiment or transcript:
            screen = Screen.standard(output)
            for latest in _follow(report, tracker, found, options, settings, screen, transcript):
                report = latest
        if sentiment and (report.exit_code is ExitCode.OK or not options.follows):
            report = _add_sentiment(report, sentiment, found, settings)
    except (ReadError, MalformedResponseError) as error:
        return _add_end(report, error.exit_code, error.outcome, error.findings, report.data)
    except KeyboardInterrupt:
        end = interrupted_report(COMMAND)
        return end._replace(operation=tracker.operation, data=report.data)
    return report


def follow_call(
    report: Report, tracker: Tracker, engagement_id: str, settings: Settings, screen: Screen
) -> Report:
    """Print the report of a placed call, follow the call, and add its end to the report.

    An error while following does not change the outcome: the call was placed.
    """
    cause: BaseException
    latest = report
    with DeferredSignals() as signals:
        if screen.options.output == "text":
            screen.print_report(report)
            latest = report = report._replace(delivery=None, findings=())
        wait = TrackOptions(wait=True)
        try:
            signals.open()
            for state in _follow(report, tracker, engagement_id, wait, settings, screen):
                latest = state
            signals.close()
        except (BrokenPipeError, WriteError):
            raise
        except (KeyboardInterrupt, Exception) as error:  # noqa: BLE001 - the call was placed: nothing may hide it
            cause = error
        else:
            return latest
    causes = after_send(cause.findings) if isinstance(cause, CxcallError) else []
    what = "interrupted while following the call"
    if isinstance(cause, Exception):
        what = "the call could not be followed" + ("" if causes else f": {type(cause).__name__}")
    fix = f"{command('cxcall', 'track', engagement_id, '--wait')} follows it again"
    return report_unfollowed(report._replace(data=latest.data), what, fix, causes)


def _follow(
    report: Report,
    tracker: Tracker,
    engagement_id: str,
    options: TrackOptions,
    settings: Settings,
    screen: Screen,
    transcript: Operation | None = None,
) -> Iterator[Report]:
    """Print each change of a call, and yield the report with each state, then with its end; raises the errors of a read.

    With `transcript`, the transcripts of its legs are read at its end, or immediately if the command does not wait.
    """
    event = options.until.lower()
    reader = new_reader(settings)
    reader.on_outage = partial(screen.print_diagnostic, always=True)
    states = tracking.follow(
        tracker,
        engagement_id,
        reader,
        until=lambda state: not options.follows or bool(event and state.is_in(event)),
        max_seconds=options.at_most,
        is_new=report.command != COMMAND,
    )
    last, shown, seen = None, None, set[str]()
    for state in states:
        last = state
        yield report._replace(data=state.as_dict())
        seen |= state.states
        if state.legs != shown or state.is_over:
            _print_state(state, screen, shown or (), is_for_people=report.command != COMMAND)
            shown = state.legs
    assert last is not None  # noqa: S101 - a follower yields at least once
    is_connected = not options.follows and last.was_connected
    is_there = bool(event and last.is_in(event))
    code, findings = tracking.call_result(last, settings)
    if is_connected or is_there:
        code, findings = ExitCode.OK, ()
    elif event and last.is_over:
        code = ExitCode.UNKNOWN if code is ExitCode.OK else code
        findings = (*findings, tracking.unseen_state(event, seen))
    outcomes = {ExitCode.OK: Outcome.OK, ExitCode.UNKNOWN: Outcome.UNKNOWN}
    report = _add_end(report, code, outcomes.get(code, Outcome.ERROR), findings, last.as_dict())
    yield report
    if transcript and not (options.follows and code is ExitCode.UNKNOWN):
        found = tracking.transcript_addresses(transcript, last, reader)
        yield _add_transcripts(report, found, screen)


def _add_transcripts(report: Report, found: Sequence[Mapping[str, Any]], screen: Screen) -> Report:
    """Add the addresses of transcripts to a report; without a terminal, they are a JSON line of their own."""
    if screen.options.output == "text" and screen.is_terminal:
        for each in found:
            who = f" ({each['who']})" if each["who"] else ""
            url = each["url"] or "no transcript available"
            screen.print_text(f"communication {each['communicationId']}{who}: {url}")
        if not found:
            screen.print_text("no leg has a communication ID, so no transcript can be read")
    elif screen.options.output != "json":
        screen.print_json({"transcripts": found})
    return report._replace(data={**report.data, "transcripts": found})


def _add_sentiment(
    report: Report, operation: Operation, engagement_id: str, settings: Settings
) -> Report:
    """Return the report with the platform's sentiment of a call as its response."""
    values = {str(operation.declared[SENTIMENT]["id"]): engagement_id}
    delivery = new_reader(settings).read(operation, values, part="sentiment")
    request = delivery.exchange.request if delivery.exchange else None
    return delivery_report(COMMAND, delivery, operation, request)._replace(data=report.data)


def report_unfollowed(
    report: Report,
    what: str,
    fix: str = "look at the call in the platform",
    causes: Sequence[Finding] = (),
) -> Report:
    """Return the report of a placed call that cannot be followed, or no longer."""
    left = Finding.warning(
        "outcome-unknown", "response", f"{what}; it may have been placed, and may continue", fix=fix
    )
    warned = [each._replace(severity=Severity.WARNING) for each in causes]
    findings = (*warned, left)
    return _add_end(report, ExitCode.UNKNOWN, Outcome.UNKNOWN, findings, report.data)


def _add_end(
    report: Report, code: ExitCode, outcome: Outcome, findings: Sequence[Finding], data: Any
) -> Report:
    """Add the end of a call to a report; an outcome that the report already has is kept."""
    return report._replace(
        exit_code=code,
        outcome=outcome if report.outcome is Outcome.OK else report.outcome,
        findings=(*report.findings, *findings),
        data=data,
    )


def _print_state(
    state: CallState, screen: Screen, shown: Sequence[Leg], *, is_for_people: bool
) -> None:
    """Print a line, or a JSON line, for each leg that was not `shown`; nothing for `-o json` and `--quiet`."""
    if screen.options.output == "json" or screen.options.quiet:
        return
    if screen.options.output == "text" and (is_for_people or screen.is_terminal):
        for leg in (each for each in state.legs if each not in shown):
            screen.print_text(f"{state.elapsed:6.1f} s  {leg}")
        if state.is_over:
            screen.print_text(f"{state.elapsed:6.1f} s  the call ended")
    else:
        screen.print_json(state.as_dict())
    screen.stdout.flush()


def _load_tracker(target: TargetOptions) -> tuple[Tracker, Settings]:
    """Return the tracker of the profile's platform, and the settings for it."""
    from cxcall.settings.settings import find_platform, load_settings

    flags = flags_of(target)
    platform = find_platform(flags) or contract.load_contracts(target.own_contract)[0].platform
    tracker = tracking.tracker_for(platform)
    return tracker, load_settings(flags, tracker.operation.contract)


def _find_engagement_id(identifier: str) -> str:
    """Return the engagement ID of the delivery with this ID, or the ID itself.

    Raises UsageError if the ledger shows that its route has no published read.
    """
    record = _find_delivery(identifier)
    if record is not None and record.provenance == "community":
        ticket = (
            f", with the correlation ID `{record.correlation_id}`" if record.correlation_id else ""
        )
        raise UsageError(
            f"no published operation reads the state of a call started by `{record.operation}`",
            where=record.operation,
            fix=f"ask the platform's support{ticket}",
            why="its route is reported by users and not documented by the vendor",
            code="not-provable",
        )
    if record is not None and not record.engagement_id:
        raise UsageError(
            f"delivery `{record.id}` has no engagement ID, so the call cannot be followed",
            where="engagement_id",
            fix=f"see its outcome: {command('cxcall', 'history', 'show', record.id)}",
            code="not-provable",
        )
    return (record.engagement_id if record else None) or identifier


def _find_delivery(identifier: str) -> Record | None:
    """Return the newest delivery with an engagement ID, or the one with a delivery ID; None if unknown."""
    from cxcall.sending.configured_ledger import open_ledger

    with suppress(CxcallError), open_ledger(is_for_reading=True) as ledger:
        found = next(ledger.records(engagement_id=identifier, limit=1), None)
        if found is None and (record := ledger.get(identifier)).id == identifier.upper():
            return record
        return found
    return None
