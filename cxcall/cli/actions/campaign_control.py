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
from cxcall.findings.exit_codes import Outcome
from cxcall.findings.finding import command as command_line
from cxcall.output.screen import Screen
from cxcall.output.terminal_text import escape_to_one_line
from cxcall.payloads.payload import Payload
from cxcall.platform_reads.campaigns import CampaignReader, CampaignState, ReadError, is_forbidden
from cxcall.sending import call_guards
from cxcall.sending.consent import ask_yes
from cxcall.sending.draft import build_request, stop_on_errors
from cxcall.sending.plan import SendHooks

if TYPE_CHECKING:
    from cxcall.cli.options import RequestOptions
    from cxcall.output.report import Report


def control_campaign(action: str, campaign: str, options: RequestOptions) -> Report:
    """Start or stop a campaign, and return the outcome with the campaign as it is afterwards."""
    found = find_role(action, options.settings, options.contracts)
    command, screen = f"campaign {action}", Screen.standard(options.output)
    with ExitStack() as stack:
        start_log(options.log, stack, options.flags["do_not_call"], options.flags["contract"])
        settings = load_settings_for(found.operation, options, stack)
        values = {found.id_parameter: campaign}
        checked = build_request(found.operation, values, Payload(None), settings)
        call_guards.stop_on_guards(checked.findings)
        stop_on_errors(checked, strict=options.check.strict, force=options.sending.force)
        if options.is_dry_run:
            return show_request(checked, command, as_curl=options.sending.curl)
        hooks = SendHooks(on_wait=wait_printer(screen))
        reader = CampaignReader(found.operation.contract, settings, hooks)
        state = _read(reader, campaign, screen)
        shown = state if screen.is_interactive else state.masked()
        what = f"{escape_to_one_line(str(shown))}, profile {settings.profile}, {settings.base_url}"
        ask_yes(
            found.operation, settings, "real calls", f"This may place real calls: {action} {what}?", what,
            yes=options.sending.yes, ask=screen.confirm if screen.is_interactive else None,
        )  # fmt: skip
        report = deliver_request(checked, command, options.sending, screen)
        if report.outcome is not Outcome.ACCEPTED:
            return report
        state = _read(reader, campaign, screen, is_sent=True)
        follow = []
        if action == "start" and not options.sending.sandbox:  # which ends with this command
            watch = command_line("cxcall", "campaign", "status", campaign, "--watch")
            follow.append(f"follow it: {watch}")
        shown = state if screen.stderr.isatty() else state.masked()
        return report._replace(
            data=state.masked().as_dict(),
            diagnostics=[*report.diagnostics, escape_to_one_line(str(shown)), *follow],
        )


def _read(
    reader: CampaignReader, campaign: str, screen: Screen, *, is_sent: bool = False
) -> CampaignState:
    """Return the campaign; only its ID if the token may not read it, or, once the request was sent, if a read fails."""
    try:
        return reader.read_campaign(campaign)
    except ReadError as error:
        if not (is_sent or is_forbidden(error)):
            raise
        screen.print_diagnostic(f"the campaign cannot be read: {error}")
        return CampaignState(campaign)
