"""`cxcall validate`: check payload files offline, show progress, and summarize."""

from __future__ import annotations

import json
import os
import time
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Any

from cxcall.cli.command_classes import CommandGroup
from cxcall.cli.option_checks import Exclusion
from cxcall.cli.shared_options import CheckOptions, DocumentOptions
from cxcall.contracts.contract import load_catalog
from cxcall.documents.paths import current_folder
from cxcall.output.count_phrases import count_phrase, format_severity_counts
from cxcall.output.output_options import CI_FORMATS, OptionGroup, OutputOptions, argument, option
from cxcall.output.report import Report
from cxcall.output.screen import Screen
from cxcall.output.terminal_text import escape_in_json, escape_to_one_line
from cxcall.validation.pattern_file import find_patterns
from cxcall.validation.payload_check import VerdictRun
from cxcall.validation.payload_files import Validation
from cxcall.validation.summary import FINDINGS_SHOWN, ValidationSummary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from cxcall.validation.fixes import FixedFile
    from cxcall.validation.payload_check import PayloadVerdict

_PROGRESS_DELAY = 0.3
"""Seconds before a progress bar is shown."""


app = CommandGroup()


class ValidateOptions(OptionGroup):
    """What is checked, as which operation, and what is changed and shown."""

    output: OutputOptions
    check: CheckOptions
    documents: DocumentOptions
    files: list[str] = argument(
        "FILE...", "JSON, JSON Lines, or CSV files, folders, or quoted patterns.", default=...
    )
    operation: str | None = option("--operation NAME", "Check the payloads as this operation.")
    jobs: int | None = option(
        "--jobs N", "Use N processes for a long file.", show_default="one per core", min=1, max=256
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

    Each finding shows the place, the reason, and the correction. - is stdin, for JSON and JSON Lines, which is checked in one process. Of a folder, the JSON and JSON Lines files are checked, and the CSV files that a pattern assigns to an operation; a note counts the others. Without --operation, a payload is checked as the operation that `[tool.cxcall.operations]` in pyproject.toml (or `[operations]` in .cxcall.toml) assigns to its path, or else as the operation whose schema it fits best. --fix renames misspelled properties and corrects the format of values where the meaning is certain, and changes nothing else in a file; CSV files and stdin are not changed.
    """
    operations = load_catalog(options.documents.find_file())
    named = operations.find_operation(options.operation) if options.operation else None
    folder = None if named else current_folder()
    patterns = find_patterns(folder, operations) if folder else None
    validation = Validation(operations, named, patterns, options.check.strict, options.jobs)
    files = validation.assigned_files(options.files) if options.assigned else options.files
    change = "fix" if options.fix else "diff" if options.diff else ""
    return run_validation(validation, files, options.output, every=options.every, change=change)


def run_validation(
    validation: Validation,
    files: Sequence[str],
    output: OutputOptions,
    *,
    every: bool,
    change: str = "",
    most_findings: int | None = None,
) -> Report:
    """Check the files and return the report; JSON Lines are printed during the check.

    The check ends after the payload with the last of `most_findings`. `change` is `fix` to apply safe edits before the check, `diff` to print them instead.
    """
    fixed = _change_files(validation, files, change) if change else []
    screen = Screen.standard(output)
    # A CI system counts the findings, so it receives all of them.
    result = ValidationSummary(None if every or output.output in CI_FORMATS else FINDINGS_SHOWN)
    with ExitStack() as stack:
        progress = _Progress(screen, files, stack, result)
        verdicts = validation._replace(on_progress=progress.advance).run(files)
        stack.enter_context(closing(verdicts))
        for entry in verdicts:
            result.add(entry)
            if output.output == "jsonl":
                for line in _verdict_lines(entry):
                    screen.print_line(line)
                screen.stdout.flush()  # a reader of a pipe sees each result at once
            if most_findings is not None and result.counts.total() >= most_findings:
                break
    notes = [
        f"{each.path}: {count_phrase(each.edits, 'edit')} {'applied' if change == 'fix' else 'to apply with --fix'}"
        for each in fixed
    ]
    if change == "diff" and not fixed and result.severities:
        notes = ["no certain correction: nothing would be changed"]
    return Report(
        command="validate",
        outcome=result.outcome,
        exit_code=result.exit_code,
        findings=result.shown_findings,
        findings_are_data=change != "diff",
        data=result.as_dict() | _changes_as_json(fixed, change),
        json_lines=(),
        text=_text(result, output, fixed, change),
        diagnostics=notes,
        summary="\n".join(
            filter(None, [result.summary(), format_severity_counts(result.severities)])
        ),
        payloads=result.payloads,
    )


def _change_files(validation: Validation, files: Sequence[str], change: str) -> list[FixedFile]:
    """Return the files that safe edits change; with the change `fix`, they are written."""
    from cxcall.validation.fixes import fix_files

    fixed = list(fix_files(validation, files))
    for each in fixed if change == "fix" else ():
        each.write()
    return fixed


def _changes_as_json(fixed: Sequence[FixedFile], change: str) -> dict[str, Any]:
    """Return the changes as a member of the report's data."""
    if not change:
        return {}
    entries = [{"file": each.path, "edits": each.edits} for each in fixed]
    if change == "diff":
        entries = [
            entry | {"diff": each.diff()} for entry, each in zip(entries, fixed, strict=True)
        ]
    return {"changes": entries}


def _text(
    result: ValidationSummary, output: OutputOptions, fixed: Sequence[FixedFile], change: str
) -> str:
    """Return the text for stdout: a line for each payload, or only the diff."""
    if change == "diff":
        # The screen would print a carriage return as `\r`; the JSON output contains it.
        return "".join(each.diff() for each in fixed).replace("\r\n", "\n").removesuffix("\n")
    lines = [] if output.quiet else result.shown
    return "\n".join(escape_to_one_line(str(each)) for each in lines)


def _verdict_lines(entry: PayloadVerdict | VerdictRun) -> Iterator[str]:
    """Yield the verdicts as JSON; the verdicts of a run differ only in the line number."""
    if not isinstance(entry, VerdictRun):
        yield escape_in_json(json.dumps(_verdict_as_json(entry), ensure_ascii=False))
        return
    record = _verdict_as_json(entry.first)
    rest = {name: value for name, value in record.items() if name not in ("file", "line")}
    before = json.dumps({"file": record["file"]}, ensure_ascii=False)[:-1]
    after = json.dumps(rest, ensure_ascii=False)[1:]
    start = entry.first.line or 0
    before, after = escape_in_json(before), escape_in_json(after)
    yield "\n".join(
        f'{before}, "line": {line}, {after}' for line in range(start, start + entry.length)
    )


def _verdict_as_json(verdict: PayloadVerdict) -> dict[str, Any]:
    from cxcall.output.json_envelope import finding_as_json

    findings = [finding_as_json(finding) for finding in verdict.findings]
    return {**verdict.as_dict(), "findings": findings}


class _Progress:
    """A progress bar on a terminal, shown after a delay."""

    def __init__(
        self, screen: Screen, files: Sequence[str], stack: ExitStack, result: ValidationSummary
    ) -> None:
        self._screen, self._files, self._stack, self._result = screen, files, stack, result
        self._began = time.monotonic()
        self._read = 0
        self._show: Callable[[int, str], None] | None = None

    def advance(self, size: int) -> None:
        """Add the number of bytes that were checked."""
        self._read += size
        if self._show is None and time.monotonic() - self._began > _PROGRESS_DELAY:
            self._show = self._stack.enter_context(self._screen.progress(self._total()))
        if self._show is not None:
            invalid = self._result.total - self._result.valid
            self._show(
                self._read >> 10, f"KiB, {self._result.total:,} checked, {invalid:,} invalid"
            )

    def _total(self) -> int | None:
        """Return the size of all files in KiB; None if one is not a regular file."""
        if not all(map(os.path.isfile, self._files)):
            return None
        return sum(map(os.path.getsize, self._files)) >> 10
