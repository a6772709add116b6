"""A row is sent once, within its calling hours and limits, whatever changed after its check."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from cxcall.batch.input.rows import RowFile
from cxcall.batch.job import Job
from cxcall.batch.rate_limiter import Rate, RateLimiter
from cxcall.batch.row_checks import CheckedRow, check_rows
from cxcall.batch.row_result import RowResult
from cxcall.batch.row_sender import RowSender
from cxcall.batch.skip_reasons import SkipReason
from cxcall.contracts.contract import load_operation
from cxcall.credentials.access_token import SharedToken
from cxcall.credentials.oauth_client import token_undelivered
from cxcall.findings.errors import StoppedError
from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.findings.finding import Finding
from cxcall.ledger.database_interface import no_fence
from cxcall.ledger.ledger import Ledger
from cxcall.settings.settings import Settings, load_settings
from cxcall.settings.sources import Setting
from cxcall.transport.requested_waits import SendPostponedError
from helpers.command import CAMPAIGN
from helpers.deliveries import Tokens
from helpers.platform_server import Platform, Reply

NUMBER = "+493012345678"
ALL_DAY, NEVER = "00:00-23:59:59", "00:00-00:00:01"
"""Calling hours that a number is always within, and (except for one instant) never."""


class Sending(NamedTuple):
    """One checked row with the objects that send it; `settings` are those of its request."""

    platform: Platform
    ledger: Ledger
    limiter: RateLimiter
    settings: Settings
    checked: CheckedRow

    def set(self, **values: str) -> None:
        """Change settings under the running batch."""
        changed = {name: Setting(value, "test") for name, value in values.items()}
        self.settings.values = {**self.settings.values, **changed}

    def send(
        self,
        *,
        key: str = "",
        fence: Callable[[str], None] = no_fence,
        is_interrupted: bool = False,
        again: bool = False,
        failure: Exception | None = None,
    ) -> RowResult:
        """Send the row; `failure` is the error on renewing its token."""
        request = self.checked.request
        assert request is not None
        tokens = SharedToken(Tokens(failure), Tokens()(None))
        sender = RowSender(self.ledger, self.limiter, tokens, lambda: is_interrupted)
        result = sender.send(
            self.checked, request, batch="B1", key_of=lambda _: key, again=again, fence=fence
        )
        assert result is not None
        return result


@pytest.fixture
def sending(tmp_path: Path) -> Iterator[Sending]:
    """Check one row of a file, and start the platform that it is sent to."""
    path = tmp_path / "calls.csv"
    contact = "12345678-1234-4234-8234-123456789012"
    path.write_text(f"contact-id,phone-number\n{contact},{NUMBER}\n", "utf-8")
    operation = load_operation("execute")
    with (
        Platform() as platform,
        Ledger.open(tmp_path / "state") as ledger,
        RowFile(str(path)) as file,
    ):
        base_url = platform.environment["CXCALL_BASE_URL"]
        settings = load_settings({"base_url": base_url}, operation.contract)
        limiter = RateLimiter(Rate(500, 1.0), max_wait=60)
        (checked,) = check_rows(Job(operation, file, settings, {"campaignId": CAMPAIGN}))
        sending = Sending(platform, ledger, limiter, settings, checked)
        sending.set(hours=ALL_DAY, hours_policy="enforce")
        yield sending


@pytest.fixture(params=[SkipReason.OUTSIDE_HOURS, SkipReason.DO_NOT_CALL])
def guard(
    request: pytest.FixtureRequest, sending: Sending, tmp_path: Path
) -> tuple[SkipReason, Callable[[], None]]:
    """Return why a guard will stop the row, and a function that makes it do so."""
    listed = tmp_path / "dnc.txt"
    listed.write_text("+12025550199\n", "utf-8")
    sending.set(do_not_call=str(listed))
    if request.param is SkipReason.OUTSIDE_HOURS:
        return SkipReason.OUTSIDE_HOURS, lambda: sending.set(hours=NEVER)

    def list_number() -> None:
        listed.write_text(NUMBER, "utf-8")

    return SkipReason.DO_NOT_CALL, list_number


@pytest.mark.slow
def test_row_that_a_guard_stops_by_the_time_of_its_slot_is_skipped(
    sending: Sending, guard: tuple[SkipReason, Callable[[], None]]
) -> None:
    reason, apply = guard
    apply()
    result = sending.send()
    assert (result.skip, sending.platform.rung) == (reason, 0)
    assert list(sending.ledger.records()) == []


def test_listed_number_stops_a_request_of_many_rows_without_skipping_them(
    sending: Sending, tmp_path: Path
) -> None:
    listed = tmp_path / "dnc.txt"
    listed.write_text(NUMBER, "utf-8")
    sending.set(do_not_call=str(listed))
    many = sending.checked._replace(rows=(sending.checked.row,) * 2)
    result = sending._replace(checked=many).send()
    assert (result.skip, result.findings[-1].code) == (None, "do-not-call")
    assert sending.platform.rung == 0


@pytest.mark.slow
def test_row_that_a_guard_stops_after_the_wait_for_a_retry_is_not_sent_again(
    sending: Sending, guard: tuple[SkipReason, Callable[[], None]]
) -> None:
    reason, apply = guard

    def answer(_body: Any, count: int) -> Reply:
        apply()
        return Reply() if count else Reply(429, {}, {"Retry-After": "0"})

    sending.platform.answer = answer
    result = sending.send()
    assert (result.outcome, sending.platform.rung) == (Outcome.UNDELIVERED, 0)
    assert result.findings[0].code == reason


def test_row_that_its_worker_lost_is_not_sent(sending: Sending) -> None:
    def refuse(_delivery: str) -> None:
        raise StoppedError(Finding.error("claim-lost", "ledger", "another worker has the row"))

    result = sending.send(fence=refuse)
    assert (result.findings[-1].code, sending.platform.rung) == ("claim-lost", 0)


def test_row_whose_person_was_called_meanwhile_is_skipped(sending: Sending) -> None:
    sending.set(max_attempts="1/day")
    assert sending.send().outcome is Outcome.ACCEPTED
    sending.set(max_attempts="1/day", duplicate_window="0")
    request = sending.checked.request
    assert request is not None
    other = request._replace(request=request.request._replace(url=f"{request.request.url}?x=1"))
    result = sending._replace(checked=sending.checked._replace(request=other)).send(again=True)
    assert (result.skip, sending.platform.rung) == (SkipReason.MAX_ATTEMPTS, 1)


def test_row_is_recorded_with_its_batch_number_and_masked_key(sending: Sending) -> None:
    result = sending.send(key=f"Ada {NUMBER.removeprefix('+')}")
    (record,) = sending.ledger.records(batch="B1")
    assert result.delivery
    assert (record.id, record.row) == (result.delivery.id, 1)
    assert record.key.startswith("Ada *")
    assert NUMBER[-7:] not in record.key


def test_interrupt_of_the_batch_ends_the_wait_for_the_ledger(
    sending: Sending, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin, asked = sending.ledger.begin, []

    def ask(intent: Any, window: float, is_cancelled: Callable[[], bool], **more: Any) -> str:
        asked.append(is_cancelled())
        return begin(intent, window, is_cancelled, **more)

    monkeypatch.setattr(sending.ledger, "begin", ask)
    sending.send(is_interrupted=True)
    assert asked == [True]


def test_response_to_a_row_slows_down_the_batch_and_frees_its_slot(sending: Sending) -> None:
    sending.platform.answer = lambda _body, _count: Reply(429, {}, {"Retry-After": "900"})
    assert sending.send().outcome is Outcome.UNDELIVERED
    assert sending.limiter.excessive_wait == 900.0
    one_left = {
        "inin-ratelimit-allowed": "2",
        "inin-ratelimit-count": "1",
        "inin-ratelimit-reset": "50",
    }
    sending.platform.answer = lambda _body, _count: Reply(headers=one_left)
    assert sending.send().outcome is Outcome.ACCEPTED
    sending.limiter.wait_to_send(0.0)  # no pause: only the row itself was in flight


@pytest.mark.slow
def test_token_is_not_renewed_when_the_run_stops(sending: Sending) -> None:
    for reason, code in (("3 requests failed", ExitCode.UNDELIVERED), ("", ExitCode.INTERRUPTED)):
        limiter = RateLimiter(Rate(500, 1.0), max_wait=60)

        def stop(_body: Any, _count: int, end: Any = limiter, why: str = reason) -> Reply:
            end.stop(why)
            return Reply(401)

        sending.platform.answer = stop
        result = sending._replace(limiter=limiter).send()
        assert (result.outcome, result.report.exit_code) == (Outcome.UNDELIVERED, code)
    assert sending.platform.uses == 2


def test_token_endpoint_that_asks_for_a_wait_slows_down_the_batch(sending: Sending) -> None:
    sending.platform.answer = lambda _body, _count: Reply(401)
    message = "`login.example.com` issues no more tokens for now"
    failure = token_undelivered("rate-limited", message, "wait", "", wait=900.0)
    result = sending.send(failure=failure)
    assert result.outcome is Outcome.UNDELIVERED
    assert result.findings[0].message == message
    assert sending.limiter.excessive_wait == 900.0
    failure.wait = None
    sending.send(failure=failure)
    with pytest.raises(SendPostponedError):
        sending.limiter.wait_to_send(0.0)
