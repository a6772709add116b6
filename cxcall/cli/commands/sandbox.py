"""`cxcall sandbox`: run the embedded API server, and list what it received."""

# No `from __future__ import annotations` here: Typer needs the annotations of the options.

from cxcall.cli.option_binding import examples, new_app
from cxcall.cli.options import ContractOptions, SettingsOptions, port_option
from cxcall.named_tuple import Annotated, NamedTuple
from cxcall.output.options import OutputOptions, option
from cxcall.output.report import Report

app = new_app()


class SandboxOptions(NamedTuple):
    """Where the sandbox listens, what it keeps, and how its campaigns dial."""

    host: Annotated[
        str, option("--host ADDRESS", "Listen on this address; 0.0.0.0 in a container.")
    ] = "127.0.0.1"
    port: Annotated[int, port_option("Listen on this port; 0 is any free port.")] = 0
    allow_host: Annotated[
        list[str] | None, option("--allow-host NAME", "Also accept requests for this host name.")
    ] = None
    record: Annotated[
        str | None, option("--record FILE", "Append each request with its body to this file.")
    ] = None
    webhook: Annotated[
        str | None, option("--webhook URL", "Send the outcome of each call to this URL.")
    ] = None
    dial_rate: Annotated[
        float,
        option("--dial-rate N", "Set the contacts that a campaign dials in a second.", min=0.001),
    ] = 10.0
    dial_outcome: Annotated[
        str | None,
        option(
            "--dial-outcome NAME=WEIGHT,...",
            "Set the outcomes [connected=60,no-answer=30,busy=10].",
        ),
    ] = None
    seed: Annotated[int, option("--seed N", "Choose the outcomes and IDs by this number.")] = 0


def _epilog() -> str:
    from cxcall.sandbox.campaign_dialer import OUTCOME_NUMBERS
    from cxcall.sandbox.faults import FAULTS

    shown = examples(
        "cxcall sandbox",
        "cxcall sandbox --port 8080 --record requests.jsonl",
        "cxcall sandbox --port 8080 --webhook http://127.0.0.1:9000/events",
        "cxcall sandbox --host 0.0.0.0 --port 8080",
    )
    effects = [(entry.number, entry.effect) for entry in FAULTS]
    effects += [
        (number, f"when a campaign dials it: {each}") for number, each in OUTCOME_NUMBERS.items()
    ]
    numbers = "\n".join(f"  {number}  {effect}" for number, effect in effects)
    return f"{shown}\n\n\b\nPhone numbers in a body that cause faults:\n{numbers}"


@app.add_command("sandbox", epilog=_epilog())
def sandbox(options: SandboxOptions, contracts: ContractOptions, output: OutputOptions) -> None:
    """Run the embedded API server; no real calls are placed.

    Responds as the API would until you press Ctrl-C, prints the lines to paste into a shell, and then
    one line on stderr for each request. A request with the header `Prefer: code=429` gets that
    response. Open the address in a browser to see each request with its findings;
    `cxcall sandbox requests` and GET /sandbox/requests list them for scripts, and GET /sandbox/events
    lists the outcomes of calls.

    The sandbox accepts requests for localhost and for the address that it listens on. Beyond loopback
    it also accepts every IP address, names without a dot, and each `--allow-host`.
    """
    from cxcall.cli.actions.sandbox import run_sandbox

    run_sandbox(options, contracts, output)


class RequestsOptions(NamedTuple):
    """Which requests of which sandbox are listed, and how many there should be."""

    url: Annotated[
        str | None, option("--url URL", "Use the sandbox at this address [the base URL].")
    ] = None
    method: Annotated[str | None, option("--method NAME", "List requests of this method.")] = None
    path: Annotated[
        str | None, option("--path PATH", "List requests for this path; * is a wildcard.")
    ] = None
    status: Annotated[
        str | None, option("--status CODE", "List requests with this status, as 400 or 4xx.")
    ] = None
    expect: Annotated[
        int | None, option("--expect N", "Check that N are listed; if not, exit with 3.", min=0)
    ] = None
    json: Annotated[bool, option("--json", "Print JSON, as `--output json` does.")] = False


@app.add_command(
    "sandbox requests",
    "cxcall sandbox requests --url http://127.0.0.1:8080 -o json",
    "cxcall sandbox requests --method POST --path '*/personal-connections' --status 2xx --expect 3",
)
def sandbox_requests(
    options: RequestsOptions,
    settings: SettingsOptions,
    contracts: ContractOptions,
) -> Report:
    """List the requests that a running sandbox received.

    The oldest request is first. Requests for tokens are listed, too; `--path '/api/*'` leaves them out.
    """
    from cxcall.cli.actions.sandbox import list_requests

    return list_requests(options, settings, contracts)
