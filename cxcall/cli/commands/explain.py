"""`cxcall explain`: explain why a request failed."""

from __future__ import annotations

from typing import Literal

from cxcall.cli.exclusive_options import Exclusion
from cxcall.cli.option_binding import argument, new_app
from cxcall.cli.options import ContractOptions, find_own_contract
from cxcall.named_tuple import Annotated
from cxcall.output.options import OutputOptions, option
from cxcall.output.report import Report

app = new_app()


@app.add_command(
    "explain",
    "cxcall explain failed-request.txt",
    "pbpaste | cxcall explain - --fix",
    "cxcall explain session.har --entry 3 -o json",
    exclusive=[
        Exclusion(("--last", "--codes", "FILE|CODE")),
        Exclusion(
            ("--last", "--fix"), "save the request in a file, then `cxcall explain FILE --fix`"
        ),
    ],
)
def explain(
    output: OutputOptions,
    contracts: ContractOptions,
    file: Annotated[
        str | None,
        argument("[FILE|CODE]", "A request in one of the formats above, or an error code."),
    ] = None,
    entry: Annotated[
        int | None, option("--entry N", "Explain only this entry of a HAR file.", min=1)
    ] = None,
    last: Annotated[bool, option("--last", "Explain the last refused delivery.")] = False,
    fix: Annotated[bool, option("--fix", "Print the corrected request.")] = False,
    form: Annotated[
        Literal["send", "curl", "cmd", "powershell", "json"] | None,
        option("--as", "Set its format. Default: `send` for the text's shell."),
    ] = None,
    show_all: Annotated[
        bool, option("--all", "Print all findings and requests, not only the first ten.")
    ] = False,
    codes: Annotated[bool, option("--codes", "List the finding codes.")] = False,
) -> Report:
    """Explain why a request failed.

    Reads any text that holds a request or a response: commands such as curl, HAR files, HTTP messages, code in any language, log lines, exceptions, and error bodies; - is stdin. Works offline: nothing in the file is run, opened, or sent, and no secret in it is printed. The corrected request has <name> in place of each missing value; these are listed, and the exit code is 3.
    """
    from cxcall.cli.actions.explain.run_command import (
        explain_code,
        explain_file,
        explain_last,
        list_codes,
    )

    if codes:
        return list_codes()
    if last:
        return explain_last()
    if file and (description := explain_code(file)):
        return description
    own = find_own_contract(contracts)
    return explain_file(file, entry, output, own, fix=fix, form=form or "", show_all=show_all)
