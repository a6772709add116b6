"""`cxcall validate`: check payload files offline, show progress, and summarize."""

from cxcall.cli.actions.validate import validate_files
from cxcall.cli.command_classes import CommandGroup
from cxcall.cli.option_checks import Exclusion
from cxcall.cli.shared_options import CheckOptions, ContractOptions
from cxcall.output.output_options import OptionGroup, OutputOptions, argument, option
from cxcall.output.report import Report

app = CommandGroup()


class ValidateOptions(OptionGroup):
    """What is checked, as which operation, and what is changed and shown."""

    output: OutputOptions
    check: CheckOptions
    contracts: ContractOptions
    files: list[str] = argument(
        "FILE...", "JSON, JSON Lines, or CSV files, folders, or quoted patterns.", default=...
    )
    operation: str | None = option("--operation NAME", "Check the payloads as this operation.")
    jobs: int | None = option(
        "--jobs N", "Use N processes for a long file [one per core].", min=1, max=256
    )
    every: bool = option("--all", "Show all findings, not only the first 100.")
    fix: bool = option("--fix", "Apply safe corrections to JSON and JSON Lines files.")
    diff: bool = option("--diff", "Print what --fix would change; change nothing.")
    assigned: bool = option("--assigned", "Skip files that no pattern assigns to an operation.")


@app.command(
    "validate",
    "cxcall validate payload.json",
    "cxcall validate --operation execute payloads/ more.jsonl",
    "cxcall validate --operation execute payload.json --fix",
    "jq .body request.json | cxcall validate - -o json",
    rules=[Exclusion(("--fix", "--diff"), "`--diff` shows the change, `--fix` makes it")],
)
def validate(options: ValidateOptions) -> Report:
    """Check payload files offline.

    Each finding shows the place, the reason, and the correction. - is stdin, which is checked in one process. Of a folder, the JSON and JSON Lines files are checked, and the CSV files that a pattern assigns to an operation; a note counts the others. Without --operation, a payload is checked as the operation that `[tool.cxcall.operations]` in pyproject.toml (or `[operations]` in .cxcall.toml) assigns to its path, or else as the operation whose schema it fits best. --fix renames misspelled properties and corrects the format of values where the meaning is certain, and changes nothing else in a file; CSV files and stdin are not changed.
    """
    return validate_files(options)
