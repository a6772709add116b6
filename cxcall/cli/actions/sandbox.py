"""Run `cxcall sandbox` until Ctrl-C."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any

from cxcall.cli.actions.sandbox_recorder import Recorder
from cxcall.cli.shared_options import find_own_contract
from cxcall.output.json_envelope import finding_as_json
from cxcall.output.report import Report
from cxcall.output.screen import Screen
from cxcall.transport.origins import is_loopback_host

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cxcall.cli.shared_options import ContractOptions
    from cxcall.cli.single_command_options import SandboxOptions
    from cxcall.contracts.contract import Contract
    from cxcall.output.output_options import OutputOptions
    from cxcall.sandbox.inspection.request_log import LoggedRequest
    from cxcall.sandbox.server import Sandbox


COMMAND = "sandbox"


def run_sandbox(options: SandboxOptions, contracts: ContractOptions, output: OutputOptions) -> None:
    """Run a sandbox until Ctrl-C; print its address, and each request."""
    from cxcall.contracts import contract
    from cxcall.sandbox.campaign_dialer import DialPlan
    from cxcall.sandbox.inspection.webhook import Webhook
    from cxcall.sandbox.server import start_sandbox

    screen = Screen.standard(output)
    plan = DialPlan.parse(options.dial_rate, options.dial_outcome, options.seed)
    known = contract.load_contracts(find_own_contract(contracts))
    recorder = Recorder(options.record, None if output.quiet else screen.print_diagnostic)
    with suppress(KeyboardInterrupt), ExitStack() as stack:
        webhook = Webhook(options.webhook, screen.print_diagnostic) if options.webhook else None
        running = stack.enter_context(
            start_sandbox(
                known,
                host=options.host,
                port=options.port,
                names=options.allow_host or (),
                on_request=recorder.add,
                dial_plan=plan,
                on_event=stack.enter_context(webhook).add if webhook else lambda _: None,
                explain=new_explainer(known),
            )
        )
        screen.print_report(describe_sandbox(running, known[0], options))
        running.wait()


def describe_sandbox(running: Sandbox, own: Contract, options: SandboxOptions) -> Report:
    """Return the lines that point a shell at a sandbox, for each platform."""
    names = ("baseUrl", "clientId", "clientSecret")
    values = (running.base_url, running.client_id, running.client_secret)
    variables = [
        *zip(("CXCALL_BASE_URL", "CXCALL_CLIENT_ID", "CXCALL_CLIENT_SECRET"), values, strict=True),
        ("CXCALL_ACCESS_KEY_ID", running.client_id),  # for NICE CXone
        ("CXCALL_ACCESS_KEY_SECRET", running.client_secret),
        *_document_credentials(own, running.client_id, running.client_secret),
    ]
    open_to_others = [
        f"warning: other machines can reach the sandbox at {options.host}, read the requests that it receives, and use the printed credentials"
    ]
    return Report(
        COMMAND,
        data=dict(zip(names, values, strict=True)),
        text="\n".join(f"export {name}={value}" for name, value in variables),
        diagnostics=[
            *([] if is_loopback_host(options.host) else open_to_others),
            f"sandbox is running at {running.base_url}/; no real calls are placed; stop it with Ctrl-C",
        ],
    )


def _document_credentials(own: Contract, username: str, secret: str) -> list[tuple[str, str]]:
    """Return the environment variables for the credentials that the user's own document requires instead of a token."""
    from cxcall.contracts.security_schemes import API_KEY, BASIC, SecurityScheme

    declared = own.declared.get("components", {}).get("securitySchemes", {})
    kinds = {SecurityScheme.of(name, scheme).kind for name, scheme in declared.items()}
    basic = [("CXCALL_USERNAME", username), ("CXCALL_PASSWORD", secret)] if BASIC in kinds else []
    return [*basic, *([("CXCALL_API_KEY", secret)] if API_KEY in kinds else [])]


def new_explainer(
    contracts: Sequence[Contract],
) -> Callable[[LoggedRequest, str], list[dict[str, Any]]]:
    """Return a function that returns the findings of `cxcall explain` on a logged request, as JSON data."""
    own = None if contracts[0].is_shipped else contracts[0]

    def explain(entry: LoggedRequest, host: str) -> list[dict[str, Any]]:
        from cxcall.explaining.explanation import explain_request
        from cxcall.explaining.readers.request_builder import (
            build_observed_request,
            build_response,
        )

        response = entry.response.decode("utf-8", "replace") or None
        request = build_observed_request(
            f"request {entry.number}",
            method=entry.method,
            url=f"http://{host}{entry.target or entry.path}",
            headers=dict(entry.headers),
            body=entry.body.decode("utf-8", "replace"),
            response=build_response(entry.status, {}, response),
        )
        return [finding_as_json(each) for each in explain_request(request, own).findings]

    return explain
