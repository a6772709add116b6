"""`cxcall sandbox`: run the embedded API server, and list what it received."""

from cxcall.cli.actions.sandbox import list_requests, run_sandbox
from cxcall.cli.command_classes import CommandGroup, examples
from cxcall.cli.shared_options import ContractOptions, HttpMethod, TargetOptions, port_option
from cxcall.output.output_options import OptionGroup, OutputOptions, option
from cxcall.output.report import Report

app = CommandGroup()


class SandboxOptions(OptionGroup):
    """Where the sandbox listens, what it keeps, and how its campaigns dial."""

    host: str = option(
        "--host ADDRESS", "Listen on this address; 0.0.0.0 in a container.", default="127.0.0.1"
    )
    port: int = port_option("Listen on this port; 0 is any free port.")
    allow_host: list[str] | None = option(
        "--allow-host NAME", "Also accept requests for this host name."
    )
    record: str | None = option("--record FILE", "Append each request with its body to this file.")
    webhook: str | None = option("--webhook URL", "Send the outcome of each call to this URL.")
    dial_rate: float = option(
        "--dial-rate N",
        "Set how many contacts a campaign dials per second.",
        min=0.001,
        default=10.0,
    )
    dial_outcome: str | None = option(
        "--dial-outcome NAME=WEIGHT,...", "Set the outcomes [connected=60,no-answer=30,busy=10]."
    )
    seed: int = option("--seed N", "Use this random seed for outcomes and IDs.", default=0)


class RequestsOptions(OptionGroup):
    """Options for listing requests: the sandbox, the filters, and the expected number."""

    url: str | None = option("--url URL", "Use the sandbox at this address [the base URL].")
    method: HttpMethod | None = option(
        "--method NAME", "List requests of this method.", case_sensitive=False
    )
    path: str | None = option("--path PATH", "List requests for this path; * is a wildcard.")
    status: str | None = option(
        "--status CODE", "List requests with this status, such as 400 or 4xx."
    )
    expect: int | None = option(
        "--expect N", "Check that N requests are listed; otherwise exit with 3.", min=0
    )
    json: bool = option("--json", "Print JSON, like `--output json`.")


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


@app.command("sandbox", epilog=_epilog())
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
    run_sandbox(options, contracts, output)


@app.command(
    "sandbox requests",
    "cxcall sandbox requests --url http://127.0.0.1:8080 -o json",
    "cxcall sandbox requests --method POST --path '*/personal-connections' --status 2xx --expect 3",
)
def sandbox_requests(options: RequestsOptions, target: TargetOptions) -> Report:
    """List the requests that a running sandbox received.

    The oldest request is first. Requests for tokens are listed, too; `--path '/api/*'` leaves them out.
    """
    return list_requests(options, target)
