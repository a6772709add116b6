"""Send a request: load settings, check, ask for consent, send, report."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING

from cxcall.cli.shared_options import flags_of
from cxcall.findings.errors import UsageError
from cxcall.findings.exit_codes import Outcome
from cxcall.output.report import Report, delivery_report, named_in_errors
from cxcall.output.screen import Screen
from cxcall.payloads.payload import Payload, build_payload
from cxcall.runtime.streams import WriteError
from cxcall.sending import call_guards
from cxcall.sending.checked_request import (
    CheckedRequest,
    build_request,
    parameter_values,
    stop_on_errors,
    stop_on_missing_parameter,
    token_source,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cxcall.cli.actions.response_reading import Reading
    from cxcall.cli.shared_options import (
        BodyOptions,
        LogOptions,
        ReadOptions,
        RequestOptions,
        SendOptions,
    )
    from cxcall.contracts.operation import Operation
    from cxcall.contracts.parameters import Flag
    from cxcall.platform_reads.tracking import Tracker
    from cxcall.settings.settings import Settings
    from cxcall.settings.sources import Flags


def send_one(
    command: str,
    operation: Operation,
    values: Mapping[str, str],
    texts: Sequence[tuple[Flag, str]],
    body: BodyOptions,
    options: RequestOptions,
    read_options: ReadOptions | None = None,
) -> Report:
    """Send one request, or only print it, and return its outcome.

    `values` are parameter values by parameter name; `texts` are flags with their values.
    """
    sending = options.sending
    if operation.is_for_login:
        raise UsageError(
            f"`{operation.name}` cannot be sent with `cxcall send`: it takes secrets and returns a token",
            where=operation.name,
            fix="log in with `cxcall auth login`; `cxcall auth token` prints the token",
        )
    send = _follower_of(operation) if sending.wait else deliver_request
    screen = Screen.standard(options.output)
    with ExitStack() as stack:
        stack.enter_context(named_in_errors(operation))
        built = _build_payload(operation, texts, body)
        values = parameter_values(operation, values, texts, built)
        stop_on_missing_parameter(operation, values, built)
        start_log(options.log, stack, flags_of(options), body.file)
        settings = load_settings_for(operation, options, stack)
        if sending.wait:
            _stop_without_id(operation, settings)
        checked = build_request(operation, values, built, settings)
        stack.enter_context(named_in_errors(checked.operation, checked.request, checked.body))
        call_guards.stop_on_guards(checked.findings)
        reading = _reading_of(checked.operation, read_options)
        stop_on_errors(checked, strict=options.check.strict, force=sending.force)
        if options.is_dry_run:
            return show_request(checked, command, as_curl=sending.curl)
        if not (sending.yes or sending.sandbox):
            checked = _ask_consent(checked, screen)
        if reading is not None and reading.all_pages:
            from cxcall.cli.actions.response_reading import read_all

            return read_all(checked, reading, command, screen, force=sending.force)
        report = send(checked, command, sending, screen)
        return reading.add_selection(report, screen) if reading else report


def _ask_consent(checked: CheckedRequest, screen: Screen) -> CheckedRequest:
    """Ask a person before a call may be placed, after the findings of the request; returns it without those printed."""
    from cxcall.sending.confirmation_prompt import ask_consent

    is_printed = False

    def ask(question: str) -> bool:
        nonlocal is_printed
        for finding in checked.findings:
            screen.print_finding(finding)
        is_printed = screen.options.output == "text"  # an envelope has them as well
        return screen.confirm(question)

    ask_consent(checked, ask=ask if screen.is_interactive else None)
    return checked._replace(findings=()) if is_printed else checked


def _reading_of(operation: Operation, options: ReadOptions | None) -> Reading | None:
    """Return how the response is read; None if it is printed as it is."""
    is_asked = options is not None and any(options)
    if options is None or not (is_asked or operation.is_read):
        return None
    from cxcall.cli.actions.response_reading import Reading

    return Reading.of(operation, options)


def start_log(log: LogOptions, stack: ExitStack, flags: Flags, *inputs: str | None) -> None:
    """Log the steps of deliveries until the stack is closed, if a flag asks for it; never to an input file."""
    if any(log):
        from cxcall.sending.delivery_log import open_log

        files = filter(None, (*inputs, *(flags["do_not_call"] or ()), flags["contract"]))
        stack.enter_context(open_log(log.log_file, log.log_format, files))


def _follower_of(operation: Operation) -> Callable[..., Report]:
    """Return a function that sends a request and follows the call; raises UsageError if that is impossible."""
    from cxcall.platform_reads.tracking import tracker_for

    return partial(_deliver_and_follow, tracker_for(operation.platform))


def _stop_without_id(operation: Operation, settings: Settings) -> None:
    """Raise UsageError if no response to an operation can name the call that is to be followed."""
    from cxcall.contracts.paging import success_schema

    is_known = operation.contract.is_shipped and not operation.engagement_id
    if is_known and not settings.engagement_place and not success_schema(operation):
        raise UsageError(
            f"the response to `{operation.name}` has no engagement ID, so the call cannot be followed",
            where="--wait",
            fix="leave out `--wait`",
        )


def _deliver_and_follow(
    tracker: Tracker, checked: CheckedRequest, command: str, sending: SendOptions, screen: Screen
) -> Report:
    """Send a request and follow the call; the exit code is that of the end of the call."""
    from cxcall.cli.commands.track import follow_call, report_unfollowed

    report = deliver_request(checked, command, sending, screen)
    started = report.delivery.engagement_id if report.delivery else None
    if report.outcome is not Outcome.ACCEPTED:
        return report
    if not started:
        return report_unfollowed(report, "without its ID, the call cannot be followed")
    try:
        return follow_call(report, tracker, started, checked.settings, screen)
    except (BrokenPipeError, WriteError):
        return report  # nothing more can be printed, but the call was placed


def _build_payload(
    operation: Operation, texts: Sequence[tuple[Flag, str]], body: BodyOptions
) -> Payload:
    """Build the body from file and flags; None if there are none and the operation needs no body."""
    is_given = body.file is not None or body.set or any(flag.sets_body for flag, _ in texts)
    if is_given:
        return build_payload(operation, body.file, texts, body.set or ())
    if operation.needs_body:
        raise UsageError("no body was given", where="--file", fix=_body_hint(operation))
    return Payload(None)


def _body_hint(operation: Operation) -> str:
    flags = " ".join(f"--{flag.name} {flag.metavar}" for flag in operation.flags if flag.required)
    sample = f"a sample: `cxcall operations {operation.name} --skeleton`"
    return f"give `{flags}`, or `--file FILE`" if flags else f"give `--file FILE`; {sample}"


def load_settings_for(operation: Operation, options: RequestOptions, stack: ExitStack) -> Settings:
    """Load the settings of a request; with `--sandbox`, start a sandbox.

    A sandbox has its own settings, and the guards of a real run. A dry run also starts it, to show the destination.
    """
    from cxcall.settings.settings import load_settings

    stack.enter_context(named_in_errors(operation))
    if not options.sending.sandbox:
        return load_settings(flags_of(options), operation.contract, operation.server)
    from cxcall.sandbox.sandbox_settings import sandbox_settings
    from cxcall.sandbox.server import start_sandbox

    sandbox = stack.enter_context(start_sandbox([operation.contract], all_stopped=True))
    token = sandbox.new_user_token() if operation.needs_user_token else ""
    return sandbox_settings(sandbox, flags_of(options), user_token=token)


def show_request(checked: CheckedRequest, command: str, *, as_curl: bool) -> Report:
    """Return a report that shows a request, and sends nothing."""
    from cxcall.credentials.request_credentials import describe_places
    from cxcall.transport.curl_command import with_credential_variables

    places = describe_places(checked.settings, checked.operation)
    from cxcall.responses.refusals.refusal_findings import provenance_note

    request = with_credential_variables(checked.request, places)
    head = [
        f"{request.method} {request.url}",
        *(f"{name}: {value}" for name, value in request.headers.items()),
    ]
    body = [] if checked.body is None else ["", checked.shown_body]
    shown = "\n".join([*head, *body])
    sources = checked.sources
    as_command = checked.as_curl(places) if as_curl else ""
    origins = [f"{pointer} from {source}" for pointer, source in sources.items() if source]
    return Report(
        command=command,
        outcome=Outcome.DRY_RUN,
        operation=checked.operation,
        request=request,
        body=checked.body,
        findings=(*checked.findings, *provenance_note(checked.operation)),
        data={"sources": sources, **({"curl": as_command} if as_curl else {})},
        text=as_command or shown,
        diagnostics=[*origins, "dry run: nothing was sent"],
    )


def deliver_request(
    checked: CheckedRequest, command: str, sending: SendOptions, screen: Screen
) -> Report:
    """Send a request that was checked and confirmed, and return its outcome."""
    from cxcall.runtime.signals import defer_signals
    from cxcall.sending.configured_ledger import open_ledger
    from cxcall.sending.request_sender import deliver, send_read
    from cxcall.sending.send_plan import Plan, SendHooks

    plan = Plan(checked, again=sending.again)
    tokens = token_source(checked.settings, checked.operation, force=sending.force)
    hooks = SendHooks(on_wait=screen.print_wait)
    if checked.operation.is_read:
        delivery = send_read(plan, tokens, hooks)
    else:
        with open_ledger() as ledger:
            defer_signals()  # from here on, the delivery itself handles signals
            delivery = deliver(plan, ledger, tokens, hooks)
    return delivery_report(
        command, delivery, checked.operation, checked.request, checked.body, checked.findings
    )
