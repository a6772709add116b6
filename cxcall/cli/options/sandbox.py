"""The options of `sandbox`."""

# No `from __future__ import annotations` here: Typer needs the annotations of the options.

from cxcall.cli.shared_options import port_option
from cxcall.output.output_options import OptionGroup, option


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
    method: str | None = option("--method NAME", "List requests of this method.")
    path: str | None = option("--path PATH", "List requests for this path; * is a wildcard.")
    status: str | None = option(
        "--status CODE", "List requests with this status, such as 400 or 4xx."
    )
    expect: int | None = option(
        "--expect N", "Check that N requests are listed; otherwise exit with 3.", min=0
    )
    json: bool = option("--json", "Print JSON, like `--output json`.")
