"""`cxcall operations`: list and search operations, show one, print a sample body, or list the errors in a document."""

from cxcall.cli.actions.operations import show_operations
from cxcall.cli.command_classes import CommandGroup
from cxcall.cli.option_checks import Exclusion, Requirement
from cxcall.cli.shared_options import ContractOptions, HttpMethod
from cxcall.output.output_options import OptionGroup, argument, option
from cxcall.output.report import Report

app = CommandGroup()


class OperationsOptions(OptionGroup):
    """The operation to show, or the filters of the list, and what is shown of it."""

    contracts: ContractOptions
    operation: str | None = argument("[NAME]", "The operation to show.")
    search: str | None = option("--search WORDS", "List only operations with all these words.")
    tag: str | None = option("--tag TAG", "List only operations of a group.")
    method: HttpMethod | None = option(
        "--method METHOD", "List only operations of a method.", case_sensitive=False
    )
    skeleton: bool = option("--skeleton", "Print a sample body.")
    csv: bool = option("--csv", "Print the sample as CSV, for `batch`.")
    problems: bool = option("--problems", "List the errors in your own API document.")


@app.command(
    "operations",
    "cxcall operations",
    "cxcall operations --search 'contact list' --method GET",
    "cxcall operations execute",
    "cxcall operations execute --skeleton > payload.json  # or --csv, for batch",
    rules=[
        Requirement(("--csv",), ("--skeleton",)),
        Requirement(("--skeleton",), ("NAME",), "the sample is the body of one operation"),
        *(
            Exclusion(
                ("NAME", each),
                "leave one of them out",
                "a NAME shows one operation; `--search`, `--tag`, and `--method` list several",
            )
            for each in ("--search", "--tag", "--method")
        ),
    ],
)
def operations(options: OperationsOptions) -> Report:
    """Show the operations that can be sent.

    Lists all operations, or shows one with its parameters, body, responses, and errors. In a pipe, a list has one name per line.
    """
    return show_operations(options)
