"""`cxcall explain`: say why a request failed, from what a person has of it."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from cxcall.cli.actions.contract_file import own_contract
from cxcall.cli.option_binding import examples, expand_option_groups, new_app
from cxcall.cli.options import ContractOptions
from cxcall.output.options import OutputOptions
from cxcall.output.report import Report

app = new_app("")


@app.command(
    "explain",
    epilog=examples(
        "cxcall explain failed-request.txt",
        "pbpaste | cxcall explain - --fix",
        "cxcall explain session.har --entry 3 -o json",
    ),
)
@expand_option_groups
def explain(
    output: OutputOptions,
    contracts: ContractOptions,
    file: Annotated[
        str | None,
        typer.Argument(
            metavar="[FILE|CODE]",
            help="A curl command, HAR file, JSON exchange, HTTP message, or Python `requests` call; - is stdin. Or a code.",
            show_default=False,
        ),
    ] = None,
    entry: Annotated[
        int | None,
        typer.Option(
            "--entry", metavar="N", min=1, help="Only this entry of a HAR file.", show_default=False
        ),
    ] = None,
    last: Annotated[bool, typer.Option("--last", help="The last refused delivery.")] = False,
    fix: Annotated[
        bool, typer.Option("--fix", help="Print the nearest published request in its place.")
    ] = False,
    form: Annotated[
        Literal["send", "curl", "json"],
        typer.Option("--as", help="How --fix prints it: for cxcall, for curl, or the body alone."),
    ] = "send",
    every: Annotated[
        bool, typer.Option("--all", help="All findings of a request, not the first ten.")
    ] = False,
    codes: Annotated[bool, typer.Option("--codes", help="List the codes of findings.")] = False,
) -> Report:
    """Say why a request failed.

    From the request and, if there is one, its answer; offline. Nothing in the file is run, opened or sent, and no secret in it is printed. With --fix, what is missing stands as <name>.
    """
    from cxcall.cli.actions.explain import explain_code, explain_file, explain_last, list_codes

    if codes:
        return list_codes()
    if last:
        return explain_last()
    if file and explain_code(file) is not None:
        return explain_code(file) or Report()
    own = own_contract(contracts)
    return explain_file(file, entry, output, own, fix=form if fix else "", every=every)
