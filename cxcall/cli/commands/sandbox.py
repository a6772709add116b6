"""`cxcall sandbox`: run the embedded API server in the foreground."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated, Any

from cxcall.cli.actions.contract_file import find_own_contract
from cxcall.cli.option_binding import examples, expand_option_groups, new_app
from cxcall.cli.options import ContractOptions, port_option
from cxcall.output.options import OutputOptions, option
from cxcall.output.report import Report

app = new_app("")


def _epilog() -> str:
    from cxcall.sandbox.campaign_dialer import OUTCOME_NUMBERS
    from cxcall.sandbox.faults import FAULTS

    shown = examples(
        "cxcall sandbox",
        "cxcall sandbox --port 8080 --record requests.jsonl",
        "cxcall execute $CAMPAIGN -f payload.json --sandbox",
    )
    effects = [(entry.number, entry.effect) for entry in FAULTS]
    effects += [
        (number, f"when a campaign dials it: {each}") for number, each in OUTCOME_NUMBERS.items()
    ]
    numbers = "\n".join(f"  {number}  {effect}" for number, effect in effects)
    return f"{shown}\n\n\b\nPhone numbers in a body that cause faults:\n{numbers}"


@app.command("sandbox", epilog=_epilog())
@expand_option_groups
def sandbox(
    output: OutputOptions,
    contracts: ContractOptions,
    port: Annotated[
        int,
        port_option("Listen on this port; 0 is any free port."),
    ] = 0,
    record: Annotated[
        str | None,
        option("--record", metavar="FILE", help="Append each request with its body to this file."),
    ] = None,
    dial_rate: Annotated[
        float,
        option(
            "--dial-rate",
            metavar="N",
            min=0.001,
            help="Set the contacts that a campaign dials in a second.",
        ),
    ] = 10.0,
    dial_outcome: Annotated[
        str | None,
        option(
            "--dial-outcome",
            metavar="NAME=WEIGHT,...",
            help="Set the outcomes [connected=60,no-answer=30,busy=10].",
        ),
    ] = None,
    seed: Annotated[
        int, option("--seed", metavar="N", help="Choose the outcomes and IDs by this number.")
    ] = 0,
) -> None:
    """Run the embedded API server; no real calls are placed.

    Responds as the API would until you press Ctrl-C, prints the lines to paste into a shell, and then
    one line on stderr for each request. A request with the header `Prefer: code=429` gets that
    response. GET /sandbox/requests lists the requests.
    """
    from cxcall.cli.actions.request_recorder import Recorder
    from cxcall.contracts import contract
    from cxcall.output.screen import Screen
    from cxcall.sandbox.campaign_dialer import DialPlan
    from cxcall.sandbox.server import start_sandbox

    screen = Screen.standard(output)
    plan = DialPlan.parse(dial_rate, dial_outcome, seed)
    known = contract.load_contracts(find_own_contract(contracts))
    recorder = Recorder(record, None if output.quiet else screen.print_diagnostic)
    with (
        suppress(KeyboardInterrupt),
        start_sandbox(known, port=port, on_request=recorder.add, dial_plan=plan) as running,
    ):
        report = Report(
            "sandbox",
            data={
                "baseUrl": running.base_url,
                "clientId": running.client_id,
                "clientSecret": running.client_secret,
            },
            text="\n".join(
                f"export {name}={value}"
                for name, value in (
                    ("CXCALL_BASE_URL", running.base_url),
                    ("CXCALL_CLIENT_ID", running.client_id),
                    ("CXCALL_CLIENT_SECRET", running.client_secret),
                    *_document_credentials(known[0], running.client_id, running.client_secret),
                )
            ),
            diagnostics=["sandbox is running; no real calls are placed; stop it with Ctrl-C"],
        )
        screen.print_report(report)
        running.wait()


def _document_credentials(own: Any, username: str, secret: str) -> list[tuple[str, str]]:
    """Return the variables for what the user's own document takes in place of a token."""
    from cxcall.contracts.security import API_KEY, BASIC, SecurityScheme

    declared = own.declared.get("components", {}).get("securitySchemes", {})
    kinds = {SecurityScheme.of(name, scheme).kind for name, scheme in declared.items()}
    basic = [("CXCALL_USERNAME", username), ("CXCALL_PASSWORD", secret)] if BASIC in kinds else []
    return [*basic, *([("CXCALL_API_KEY", secret)] if API_KEY in kinds else [])]
