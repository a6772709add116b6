"""Run `cxcall campaign status`: read a campaign, once or until it does not run any more, and print each change."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from cxcall.cli.actions.operation_choice import find_role
from cxcall.cli.actions.send import wait_printer
from cxcall.cli.options import flags_of
from cxcall.findings.errors import CxcallError
from cxcall.findings.exit_codes import ExitCode
from cxcall.findings.finding import Finding
from cxcall.output.report import Report
from cxcall.output.screen import Screen
from cxcall.output.terminal_text import escape_to_one_line
from cxcall.platform_reads.campaigns import CampaignReader
from cxcall.sending.plan import SendHooks
from cxcall.settings.settings import load_settings

if TYPE_CHECKING:
    from cxcall.cli.options import ContractOptions, SettingsOptions
    from cxcall.output.options import OutputOptions
    from cxcall.platform_reads.campaigns import CampaignState

COMMAND = "campaign status"


def show_status(
    campaign: str,
    list_id: str,
    chosen: SettingsOptions,
    contracts: ContractOptions,
    output: OutputOptions,
    interval: float | None,
) -> Report:
    """Return the state of a campaign; with an interval in seconds, follow it until it does not run any more."""
    found = find_role("campaign", chosen, contracts)
    screen = Screen.standard(output)
    settings = load_settings(flags_of(chosen, contracts), found.operation.contract)
    hooks = SendHooks(on_wait=wait_printer(screen))
    reader = CampaignReader(found.operation.contract, settings, hooks)
    state = _read(reader, campaign, list_id)
    if interval is not None:
        state = _watch(reader, state, interval, screen)
    is_streamed = interval is not None and screen.options.output == "jsonl"
    return Report(
        COMMAND,
        operation=found.operation,
        data=state.masked().as_dict(),
        lines=_lines(state if screen.stdout.isatty() else state.masked()),
        json_lines=[] if is_streamed else [state.masked().as_dict()],
    )


class UnknownStatusError(CxcallError):
    """The platform's response does not have the status of the campaign."""

    exit_code = ExitCode.REFUSED


def _read(reader: CampaignReader, campaign: str, list_id: str) -> CampaignState:
    """Return the campaign; raises UnknownStatusError for a response without a status, which is no end of it."""
    state = reader.read_campaign(campaign, list_id)
    place = reader.roles["campaign"].place("status")
    if state.is_running is None and place:
        raise UnknownStatusError(
            Finding.error(
                "not-provable",
                "response",
                f"the response does not say whether the campaign runs: it has no `{place}`",
                fix="try again, or look at the platform",
                source="response",
            )
        )
    return state


def _watch(
    reader: CampaignReader, state: CampaignState, interval: float, screen: Screen
) -> CampaignState:
    """Read the campaign again and again, and print each change: on a terminal as a progress bar."""
    shown = None
    with screen.progress(state.total) as progress:
        while True:
            progress(state.called or 0, f"{state.status}, {state.counts}")
            if state != shown:
                _print_change(state, screen)
                shown = state
            if not state.is_running:
                return state
            time.sleep(interval)
            state = _read(reader, state.id, state.list_id)


def _print_change(state: CampaignState, screen: Screen) -> None:
    if screen.options.output == "jsonl":
        screen.print_json(state.masked().as_dict())
        screen.stdout.flush()
    elif not screen.stderr.isatty():
        screen.print_diagnostic(f"{state.status}: {state.counts}")


def _lines(state: CampaignState) -> list[str]:
    """Return the state as text, without what the platform does not say."""
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
