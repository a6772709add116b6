"""Print the corrected requests of `cxcall explain --fix`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxcall.cli.actions.explain.explained_request import headline
from cxcall.explaining.correction.corrected_request import (
    CorrectedRequest,
    correct_request,
    repeats_request,
)
from cxcall.explaining.correction.shell_forms import json_text
from cxcall.findings.errors import UsageError
from cxcall.output.terminal_text import escape_controls, escape_to_one_line

if TYPE_CHECKING:
    from cxcall.contracts.contract import Contract
    from cxcall.contracts.operation import Operation
    from cxcall.explaining.explanation import Explanation
    from cxcall.output.screen import Screen

_PLACES = {"": "the body", "host": "the host of your region"}


class CorrectionPrinter:
    """Prints corrected requests, and on stderr the places to fill in; `is_open` is true if there are such places."""

    def __init__(
        self, screen: Screen, form: str, own: Contract | None = None, contract: str = ""
    ) -> None:
        self._screen, self._form = screen, form
        self._own, self._contract = own, contract
        self._count = 0
        self._refusals: list[UsageError] = []
        self._bodies: list[Any] = []
        self._tried: list[Operation] = []
        self._unread = ""
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
        if explanation.request.is_refused and repeats_request(corrected, explanation):
            self._report_refusal(explanation)
            return
        self._show_request(corrected)
        self._unread = explanation.request.unread or self._unread

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
            self._screen.print_diagnostic(
                escape_to_one_line(f"left out: {', '.join(corrected.left_out)}")
            )
        if corrected.missing:
            places = (_PLACES.get(place, place) for place in corrected.missing)
            self._screen.print_diagnostic(
                escape_to_one_line(f"to be filled in: {', '.join(places)}")
            )
        for finding in corrected.findings:
            if finding.code not in ("placeholder", "id-format"):
                self._screen.print_finding(finding)

    def _report_refusal(self, explanation: Explanation) -> None:
        """Print on stderr why a refused request has no correction: the same request would be refused again."""
        self.is_open = True
        cause = explanation.root or explanation.findings[0]
        self._screen.print_diagnostic(
            f"no correction of {escape_to_one_line(headline(explanation))}: {cause.message}"
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
        if self._refusals and not self._count:
            raise self._refusals[0]
        for refusal in self._refusals:
            self.is_open = True
            for finding in refusal.findings:
                self._screen.print_finding(finding)
