"""What `track`, and `--wait` on a sending command, do: find the read, follow it, print each change."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from cxcall.cli.options import flags_of
from cxcall.contracts import contract
from cxcall.findings.errors import CxcallError, UsageError
from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.findings.finding import Finding, Severity, command
from cxcall.output.report import Report, delivery_report
from cxcall.output.screen import Screen
from cxcall.payloads.payload import Payload
from cxcall.platform_reads import tracking
from cxcall.runtime.signals import DeferredSignals
from cxcall.runtime.streams import UnwrittenError
from cxcall.sending.draft import build_request, stop_on_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cxcall.cli.options import ContractOptions, SettingsOptions
    from cxcall.contracts.contract import Operation
    from cxcall.output.options import OutputOptions
    from cxcall.platform_reads.tracking import CallState, Tracker
    from cxcall.responses.delivery import Delivery
    from cxcall.settings.settings import Settings

COMMAND = "track"


class TrackOptions(NamedTuple):
    """Whether to go on, until which state, and for how many seconds."""

    wait: bool
    until: str = ""
    at_most: float = 600.0


def run_track(
    engagement_id: str,
    wishes: TrackOptions,
    chosen: SettingsOptions,
    contracts: ContractOptions,
    output: OutputOptions,
) -> Report:
    """Read what became of an ID, once or until it is over; returns how that ended."""
    tracker, settings = _settled(chosen, contracts)
    found = _engagement_of(engagement_id)
    report = Report(COMMAND, operation=tracker.operation)
    try:
        return _watch(report, tracker, found, wishes, settings, Screen.standard(output))
    except tracking.TrackingError as error:
        outcome = error.delivery.outcome
        return _ended(report, error.exit_code, outcome, error.findings, error.last)


def follow_placed(
    report: Report, tracker: Tracker, engagement_id: str, settings: Settings, screen: Screen
) -> Report:
    """Show a call that was just placed, and follow it to its end; whatever happens, it was placed."""
    cause: BaseException
    with DeferredSignals() as signals:
        if screen.options.output == "text":
            screen.print_report(report)
            report = report._replace(delivery=None, findings=())
        try:
            signals.open()
            found = _watch(
                report, tracker, engagement_id, TrackOptions(wait=True), settings, screen
            )
            signals.close()
        except (BrokenPipeError, UnwrittenError):
            raise
        except (KeyboardInterrupt, Exception) as error:  # noqa: BLE001 - a phone rings: nothing may hide it
            cause = error
        else:
            return found
    return _unfollowed(report, engagement_id, cause)


def _watch(
    report: Report,
    tracker: Tracker,
    engagement_id: str,
    wishes: TrackOptions,
    settings: Settings,
    screen: Screen,
) -> Report:
    """Print what changes; returns the report with how that ended in it. Raises what a read raises."""
    wanted = wishes.until.lower()
    sights = tracking.follow(
        tracker,
        engagement_id,
        reader(settings),
        until=lambda sight: not wishes.wait or wanted in sight.states,
        patience=wishes.at_most,
    )
    last, shown = None, None
    try:
        for sight in sights:
            last = sight
            if sight.legs != shown or sight.over:
                _print(sight, screen, is_for_people=report.command != COMMAND)
                shown = sight.legs
    except tracking.TrackingError as error:
        error.last = last.as_dict() if last else None
        raise
    assert last is not None  # noqa: S101 - a follower yields at least once
    is_there = not wishes.wait or wanted in last.states
    code, findings = (ExitCode.OK, ()) if is_there else tracking.call_result(last, settings)
    outcomes = {ExitCode.OK: Outcome.OK, ExitCode.UNKNOWN: Outcome.UNKNOWN}
    return _ended(report, code, outcomes.get(code, Outcome.ERROR), findings, last.as_dict())


def _unfollowed(report: Report, engagement_id: str, cause: BaseException) -> Report:
    """Return the report of a call of which nobody knows how it goes on."""
    found = cause.findings if isinstance(cause, CxcallError) else ()
    what = "interrupted while it was followed"
    if isinstance(cause, Exception):
        what = "it could not be followed" + ("" if found else f": {type(cause).__name__}")
    left = Finding(
        Severity.WARNING,
        "outcome-unknown",
        "response",
        f"{what}; the call was placed, and goes on",
        fix=f"{command('cxcall', 'track', engagement_id, '--wait')} follows it again",
    )
    warned = [each._replace(severity=Severity.WARNING) for each in found]
    return _ended(report, ExitCode.UNKNOWN, Outcome.UNKNOWN, (*warned, left), None)


def _ended(
    report: Report, code: ExitCode, outcome: Outcome, findings: Sequence[Finding], data: Any
) -> Report:
    """Put the end of the following into a report; what was accepted before stays so."""
    return report._replace(
        exit_code=code,
        outcome=outcome if report.outcome is Outcome.OK else report.outcome,
        findings=(*report.findings, *findings),
        data=data,
    )


def tracker_of(operation: Operation) -> Tracker:
    """Return what reads the IDs that an operation gives; raises UsageError where nothing published does."""
    if operation.provenance == "community":
        raise _unread(operation.name, "follow what is published: `cxcall call --wait`")
    return tracking.tracker_for(operation.platform, operation.contract.operations)


def _unread(name: str, fix: str) -> UsageError:
    return UsageError(
        f"no operation is published that reads what `{name}` started",
        where=name,
        fix=fix,
        why="its route is reported by users, and stands in no vendor's list",
        code="not-provable",
    )


def _print(sight: CallState, screen: Screen, *, is_for_people: bool) -> None:
    """Print a line a leg on a terminal, a JSON line a sight anywhere else; nothing where one envelope is wanted."""
    if screen.options.output == "json" or screen.options.quiet:
        return
    if screen.options.output == "text" and (is_for_people or screen.stdout.isatty()):
        for leg in sight.legs:
            screen.print_text(f"{sight.elapsed:6.1f} s  {leg}")
        if sight.over:
            screen.print_text(f"{sight.elapsed:6.1f} s  it is over")
    else:
        screen.print_line(json.dumps(sight.as_dict(), ensure_ascii=False))
    screen.stdout.flush()


def read_sentiment(
    engagement_id: str, chosen: SettingsOptions, contracts: ContractOptions
) -> Report:
    """Read the platform's sentiment of a call, once."""
    tracker, settings = _settled(chosen, contracts)
    operation, parameter = tracking.sentiment_operation(tracker)
    delivery = reader(settings)(operation, {parameter: _engagement_of(engagement_id)})
    request = delivery.exchange.request if delivery.exchange else None
    return delivery_report(COMMAND, delivery, operation, request)


def reader(settings: Settings) -> Callable[[Operation, Mapping[str, str]], Delivery]:
    """Return what reads an operation with values for its parameters; one token serves all reads."""
    from cxcall.credentials import tokens
    from cxcall.sending.dialer import Plan, read

    first = tokens.get_token(settings)

    def read_once(operation: Operation, values: Mapping[str, str]) -> Delivery:
        checked = build_request(operation, values, Payload(None), settings)
        stop_on_errors(checked, strict=False, force=False)
        plan = Plan(operation, checked.request, None, settings)
        return read(plan, lambda fresh: tokens.get_token(settings, fresh=True) if fresh else first)

    return read_once


def _settled(chosen: SettingsOptions, contracts: ContractOptions) -> tuple[Tracker, Settings]:
    """Return what reads an ID on the profile's platform, and the settings for it."""
    from cxcall.cli.actions.contract_file import own_contract
    from cxcall.settings.settings import find_platform, load_settings

    flags = flags_of(chosen, contracts)
    known = contract.operations(own_contract(contracts, chosen.profile))
    tracker = tracking.tracker_for(find_platform(flags) or known[0].platform, known)
    return tracker, load_settings(flags, tracker.operation.contract)


def _engagement_of(given: str) -> str:
    """Return the engagement ID of a delivery, or what was given as one.

    Raises UsageError where the ledger knows that it came from a route whose IDs nothing reads.
    """
    from cxcall.cli.actions.history import find_engagement

    record = find_engagement(given)
    if record is not None and record.provenance == "community":
        correlation = record.correlation_id or "of its answer"
        raise _unread(record.operation, f"ask the platform's support, with correlation ID `{correlation}`")  # fmt: skip
    return (record.engagement_id if record else None) or given
