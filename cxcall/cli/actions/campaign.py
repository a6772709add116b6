"""Run `cxcall campaign start` and `stop`: show the campaign, ask, send; and `status`: print each change of it."""

from __future__ import annotations

import time
from contextlib import ExitStack, suppress
from functools import partial
from math import inf
from typing import TYPE_CHECKING

from cxcall.cli.actions.send import deliver_request, load_settings_for, show_request, start_log
from cxcall.cli.shared_options import flags_of
from cxcall.contracts.campaign_roles import require_role
from cxcall.contracts.contract import load_shipped_contracts
from cxcall.findings.errors import CxcallError
from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.findings.finding import Severity
from cxcall.findings.hinted_commands import command as command_line
from cxcall.output.report import Report, error_report, interrupted_report, named_in_errors
from cxcall.output.screen import Screen
from cxcall.output.terminal_text import escape_to_one_line
from cxcall.payloads.payload import Payload
from cxcall.platform_reads.campaigns import CampaignReader, CampaignState
from cxcall.platform_reads.read_requests import MalformedResponseError, ReadError
from cxcall.responses.message_in_body import platform_code
from cxcall.responses.platform_codes import is_already_done
from cxcall.runtime.signals import sleep
from cxcall.sending import call_guards
from cxcall.sending.checked_request import build_request, stop_on_errors
from cxcall.sending.configured_ledger import open_ledger
from cxcall.sending.confirmation_prompt import ask_yes
from cxcall.sending.send_plan import Plan, SendHooks
from cxcall.settings.settings import find_platform, load_settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cxcall.cli.commands.campaign import StatusOptions
    from cxcall.cli.shared_options import RequestOptions, SettingsOptions
    from cxcall.contracts.campaign_roles import RoleOperation
    from cxcall.ledger.ledger import Ledger
    from cxcall.ledger.record_types import Record

_START_SECONDS = 60.0
"""The time after a start in which a platform may not show yet that the campaign runs."""


def control_campaign(action: str, campaign: str, options: RequestOptions) -> Report:
    """Start or stop a campaign, and return the outcome of the request."""
    found = find_role(action, options.target.settings)
    command, screen = f"campaign {action}", Screen.standard(options.output)
    with ExitStack() as stack:
        start_log(options.log, stack, flags_of(options))
        settings = load_settings_for(found.operation, options, stack)
        checked = build_request(
            found.operation, {found.id_parameter: campaign}, Payload(None), settings
        )
        stack.enter_context(named_in_errors(checked.operation, checked.request, checked.body))
        call_guards.stop_on_guards(checked.findings)
        stop_on_errors(checked, strict=options.check.strict, force=options.sending.force)
        if options.is_dry_run:
            return show_request(checked, command, as_curl=options.sending.curl)
        hooks = SendHooks(on_wait=screen.print_wait)
        reader = CampaignReader(found.operation.contract, settings, hooks)
        # A stop does not ask: it is sent even if the platform cannot be read.
        is_start = action == "start"
        state = _read(reader, campaign, screen) if is_start else CampaignState(campaign)
        if state.is_running:
            screen.print_diagnostic("the campaign is already running", always=True)
        shown = state if screen.is_interactive else state.with_masked_numbers()
        what = f"{escape_to_one_line(str(shown))}, profile {settings.profile}, {settings.base_url}"
        ask_yes(
            found.operation,
            settings,
            "real calls",
            f"This may place real calls: {action} {what}?",
            what,
            yes=options.sending.yes,
            ask=screen.confirm if screen.is_interactive else None,
        )
        report = deliver_request(checked, command, options.sending, screen)
        report = _accept_if_done(report, action, found.operation.contract.platform)
        is_followed = is_start and not options.sending.sandbox  # which ends with this command
        words = ["cxcall", "campaign", "status", campaign]
        if not reader.roles["campaign"].place("list"):  # the campaign does not name its list
            words += ["--contact-list", "LIST_ID"]
        return _with_status_command(report, words, is_followed=is_followed)


def _accept_if_done(report: Report, action: str, platform: str) -> Report:
    """Return a report as a success if the API refused the request because nothing is left to do, by its code."""
    response = report.delivery.response if report.delivery else None
    if (
        response is None
        or report.outcome is not Outcome.REFUSED
        or not is_already_done(action, platform, response.status, platform_code(response))
    ):
        return report
    notes = [each._replace(severity=Severity.NOTE) for each in report.findings]
    return report._replace(outcome=Outcome.OK, exit_code=ExitCode.OK, findings=notes)


def _with_status_command(report: Report, words: Sequence[str], *, is_followed: bool) -> Report:
    """Return a report with the command that shows the campaign, if it runs and is followed, or if nobody knows."""
    if report.outcome is Outcome.UNKNOWN:
        shown = f"see whether it runs: {command_line(*words)}"
    elif is_followed and report.outcome in (Outcome.ACCEPTED, Outcome.OK):
        shown = f"follow it: {command_line(*words, '--watch')}"
    else:
        return report
    return report._replace(diagnostics=[*report.diagnostics, shown])


def find_role(role: str, settings: SettingsOptions) -> RoleOperation:
    """Return the operation with a role on the platform of the settings; raises UsageError if there is none."""
    platform = find_platform(flags_of(settings)) or load_shipped_contracts()[0].platform
    return require_role(platform, role)


def _read(reader: CampaignReader, campaign: str, screen: Screen) -> CampaignState:
    """Return the campaign; only its ID if the token may not read it."""
    try:
        return reader.read_campaign(campaign)
    except ReadError as error:
        if not error.is_forbidden:
            raise
        screen.print_diagnostic(f"the campaign cannot be read: {error}")
        return CampaignState(campaign)


def open_reader(
    role: str, options: SettingsOptions, screen: Screen
) -> tuple[RoleOperation, CampaignReader]:
    """Return the operation with a role on the platform of the settings, and the reader of that platform."""
    found = find_role(role, options)
    settings = load_settings(flags_of(options), found.operation.contract)
    hooks = SendHooks(on_wait=screen.print_wait)
    return found, CampaignReader(found.operation.contract, settings, hooks)


def show_campaign_status(options: StatusOptions) -> Report:
    """Return the state of a campaign; with `--watch`, follow it until it no longer runs."""
    screen = Screen.standard(options.output)
    found, reader = open_reader("campaign", options.settings, screen)
    state = _read_status(reader, options.campaign, options.contact_list or "")
    seconds = _seconds_to_start(reader, state)
    if seconds > 0:
        then = f"; waiting up to {seconds:.0f} s until it does" if options.watch else ""
        screen.print_diagnostic(
            f"the campaign was started less than a minute ago: its status may not show yet that it runs{then}",
            always=True,
        )
    report = Report("campaign status", operation=found.operation)
    json_lines = [] if options.watch else [state.with_masked_numbers().as_dict()]
    if options.watch:
        try:
            for last in _watch(reader, state, options.interval, screen, seconds):
                state = last
        except CxcallError as error:
            report = error_report(error, report.command)._replace(operation=found.operation)
        except KeyboardInterrupt:
            report = interrupted_report(report.command)._replace(operation=found.operation)
    return report._replace(
        data=state.with_masked_numbers().as_dict(),
        lines=_lines(state if screen.is_terminal else state.with_masked_numbers()),
        json_lines=None if report.exit_code else json_lines,
    )


def _read_status(reader: CampaignReader, campaign: str, list_id: str) -> CampaignState:
    """Return the campaign; raises MalformedResponseError for a response without a status, which is not an end."""
    state = reader.read_campaign(campaign, list_id)
    place = reader.roles["campaign"].place("status")
    if state.is_running is None and place:
        raise MalformedResponseError(
            f"the response does not say whether the campaign runs: it has no `{place}`"
        )
    return state


def _plan(found: RoleOperation, campaign: str, reader: CampaignReader) -> Plan:
    values = {found.id_parameter: campaign}
    return Plan(build_request(found.operation, values, Payload(None), reader.settings))


def _seconds_to_start(reader: CampaignReader, state: CampaignState) -> float:
    """Return how many seconds later a campaign that is not running may run: only after a start in the ledger."""
    if state.is_running or (state.total and state.called == state.total):
        return 0.0
    with suppress(CxcallError), open_ledger(is_for_reading=True) as ledger:
        start, stop = (_find_last(role, state.id, reader, ledger) for role in ("start", "stop"))
        if start and not (stop and stop.at > start.at):
            return _START_SECONDS - abs((ledger.now() - start.at).total_seconds())
    return 0.0


def _find_last(role: str, campaign: str, reader: CampaignReader, ledger: Ledger) -> Record | None:
    """Return the newest delivery of a start or a stop that took effect, or may have; None if there is none."""
    found = reader.roles[role]
    platform = found.operation.contract.platform
    for each in ledger.deliveries_of(_plan(found, campaign, reader).intent()):
        is_done = is_already_done(role, platform, each.status, each.code)
        if each.was_placed or each.is_unresolved or is_done:
            return each
    return None


def _watch(
    reader: CampaignReader,
    state: CampaignState,
    interval: float,
    screen: Screen,
    seconds_to_start: float,
) -> Iterator[CampaignState]:
    """Read the campaign repeatedly, print each change, on a terminal as a progress bar, and yield the state.

    It ends when the campaign does not run, and no longer may begin to. A read that fails temporarily is repeated.
    """
    reader.on_outage = partial(screen.print_diagnostic, always=True)
    shown, end = None, time.monotonic() + seconds_to_start
    with screen.progress(state.total) as progress:
        while True:
            yield state
            progress(state.called or 0, ", ".join(filter(None, (state.status, state.counts))))
            if state != shown:
                _print_change(state, screen)
                shown = state
            if state.is_running:
                end = 0.0
            elif time.monotonic() >= end:
                return
            sleep(interval)
            reader.keep_reading(inf)
            state = reader.repeat(partial(_read_status, reader, state.id, state.list_id))


def _print_change(state: CampaignState, screen: Screen) -> None:
    if screen.options.output == "jsonl":
        screen.print_json(state.with_masked_numbers().as_dict())
        screen.stdout.flush()
    elif not screen.stderr.isatty():
        screen.print_diagnostic(": ".join(filter(None, (state.status, state.counts))))


def _lines(state: CampaignState) -> list[str]:
    """Return the state as text, without values that the platform does not report."""
    facts = (
        ("campaign", f"{state.name} ({state.id})" if state.name else state.id),
        ("status", state.status),
        ("list", f"{state.list_name} ({state.list_id})" if state.list_name else state.list_id),
        ("progress", state.counts),
        ("attempts", "" if state.attempts is None else str(state.attempts)),
        ("calls in progress", "" if state.outstanding is None else str(state.outstanding)),
        *(("error", each) for each in state.errors),
    )
    return [f"{name:<18} {escape_to_one_line(text)}" for name, text in facts if text]
