"""No call is placed twice: network faults, and what delivery, ledger, and server report for each."""

from __future__ import annotations

from pathlib import Path

import pytest

from cxcall.contracts.contract import load_operation
from cxcall.credentials.access_token import SharedToken, Token
from cxcall.credentials.oauth_client import UndeliveredError
from cxcall.credentials.request_credentials import Credentials
from cxcall.findings.errors import CredentialsError, UsageError
from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.findings.finding import Finding, Severity
from cxcall.ledger.duplicates import AlreadySentError
from cxcall.ledger.ledger import Ledger
from cxcall.responses.delivery import Delivery
from cxcall.sending.request_sender import deliver, send_read
from cxcall.sending.send_plan import Plan, SendHooks
from helpers import fault_server as fault
from helpers.deliveries import ROWS, Tokens, changed_plan, limited, plan_to
from helpers.fault_server import Fault, FaultServer, refused, reserve
from helpers.sender_checks import Sleep, check_findings, check_record

pytestmark = pytest.mark.usefixtures("_plain_environment")


@pytest.mark.parametrize("name", ROWS)
def test_outcome_exit_code_and_calls_of_each_fault(name: str, ledger: Ledger) -> None:
    row = ROWS[name]
    sleep, waits = Sleep(), []
    with FaultServer(row.faults) as server:
        plan = plan_to(server.base_url, timeout=row.timeout)
        delivery = deliver(
            plan, ledger, Tokens(), SendHooks(on_wait=lambda *wait: waits.append(wait), sleep=sleep)
        )
    assert (delivery.outcome, delivery.exit_code) == (row.outcome, row.exit_code)
    assert (server.rung, server.whole, server.connections) == (row.rung, row.whole, row.attempts)
    assert server.rung <= 1
    assert (delivery.attempts, delivery.engagement_id) == (row.attempts, row.engagement)
    check_record(ledger, delivery)
    check_findings(delivery)
    assert "cannot be put into HTTP" not in repr(delivery.findings)
    assert sleep.slept <= 60
    assert len(waits) <= 2
    check_guard(ledger, plan, delivery)


def check_guard(ledger: Ledger, plan: Plan, delivery: Delivery) -> None:
    """Send the same request again: it is stopped exactly if a call may have been placed."""
    if delivery.outcome in (Outcome.ACCEPTED, Outcome.UNKNOWN):
        with pytest.raises(AlreadySentError):
            deliver(plan, ledger, Tokens())
    else:
        # No server listens any more: only the attempt matters.
        with reserve(int(plan.host.rpartition(":")[2])):
            again = deliver(plan, ledger, Tokens(), SendHooks(sleep=Sleep()))
        assert (again.outcome, again.attempts) == (Outcome.UNDELIVERED, 3)


def test_connection_reset_at_once_is_never_accepted(ledger: Ledger) -> None:
    # The connection may have been open for a moment; no call is placed in either case.
    with FaultServer((fault.reset_at_once,)) as server:
        delivery = deliver(plan_to(server.base_url), ledger, Tokens(), SendHooks(sleep=Sleep()))
    assert delivery.exchange is not None
    assert delivery.outcome is (
        Outcome.UNKNOWN if delivery.exchange.may_be_sent else Outcome.UNDELIVERED
    )
    assert server.whole == 0
    check_record(ledger, delivery)
    check_findings(delivery)


def test_waits_follow_retry_after(ledger: Ledger) -> None:
    sleep, waits = Sleep(), []
    with FaultServer((limited("7"), limited("5", 503), fault.accept)) as server:
        deliver(
            plan_to(server.base_url),
            ledger,
            Tokens(),
            SendHooks(on_wait=lambda *wait: waits.append(wait), sleep=sleep),
        )
    assert sleep.slept == 12
    host = server.base_url.partition("//")[2]
    assert waits == [
        (7.0, f"`{host}` responded with HTTP 429"),
        (5.0, f"`{host}` responded with HTTP 503"),
    ]


@pytest.mark.slow
def test_read_is_repeated_after_a_truncated_response_but_not_after_others() -> None:
    waits: list[str] = []
    hooks = SendHooks(on_wait=lambda _seconds, reason: waits.append(reason), sleep=Sleep())
    redirect = fault.refused(302, {"Location": "https://login.example.com/+14155550123/?state=x"})
    for faults, attempts, words in (
        ((fault.cut_in_body, fault.accept), 2, ""),
        ((fault.bomb,), 1, "check `base_url`: `cxcall config show`"),
        ((redirect,), 1, "a redirect to `https://login.example.com/+*******0123/`"),
    ):
        with FaultServer(faults) as server:
            plan = changed_plan(plan_to(server.base_url), operation=load_operation("get-campaign"))
            delivery = send_read(plan, None, hooks)
        assert delivery.attempts == attempts
        assert words in " ".join(f"{each.message} {each.fix}" for each in delivery.findings)
    assert [reason.partition(" ")[2] for reason in waits] == [
        "responded with HTTP 201, but the response was truncated"
    ]


@pytest.mark.parametrize("seconds", ["90", "1234567"])
def test_wait_longer_than_max_wait_is_reported_and_not_made(ledger: Ledger, seconds: str) -> None:
    sleep = Sleep()
    with FaultServer((limited(seconds, words="Rate limit exceeded"),)) as server:
        delivery = deliver(plan_to(server.base_url), ledger, Tokens(), SendHooks(sleep=sleep))
    assert sleep.slept == 0
    found = delivery.findings[0]
    assert found.code == "rate-limited"
    assert f"asks to wait {seconds} s" in found.message
    assert f"in {seconds} s" in found.fix
    assert "Rate limit exceeded" in found.why


def test_max_wait_of_zero_prevents_retries(ledger: Ledger) -> None:
    with FaultServer((limited("0"), limited("1"), fault.accept)) as server:
        delivery = deliver(
            plan_to(server.base_url, max_wait=0), ledger, Tokens(), SendHooks(sleep=Sleep())
        )
    assert (delivery.outcome, delivery.attempts) == (Outcome.UNDELIVERED, 2)


def test_fresh_token_is_used_after_401(ledger: Ledger) -> None:
    tokens = Tokens()
    with FaultServer((refused(401), fault.accept)) as server:
        deliver(plan_to(server.base_url), ledger, tokens)
    assert len(tokens.given) == 2
    assert tokens.given[0].encode() in server.peers[0].head
    assert tokens.given[1].encode() in server.peers[1].head


def _finding(code: str) -> Finding:
    return Finding(Severity.ERROR, code, "token", "there is no other token", "log in")


@pytest.mark.parametrize(
    ("error", "outcome", "code"),
    [
        (CredentialsError(_finding("token-expired")), Outcome.REFUSED, ExitCode.CREDENTIALS),
        (UndeliveredError(_finding("undelivered")), Outcome.UNDELIVERED, ExitCode.UNDELIVERED),
        (
            UsageError("others can read it", where="usage", fix="`chmod 600 x`"),
            Outcome.REFUSED,
            ExitCode.CREDENTIALS,
        ),
    ],
    ids=["given", "unreachable", "unreadable"],
)
def test_401_without_another_token_ends_the_delivery(
    ledger: Ledger, error: Exception, outcome: Outcome, code: ExitCode
) -> None:
    with FaultServer((refused(401),)) as server:
        delivery = deliver(plan_to(server.base_url), ledger, Tokens(error))
    assert (delivery.outcome, delivery.exit_code, server.whole) == (outcome, code, 1)
    assert len(delivery.findings) == 2
    check_record(ledger, delivery)


def test_read_after_one_that_got_no_new_token_is_not_sent() -> None:
    error = UndeliveredError(_finding("undelivered"))
    tokens = SharedToken(Tokens(error), Tokens()(None))
    with FaultServer((refused(401),)) as server:
        plan = changed_plan(plan_to(server.base_url), operation=load_operation("get-campaign"))
        found = [send_read(plan, tokens) for _ in range(2)]
    assert server.whole == 1
    assert [each.outcome for each in found] == [Outcome.UNDELIVERED] * 2
    assert found[1].findings == error.findings


def test_token_for_another_host_is_not_sent(ledger: Ledger) -> None:
    with FaultServer((fault.accept,)) as server:
        plan = plan_to(server.base_url)
        other = plan.request._replace(url=plan.request.url.replace("127.0.0.1", "localhost"))
        delivery = deliver(changed_plan(plan, request=other), ledger, Tokens())
    assert (delivery.outcome, delivery.exit_code) == (Outcome.UNDELIVERED, ExitCode.CREDENTIALS)
    assert server.connections == 0
    check_record(ledger, delivery)


def test_nothing_is_recorded_without_a_first_token(ledger: Ledger) -> None:
    def none(_: Credentials | None) -> Token:
        raise CredentialsError(_finding("token-missing"))

    with pytest.raises(CredentialsError):
        deliver(plan_to("http://127.0.0.1:9"), ledger, none)
    assert list(ledger.records()) == []


@pytest.mark.parametrize("first", [fault.accept, fault.never_answer], ids=["accepted", "unknown"])
def test_duplicate_is_stopped_unless_again_is_set(ledger: Ledger, first: Fault) -> None:
    with FaultServer((first, fault.accept)) as server:
        plan = plan_to(server.base_url, timeout=1.0)
        deliver(plan, ledger, Tokens())
        with pytest.raises(AlreadySentError) as stopped:
            deliver(plan, ledger, Tokens())
        assert (stopped.value.exit_code, server.connections) == (ExitCode.STOPPED, 1)
        delivery = deliver(plan._replace(again=True), ledger, Tokens())
    assert (delivery.outcome, server.rung) == (Outcome.ACCEPTED, 2)


def test_retry_is_stopped_when_another_process_sent_the_request(
    ledger: Ledger, tmp_path: Path
) -> None:
    with FaultServer((limited("1"), fault.accept)) as server:
        plan = plan_to(server.base_url)

        def send_elsewhere(_: float) -> None:
            with Ledger.open(tmp_path / "state") as theirs:
                assert deliver(plan, theirs, Tokens()).outcome is Outcome.ACCEPTED

        delivery = deliver(plan, ledger, Tokens(), SendHooks(sleep=send_elsewhere))
    assert (delivery.outcome, delivery.exit_code) == (Outcome.UNDELIVERED, ExitCode.STOPPED)
    assert server.rung == 1
    check_record(ledger, delivery)
