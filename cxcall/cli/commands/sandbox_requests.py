"""`cxcall sandbox requests`: list what a running sandbox received."""

# No `from __future__ import annotations` here: Typer needs the annotations of the options.
from typing import Annotated

from cxcall.cli.option_binding import new_app
from cxcall.cli.options import ContractOptions, SettingsOptions
from cxcall.named_tuple import NamedTuple
from cxcall.output.options import option
from cxcall.output.report import Report

app = new_app()


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
