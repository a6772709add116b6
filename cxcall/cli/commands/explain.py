"""`cxcall explain`: explain why a request failed."""

from typing import Literal

from cxcall.cli.command_classes import CommandGroup
from cxcall.cli.option_checks import Exclusion, Requirement
from cxcall.cli.shared_options import ContractOptions
from cxcall.output.output_options import OptionGroup, OutputOptions, argument, option
from cxcall.output.report import Report

app = CommandGroup()


class ExplainOptions(OptionGroup):
    """What is explained, and how the result and the corrected request are printed."""

    output: OutputOptions
    contracts: ContractOptions
    file: str | None = argument(
        "[FILE|CODE]", "A request in one of the formats above, or an error code."
    )
    entry: int | None = option("--entry N", "Explain only this entry of a HAR file.", min=1)
    last: bool = option("--last", "Explain the last delivery that was not accepted.")
    fix: bool = option("--fix", "Print the corrected request.")
    form: Literal["send", "curl", "cmd", "powershell", "json"] | None = option(
        "--as", "Set the format of the corrected request [send]."
    )
    show_all: bool = option("--all", "Print all findings and requests, not only the first ten.")
    codes: bool = option("--codes", "List the finding codes.")


@app.command(
    "explain",
    "cxcall explain failed-request.txt",
    "pbpaste | cxcall explain - --fix",
    "cxcall explain session.har --entry 3 -o json",
    rules=[
        Exclusion(("--last", "--codes", "FILE|CODE")),
        *(Exclusion((each, "--entry")) for each in ("--last", "--codes")),
        Exclusion(
            ("--last", "--fix"), "save the request in a file, then `cxcall explain FILE --fix`"
        ),
        Requirement(("--as",), ("--fix",), "it sets the format of the corrected request"),
    ],
)
def explain(options: ExplainOptions) -> Report:
    """Explain why a request failed.

    Reads any text that contains a request or a response: commands such as curl, HAR files, HTTP messages, code in any language, log lines, exceptions, and error bodies; - is stdin. Works offline: nothing in the file is run, opened, or sent, and no secret in it is printed. The corrected request has <name> in place of each missing value; these are listed, and the exit code is 3.
    """
    from cxcall.cli.actions.explain.explain import run_explain

    return run_explain(options)
