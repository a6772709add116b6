"""Run `cxcall explain`: read requests, explain each one, print the findings, sum up."""

from __future__ import annotations

import re
from collections import Counter
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cxcall.contracts.contract import load_user_contract
from cxcall.documents.text_files import STDIN
from cxcall.explaining.corrected_request import (
    CorrectedRequest,
    can_correct,
    correct_request,
    repeats_request,
)
from cxcall.explaining.explanation import Explanation, explain_request
from cxcall.explaining.grouping import group_findings, join_findings
from cxcall.explaining.readers.detect import FORMATS, read, read_path
from cxcall.explaining.shell_forms import json_text
from cxcall.findings.codes import find_code, load_codes
from cxcall.findings.errors import UsageError
from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.findings.finding import Finding, Severity
from cxcall.output.report import Report, Table, finding_as_json
from cxcall.output.screen import Screen
from cxcall.output.terminal_text import escape_controls, escape_to_one_line, format_severity_counts
from cxcall.responses.causes import BY_STATUS
from cxcall.responses.platform_codes import find_platform_codes, load_platform_codes

if TYPE_CHECKING:
    from cxcall.contracts.contract import Contract
    from cxcall.contracts.operation import Operation
    from cxcall.ledger.records import Record
    from cxcall.output.options import OutputOptions

COMMAND = "explain"
_MAX_FINDINGS = 10
_DOTTED_CODE = re.compile(r"[a-z]+(?:[._][a-z]+){2,}")


def list_codes() -> Report:
    """Return all finding codes, one per line."""
    rows = [code._asdict() for code in load_codes().values()]
    return Report(
        COMMAND,
        data={"codes": rows},
        json_lines=rows,
        table=Table(("CODE", "MEANS"), [(code.name, code.means) for code in load_codes().values()]),
    )


def explain_code(name: str) -> Report | None:
    """Return the description of a finding code or a platform's code; None where the name may be a file's."""
    if name == STDIN or Path(name).exists():
        return None
    status, _, phrase = name.partition(" ")
    meanings = find_platform_codes(name) or find_platform_codes(phrase)
    if not meanings and status.isdecimal() and int(status) in BY_STATUS:
        return _describe_status(int(status))
    is_path = ("." in name or "/" in name) and not _DOTTED_CODE.fullmatch(name)
    if name in load_codes() or not (meanings or is_path):
        code = find_code(name, load_platform_codes())
        return Report(COMMAND, data=code._asdict(), text=str(code))
    if not meanings:
        return None
    return Report(
        COMMAND,
        data={"name": name, "platformCodes": [each._asdict() for each in meanings]},
        text="\n".join(map(str, meanings)),
    )


def _describe_status(status: int) -> Report:
    """Return what a status means where the response has neither a code nor a message."""
    code, meaning, fix = BY_STATUS[status]
    phrase = HTTPStatus(status).phrase
    text = f"HTTP {status} {phrase}\n  means:   {meaning or 'the API refuses the request'}\n  do:      {fix}\n  code:    {code}"
    return Report(
        COMMAND, data={"status": status, "means": meaning, "do": fix, "code": code}, text=text
    )


def explain_last() -> Report:
    """Explain the last delivery that was refused, from what the ledger keeps of it."""
    from cxcall.cli.actions.history import format_record
    from cxcall.explaining.readers.request_builder import build_observed_request, build_response
    from cxcall.sending.machine_ledger import open_ledger

    with open_ledger() as ledger:
        record = ledger.last("refused")
    if record is None:
        raise UsageError(
            "no delivery was refused on this machine",
            where="--last",
            fix="see `cxcall history list`",
        )
    request = build_observed_request(
        f"delivery {record.id}",
        method=record.method,
        url=record.target,
        response=build_response(record.status, None, _recorded_answer(record)),
    )
    explanation = explain_request(request)
    limit = Finding.note(
        "not-provable",
        "ledger",
        "the ledger keeps neither request bodies nor response bodies, only the API's code and message",
        fix=f"give the correlation ID `{record.correlation_id}` to support"
        if record.correlation_id
        else "send the request again with `-o json`, and explain that output",
        source="ledger",
    )
    return Report(
        COMMAND,
        findings=[*explanation.findings, limit],
        findings_are_data=True,
        data={**record.as_dict(), "attempts": [explanation.as_dict()]},
        text=f"{escape_to_one_line(_headline(explanation))}\n\n{format_record(record)}\n",
    )


def _recorded_answer(record: Record) -> dict[str, Any] | None:
    """Return what the ledger keeps of a response body; None if that is nothing."""
    message = (record.message or "").removesuffix(f" ({record.code})")
    kept = {"status": record.status, "code": record.code, "message": message}
    return kept if record.code or record.message else None


def explain_file(
    file: str | None,
    entry: int | None,
    output: OutputOptions,
    contract: str | None,
    *,
    fix: str,
    show_all: bool,
) -> Report:
    """Explain the requests in a file, or one entry of it; `fix` is the form of the corrected request."""
    if not file:
        _refuse_terminal()
    screen = Screen.standard(output)
    own = load_user_contract(contract) if contract else None
    explanations: list[Explanation] = []
    counts: Counter[str] = Counter()
    skipped, is_unexplained = 0, False
    corrections = _Corrections(screen, fix, own, contract or "")
    for request in read_path(file or STDIN, entry=entry):
        explanation = explain_request(request, own)
        route = explanation.route
        is_har_entry = entry is None and request.origin.startswith("entry")
        if is_har_entry and not (route.platform or route.operation):
            skipped += 1  # a browser also records pages and images of other hosts
            continue
        counts.update(finding.severity for finding in explanation.findings)
        is_unexplained |= explanation.is_unexplained
        if output.output != "text":
            explanations.append(explanation)
        elif fix:
            corrections.show(explanation)
        else:
            _show(explanation, screen, show_all=show_all)
    if skipped:
        screen.print_diagnostic(
            f"skipped {skipped} entries of other hosts; explain one with `--entry N`"
        )
    corrections.finish()
    is_incomplete = is_unexplained or corrections.is_open
    return _summarize(explanations, counts, fix=fix, is_incomplete=is_incomplete)


def explain_text(text: str, contract: str | None, *, fix: str) -> Report:
    """Explain the requests in a text, without printing anything; `fix` is the form of the corrected request."""
    own = load_user_contract(contract) if contract else None
    explanations = [explain_request(request, own) for request in read(text, "text")]
    counts: Counter[str] = Counter()
    for explanation in explanations:
        counts.update(finding.severity for finding in explanation.findings)
    is_incomplete = any(explanation.is_unexplained for explanation in explanations)
    return _summarize(explanations, counts, fix=fix, is_incomplete=is_incomplete)


def _refuse_terminal() -> None:
    """Raise UsageError where stdin is a terminal or closed."""
    import sys

    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError(
            "no request was given", where="FILE", fix=f"give {FORMATS}, as a file or through a pipe"
        )


def _summarize(
    explanations: list[Explanation], counts: Counter[str], *, fix: str, is_incomplete: bool
) -> Report:
    """Return the report on all requests; `explanations` are those that were not printed.

    A refusal without a visible cause is not a success, and neither is a corrected request with open places.
    """
    tried = [each.route.operation for each in explanations if each.route.operation]
    corrected = [
        correct_request(each, tried) if fix and can_correct(each) else None for each in explanations
    ]
    has_errors = (
        bool(counts[Severity.ERROR])
        or is_incomplete
        or any(each.missing for each in corrected if each)
    )
    attempts = [_as_dict(*pair) for pair in zip(explanations, corrected, strict=True)]
    return Report(
        COMMAND,
        Outcome.INVALID if has_errors else Outcome.OK,
        ExitCode.INVALID if has_errors else ExitCode.OK,
        findings=[finding for each in explanations for finding in each.findings],
        findings_are_data=True,
        data={"attempts": attempts},
        json_lines=attempts,
        summary="" if fix else format_severity_counts(counts),
    )


def _as_dict(explanation: Explanation, corrected: CorrectedRequest | None) -> dict[str, Any]:
    members = {
        **explanation.as_dict(),
        "ticket": explanation.ticket,
        "findings": [finding_as_json(finding) for finding in explanation.findings],
    }
    if corrected is not None:
        members["fix"] = corrected.as_dict()
    return members


def _show(explanation: Explanation, screen: Screen, *, show_all: bool) -> None:
    screen.print_text(escape_to_one_line(_headline(explanation)))
    if explanation.correlation_id is not None:
        screen.print_text(f"correlation ID: {explanation.correlation_id}")
    if explanation.root is None:
        found = (
            "cause found in this refusal"
            if explanation.is_unexplained
            else "problem found in this request"
        )
        unread = f"; {explanation.request.unread} not understood" * bool(explanation.request.unread)
        screen.print_text(f"no {found}{unread}")
    screen.print_line()
    groups = group_findings(explanation.findings)[:_MAX_FINDINGS]
    groups = [[each] for each in explanation.findings] if show_all else groups
    for group in groups:
        screen.print_finding(join_findings(group), screen.stdout)
    if more := len(explanation.findings) - sum(map(len, groups)):
        screen.print_text(f"{more} more finding{'s' if more > 1 else ''}: add `--all`\n")
    nearest = explanation.route.nearest
    if nearest is not None and explanation.route.operation is None:
        advice = (
            "; run with `--fix` to print the corrected request" if can_correct(explanation) else ""
        )
        screen.print_text(f"nearest operation: {nearest}{advice}\n")
    if explanation.is_for_support:
        screen.print_text("for a support ticket:")
        for name, value in explanation.ticket.items():
            screen.print_text(f"  {name + ':':<16}{value}")
        screen.print_line()
    elif explanation.correlation_id is None and explanation.request.is_refused:
        screen.print_text(f"correlation ID: {explanation.ticket['correlation ID']}\n")


def _headline(explanation: Explanation) -> str:
    request = explanation.request
    line = " ".join(filter(None, (request.method, request.host + request.path)))
    status = f" -> HTTP {request.status}" if request.status else ""
    return f"{request.origin}: {line}{status}" if line or status else request.origin


class _Corrections:
    """Prints corrected requests, and on stderr what is open in them; `is_open` says whether anything is."""

    def __init__(
        self, screen: Screen, form: str, own: Contract | None = None, contract: str = ""
    ) -> None:
        self._screen, self._form = screen, form
        self._own, self._contract = own, contract
        self._count = 0
        self._refusals: list[UsageError] = []
        self._bodies: list[Any] = []
        self._tried: list[Operation] = []
        self.is_open = False

    def show(self, explanation: Explanation) -> None:
        """Print the corrected request of one explanation, if there is one."""
        try:
            corrected = correct_request(explanation, self._tried)
        except UsageError as refusal:
            self._refusals.append(refusal)
            return
        self._count += 1
        self._tried += filter(None, [explanation.route.operation])
        is_refused = explanation.request.status >= HTTPStatus.BAD_REQUEST
        if is_refused and repeats_request(corrected, explanation):
            self._report_refusal(explanation)
        else:
            self._show_request(corrected)

    def _show_request(self, corrected: CorrectedRequest) -> None:
        self.is_open |= bool(corrected.missing)
        if corrected.operation.contract is self._own:
            corrected = corrected._replace(contract_file=self._contract)
        text = corrected.as_text(self._form)
        if self._form != "json":
            self._screen.print_line(escape_controls(text))
        elif corrected.operation.takes_body:
            self._bodies.append(corrected.body)
        if self._form == "cmd" and corrected.operation.takes_body and not text.startswith("echo "):
            self._screen.print_diagnostic(
                "the body is too long for cmd.exe: save the output of `--as json` as body.json"
            )
        if corrected.left_out:
            self._screen.print_diagnostic(f"left out: {', '.join(corrected.left_out)}")
        if corrected.missing:
            places = (place or "the body" for place in corrected.missing)
            self._screen.print_diagnostic(f"to be filled in: {', '.join(places)}")
        for finding in corrected.findings:
            if finding.code not in ("placeholder", "id-format"):
                self._screen.print_finding(finding)

    def _report_refusal(self, explanation: Explanation) -> None:
        """Print on stderr why a refused request has no correction: sent again, it would be refused again."""
        self.is_open = True
        cause = explanation.root or explanation.findings[0]
        self._screen.print_diagnostic(
            f"no correction of {escape_to_one_line(_headline(explanation))}: {cause.message}"
        )

    def finish(self) -> None:
        """Print the bodies, one per line if there are several, and report the requests that have no correction.

        Raises UsageError if no request has one.
        """
        for body in self._bodies:
            text = json_text(body, indent=2 if len(self._bodies) == 1 else None)
            self._screen.print_line(escape_controls(text))
        if self._refusals and not self._count:
            raise self._refusals[0]
        for refusal in self._refusals:
            self.is_open = True
            for finding in refusal.findings:
                self._screen.print_finding(finding)
