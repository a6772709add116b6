"""`cxcall validate`: check payload files offline, and find the operation that a payload fits."""

from __future__ import annotations

from typing import Annotated

import typer

from cxcall.binding import examples, new_app, spread
from cxcall.commands.known import own_contract
from cxcall.options import CheckOptions, ContractOptions, OutputOptions
from cxcall.report import Report

app = new_app("")


@app.command(
    "validate",
    epilog=examples(
        "cxcall validate payload.json",
        "cxcall validate --operation execute payloads/ more.jsonl",
        "jq .body request.json | cxcall validate - -o json",
    ),
)
@spread
def validate(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...",
            help="JSON, JSON Lines, folders and quoted patterns of them, or -.",
            show_default=False,
        ),
    ],
    output: OutputOptions,
    check: CheckOptions,
    contracts: ContractOptions,
    operation: Annotated[
        str | None,
        typer.Option(
            "--operation", metavar="NAME", help="Check as this operation.", show_default=False
        ),
    ] = None,
) -> Report:
    """Check payload files offline.

    Every finding comes with its place, why, and what to write instead. Without --operation, a payload is checked as the operation that `[tool.cxcall.operations]` in pyproject.toml (or `[operations]` in .cxcall.toml) gives for its path, else as the one that it fits, or is nearest to.
    """
    from pathlib import Path

    from cxcall import assignment
    from cxcall.known import known
    from cxcall.render import summarise
    from cxcall.validation import Validation

    operations = known(own_contract(contracts))
    named = operations.named(operation) if operation else None
    assigned = None if named else assignment.find(Path.cwd(), operations)
    result = Validation(operations, named, assigned, check.strict).run(files)
    return Report(
        command="validate",
        outcome=result.outcome,
        exit_code=result.exit_code,
        findings=result.findings,
        findings_are_data=True,
        data={"payloads": [payload.as_dict() for payload in result.payloads]},
        lines=[payload.as_dict() for payload in result.payloads],
        text="" if output.quiet else "\n".join(map(str, result.payloads)),
        summary=summarise(result.findings),
        payloads=result.payloads,
    )
