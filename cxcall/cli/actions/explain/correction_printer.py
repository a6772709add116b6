"""Print corrected requests, and what a person must fill in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxcall.cli.actions.explain.request_printer import headline
from cxcall.contracts.openapi_document import RENAMED
from cxcall.explaining.correction.corrected_command import json_text
from cxcall.explaining.correction.corrected_request import CorrectedRequest, correct_request
from cxcall.explaining.correction.lost_values import must_not_repeat
from cxcall.findings.errors import UsageError
from cxcall.output.terminal_text import escape_controls, escape_to_one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cxcall.contracts.contract import Contract
    from cxcall.contracts.operation import Operation
    from cxcall.explaining.explanation import Explanation
    from cxcall.output.screen import Screen

_MAX_PLACES = 20
_PLACES = {"": "the body", "host": "the host of your region"}


def _list_places(places: Sequence[str]) -> str:
    names = [_PLACES.get(each, each) for each in places[:_MAX_PLACES]]
    more = f", and {len(places) - _MAX_PLACES:,} more" if len(places) > _MAX_PLACES else ""
    return ", ".join(names) + more


class CorrectionPrinter:
    """Prints corrected requests, and on stderr the places to fill in; `is_open` is true if there are such places."""

    def __init__(self, screen: Screen, form: str, own: Contract | None, contract: str) -> None:
        self._screen, self._form = screen, form
        self._own, self._contract = own, contract
        self._count = 0
        self._refusals: list[UsageError] = []
        self._accepted: list[UsageError] = []
        self._bodies: list[Any] = []
        self._tried: list[Operation] = []
        self._unread = ""
        self.is_open = False

    def show(self, explanation: Explanation) -> None:
        """Print the corrected request of one explanation, if there is one."""
        try:
            corrected = correct_request(explanation, self._tried)
        except UsageError as refusal:
            reasons = self._accepted if explanation.was_accepted else self._refusals
            reasons.append(refusal)
            return
        self._count += 1
        self._tried += filter(None, [explanation.route.operation])
        unknown = explanation.unknown_outcome
        if must_not_repeat(corrected, explanation):
            cause = explanation.root or explanation.findings[0]
            reason = f"{unknown.message}; {unknown.fix}" if unknown else cause.message
            self._report_refusal(explanation, reason)
            return
        if corrected.is_wider:
            lost, name = _list_places(corrected.lost), corrected.operation.name
            self._report_refusal(
                explanation, f"`{name}` has no place for {lost}, so it would not do the same"
            )
            return
        self._show_request(corrected)
        if unknown:
            self.is_open = True
            self._screen.print_finding(unknown)
        self._unread = explanation.request.unread or self._unread

    def _show_request(self, corrected: CorrectedRequest) -> None:
        self.is_open |= not corrected.is_complete
        if corrected.operation.contract is self._own:
            corrected = corrected._replace(contract_file=self._contract)
        elif self._own and corrected.operation.name in self._own.declared.get(RENAMED, {}):
            owner = corrected.operation.contract.name
            corrected = corrected._replace(name=f"{owner}:{corrected.operation.name}")
        text = corrected.as_text(self._form)
        if self._form != "json":
            self._screen.print_line(escape_controls(text))
        elif corrected.operation.takes_body:
            self._bodies.append(corrected.body)
        if self._form == "cmd" and corrected.operation.takes_body and not text.startswith("echo "):
            self._screen.print_diagnostic(
                "the body is too long for cmd.exe: save the output of `--as json` as body.json"
            )
        for text, places in (
            ("left out: {}", corrected.left_out),
            ("to be filled in: {}", corrected.missing),
            (
                "not complete: {} may change what the request does, whom it calls, or when",
                corrected.lost,
            ),
        ):
            if places:
                line = text.format(_list_places(places))
                self._screen.print_diagnostic(escape_to_one_line(line))
        for finding in corrected.findings:
            if finding.code not in ("placeholder", "id-format"):
                self._screen.print_finding(finding)

    def _report_refusal(self, explanation: Explanation, reason: str) -> None:
        """Print on stderr why a request has no correction."""
        self.is_open = True
        self._screen.print_diagnostic(
            escape_to_one_line(f"no correction of {headline(explanation)}: {reason}")
        )

    def finish(self) -> None:
        """Print the bodies, one per line if there are several, and report the requests that have no correction.

        Raises UsageError if no request has a correction.
        """
        for body in self._bodies:
            text = json_text(body, indent=2 if len(self._bodies) == 1 else None)
            self._screen.print_line(escape_controls(text))
        if self._unread:
            self._screen.print_diagnostic(f"{self._unread} not understood")
        if not self._count and (reasons := self._refusals or self._accepted):
            raise reasons[0]
        for refusal in self._refusals:
            self.is_open = True
            for finding in refusal.findings:
                self._screen.print_finding(finding)
