"""`cxcall operations`: what can be sent, with its schema and provenance."""

from __future__ import annotations

from typing import Annotated

import typer

from cxcall.cli.actions.contract_file import own_contract
from cxcall.cli.option_binding import examples, expand_option_groups, new_app
from cxcall.cli.options import ContractOptions
from cxcall.output.report import Report

app = new_app("")


@app.command(
    "operations",
    epilog=examples(
        "cxcall operations",
        "cxcall operations execute",
        "cxcall operations execute --skeleton > payload.json  # or --csv, for batch",
    ),
)
@expand_option_groups
def operations(
    contracts: ContractOptions,
    operation: Annotated[
        str | None,
        typer.Argument(metavar="[NAME]", help="One operation, whole.", show_default=False),
    ] = None,
    skeleton: Annotated[
        bool, typer.Option("--skeleton", help="Print a body to start from.")
    ] = False,
    csv: Annotated[
        bool, typer.Option("--csv", help="With --skeleton: a table, to start a batch from.")
    ] = False,
) -> Report:
    """Show what can be sent.

    Every operation of the contracts, or one whole: its schema, and where it stands.
    """
    from cxcall.cli.actions.operations import as_dict, as_table, as_text, skeleton_of
    from cxcall.contracts import contract
    from cxcall.findings.errors import UsageError

    if csv and not skeleton:
        raise UsageError("`--csv` is a form of the skeleton", where="--csv", fix="add `--skeleton`")
    own = own_contract(contracts)
    if operation is None:
        if skeleton:
            raise UsageError(
                "`--skeleton` needs the NAME of an operation",
                where="--skeleton",
                fix="see `cxcall operations`",
            )
        known = contract.operations(own)
        return Report(
            "operations",
            data={"operations": [as_dict(entry) for entry in known]},
            table=as_table(known),
        )
    found = contract.named(operation, own)
    if skeleton:
        body = skeleton_of(found, as_csv=csv)
        return Report("operations", operation=found, data={"skeleton": body}, text=body)
    return Report(
        "operations",
        operation=found,
        data=as_dict(found, whole=True),
        text=as_text(found),
    )
