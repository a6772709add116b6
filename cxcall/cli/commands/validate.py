"""`cxcall validate`: check payload files offline."""

from __future__ import annotations

from typing import Annotated

from cxcall.cli.actions.contract_file import find_own_contract
from cxcall.cli.option_binding import argument, examples, expand_option_groups, new_app
from cxcall.cli.options import CheckOptions, ContractOptions
from cxcall.output.options import OutputOptions, option
from cxcall.output.report import Report

app = new_app("")


@app.command(
    "validate",
    epilog=examples(
        "cxcall validate payload.json",
        "cxcall validate --operation execute payloads/ more.jsonl",
        "jq .body request.json | cxcall validate - -o json",
    ),
)
@expand_option_groups
def validate(
    files: Annotated[
        list[str],
        argument("FILE...", "JSON, JSON Lines, CSV, folders and quoted patterns of them, or -."),
    ],
    output: OutputOptions,
    check: CheckOptions,
    contracts: ContractOptions,
    operation: Annotated[
        str | None, option("--operation", metavar="NAME", help="Check as this operation.")
    ] = None,
    jobs: Annotated[
        int | None,
        option(
            "--jobs",
            metavar="N",
            min=1,
            max=256,
            help="Share a long file between N processes [one a core; one for a pipe].",
        ),
    ] = None,
    every: Annotated[
        bool, option("--all", help="Show every finding, not the first 100 alone.")
    ] = False,
) -> Report:
    """Check payload files offline.

    Every finding comes with its place, why, and what to write instead. Without --operation, a payload is checked as the operation that `[tool.cxcall.operations]` in pyproject.toml (or `[operations]` in .cxcall.toml) gives for its path, else as the one that it fits, or is nearest to.
    """
    from pathlib import Path

    from cxcall.cli.actions.validate import run_validation
    from cxcall.contracts.catalog import load_catalog
    from cxcall.validation import operation_patterns
    from cxcall.validation.run import Validation

    operations = load_catalog(find_own_contract(contracts))
    named = operations.find_operation(operation) if operation else None
    assigned = None if named else operation_patterns.find_patterns(Path.cwd(), operations)
    validation = Validation(operations, named, assigned, check.strict, jobs)
    return run_validation(validation, files, output, every=every)
