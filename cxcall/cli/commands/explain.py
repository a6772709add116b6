"""`cxcall explain`: explain why a request failed."""

from __future__ import annotations

from cxcall.cli.option_binding import new_app
from cxcall.cli.option_checks import Exclusion, Requirement
from cxcall.cli.options.explain import ExplainOptions
from cxcall.output.report import Report

app = new_app()


@app.add_command(
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
    if options.last:
        from cxcall.cli.actions.explain.last_delivery import explain_last

        return explain_last()
    from cxcall.cli.actions.explain.run_command import explain_code, explain_file, list_codes

    if options.codes:
        return list_codes()
    report = explain_code(options.file) if options.file and options.entry is None else None
    return report or explain_file(options)
