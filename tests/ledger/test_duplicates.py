"""The message when an earlier delivery stops an identical request."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.ledger.duplicates import AlreadySentError
from cxcall.ledger.record_types import Record
from cxcall.ledger.stored_values import NOT_PLACED, PLACED
from helpers.cases import each_case

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def record(outcome: Outcome, seconds: float, resolution: str = "", status: int = 201) -> Record:
    """Return a delivery that was accepted or sent some seconds before NOW."""
    at = NOW - timedelta(seconds=seconds)
    return Record(
        id="01ABC", at=at, ended_at=None, profile="default", operation="execute", provenance="community",
        method="POST", target="https://h/x", numbers=(), digest="d", attempts=1, outcome=outcome, status=status,
        engagement_id=None, correlation_id=None, resolution=resolution, again=False, note="", batch="B", row=3,
    )  # fmt: skip


@each_case(
    "seconds, text",
    [
        (0, "less than a minute ago"),
        (59, "less than a minute ago"),
        (60, "1 minute ago"),
        (3599, "59 minutes ago"),
        (3600, "1 hour ago"),
        (86399, "23 hours ago"),
        (86400, "1 day ago"),
        (172800, "2 days ago"),
        (-1, "less than a minute ago"),
        (-2, "was the clock set back?"),
    ],
)
def test_age_of_the_earlier_delivery_is_stated(seconds: float, text: str) -> None:
    for outcome in (Outcome.ACCEPTED, Outcome.UNKNOWN):
        assert text in AlreadySentError(record(outcome, seconds), NOW).findings[0].message


@each_case(
    "outcome, resolution, batch, code, text",
    [
        (Outcome.UNKNOWN, "", "", "outcome-unknown", "may have placed a call"),
        (Outcome.UNKNOWN, PLACED, "", "already-sent", "was recorded as having placed a call"),
        (Outcome.ACCEPTED, "", "C", "already-sent", "was accepted"),
        (Outcome.ACCEPTED, "", "B", "already-sent", "row 3 of this batch"),
        (Outcome.UNKNOWN, "", "B", "already-sent", "row 3 of this batch"),
    ],
)
def test_reason_depends_on_the_earlier_delivery(
    outcome: Outcome, resolution: str, batch: str, code: str, text: str
) -> None:
    error = AlreadySentError(record(outcome, 60, resolution), NOW, batch=batch)
    [finding] = error.findings
    assert (error.exit_code, finding.code) == (ExitCode.STOPPED, code)
    assert text in finding.message
    assert "01ABC" in finding.message
    assert ("separate file" in finding.fix) == (batch == "C")


@each_case(
    "outcome, resolution, status, expected",
    [
        (Outcome.ACCEPTED, "", 201, True),
        (Outcome.REFUSED, "", 400, True),
        (Outcome.REFUSED, "", 401, False),
        (Outcome.UNDELIVERED, "", 429, False),
        (Outcome.UNKNOWN, "", 500, True),
        (Outcome.UNKNOWN, "", 401, True),
        (Outcome.UNKNOWN, PLACED, 500, True),
        (Outcome.UNKNOWN, NOT_PLACED, 500, False),
    ],
)
def test_row_is_sent_again_only_if_it_was_not_processed(
    outcome: Outcome, resolution: str, status: int, *, expected: bool
) -> None:
    assert record(outcome, 60, resolution, status).may_be_processed is expected


@each_case("resolution", ["", PLACED, NOT_PLACED])
def test_only_unresolved_unknown_delivery_is_unresolved(resolution: str) -> None:
    assert record(Outcome.UNKNOWN, 60, resolution).is_unresolved is (not resolution)
    assert not record(Outcome.ACCEPTED, 60, resolution).is_unresolved
