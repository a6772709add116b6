"""`cxcall sandbox`: run the embedded API server, and list what it received."""

# No `from __future__ import annotations` here: Typer needs the annotations of the options.

from cxcall.cli.option_binding import examples, new_app
from cxcall.cli.shared_options import ContractOptions, TargetOptions
from cxcall.cli.single_command_options import RequestsOptions, SandboxOptions
from cxcall.output.output_options import OutputOptions
from cxcall.output.report import Report

app = new_app()


def _epilog() -> str:
    from cxcall.sandbox.campaign_dialer import OUTCOME_NUMBERS
    from cxcall.sandbox.faults_by_number import FAULTS

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

    Responds like the API until you press Ctrl-C. Prints the lines to paste into a shell, and then
    one line on stderr for each request. A request with the header `Prefer: code=429` gets that
    response. Open the address in a browser to see each request with its findings;
    `cxcall sandbox requests` and GET /sandbox/requests list them for scripts, and GET /sandbox/events
    lists the outcomes of calls.

    The sandbox accepts requests for localhost and for the address that it listens on. If other machines can reach it,
    it also accepts every IP address, names without a dot, and each `--allow-host`.
    """
    from cxcall.cli.actions.sandbox import run_sandbox

    run_sandbox(options, contracts, output)


@app.add_command(
    "sandbox requests",
    "cxcall sandbox requests --url http://127.0.0.1:8080 -o json",
    "cxcall sandbox requests --method POST --path '*/personal-connections' --status 2xx --expect 3",
)
def sandbox_requests(
    options: RequestsOptions,
    target: TargetOptions,
) -> Report:
    """List the requests that a running sandbox received.

    The oldest request is first. Requests for tokens are listed, too; `--path '/api/*'` leaves them out.
    """
    from cxcall.cli.actions.sandbox_requests import list_requests

    return list_requests(options, target)
