"""What every sending command does with its flags: settle, draft, check, consent, deliver, report."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

from cxcall import payload, phone, send
from cxcall.errors import Outcome, UsageError
from cxcall.options import flags_of
from cxcall.render import Screen
from cxcall.report import Report

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cxcall.auth import Token
    from cxcall.config import Settings
    from cxcall.contract import Operation
    from cxcall.declared import Flag
    from cxcall.options import (
        BodyOptions,
        CheckOptions,
        ContractOptions,
        OutputOptions,
        SendOptions,
        SettingsOptions,
    )


# What stands for the token wherever a request is only shown.
AUTHORIZATION = "Bearer $CXCALL_ACCESS_TOKEN"


def send_one(
    operation: Operation,
    arguments: Mapping[str, str],
    texts: Sequence[tuple[Flag, str]],
    body: BodyOptions,
    sending: SendOptions,
    check: CheckOptions,
    chosen: SettingsOptions,
    contracts: ContractOptions,
    output: OutputOptions,
) -> Report:
    """Send one request, or show it; returns what became of it."""
    if body.file is None and not texts and not body.set:
        raise UsageError("no body was given", where="--file", fix=_how_to_give(operation))
    built = payload.build(body.file, texts, body.set or ())
    values = send.path_values(operation, arguments, texts, built)
    screen = Screen.standard(output)
    with ExitStack() as stack:
        settings = settle_for(operation, sending, flags_of(chosen, contracts), stack)
        draft = send.draft(operation, values, built, settings)
        send.stop_on_errors(draft, strict=check.strict, force=sending.force)
        if sending.dry_run or sending.curl:
            return _dry_run(draft, as_curl=sending.curl)
        asker = screen.ask if screen.can_ask else None
        send.ask_consent(draft, yes=sending.yes or sending.sandbox, ask=asker)
        return _deliver(draft, sending, screen)


def _how_to_give(operation: Operation) -> str:
    flags = " ".join(f"--{flag.name} {flag.metavar}" for flag in operation.flags if flag.required)
    return f"give `{flags}`, or `--file FILE`"


def settle_for(
    operation: Operation, sending: SendOptions, flags: dict[str, str | None], stack: ExitStack
) -> Settings:
    """Settle where the request goes; with `--sandbox`, start one and settle on it alone."""
    from cxcall.config import for_sandbox, settle

    header = sending.engagement_header
    if not sending.sandbox or sending.dry_run or sending.curl:
        return settle({**flags, "engagement_header": header}, operation.contract)
    from cxcall.sandbox import start

    sandbox = stack.enter_context(start([operation.contract]))
    return for_sandbox(sandbox, timeout=flags["timeout"], engagement_header=header)


def _dry_run(draft: send.Draft, *, as_curl: bool) -> Report:
    from cxcall.transport import curl

    request = replace(
        draft.request, headers={"Authorization": AUTHORIZATION, **draft.request.headers}
    )
    head = [
        f"{request.method} {request.url}",
        *(f"{name}: {value}" for name, value in request.headers.items()),
    ]
    shown = "\n".join([*head, "", json.dumps(draft.payload.value, ensure_ascii=False, indent=2)])
    sources = [f"{pointer} from {source}" for pointer, source in draft.sources.items() if source]
    return Report(
        command=draft.operation.name,
        outcome=Outcome.DRY_RUN,
        operation=draft.operation,
        request=request,
        body=draft.payload.value,
        findings=(*draft.findings, *send.provenance_note(draft.operation)),
        data={"sources": draft.sources},
        text=curl(draft.request) if as_curl else shown,
        talk=[*sources, "dry run: nothing was sent"],
    )


def _deliver(draft: send.Draft, sending: SendOptions, screen: Screen) -> Report:
    from cxcall import auth, config
    from cxcall.dialer import Pace, Plan, deliver
    from cxcall.ledger import Ledger

    token = auth.get_token(draft.settings)
    send.stop_without_scope(token, draft.operation, force=sending.force)
    plan = Plan(
        operation=draft.operation,
        request=draft.request,
        body=draft.payload.value,
        settings=draft.settings,
        numbers=tuple(phone.numbers_in(draft.payload.value)),
        engagement_header=draft.settings.engagement_header,
        again=sending.again,
    )
    # Never closed: what it recorded is durable, and tidying up its file would cost 10 ms a send.
    ledger = Ledger.open(config.state_dir())
    pace = Pace(on_wait=_tell_wait(screen))
    delivery = deliver(plan, ledger, _tokens(draft.settings, token), pace)
    return Report(
        command=draft.operation.name,
        outcome=delivery.outcome,
        exit_code=delivery.exit_code,
        operation=draft.operation,
        request=draft.request,
        body=draft.payload.value,
        delivery=delivery,
        findings=(*draft.findings, *delivery.findings),
    )


def _tokens(settings: Settings, first: Token) -> Callable[[bool], Token]:
    """Give out the token that was checked; a fresh one only when the API refused it."""
    from cxcall import auth

    return lambda fresh: auth.get_token(settings, fresh=True) if fresh else first


def _tell_wait(screen: Screen) -> Callable[[float, str], None]:
    return lambda seconds, reason: screen.say(f"{reason}; sending again in {seconds:.1f} s")
