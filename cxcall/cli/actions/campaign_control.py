"""Run `cxcall campaign start` and `stop`: show the campaign, ask, send, read what became of it."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from cxcall.cli.actions.operation_choice import find_role
from cxcall.cli.actions.send import (
    deliver_request,
    load_settings_for,
    show_request,
    start_log,
    wait_printer,
)
from cxcall.contracts.campaign_roles import find_roles
from cxcall.findings.errors import CxcallError, StoppedError, UsageError
from cxcall.findings.exit_codes import Outcome
from cxcall.findings.finding import Finding
from cxcall.findings.finding import command as command_line
from cxcall.ledger.duplicates import AlreadySentError
from cxcall.output.screen import Screen
from cxcall.output.terminal_text import escape_to_one_line
from cxcall.payloads.payload import Payload
from cxcall.platform_reads.campaigns import CampaignReader, CampaignState, ReadError, is_forbidden
from cxcall.runtime.signals import defer_signals, interrupt_on_signals, raise_deferred_interrupt
from cxcall.sending import call_guards
from cxcall.sending.consent import ask_yes
from cxcall.sending.draft import CheckedRequest, build_request, stop_on_errors
from cxcall.sending.plan import SendHooks

if TYPE_CHECKING:
    from cxcall.cli.options import RequestOptions, SendOptions
    from cxcall.contracts.campaign_roles import RoleOperation
    from cxcall.output.report import Report
    from cxcall.settings.settings import Settings


def control_campaign(action: str, campaign: str, options: RequestOptions) -> Report:
    """Start or stop a campaign, and return the outcome with the campaign as it is afterwards."""
    _stop_on_flags_without_effect(action, campaign, options.sending)
    found = find_role(action, options.settings, options.contracts)
    command, screen = f"campaign {action}", Screen.standard(options.output)
    with ExitStack() as stack:
        start_log(options.log, stack, options.flags["do_not_call"], options.flags["contract"])
        settings = load_settings_for(found.operation, options, stack)
        checked = _build(found, campaign, settings)
        call_guards.stop_on_guards(checked.findings)
        stop_on_errors(checked, strict=options.check.strict, force=options.sending.force)
        if options.is_dry_run:
            return show_request(checked, command, as_curl=options.sending.curl)
        hooks = SendHooks(on_wait=wait_printer(screen))
        reader = CampaignReader(found.operation.contract, settings, hooks)
        state = _read(reader, campaign, screen)
        if action == "start" and state.is_running:
            screen.print_diagnostic("the campaign is already on", always=True)
        shown = state if screen.is_interactive else state.masked()
        what = f"{escape_to_one_line(str(shown))}, profile {settings.profile}, {settings.base_url}"
        ask_yes(
            found.operation, settings, "real calls", f"This may place real calls: {action} {what}?", what,
            yes=options.sending.yes, ask=screen.confirm if screen.is_interactive else None,
        )  # fmt: skip
        stop = find_roles(found.operation.contract).get("stop") if action == "start" else None
        undo = _build(stop, campaign, settings) if stop else None
        try:
            report = deliver_request(checked, command, options.sending, screen, undo)
        except AlreadySentError as error:
            raise _explain_duplicate(error, action) from None
        if report.outcome is not Outcome.ACCEPTED:
            return report
        state = _read_again(reader, campaign, screen, report)
        report = _add_state(report, action, state, screen)
        if action == "start" and not options.sending.sandbox:  # which ends with this command
            watch = command_line("cxcall", "campaign", "status", campaign, "--watch")
            report = report._replace(diagnostics=[*report.diagnostics, f"follow it: {watch}"])
        return report


def _build(found: RoleOperation, campaign: str, settings: Settings) -> CheckedRequest:
    return build_request(found.operation, {found.id_parameter: campaign}, Payload(None), settings)


def _stop_on_flags_without_effect(action: str, campaign: str, sending: SendOptions) -> None:
    """Raise UsageError for a guard that would not be applied: the platform's dialer chooses whom it calls, and when."""
    guards = sending.guards
    given = {
        "--hours": guards.hours, "--do-not-call": guards.do_not_call, "--max-attempts": guards.max_attempts,
        "--wait": sending.wait,
    }  # fmt: skip
    for flag, value in given.items():
        if value:
            raise UsageError(
                f"`{flag}` has no effect on `campaign {action}`",
                where=flag,
                fix=f"leave it out; {command_line('cxcall', 'campaign', 'status', campaign, '--watch')} follows the campaign"
                if flag == "--wait"
                else "leave it out; apply it when the list is loaded: `cxcall campaign load`",
                why="the platform's dialer calls the contacts of the list at its own hours",
            )


def _explain_duplicate(error: AlreadySentError, action: str) -> StoppedError:
    """Return the error for a campaign: what its request stops is no call to one person."""
    found = error.findings[0]
    if found.code != "already-sent":
        return error
    since = ", and no accepted `campaign stop` since then is in the ledger"
    return StoppedError(
        found._replace(
            message=found.message + (since if action == "start" else ""),
            fix=f"see `cxcall history show {error.earlier.id}` and the campaign's status; to {action} it again on purpose,"
            " add `--again`",
        )
    )


def _add_state(report: Report, action: str, state: CampaignState, screen: Screen) -> Report:
    """Return the report of an accepted request with the campaign as it is then."""
    findings = list(report.findings)
    if action == "start" and state.is_running is False:
        findings.append(
            Finding.warning(
                "state",
                "response",
                f"the start was accepted, but the campaign is `{state.status}`",
                fix=f"look at it again, and at its errors: {command_line('cxcall', 'campaign', 'status', state.id)}",
                source="response",
            )
        )
    shown = state if screen.stderr.isatty() else state.masked()
    diagnostics = [*report.diagnostics, escape_to_one_line(str(shown))]
    data = state.masked().as_dict()
    return report._replace(data=data, findings=findings, diagnostics=diagnostics)


def _read_again(
    reader: CampaignReader, campaign: str, screen: Screen, report: Report
) -> CampaignState:
    """Return the campaign after an accepted request; only its ID if that fails, or a signal ends the wait."""
    try:
        interrupt_on_signals(report.exit_code)
        raise_deferred_interrupt()
        return reader.read_campaign(campaign)
    except CxcallError as error:
        screen.print_diagnostic(f"the campaign cannot be read: {error}")
    except KeyboardInterrupt:
        screen.print_diagnostic("interrupted: the request was accepted; the campaign is not read")
    finally:
        defer_signals()
    return CampaignState(campaign)


def _read(reader: CampaignReader, campaign: str, screen: Screen) -> CampaignState:
    """Return the campaign; only its ID if the token may not read it."""
    try:
        return reader.read_campaign(campaign)
    except ReadError as error:
        if not is_forbidden(error):
            raise
        screen.print_diagnostic(f"the campaign cannot be read: {error}")
        return CampaignState(campaign)
