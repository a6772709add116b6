"""`cxcall validate`: check payload files offline."""

# No `from __future__ import annotations` here: the annotations declare the options.
from cxcall.cli.option_binding import new_app
from cxcall.cli.option_checks import Exclusion
from cxcall.cli.shared_options import CheckOptions, ContractOptions, find_own_contract
from cxcall.output.output_options import OutputOptions, argument, option
from cxcall.output.report import Report

app = new_app()


@app.add_command(
    "validate",
    "cxcall validate payload.json",
    "cxcall validate --operation execute payloads/ more.jsonl",
    "cxcall validate --operation execute payload.json --fix",
    "jq .body request.json | cxcall validate - -o json",
    rules=[Exclusion(("--fix", "--diff"), "`--diff` shows the change, `--fix` makes it")],
)
def validate(
    output: OutputOptions,
    check: CheckOptions,
    contracts: ContractOptions,
    files: list[str] = argument(
        "FILE...", "JSON, JSON Lines, or CSV files, folders, or quoted patterns.", default=...
    ),
    operation: str | None = option("--operation NAME", "Check the payloads as this operation."),
    jobs: int | None = option(
        "--jobs N", "Use N processes for a long file [one per core].", min=1, max=256
    ),
    every: bool = option("--all", "Show all findings, not only the first 100."),
    fix: bool = option("--fix", "Apply safe corrections to JSON and JSON Lines files."),
    diff: bool = option("--diff", "Print what --fix would change; change nothing."),
    assigned: bool = option("--assigned", "Skip files that no pattern assigns to an operation."),
) -> Report:
    """Check payload files offline.

    Each finding shows the place, the reason, and the correction. - is stdin, which is checked in one process. Without --operation, a payload is checked as the operation that `[tool.cxcall.operations]` in pyproject.toml (or `[operations]` in .cxcall.toml) assigns to its path, or else as the operation whose schema it fits best. --fix renames misspelled properties and corrects the format of values where the meaning is certain, and changes nothing else in a file; CSV files and stdin are not changed.
    """
    from pathlib import Path

    from cxcall.cli.actions.validate import run_validation
    from cxcall.contracts.contract import load_catalog
    from cxcall.validation import operation_patterns
    from cxcall.validation.payload_files import Validation

    operations = load_catalog(find_own_contract(contracts))
    named = operations.find_operation(operation) if operation else None
    patterns = None if named else operation_patterns.find_patterns(Path.cwd(), operations)
    validation = Validation(operations, named, patterns, check.strict, jobs)
    files = validation.assigned_files(files) if assigned else files
    change = "fix" if fix else "diff" if diff else ""
    return run_validation(validation, files, output, every=every, change=change)
