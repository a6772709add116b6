"""What `explain` does with its flags: read, explain, print each request's findings, sum up."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cxcall.contracts.contract import load
from cxcall.documents.text_files import STDIN
from cxcall.explaining.corrected_request import correct_request
from cxcall.explaining.explanation import Explanation, explain_request
from cxcall.explaining.readers.detect import KINDS, read_path
from cxcall.findings.codes import codes, find
from cxcall.findings.errors import UsageError
from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.findings.finding import Finding, Severity
from cxcall.output.finding_text import format_one_line
from cxcall.output.report import Report, Table, finding_as_json
from cxcall.output.screen import Screen, format_severity_counts
from cxcall.output.terminal_text import escape_controls, escape_to_one_line

if TYPE_CHECKING:
    from cxcall.output.options import OutputOptions

COMMAND = "explain"
_SHOWN = 10


def list_codes() -> Report:
    """Return every code in a line."""
    known = codes().values()
    return Report(
        COMMAND,
        data={"codes": [code._asdict() for code in known]},
        json_lines=[code._asdict() for code in known],
        table=Table(("CODE", "MEANS"), [(code.name, code.means) for code in known]),
    )


def explain_code(name: str) -> Report | None:
    """Return what a code means; None where the name is a file's, or may be meant as one."""
    is_file = name == STDIN or Path(name).exists()
    if is_file or (name not in codes() and ("." in name or "/" in name)):
        return None
    code = find(name)
    return Report(COMMAND, data=code._asdict(), text=str(code))


def explain_last() -> Report:
    """Explain the last delivery that was refused, as far as the ledger kept it."""
    from cxcall.cli.actions.history import open_ledger, text_of
    from cxcall.explaining.readers.json_exchange import observed_request_of, response_of

    with open_ledger() as ledger:
        record = ledger.last("refused")
    if record is None:
        raise UsageError(
            "no delivery was refused on this machine",
            where="--last",
            fix="see `cxcall history list`",
        )
    answer = response_of(record.status, None, None)
    found = explain_request(
        observed_request_of(
            f"delivery {record.id}", method=record.method, url=record.target, response=answer
        )
    )
    kept = Finding(
        Severity.NOTE,
        "not-provable",
        "ledger",
        "the ledger keeps neither bodies nor the words of answers",
        fix=f"for support, name the correlation ID `{record.correlation_id}`"
        if record.correlation_id
        else "send it again with `-o json`, and explain that",
        source="ledger",
    )
    return Report(
        COMMAND,
        findings=[*found.findings, kept],
        findings_are_data=True,
        data={**record.as_dict(), "attempts": [found.as_dict()]},
        text=f"{escape_to_one_line(_headline(found))}\n{_cause(found.root)}\n\n{text_of(record)}\n",
    )


def explain_file(
    file: str | None,
    entry: int | None,
    output: OutputOptions,
    contract: str | None,
    *,
    fix: str,
    every: bool,
) -> Report:
    """Explain every request in a file, or the one asked for; `contract` is a file of the user's own."""
    if not file:
        import sys

        if sys.stdin is None or sys.stdin.isatty():
            raise UsageError(
                "no request was given", where="FILE", fix=f"give {KINDS}, as a file or by a pipe"
            )
    screen = Screen.standard(output)
    own = load(contract) if contract else None
    found: list[Explanation] = []
    counts: Counter[str] = Counter()
    others = 0
    for attempt in read_path(file or STDIN, entry=entry):
        explanation = explain_request(attempt, own)
        if (
            entry is None
            and attempt.origin.startswith("entry")
            and not (explanation.route.platform or explanation.route.operation)
        ):
            others += 1  # a browser's HAR file holds pages and pictures of other hosts, too
            continue
        counts.update(each.severity for each in explanation.findings)
        if output.output != "text":
            found.append(explanation)
        elif fix:
            _show_repair(explanation, screen, fix)
        else:
            _show(explanation, screen, every=every)
    if others:
        screen.print_diagnostic(
            f"{others} entries of other hosts passed over; `--entry N` takes any"
        )
    return _report(found, counts, fix=fix)


def _report(found: list[Explanation], counts: Counter[str], *, fix: str) -> Report:
    """Sum up what was explained; `found` is what was not shown yet."""
    wrong = bool(counts[Severity.ERROR])
    attempts = [_as_dict(each, fix=fix) for each in found]
    return Report(
        COMMAND,
        Outcome.INVALID if wrong else Outcome.OK,
        ExitCode.INVALID if wrong else ExitCode.OK,
        findings=[finding for each in found for finding in each.findings],
        findings_are_data=True,
        data={"attempts": attempts},
        json_lines=attempts,
        summary="" if fix else format_severity_counts(counts),
    )


def _as_dict(explanation: Explanation, *, fix: str) -> dict[str, Any]:
    found = {
        **explanation.as_dict(),
        "ticket": explanation.ticket,
        "findings": [finding_as_json(finding) for finding in explanation.findings],
    }
    if fix and explanation.operation is not None:
        found["fix"] = correct_request(explanation).as_dict()
    return found


def _show(explanation: Explanation, screen: Screen, *, every: bool) -> None:
    screen.print_text(escape_to_one_line(_headline(explanation)))
    screen.print_text(_cause(explanation.root))
    screen.print_line()
    shown = explanation.findings if every else explanation.findings[:_SHOWN]
    for finding in shown:
        screen.print_finding(finding, screen.stdout)
    if len(shown) < len(explanation.findings):
        screen.print_text(f"and {len(explanation.findings) - len(shown)} more: `--all`")
    nearest = explanation.route.nearest
    if nearest is not None and explanation.route.operation is None:
        screen.print_text(f"nearest published: {nearest}; its request in place of yours: `--fix`\n")
    if any(finding.code == "not-provable" for finding in explanation.findings):
        screen.print_text("for a support ticket:")
        for name, value in explanation.ticket.items():
            screen.print_text(f"  {name + ':':<16}{value}")
        screen.print_line()


def _headline(explanation: Explanation) -> str:
    attempt = explanation.attempt
    response = attempt.response
    place = f"{attempt.host or ''}{attempt.path or ''}"
    asked = " ".join(filter(None, (attempt.method, place)))
    status = f" -> HTTP {response.status}" if response and response.status else ""
    return f"{attempt.origin}: {asked}{status}" if asked or status else attempt.origin


def _cause(root: Finding | None) -> str:
    if root is None:
        return "nothing wrong is to be seen in it"
    return f"{'because' if root.severity is Severity.ERROR else 'perhaps'}: {format_one_line(root.message)}"


def _show_repair(explanation: Explanation, screen: Screen, form: str) -> None:
    mended = correct_request(explanation)
    forms = {"send": mended.as_send, "curl": mended.as_curl, "json": mended.as_json}
    screen.print_line(escape_controls(forms[form]()))
    if mended.missing:
        screen.print_diagnostic(f"still missing: {', '.join(mended.missing)}")
    for finding in mended.findings:
        if finding.code not in ("placeholder", "id-format"):
            screen.print_finding(finding)
