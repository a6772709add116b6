"""`cxcall operations`: show operations with their schemas and provenance."""

from __future__ import annotations

from cxcall.cli.option_binding import new_app
from cxcall.cli.shared_options import ContractOptions, find_own_contract
from cxcall.output.output_options import argument, option
from cxcall.output.report import Report

app = new_app()


@app.add_command(
    "operations",
    "cxcall operations",
    "cxcall operations --search 'contact list' --method GET",
    "cxcall operations execute",
    "cxcall operations execute --skeleton > payload.json  # or --csv, for batch",
)
def operations(
    contracts: ContractOptions,
    operation: str | None = argument("[NAME]", "The operation to show."),
    search: str | None = option("--search WORDS", "List only operations with all these words."),
    tag: str | None = option("--tag TAG", "List only operations of a group."),
    method: str | None = option("--method METHOD", "List only operations of a method."),
    skeleton: bool = option("--skeleton", "Print a sample body."),
    csv: bool = option("--csv", "Print the sample as CSV, for `batch`."),
    problems: bool = option("--problems", "List the errors in your own API document."),
) -> Report:
    """Show the operations that can be sent.

    Lists all operations, or shows one with its parameters, body, responses, and errors. In a pipe, a list has one name per line.
    """
    from cxcall.cli.actions.operation_details import show_operation
    from cxcall.cli.actions.operations import list_operations, show_problems, show_skeleton
    from cxcall.contracts import contract
    from cxcall.findings.errors import UsageError

    if csv and not skeleton:
        raise UsageError("`--csv` requires `--skeleton`", where="--csv", fix="add `--skeleton`")
    if skeleton and operation is None:
        raise UsageError(
            "`--skeleton` requires the NAME of an operation",
            where="--skeleton",
            fix="see `cxcall operations`",
        )
    own = find_own_contract(contracts)
    if problems:
        return show_problems(own)
    if operation is None:
        return list_operations(contract.load_operations(own), search, tag, method)
    if any(value is not None for value in (search, tag, method)):
        raise UsageError(
            "a NAME shows one operation; `--search`, `--tag`, and `--method` list several",
            where="operation",
            fix="leave one of them out",
        )
    found = contract.load_operation(operation, own)
    return show_skeleton(found, as_csv=csv) if skeleton else show_operation(found)
