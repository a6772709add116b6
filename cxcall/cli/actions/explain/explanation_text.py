"""Show one explanation: as text on a screen, or in its JSON form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxcall.explaining.grouped_findings import group_findings, join_findings
from cxcall.output.json_envelope import finding_as_json
from cxcall.output.terminal_text import escape_to_one_line

if TYPE_CHECKING:
    from cxcall.explaining.explanation import Explanation
    from cxcall.output.screen import Screen

_MAX_FINDINGS = 10
_TICKET = 16


def attempt_as_json(explanation: Explanation) -> dict[str, Any]:
    """Return the JSON form of an explanation with its ticket and its findings."""
    return {
        **explanation.as_dict(),
        "ticket": explanation.ticket,
        "findings": [finding_as_json(finding) for finding in explanation.findings],
    }


def print_heading(explanation: Explanation, screen: Screen) -> None:
    """Print the name of the request, its status, and its correlation ID."""
    screen.print_text(escape_to_one_line(headline(explanation)), indent="  ")
    if explanation.correlation_id is not None:
        screen.print_text(f"correlation ID: {explanation.correlation_id}")


def print_findings(explanation: Explanation, screen: Screen, *, show_all: bool) -> None:
    """Print the findings on a request: equal reasons once, and only the first ones unless `show_all`."""
    if explanation.root is None and explanation.request.is_identified:
        unread = explanation.request.unread
        kind = "problem" if explanation.was_accepted else "cause"
        found = f"{kind} found in what was read; {unread} not understood"
        if not unread:
            is_refusal = explanation.is_unexplained
            found = (
                "cause found for this refusal" if is_refusal else "problem found in this request"
            )
        screen.print_text(f"no {found}")
    screen.print_line()
    groups = group_findings(explanation.findings)[:_MAX_FINDINGS]
    groups = [[each] for each in explanation.findings] if show_all else groups
    for group in groups:
        screen.print_finding(join_findings(group), screen.stdout)
    if more := len(explanation.findings) - sum(map(len, groups)):
        screen.print_text(f"{more} more finding{'s' if more > 1 else ''}: add `--all`")
        screen.print_line()
    nearest = explanation.route.nearest
    if nearest is not None and explanation.route.operation is None:
        from cxcall.explaining.correction.corrected_request import find_correction

        has_fix = find_correction(explanation) is not None
        advice = "; run with `--fix` to print the corrected request" if has_fix else ""
        screen.print_text(f"nearest operation: {nearest}{advice}")
        screen.print_line()
    if explanation.is_for_support and explanation.request.is_identified:
        screen.print_text("for a support ticket:")
        for name, value in explanation.ticket.items():
            screen.print_text(f"  {name + ':':<{_TICKET}}{value}", indent=" " * (_TICKET + 2))
        screen.print_line()
    elif explanation.correlation_id is None and explanation.request.is_refused:
        screen.print_text(f"correlation ID: {explanation.ticket['correlation ID']}")
        screen.print_line()


def headline(explanation: Explanation) -> str:
    """Return a line that names a request: its origin, method, host, path, and status."""
    request = explanation.request
    line = " ".join(filter(None, (request.method, request.host + request.path)))
    outcome = f"HTTP {request.status}" if request.status else ""
    summary = " -> ".join(filter(None, (line, outcome)))
    return f"{request.origin}: {summary}" if summary else request.origin
