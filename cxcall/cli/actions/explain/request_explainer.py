"""Explain the requests of one source, in several processes if it takes longer, and keep the output of each."""

from __future__ import annotations

import re
import sys
from collections import Counter
from functools import cached_property, partial
from io import StringIO
from typing import TYPE_CHECKING, Any

from cxcall.contracts.contract import load_user_contract
from cxcall.explaining.checks.url.route_check import find_reason_to_skip
from cxcall.explaining.correction.corrected_request import can_correct
from cxcall.explaining.explanation import explain_request
from cxcall.explaining.grouped_findings import cause_of, form_of, group_findings, join_findings
from cxcall.explaining.observed_request import SourceKind
from cxcall.named_tuple import NamedTuple
from cxcall.output.json_envelope import finding_as_json
from cxcall.output.screen import Screen
from cxcall.output.terminal_text import escape_to_one_line
from cxcall.runtime.operating_system import count_cores
from cxcall.runtime.parallel_work import WorkerLostError, share_work

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.contracts.contract import Contract
    from cxcall.explaining.explanation import Explanation
    from cxcall.explaining.observed_request import ObservedRequest
    from cxcall.explaining.readers.format_detection import Source
    from cxcall.findings.finding import Finding
    from cxcall.output.output_options import OutputOptions

_MAX_FINDINGS = 10
_TICKET = 16
_NUMBERED = re.compile(r"(?:entry|exchange) [0-9]")
_FEW_FORMS = 200
MAX_REPEATS = 10
"""The number of requests with the same cause that are printed individually after the first."""
_ALONE_SECONDS = 0.5
"""Seconds that one process works alone, because starting others takes some time."""
_FIRST_PART, _LARGEST_PART = 8, 250
_PARTS_PER_PROCESS = 8


class ExplainedRequest(NamedTuple):
    """The output for one request.

    `skipped` is the reason why nothing is printed; `cause` is None if causes are not compared. `heading`
    and `text` are the two parts of the text output, empty if enough requests with the same cause were
    printed; other formats use `attempt`, the JSON form, and the findings instead.
    """

    origin: str
    skipped: str = ""
    severities: Counter[str] | None = None
    is_unexplained: bool = False
    cause: bytes | None = None
    heading: str = ""
    text: str = ""
    attempt: dict[str, Any] | None = None
    findings: tuple[Finding, ...] = ()


class _PrintedText(StringIO):
    """Collects the output of a screen, in the colors and the width of stdout."""

    def isatty(self) -> bool:
        return sys.stdout.isatty()

    def fileno(self) -> int:
        return sys.stdout.fileno()

    def take(self) -> str:
        """Return the output since the last call."""
        text = self.getvalue()
        self.seek(0)
        self.truncate()
        return text


class _KnownForms:
    """Caches findings by the form of a request, as long as requests of the same form have the same cause.

    To verify this, the second, fourth, eighth, ... request of a form is explained in full.
    """

    def __init__(self) -> None:
        self._found: dict[bytes, ExplainedRequest | None] = {}
        self._counts: Counter[bytes] = Counter()
        self._hits = 0

    @property
    def pays(self) -> bool:
        """Whether the cache is useful: enough requests have a known form, or too few were compared to decide."""
        return len(self._found) < _FEW_FORMS or self._hits > len(self._found)

    def find(self, form: bytes | None) -> ExplainedRequest | None:
        """Return the findings on a form; None if the request must be explained."""
        if form is None or form not in self._found:
            return None
        self._hits += 1
        self._counts[form] += 1
        is_due = self._counts[form] & (self._counts[form] - 1) == 0
        return None if is_due else self._found[form]

    def remember(self, form: bytes | None, explained: ExplainedRequest) -> None:
        """Keep the findings of a form; if they differ from earlier ones, the form is no longer used."""
        if form is not None and self._found.setdefault(form, explained) != explained:
            self._found[form] = None


class RequestExplainer:
    """Explains the requests of a source in parts. It is pickled without its loaded contract."""

    def __init__(
        self,
        source: Source,
        entry: int | None,
        output: OutputOptions,
        contract: str | None,
        *,
        show_all: bool,
    ) -> None:
        self._options = (source, entry, output, contract)
        self._show_all = show_all
        self._seen: Counter[bytes | None] = Counter()
        self._forms = _KnownForms()
        self._printed = _PrintedText()
        self._screen = Screen(output, self._printed, self._printed)

    def __reduce__(self) -> Any:
        return partial(RequestExplainer, show_all=self._show_all), self._options

    @cached_property
    def own(self) -> Contract | None:
        """The user's own contract."""
        *_, contract = self._options
        return load_user_contract(contract) if contract else None

    def read(self, numbers: range | None = None) -> Iterator[tuple[ObservedRequest, str]]:
        """Yield requests, each with the reason to skip it; the reason is empty for requests to explain."""
        source, entry, *_ = self._options
        for request in source.read(entry, numbers):
            is_recorded = entry is None and request.kind is SourceKind.CAPTURE
            yield request, find_reason_to_skip(request, self.own) if is_recorded else ""

    def __call__(self, numbers: range) -> list[ExplainedRequest]:
        """Return the output for the requests with these numbers."""
        return list(self.explain(numbers))

    def explain(self, numbers: range | None = None) -> Iterator[ExplainedRequest]:
        """Yield the output for the requests with these numbers, or for all requests."""
        for request, reason in self.read(numbers):
            yield ExplainedRequest(request.origin, reason) if reason else self._explain(request)

    def _explain(self, request: ObservedRequest) -> ExplainedRequest:
        """Return the output for a request; for a known form, its cause is only counted."""
        is_compared = _NUMBERED.match(request.origin) and not self._show_all
        if self._screen.options.output != "text" or not is_compared:
            return self._print(explain_request(request, self.own), is_compared=False)
        form = form_of(request) if self._forms.pays else None
        known = self._forms.find(form)
        if known is not None and self._seen[known.cause] > MAX_REPEATS:
            self._seen[known.cause] += 1
            return known._replace(origin=request.origin)
        explained = self._print(explain_request(request, self.own), is_compared=True)
        if not (request.status and request.is_successful and explained.cause):
            self._forms.remember(form, explained._replace(origin="", heading="", text=""))
        return explained

    def _print(self, explanation: Explanation, *, is_compared: bool) -> ExplainedRequest:
        """Return an explanation with its output: text, or its JSON form."""
        explained = ExplainedRequest(
            explanation.request.origin,
            severities=Counter(finding.severity for finding in explanation.findings),
            is_unexplained=explanation.is_unexplained,
        )
        if self._screen.options.output != "text":
            return explained._replace(
                attempt=attempt_as_json(explanation), findings=explanation.findings
            )
        cause = cause_of(explanation) if is_compared else None
        repeats = self._seen[cause] if is_compared else 0
        self._seen[cause] += 1
        if repeats <= MAX_REPEATS:
            print_heading(explanation, self._screen)
        heading = self._printed.take()
        if not repeats or (repeats <= MAX_REPEATS and not explanation.findings):
            print_findings(explanation, self._screen, show_all=self._show_all)
        return explained._replace(cause=cause, heading=heading, text=self._printed.take())


def explain_in_parts(explainer: RequestExplainer, count: int) -> Iterator[ExplainedRequest]:
    """Yield the explained requests of a source in order; uses more processes if it takes longer."""
    jobs, finished = count_cores(), 0
    parts = _split(
        count, min(max(count // (jobs * _PARTS_PER_PROCESS), _FIRST_PART), _LARGEST_PART)
    )
    try:
        for _, explained in share_work(explainer, parts, jobs, alone_seconds=_ALONE_SECONDS):
            yield from explained
            finished += 1
    except WorkerLostError:  # this process explains the rest
        for part in parts[finished:]:
            yield from explainer.explain(part)


def _split(count: int, largest: int) -> list[range]:
    """Return the numbers of requests in parts of increasing size, up to a limit."""
    parts, done, size = [], 0, _FIRST_PART
    while done < count:
        parts.append(range(done + 1, min(done + size, count) + 1))
        done, size = parts[-1][-1], min(2 * size, largest)
    return parts


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
        found = (
            "cause found for this refusal"
            if explanation.is_unexplained
            else "problem found in this request"
        )
        if explanation.request.unread_body:
            found = "cause found in what was read"
        unread = f"; {explanation.request.unread} not understood" * bool(explanation.request.unread)
        screen.print_text(f"no {found}{unread}")
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
        advice = (
            "; run with `--fix` to print the corrected request" if can_correct(explanation) else ""
        )
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
