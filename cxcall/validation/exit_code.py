"""The exit code and the outcome of `validate`, from the verdicts on its payloads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.findings.exit_codes import ExitCode, Outcome

if TYPE_CHECKING:
    from collections.abc import Collection


def exit_code_of(codes: Collection[ExitCode]) -> ExitCode:
    """Return the exit code of a run. An unreadable file outweighs an invalid one, because it was not checked."""
    return ExitCode.USAGE if ExitCode.USAGE in codes else max(codes, default=ExitCode.OK)


def outcome_of(code: ExitCode) -> Outcome:
    """Return `valid`, `invalid`, or `error` if something could not be read."""
    outcomes = {ExitCode.OK: Outcome.VALID, ExitCode.INVALID: Outcome.INVALID}
    return outcomes.get(code, Outcome.ERROR)
