"""`cxcall explain`: explain why a request failed."""

from __future__ import annotations

import os
from collections import Counter
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from cxcall.cli.actions.explain.request_printer import RequestPrinter, attempt_as_json
from cxcall.cli.command_classes import CommandGroup
from cxcall.cli.option_checks import PASTE, Exclusion, Requirement
from cxcall.cli.shared_options import DocumentOptions
from cxcall.contracts.contract import load_user_contract
from cxcall.documents.text_files import STDIN
from cxcall.explaining.checks.url.route_check import is_no_api_request
from cxcall.explaining.explanation import Explanation, explain_request
from cxcall.explaining.observed_request import SourceKind
from cxcall.explaining.readers.format_detection import (
    FORMATS,
    open_source,
    read_exchanges,
    read_source_file,
    unknown_format,
)
from cxcall.findings.codes import find_code, load_codes
from cxcall.findings.errors import UsageError
from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.findings.finding import Finding, Severity
from cxcall.output.count_phrases import format_severity_counts
from cxcall.output.output_options import OptionGroup, OutputOptions, argument, option
from cxcall.output.report import Report, Table
from cxcall.output.screen import Screen
from cxcall.payloads.schema_check import has_errors
from cxcall.responses.platform_codes import find_platform_codes, load_platform_codes
from cxcall.runtime.name_similarity import find_misspelled
from cxcall.runtime.patterns import compile_on_use
from cxcall.runtime.streams import ignore_closed_pipe

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cxcall.cli.actions.explain.correction_printer import CorrectionPrinter
    from cxcall.contracts.contract import Contract
    from cxcall.explaining.observed_request import ObservedRequest
    from cxcall.explaining.readers.format_detection import Source
    from cxcall.explaining.readers.json_values.saved_requests import LeavesOut

COMMAND = "explain"
_END, _MOST_AT_ONCE = b"\x04", 1 << 16
"""What Ctrl-D types, and the most bytes that are read at once."""
_DOTTED_CODE = compile_on_use(r"[a-z]+(?:[._][a-z]+){2,}")


app = CommandGroup()


class ExplainOptions(OptionGroup):
    """What is explained, and how the result and the corrected request are printed."""

    output: OutputOptions
    documents: DocumentOptions
    file: str | None = argument(
        "[FILE|CODE]", "A request in one of the formats above, or an error code."
    )
    entry: int | None = option("--entry N", "Explain only this entry of a HAR file.", min=1)
    last: bool = option("--last", "Explain the last delivery that was not accepted.")
    fix: bool = option("--fix", "Print the corrected request.")
    form: Literal["send", "curl", "cmd", "powershell", "json"] | None = option(
        "--as", "Set the format of the corrected request.", show_default="send"
    )
    show_all: bool = option("--all", "Print all findings and requests, not only the first ten.")
    codes: bool = option("--codes", "List the finding codes.")


@app.command(
    "explain",
    "cxcall explain  # paste the text, then Ctrl-D",
    "cxcall explain failed-request.txt",
    "cxcall explain failed-request.txt --fix",
    "cxcall explain session.har --entry 3 -o json",
    rules=[
        Exclusion(("--last", "--codes", "FILE|CODE")),
        *(Exclusion((each, "--entry")) for each in ("--last", "--codes")),
        Exclusion(("--last", "--profile"), "the profile of the delivery is used"),
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

        return explain_last(options.documents.contracts)
    if options.codes:
        return _list_codes()
    report = _explain_code(options.file) if options.file and options.entry is None else None
    return report or _explain_file(options)


def _list_codes() -> Report:
    """Return all finding codes, one per line."""
    rows = [code._asdict() for code in load_codes().values()]
    return Report(
        COMMAND,
        data={"codes": rows},
        json_lines=rows,
        table=Table(("CODE", "MEANS"), [(code.name, code.means) for code in load_codes().values()]),
    )


def _explain_code(name: str) -> Report | None:
    """Return the description of a finding code or a platform's code; None if the name may be that of a file."""
    if name == STDIN or Path(name).exists():
        return None
    status, _, phrase = name.partition(" ")
    meanings = find_platform_codes(name) or find_platform_codes(phrase)
    if not meanings and status.isdecimal() and (described := _describe_status(int(status))):
        return described
    is_path = ("." in name or "/" in name) and not _DOTTED_CODE.fullmatch(name)
    if name in load_codes() or not (meanings or is_path):
        code = find_code(name, load_platform_codes())
        return Report(COMMAND, data=code._asdict(), text=str(code))
    if not meanings:
        _stop_on_other_text(name)
        return None
    return Report(
        COMMAND,
        data={"name": name, "platformCodes": [each._asdict() for each in meanings]},
        text="\n".join(map(str, meanings)),
    )


def _stop_on_other_text(name: str) -> None:
    """Raise UsageError for the argument of `explain` that is neither a file nor a code: a URL, or a misspelled code."""
    if name.startswith(("http://", "https://")):
        raise UsageError("a URL shows no request and no response", where="file", fix=PASTE)
    for near in find_misspelled(name.lower(), load_platform_codes()):
        raise UsageError(
            f"no such file or code: `{name}`",
            where="file",
            fix=f"the most similar code is `{near}`",
        )


def _describe_status(status: int) -> Report | None:
    """Return the meaning of a status for a response without a code and a message; None if it has none."""
    from cxcall.responses.refusals.finding_code_table import cause_of_status

    cause = cause_of_status(status)
    if not cause:
        return None
    code, meaning, fix, _ = cause
    phrase = HTTPStatus(status).phrase
    text = f"HTTP {status} {phrase}\n  means:   {meaning or 'the API refuses the request'}\n  do:      {fix}\n  code:    {code}"
    return Report(
        COMMAND, data={"status": status, "means": meaning, "do": fix, "code": code}, text=text
    )


def _explain_file(options: ExplainOptions) -> Report:
    """Explain the requests in a file, or one entry of it."""
    screen, entry, contract = (
        Screen.standard(options.output),
        options.entry,
        options.documents.find_file(),
    )
    if not options.file and not screen.is_interactive:
        _refuse_terminal()
    ignore_closed_pipe()
    source, form = _open_file(options, screen)
    own = load_user_contract(contract) if contract else None
    printer = RequestPrinter(screen, show_all=options.show_all)
    requests = _read(source, entry, own, None if options.fix else printer.leaves_out)
    if options.fix:
        from cxcall.cli.actions.explain.correction_printer import CorrectionPrinter

        corrections = CorrectionPrinter(screen, form, own, contract or "")
        return _correct_requests(requests, own, printer, screen, corrections)
    printer.print_all(requests, own)
    left_out = printer.left_out
    is_incomplete = bool(printer.severities[Severity.ERROR]) or printer.is_unexplained
    report = _new_report(
        printer.attempts,
        printer.findings,
        has_errors=is_incomplete or bool(left_out.get("failed")),
        summary=format_severity_counts(printer.severities),
    )
    return report._replace(data={**report.data, "notExplained": left_out}) if left_out else report


def _open_file(options: ExplainOptions, screen: Screen) -> tuple[Source, str]:
    """Return the source of the requests, and the format of the corrected ones: without an option, the shell of the text decides.

    The text itself, which may be long, is not kept.
    """
    name = options.file or STDIN
    is_pasted = name == STDIN and screen.is_interactive
    text = _read_terminal(screen) if is_pasted else read_source_file(name)
    if not text.strip():  # such as from a pipe whose command failed
        problem = "stdin is empty" if name == STDIN else f"`{name}` is empty"
        raise UsageError(problem, where=name, fix=f"give {FORMATS}")
    if options.form or not options.fix:
        return open_source(text, name), options.form or "send"
    from cxcall.explaining.correction.corrected_command import find_shell_form

    return open_source(text, name), find_shell_form(text)


def _read_terminal(screen: Screen) -> str:
    """Return what a person pastes, until Ctrl-D, also lines that are longer than a terminal passes on."""
    import sys

    from cxcall.runtime.operating_system import passing_long_lines

    terminal, content = sys.stdin.fileno(), b""
    with passing_long_lines(terminal):
        screen.print_diagnostic("paste the request, then press Ctrl-D", always=True)
        while _END not in content and (more := os.read(terminal, _MOST_AT_ONCE)):
            content += more
    return content.partition(_END)[0].decode("utf-8", "replace")


def _read(
    source: Source, entry: int | None, own: Contract | None, is_left_out: LeavesOut | None
) -> Iterator[tuple[ObservedRequest, bool]]:
    """Yield requests, each with whether it is skipped. Raises UsageError if there is none."""
    is_empty = True
    for request in source.read(entry, is_left_out):
        is_empty = False
        is_recorded = entry is None and request.kind is SourceKind.CAPTURE
        yield request, is_recorded and is_no_api_request(request, own)
    if is_empty:
        raise unknown_format(source.name)


def _correct_requests(
    requests: Iterable[tuple[ObservedRequest, bool]],
    own: Contract | None,
    printer: RequestPrinter,
    screen: Screen,
    corrections: CorrectionPrinter,
) -> Report:
    """Print the corrected requests, or return them in the report if the format is not text."""
    explanations: list[Explanation] = []
    for request, is_skipped in requests:
        if is_skipped:
            printer.skip(request.origin)
            continue
        explanation = explain_request(request, own)
        if screen.options.output == "text":
            corrections.show(explanation)
        else:
            explanations.append(explanation)
    printer.report_skipped()
    corrections.finish()
    return _summarize(explanations, fix=True, is_open=corrections.is_open)


def explain_text(text: str, contract: str | None, *, fix: bool) -> Report:
    """Explain the requests in a text, without printing anything; with `fix`, also the corrected requests."""
    own = load_user_contract(contract) if contract else None
    explanations = [explain_request(request, own) for request in read_exchanges(text, "text")]
    return _summarize(explanations, fix=fix)


def _refuse_terminal() -> None:
    """Raise UsageError if stdin is a terminal or closed."""
    import sys

    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError(
            "no request was given", where="FILE", fix=f"give {FORMATS}, as a file or through a pipe"
        )


def _summarize(explanations: list[Explanation], *, fix: bool, is_open: bool = False) -> Report:
    """Return the report on requests that were not printed.

    With `fix`, the exit code is 0 if each request has a complete correction; otherwise if no request has errors, or was
    refused without a visible cause.
    """
    from cxcall.explaining.correction.corrected_request import find_correction

    operations = [each.route.operation for each in explanations if each.route.operation]
    attempts = [attempt_as_json(each) for each in explanations]
    for explanation, attempt in zip(explanations, attempts, strict=True):
        if not fix:
            is_open |= explanation.is_unexplained or has_errors(explanation.findings)
        elif corrected := find_correction(explanation, operations):
            is_open |= not corrected.is_complete or explanation.unknown_outcome is not None
            attempt["fix"] = corrected.as_dict()
        else:
            is_open |= not explanation.was_accepted
    is_open |= fix and bool(attempts) and not any("fix" in attempt for attempt in attempts)
    findings = [finding for each in explanations for finding in each.findings]
    counts: Counter[str] = Counter(finding.severity for finding in findings)
    summary = "" if fix else format_severity_counts(counts)
    return _new_report(attempts, findings, has_errors=is_open, summary=summary)


def _new_report(
    attempts: list[dict[str, Any]], findings: list[Finding], *, has_errors: bool, summary: str
) -> Report:
    return Report(
        COMMAND,
        Outcome.INVALID if has_errors else Outcome.OK,
        ExitCode.INVALID if has_errors else ExitCode.OK,
        findings=findings,
        findings_are_data=True,
        data={"attempts": attempts},
        json_lines=attempts,
        summary=summary,
    )
