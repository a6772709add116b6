"""Print explained requests in order; a cause that many share is printed once, with their numbers."""

from __future__ import annotations

from collections import Counter
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from cxcall.explaining.checks.url.host_check import platform_of_host
from cxcall.explaining.explanation import explain_request, has_failed
from cxcall.explaining.grouped_findings import cause_of, group_findings, join_findings
from cxcall.findings.text_lists import list_ranges
from cxcall.output.count_phrases import count_phrase
from cxcall.output.json_envelope import finding_as_json
from cxcall.output.terminal_text import escape_to_one_line
from cxcall.runtime.patterns import compile_on_use

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cxcall.contracts.contract import Contract
    from cxcall.explaining.explanation import Explanation
    from cxcall.explaining.observed_request import ObservedRequest
    from cxcall.findings.finding import Finding
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
        screen.print_text(f"{count_phrase(more, 'more finding')}: add `--all`")
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


_MAX_EXPLAINED = 500
_MAX_REPEATS = 10
"""The number of requests with the same cause that are printed individually after the first; of successful ones, none is."""
_NUMBERED = compile_on_use(r"(?:entry|exchange|line|request) [0-9]")
_MAX_RANGES = 20


class RequestPrinter:
    """Prints explained requests as text, or keeps their JSON form; counts the findings.

    A request with the cause of an earlier one refers to it, unless `show_all`.
    """

    def __init__(self, screen: Screen, *, show_all: bool) -> None:
        self._screen, self._show_all = screen, show_all
        self._skipped = 0
        self._first_skipped = ""
        self._first: dict[tuple[bytes, str], str] = {}
        self._repeats: dict[tuple[bytes, str], list[int]] = {}
        self._explained: Counter[bool] = Counter()
        self._left_out: Counter[bool] = Counter()
        self.severities: Counter[str] = Counter()
        self.is_unexplained = False
        self.attempts: list[dict[str, Any]] = []
        self.findings: list[Finding] = []

    def print_all(
        self, requests: Iterable[tuple[ObservedRequest, bool]], own: Contract | None
    ) -> None:
        """Explain requests, each with whether it is skipped.

        Unless `show_all`, only the first failed ones and the first others are explained, so that the
        time for a long file is limited.
        """
        for request, is_skipped in requests:
            if is_skipped:
                self.skip(request.origin)
                continue
            is_many = self._explained[False] == _MAX_EXPLAINED
            is_failed = has_failed(request, reads_body=is_many)
            if self._has_enough(is_failed=is_failed):
                self._left_out[is_failed] += 1
                continue
            self._explained[is_failed] += 1
            self._add(explain_request(request, own))
        self._print_repeats()
        self._report_left_out()
        self.report_skipped()

    def leaves_out(self, host: str, status: int) -> bool:
        """Return whether a recorded request is only counted: a platform refused it, and many failed before."""
        is_counted = (
            status >= HTTPStatus.BAD_REQUEST
            and self._has_enough(is_failed=True)
            and platform_of_host(host) != ""
        )
        self._left_out[True] += is_counted
        return is_counted

    def _has_enough(self, *, is_failed: bool) -> bool:
        return self._explained[is_failed] == _MAX_EXPLAINED and not self._show_all

    @property
    def left_out(self) -> dict[str, int]:
        """The numbers of requests that were not explained, because many came before; empty if there are none."""
        found = {"failed": self._left_out[True], "other": self._left_out[False]}
        return found if any(found.values()) else {}

    def skip(self, origin: str) -> None:
        """Count a request that is not explained."""
        self._skipped += 1
        self._first_skipped = self._first_skipped or origin.partition(" of ")[0].split()[-1]

    def _add(self, explanation: Explanation) -> None:
        self.severities.update(finding.severity for finding in explanation.findings)
        self.is_unexplained |= explanation.is_unexplained
        if self._screen.options.output == "text":
            self._print(explanation)
        else:
            self.attempts.append(attempt_as_json(explanation))
            self.findings += explanation.findings

    def _print(self, explanation: Explanation) -> None:
        origin = explanation.request.origin
        if self._show_all or not _NUMBERED.match(origin):
            print_heading(explanation, self._screen)
            print_findings(explanation, self._screen, show_all=self._show_all)
            return
        name, cause = origin.partition(" of ")[0], cause_of(explanation)
        key = cause, "" if cause else _told_without_cause(explanation)
        first = self._first.setdefault(key, name)
        repeats = self._repeats.setdefault(key, [])
        if first != name or not cause:
            repeats.append(int(name.rpartition(" ")[2]))
        if len(repeats) > _MAX_REPEATS or not cause:
            return
        print_heading(explanation, self._screen)
        if repeats and explanation.findings:
            self._screen.print_text(f"the same cause as {first}")
            self._screen.print_line()
        else:
            print_findings(explanation, self._screen, show_all=False)

    def _print_repeats(self) -> None:
        """Print the numbers of the requests that were not printed individually."""
        is_cut = False
        for (cause, told), numbers in self._repeats.items():
            more = numbers[_MAX_REPEATS if cause else 0 :]
            if not more:
                continue
            first = self._first[cause, told]
            kind = first.partition(" ")[0]
            plural = {"entry": "entries"}.get(kind, f"{kind}s") if len(more) > 1 else kind
            count = f"{len(more):,} more {plural}" if cause else f"{len(more):,} {plural}"
            form = told or f"the same cause as {first} in {{}}"
            self._screen.print_text(form.format(f"{count}: {_join_ranges(more)}"))
            is_cut = True
        if is_cut:
            self._screen.print_line()

    def _report_left_out(self) -> None:
        """Print how many requests were not explained, because many came before: with the results, if they are text."""
        numbers = [f"{number:,} {kind}" for kind, number in self.left_out.items() if number]
        if not numbers:
            return
        text = f"not explained: {' and '.join(numbers)} requests after the first {_MAX_EXPLAINED}; to explain them, add `--all`"
        if self._screen.options.output == "text":
            self._screen.print_text(text)
            self._screen.print_line()
        else:
            self._screen.print_diagnostic(text, always=True)

    def report_skipped(self) -> None:
        """Print on stderr how many requests were not explained, and why."""
        if self._skipped:
            entries = count_phrase(self._skipped, "entry")
            self._screen.print_diagnostic(
                f"skipped {entries} of other hosts, or for pages; to explain one: `--entry {self._first_skipped}`"
            )


def _told_without_cause(explanation: Explanation) -> str:
    """Return the line on requests without a cause, with `{}` in place of their numbers."""
    kind = "problem" if explanation.was_accepted else "cause"
    if unread := explanation.request.unread:
        return f"no {kind} found in what was read in {{}}; {unread} not understood"
    return "no problem found in {}"


def _join_ranges(numbers: Sequence[int]) -> str:
    """Return numbers in ascending order as text, such as `4, 7-9`; after some ranges, only says that there are more."""
    ranges = list_ranges(numbers)
    return ", ".join(ranges[:_MAX_RANGES]) + ", ..." * (len(ranges) > _MAX_RANGES)
