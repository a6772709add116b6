"""`cxcall operations`: list and search operations, show one, print a sample body, or list the errors in a document."""

from __future__ import annotations

import json
from itertools import groupby
from shlex import quote
from typing import TYPE_CHECKING

from cxcall.cli.actions.operation_details import operation_data, show_operation
from cxcall.cli.command_classes import CommandGroup
from cxcall.cli.command_suggestions import find_meant
from cxcall.cli.option_checks import Exclusion, Requirement
from cxcall.cli.shared_options import DocumentOptions, HttpMethod
from cxcall.contracts.contract import load_catalog, load_operation, load_user_contract
from cxcall.contracts.paging import alphanumeric_name
from cxcall.findings.errors import UnusableDocumentError, UsageError
from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.findings.finding import Finding
from cxcall.output.count_phrases import count_phrase
from cxcall.output.layouts import Entry, Section
from cxcall.output.output_options import OptionGroup, argument, option
from cxcall.output.report import Report, Table
from cxcall.runtime.name_similarity import find_similar

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cxcall.contracts.contract import Contract
    from cxcall.contracts.operation import Operation

MOST_LISTED = 120
"""On a terminal, more operations than this are listed as groups with counts."""
_NAMED = 3
"""How many operations of a group are named."""


app = CommandGroup()


class OperationsOptions(OptionGroup):
    """The operation to show, or the filters of the list, and what is shown of it."""

    documents: DocumentOptions
    operation: str | None = argument("[NAME]", "The operation to show.")
    search: str | None = option("--search WORDS", "List only operations with all these words.")
    tag: str | None = option("--tag TAG", "List only operations of a group.")
    method: HttpMethod | None = option(
        "--method METHOD", "List only operations of a method.", case_sensitive=False
    )
    own: bool = option("--own", "List only operations of your own API document.")
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
                "a NAME shows one operation; `--search`, `--tag`, `--method`, and `--own` list several",
            )
            for each in ("--search", "--tag", "--method", "--own")
        ),
    ],
)
def operations(options: OperationsOptions) -> Report:
    """Show the operations that can be sent.

    Lists all operations, or shows one with its parameters, body, responses, and errors. In a pipe, a list has one name per line.
    """
    own = options.documents.find_file()
    if options.problems:
        return show_problems(own)
    if options.operation is None:
        known = _load_own(own, "--own").operations if options.own else load_catalog(own)
        return list_operations(known, options.search, options.tag, options.method)
    found = _load_named(options.operation, own)
    if not options.skeleton:
        return show_operation(found)
    body = _skeleton_text(found, as_csv=options.csv)
    return Report("operations", operation=found, data={"skeleton": body}, text=body)


def _load_named(name: str, own: str | None) -> Operation:
    """Load an operation; raises UsageError, with the command that does it here if the name is a word of another tool."""
    try:
        return load_operation(name, own)
    except UsageError:
        meant = find_meant(f"operations {name}")
        if not meant:
            raise
        message = f"unknown operation `{name}`"
        raise UsageError(message, where="operation", fix=f"write `cxcall {meant}`") from None


def list_operations(
    known: Sequence[Operation], search: str | None, tag: str | None, method: str | None
) -> Report:
    """Return the operations that match all filters; raises UsageError for an unknown tag."""
    found = list(known)
    if method is not None:
        found = [entry for entry in found if entry.method == method]
    if tag is not None:
        found = _with_tag(found, tag)
    if search is not None:
        if not alphanumeric_name(search):
            raise UsageError(
                "`--search` is empty",
                where="--search",
                fix="`cxcall operations` lists all operations",
            )
        found = [entry for entry in found if _matches(entry, search)]
    diagnostics = [] if found else ["no operation matches; see `cxcall operations`"]
    return Report(
        "operations",
        data={"operations": [operation_data(entry) for entry in found]},
        table=Table(("NAME",), [(entry.name,) for entry in found]),
        sections=list(_sections(found, is_whole=search is None and tag is None)),
        diagnostics=diagnostics,
    )


def _with_tag(known: Sequence[Operation], tag: str) -> list[Operation]:
    found = [entry for entry in known if alphanumeric_name(entry.tag) == alphanumeric_name(tag)]
    if found:
        return found
    tags = list(dict.fromkeys(entry.tag for entry in known))
    names = {alphanumeric_name(name): name for name in tags}
    near = find_similar(alphanumeric_name(tag), names)
    fix = f"the most similar tag is `{names[near]}`" if near else f"tags: {', '.join(tags)}"
    raise UsageError(f"no operation has the tag `{tag}`", where="--tag", fix=fix)


def _matches(operation: Operation, search: str) -> bool:
    """Return whether an operation has all words, in its name, tag, path, or summary.

    Hyphens, case, and the plural do not matter: `contact lists` finds `create-contact-list`.
    """
    texts = (operation.name, operation.tag, operation.path, operation.summary)
    text = " ".join(map(alphanumeric_name, texts))
    return all(alphanumeric_name(word).removesuffix("s") in text for word in search.split())


def _sections(found: Sequence[Operation], *, is_whole: bool) -> Iterator[Section]:
    """Yield the operations by platform and tag; for a long unfiltered list, only the counts by tag."""
    is_short = not is_whole or len(found) <= MOST_LISTED
    for name, group in groupby(found, key=lambda entry: entry.contract.name):
        operations = list(group)
        title = str(operations[0].contract.declared.get("info", {}).get("title", "")) or name
        yield Section(f"{title} ({count_phrase(len(operations), 'operation')})")
        if not is_short:
            yield Section(entries=[Entry(*row) for row in tag_rows(operations)])
            continue
        for tag, entries in _by_tag(operations).items():
            lines = [Entry(each.name, f"{each.method:<6} {each.summary}") for each in entries]
            yield Section(f"{tag} ({len(entries)})", entries=lines)
    if found:
        yield Section(lines=_hints(found, is_short=is_short))


def _by_tag(operations: Sequence[Operation]) -> dict[str, list[Operation]]:
    tags: dict[str, list[Operation]] = {}
    for entry in operations:
        tags.setdefault(entry.tag, []).append(entry)
    return tags


def tag_rows(operations: Sequence[Operation]) -> list[tuple[str, str]]:
    """Return each tag, with the number of its operations, and the shortest names of some."""
    tags, rows = _by_tag(operations), []
    for tag in sorted(tags, key=alphanumeric_name):
        names = sorted((entry.name for entry in tags[tag]), key=len)
        more = ", …" if len(names) > _NAMED else ""
        rows.append((f"{tag} ({len(names)})", f"{', '.join(names[:_NAMED])}{more}"))
    return rows


def _hints(found: Sequence[Operation], *, is_short: bool) -> list[str]:
    show = "Show one: `cxcall operations NAME`"
    if is_short:
        return [show]
    tags = [entry.tag for entry in found]
    tag = max(dict.fromkeys(tags), key=tags.count)
    return [
        f"List a group: `cxcall operations --tag {quote(tag)}`",
        "Search: `cxcall operations --search contact`",
        show,
    ]


def _skeleton_text(operation: Operation, *, as_csv: bool) -> str:
    """Return a valid sample body as JSON, or as CSV for a batch; raises UsageError if the operation takes no body."""
    if as_csv:
        from cxcall.payloads.csv_skeleton import build_skeleton

        return build_skeleton(operation)
    if not operation.takes_body:
        media = operation.unsupported_media
        raise UsageError(
            f"the body of `{operation.name}` is `{'` or `'.join(media)}`, which cxcall does not send"
            if media
            else f"`{operation.name}` has no request body",
            where="--skeleton",
            fix=f"see its parameters: `cxcall operations {operation.name}`",
        )
    from cxcall.contracts.sample_values import sample_body

    return json.dumps(sample_body(operation), ensure_ascii=False, indent=2)


def _load_own(path: str | None, flag: str) -> Contract:
    """Return the user's own contract; raises UsageError without one, which the flag requires."""
    if path is None:
        message = f"`{flag}` requires a document of your own"
        raise UsageError(message, where=flag, fix="add `--contract FILE`")
    return load_user_contract(path)


def show_problems(path: str | None) -> Report:
    """Return the problems of the document at `path`: errors, with exit code 3, if they make operations unusable."""
    operations: Sequence[Operation] = ()
    try:
        contract = _load_own(path, "--problems")
    except UnusableDocumentError as error:
        found, usable = error.problems, 0
    else:
        found, operations = contract.problems, contract.operations
        usable = len(contract.parts.routes())
    unsupported: dict[str, list[str]] = {}
    for operation in operations:
        if reason := operation.unsupported_reason:
            unsupported.setdefault(reason, []).append(operation.name)
    fix = "send it with another client, such as curl"
    problems = [
        *((each["where"], each["message"], each["fix"], each["operations"]) for each in found),
        *((path or "", reason, fix, names) for reason, names in unsupported.items()),
    ]
    findings = []
    for where, message, fix, names in problems:
        make = Finding.error if names else Finding.warning
        why = f"cannot be used: {', '.join(f'`{name}`' for name in names)}" if names else ""
        findings.append(make("contract-invalid", where, message, fix, why))
    unusable = {name for *_, names in problems for name in names}
    usable -= sum(map(len, unsupported.values()))
    data = {"problems": found, "usable": usable, "unusable": sorted(unusable)}
    text = f"usable operations: {usable}; unusable: {len(unusable)}"
    return Report(
        "operations",
        Outcome.INVALID if unusable else Outcome.OK,
        ExitCode.INVALID if unusable else ExitCode.OK,
        findings=tuple(findings),
        data=data,
        text=text,
        findings_are_data=True,
    )
