"""No call is placed twice: network faults, and what delivery, ledger, and server report for each."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cxcall.contracts.contract import load_operation
from cxcall.credentials.access_token import Token
from cxcall.credentials.oauth_client import UndeliveredError
from cxcall.findings.errors import CredentialsError, UsageError
from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.findings.finding import Finding, Severity
from cxcall.ledger.duplicates import AlreadySentError
from cxcall.ledger.errors import LedgerError
from cxcall.ledger.ledger import Ledger
from cxcall.responses.delivery import Delivery
from cxcall.runtime import signals
from cxcall.sending.request_sender import deliver, read
from cxcall.sending.send_plan import Plan, SendHooks
from helpers import fault_server as fault
from helpers.certificates import Certificate, make_certificate
from helpers.deliveries import (
    NUMBER,
    ROWS,
    SECRET,
    Tokens,
    limited,
    plan_to,
)
from helpers.fault_server import (
    Fault,
    FaultServer,
    answer,
    port_of,
    refused,
    reserve,
)


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """Open a ledger for this test."""
    with Ledger.open(tmp_path / "state") as opened:
        yield opened


@dataclass
class Sleep:
    """A sleep function that returns at once and adds up the seconds."""

    slept: float = 0.0

    def __call__(self, seconds: float) -> None:
        """Add the seconds."""
        self.slept += seconds


@pytest.mark.parametrize("name", ROWS)
def test_outcome_exit_code_and_calls_of_each_fault(name: str, ledger: Ledger) -> None:
    row = ROWS[name]
    sleep, waits = Sleep(), []
    with FaultServer(row.faults) as server:
        plan = plan_to(server.base_url, timeout=row.timeout)
        delivery = deliver(
            plan,
            ledger,
            Tokens(),
            SendHooks(on_wait=lambda *wait: waits.append(wait), sleep=sleep),
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


def check_record(ledger: Ledger, delivery: Delivery) -> None:
    """Compare the record with the delivery."""
    record = ledger.get(delivery.id)
    assert record.outcome == delivery.outcome
    assert record.attempts == delivery.attempts
    assert record.engagement_id == delivery.engagement_id
    response = delivery.exchange.response if delivery.exchange else None
    assert record.status == (response.status if response else None)
    assert record.correlation_id == delivery.correlation_id


def check_findings(delivery: Delivery) -> None:
    """Check the form of the findings, and that no secret or number is shown."""
    if delivery.outcome is not Outcome.ACCEPTED:
        assert delivery.findings[0].severity is Severity.ERROR
    for finding in delivery.findings:
        assert finding.code
        assert finding.fix
        assert finding.message[-1] not in ".!"
        assert "`None`" not in finding.message
    text = repr(delivery)
    assert SECRET not in text
    assert NUMBER not in text


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


@dataclass(frozen=True)
class ConnectionFailure:
    """A failure to connect: its finding code, and the number of attempts."""

    code: str
    attempts: int


def certificate_for(folder: Path, name: str = "good", hosts: str = "IP:127.0.0.1") -> Certificate:
    return make_certificate(folder, name, hosts)


def test_refused_connection_is_tried_three_times(ledger: Ledger) -> None:
    sleep = Sleep()
    with reserve() as closed:
        url = f"http://127.0.0.1:{port_of(closed)}"
        delivery = deliver(plan_to(url), ledger, Tokens(), SendHooks(sleep=sleep))
    assert_unreached(ledger, delivery, ConnectionFailure("undelivered", 3))
    assert 0.5 < sleep.slept < 2


def test_request_is_sent_when_the_server_starts_during_retries(ledger: Ledger) -> None:
    with ExitStack() as stack:
        closed = reserve()
        server: list[FaultServer] = []

        def start(_: float) -> None:
            server.append(stack.enter_context(FaultServer((fault.accept,), listener=closed)))

        url = f"http://127.0.0.1:{port_of(closed)}"
        delivery = deliver(plan_to(url), ledger, Tokens(), SendHooks(sleep=start))
    assert (delivery.outcome, delivery.attempts) == (Outcome.ACCEPTED, 2)
    assert [one.rung for one in server] == [1]


def assert_unreached(ledger: Ledger, delivery: Delivery, expected: ConnectionFailure) -> None:
    assert (delivery.outcome, delivery.exit_code) == (Outcome.UNDELIVERED, ExitCode.UNDELIVERED)
    assert (delivery.findings[0].code, delivery.attempts) == (expected.code, expected.attempts)
    check_record(ledger, delivery)
    check_findings(delivery)


def test_unknown_host_is_tried_three_times(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    delivery = deliver(
        plan_to("https://api.example.invalid"), ledger, Tokens(), SendHooks(sleep=Sleep())
    )
    assert_unreached(ledger, delivery, ConnectionFailure("host-unknown", 3))


@pytest.mark.parametrize(
    ("name", "hosts", "trusted"),
    [
        ("good", "DNS:other.invalid", True),
        ("expired", "IP:127.0.0.1", True),
        ("good", "IP:127.0.0.1", False),
    ],
    ids=["wrong name", "expired", "self-signed"],
)
def test_untrusted_certificate_is_tried_once(
    ledger: Ledger,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    name: str,
    hosts: str,
    trusted: bool,  # noqa: FBT001 - a column of the table
) -> None:
    shown = certificate_for(tmp_path / "shown", name, hosts)
    other = certificate_for(tmp_path / "other")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str((shown if trusted else other).path))
    with FaultServer((fault.accept,), shown.context()) as server:
        delivery = deliver(plan_to(server.base_url), ledger, Tokens(), SendHooks(sleep=Sleep()))
    assert_unreached(ledger, delivery, ConnectionFailure("undelivered", 1))
    assert server.whole == 0


def test_server_without_tls_is_tried_three_times(ledger: Ledger) -> None:
    with FaultServer((Fault(lambda peer: peer.send(b"HTTP/1.1 400 No\r\n\r\n")),)) as server:
        url = server.base_url.replace("http:", "https:")
        delivery = deliver(plan_to(url), ledger, Tokens(), SendHooks(sleep=Sleep()))
    assert_unreached(ledger, delivery, ConnectionFailure("undelivered", 3))
    assert server.connections == 3


def test_request_is_sent_once_after_a_failed_tls_handshake(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shown = certificate_for(tmp_path / "shown")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(shown.path))
    with FaultServer((fault.accept,), shown.context(), bare=1) as server:
        delivery = deliver(plan_to(server.base_url), ledger, Tokens(), SendHooks(sleep=Sleep()))
    assert (delivery.outcome, delivery.attempts, server.rung) == (Outcome.ACCEPTED, 2, 1)


@pytest.mark.parametrize("proxy", [fault.rejecting_proxy(), fault.dying_proxy], ids=["407", "dies"])
def test_unreachable_proxy_leaves_the_request_undelivered(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, proxy: Fault
) -> None:
    with FaultServer((proxy,)) as server:
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:pa55word@127.0.0.1:{server.port}")
        delivery = deliver(
            plan_to("https://api.example.invalid"), ledger, Tokens(), SendHooks(sleep=Sleep())
        )
    assert_unreached(ledger, delivery, ConnectionFailure("undelivered", 3))
    assert "pa55word" not in repr(delivery)


def test_connect_timeout_leaves_the_request_undelivered(ledger: Ledger) -> None:
    with FaultServer((fault.silence,)) as server:
        url = server.base_url.replace("http:", "https:")
        delivery = deliver(plan_to(url, timeout=0.2), ledger, Tokens(), SendHooks(sleep=Sleep()))
    assert_unreached(ledger, delivery, ConnectionFailure("undelivered", 3))


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


def test_read_is_repeated_after_a_truncated_response_but_not_after_a_large_one() -> None:
    waits: list[str] = []
    hooks = SendHooks(on_wait=lambda _seconds, reason: waits.append(reason), sleep=Sleep())
    for faults, attempts in (((fault.cut_in_body, fault.accept), 2), ((fault.bomb,), 1)):
        with FaultServer(faults) as server:
            plan = plan_to(server.base_url)._replace(operation=load_operation("get-campaign"))
            assert read(plan, None, hooks).attempts == attempts
    assert [reason.partition(" ")[2] for reason in waits] == [
        "responded with HTTP 201, but the response was truncated"
    ]


def test_wait_longer_than_max_wait_is_reported_and_not_made(ledger: Ledger) -> None:
    sleep = Sleep()
    with FaultServer((limited("90", words="Rate limit exceeded"),)) as server:
        delivery = deliver(plan_to(server.base_url), ledger, Tokens(), SendHooks(sleep=sleep))
    assert sleep.slept == 0
    found = delivery.findings[0]
    assert found.code == "rate-limited"
    assert "for 90 s" in found.message
    assert "in 90 s" in found.fix
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
            UsageError("others can read it", fix="`chmod 600 x`"),
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


def test_token_for_another_host_is_not_sent(ledger: Ledger) -> None:
    with FaultServer((fault.accept,)) as server:
        plan = plan_to(server.base_url)
        other = plan.request._replace(url=plan.request.url.replace("127.0.0.1", "localhost"))
        delivery = deliver(plan._replace(request=other), ledger, Tokens())
    assert (delivery.outcome, delivery.exit_code) == (Outcome.UNDELIVERED, ExitCode.CREDENTIALS)
    assert server.connections == 0
    check_record(ledger, delivery)


def test_nothing_is_recorded_without_a_first_token(ledger: Ledger) -> None:
    def none(_: bool) -> Token:  # noqa: FBT001 - the sender's interface
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


def test_engagement_header_of_the_user_comes_first(ledger: Ledger) -> None:
    with FaultServer((answer(201, {**fault.IDS, "X-Mine": "mine"}),)) as server:
        plan = plan_to(server.base_url, engagement_place="header:x-mine")
        delivery = deliver(plan, ledger, Tokens())
    assert (delivery.engagement_id, delivery.engagement_id_source) == ("mine", "header:x-mine")


@pytest.mark.parametrize(
    ("headers", "body", "source"),
    [
        ({"engagement-id": "i"}, {"engagementId": "b", "id": "c"}, "header:Engagement-Id"),
        ({}, {"engagementId": "i", "id": "c"}, "body:/engagementId"),
        ({"Location": "/x/l"}, {"engagementId": True, "id": "i"}, "body:/id"),
        ({"X-Engagement-Id": " "}, {"engagementId": "", "id": "i"}, "body:/id"),
        ({"X-Engagement-Id": "x" * 300}, {"engagementId": {"id": 1}, "id": "i"}, "body:/id"),
        ({"Location": "https://elsewhere.invalid/things/i/?q=1"}, [1], "location"),
    ],
)
def test_engagement_id_is_found_in_each_declared_place(
    ledger: Ledger, headers: dict[str, str], body: Any, source: str
) -> None:
    with FaultServer((answer(201, headers, body),)) as server:
        delivery = deliver(plan_to(server.base_url), ledger, Tokens())
    assert (delivery.engagement_id, delivery.engagement_id_source) == ("i", source)


def test_correlation_id_is_read_from_headers_or_body(ledger: Ledger) -> None:
    newer = {"ININ-Correlation-Id": "old", "Genesys-Correlation-Id": "new"}
    faults = (refused(400, newer), refused(400, {}, {"contextId": "body"}), refused(400))
    with FaultServer(faults) as server:
        plan = plan_to(server.base_url)
        found = [deliver(plan, ledger, Tokens()).correlation_id for _ in faults]
    assert found == ["new", "body", None]


REFUSALS: dict[str, tuple[Fault, list[str], list[str]]] = {
    "fields": (
        refused(400, {}, {"message": "bad", "code": "invalid.value", "details": [{"errorCode": "x", "fieldName": "contactId"}, "y"]}),
        ["value-not-allowed"],  # one cause, one finding, at the field that the API names
        ["the API says: bad (invalid.value)"],
    ),
    "user context": (refused(400, {}, {"code": "not.a.user"}), ["token-user-context"], ["not.a.user"]),
    "no page": (refused(404), ["not-found", "path-unpublished"], ["POST /api/v2/outbound/campaigns/{campaignId}/start"]),
    "no method": (refused(405), ["method-unpublished", "path-unpublished"], []),
    "permission": (refused(403, {}, {"message": "missing [x]", "code": "missing.permissions"}), ["permission-missing"], ["missing [x]", "scope"]),
    "a number in it": (refused(400, {}, {"message": f"bad number {NUMBER}"}), ["not-provable"], ["+*******0100"]),
    "a limit": (refused(400, {}, {"message": "m", "limit": {"key": "k", "value": 3}}), ["not-provable"], ["limit `k` is 3"]),
    "nothing but a reason phrase": (refused(400), ["not-provable"], ["the API says: Because"]),
    "a list": (refused(400, {}, [1, 2]), ["not-provable"], ["the API says: Because"]),
    "nonsense": (refused(400, {}, {"message": {"a": 1}, "details": 7, "code": []}), ["not-provable"], []),
    "a redirect": (refused(307, {"Location": "https://u:p@other.invalid/x?token=abc"}), ["host-unknown"], ["`other.invalid`"]),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSALS)
def test_refusal_names_the_cause_of_the_platform(ledger: Ledger, name: str) -> None:
    refusal, codes, words = REFUSALS[name]
    with FaultServer((refusal,)) as server:
        delivery = deliver(plan_to(server.base_url), ledger, Tokens())
    assert [finding.code for finding in delivery.findings] == codes
    text = "\n".join(f"{found.message} {found.why} {found.fix}" for found in delivery.findings)
    for word in words:
        assert word in text
    assert NUMBER not in text
    assert "abc" not in text
    assert "u:p" not in text


def test_unknown_outcome_says_how_to_resolve_it(ledger: Ledger) -> None:
    with FaultServer((answer(500, {}, {"message": "oops"}),)) as server:
        delivery = deliver(plan_to(server.base_url), ledger, Tokens())
    found = delivery.findings[0]
    assert found.code == "outcome-unknown"
    assert "the call may have been placed" in found.message
    assert "HTTP 500" in found.message
    assert "oops" in found.message
    assert f"`cxcall history resolve {delivery.id} --placed`" in found.fix


def interrupt(_: object = None) -> None:
    main = threading.main_thread().ident
    assert main is not None
    signal.pthread_kill(main, signal.SIGINT)


def test_interrupt_after_the_request_left_is_unknown(ledger: Ledger) -> None:
    with FaultServer((fault.but(fault.never_answer, interrupt),)) as server:
        delivery = deliver(plan_to(server.base_url), ledger, Tokens())
    assert (delivery.outcome, delivery.exit_code) == (Outcome.UNKNOWN, ExitCode.UNKNOWN)
    assert server.rung == 1
    check_record(ledger, delivery)
    check_findings(delivery)


def test_interrupt_before_the_request_left_is_undelivered(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = threading.Event()

    def wait(*_: Any, **__: Any) -> None:
        interrupt()
        gone.wait(10)
        raise socket.gaierror

    with FaultServer((fault.accept,)) as server:
        monkeypatch.setattr(socket, "getaddrinfo", wait)
        delivery = deliver(plan_to(server.base_url), ledger, Tokens())
        gone.set()
    assert_stopped(ledger, delivery)
    assert server.connections == 0


def assert_stopped(ledger: Ledger, delivery: Delivery) -> None:
    assert (delivery.outcome, delivery.exit_code) == (Outcome.UNDELIVERED, ExitCode.INTERRUPTED)
    check_record(ledger, delivery)
    check_findings(delivery)


def test_interrupt_during_a_retry_wait_is_undelivered(ledger: Ledger) -> None:
    with FaultServer((limited("5"), fault.accept)) as server:
        delivery = deliver(plan_to(server.base_url), ledger, Tokens(), SendHooks(sleep=interrupt))
    assert_stopped(ledger, delivery)
    assert (server.whole, server.rung) == (1, 0)


def test_interrupt_while_a_token_is_renewed_is_undelivered(ledger: Ledger) -> None:
    tokens = Tokens()

    def slow(fresh: bool) -> Token:  # noqa: FBT001 - the sender's interface
        if fresh:
            raise KeyboardInterrupt
        return tokens(fresh)

    with FaultServer((refused(401), fault.accept)) as server:
        delivery = deliver(plan_to(server.base_url), ledger, slow)
    assert_stopped(ledger, delivery)
    assert server.whole == 1


@pytest.mark.slow
def test_wait_for_a_slot_does_not_count_against_the_timeout(ledger: Ledger) -> None:
    def wait_for_slot() -> None:
        threading.Event().wait(1.1)

    turn = SendHooks(wait_for_slot=wait_for_slot)
    with FaultServer((fault.accept,)) as server:
        delivery = deliver(plan_to(server.base_url, timeout=1.0), ledger, Tokens(), turn)
    assert (delivery.outcome, server.rung) == (Outcome.ACCEPTED, 1)


@pytest.mark.parametrize("step", ["begin", "record_not_processed", "record_attempt"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_during_a_ledger_write_is_deferred(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, step: str, number: signal.Signals
) -> None:
    before = {known: signal.getsignal(known) for known in (signal.SIGINT, signal.SIGTERM)}
    write = getattr(ledger, step)

    def write_and_signal(*arguments: Any, **more: Any) -> Any:
        signal.raise_signal(number)
        return write(*arguments, **more)

    monkeypatch.setattr(ledger, step, write_and_signal)
    handler = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with FaultServer((limited("1"), fault.accept)) as server:
            delivery = deliver(plan_to(server.base_url), ledger, Tokens(), SendHooks(sleep=Sleep()))
    finally:
        signal.signal(signal.SIGTERM, handler)
    assert_stopped(ledger, delivery)
    assert server.rung == 0
    assert {known: signal.getsignal(known) for known in before} == before


@pytest.mark.parametrize("fault_", [fault.accept, fault.reset_after_body, refused(400)])
def test_signal_while_the_outcome_is_written_does_not_change_it(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, fault_: Fault
) -> None:
    write = ledger.record_outcome

    def write_and_signal(*arguments: Any, **more: Any) -> None:
        signal.raise_signal(signal.SIGINT)
        write(*arguments, **more)

    with FaultServer((fault_,)) as server:
        monkeypatch.setattr(ledger, "record_outcome", write_and_signal)
        delivery = deliver(plan_to(server.base_url), ledger, Tokens())
    assert delivery.exit_code in (0, 5, 8)
    check_record(ledger, delivery)


def test_signal_before_the_record_sends_nothing(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **_more: Any) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(ledger, "begin", refuse)
    with FaultServer((fault.accept,)) as server, pytest.raises(KeyboardInterrupt):
        deliver(plan_to(server.base_url), ledger, Tokens())
    assert server.connections == 0


def test_signal_that_was_deferred_before_the_delivery_sends_nothing(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signals, "deferred", [signal.SIGTERM])
    with FaultServer((fault.accept,)) as server:
        delivery = deliver(plan_to(server.base_url), ledger, Tokens())
    assert_stopped(ledger, delivery)
    assert server.connections == 0
    assert signals.deferred == []


def test_delivery_in_a_thread_keeps_signal_handlers(tmp_path: Path) -> None:
    found: list[Delivery] = []

    def send(base_url: str) -> None:
        with Ledger.open(tmp_path / "state") as ledger:
            found.append(deliver(plan_to(base_url), ledger, Tokens()))

    with FaultServer((fault.accept,)) as server:
        thread = threading.Thread(target=send, args=(server.base_url,))
        thread.start()
        thread.join(20)
    assert [result.outcome for result in found] == [Outcome.ACCEPTED]


def break_ledger(folder: Path) -> None:
    """Remove the ledger's files, so that later writes are lost."""
    for file in folder.glob("ledger.*"):
        file.unlink()


@pytest.mark.parametrize(
    ("fault_", "outcome"),
    [
        (fault.accept, Outcome.ACCEPTED),
        (fault.reset_after_body, Outcome.UNKNOWN),
        (refused(400), Outcome.REFUSED),
    ],
)
def test_ledger_failure_after_sending_does_not_hide_the_outcome(
    ledger: Ledger, tmp_path: Path, fault_: Fault, outcome: Outcome
) -> None:
    broken = fault.but(fault_, lambda _peer: break_ledger(tmp_path / "state"))
    with FaultServer((broken,)) as server:
        delivery = deliver(plan_to(server.base_url), ledger, Tokens())
    assert delivery.outcome is outcome
    last = delivery.findings[-1]
    assert (last.severity, last.code) == (Severity.WARNING, "ledger")
    assert delivery.id in last.fix


def test_ledger_failure_between_attempts_prevents_the_retry(ledger: Ledger, tmp_path: Path) -> None:
    with FaultServer((limited("1"), fault.accept)) as server:
        delivery = deliver(
            plan_to(server.base_url),
            ledger,
            Tokens(),
            SendHooks(sleep=lambda _: break_ledger(tmp_path / "state")),
        )
    assert (delivery.outcome, delivery.exit_code) == (Outcome.UNDELIVERED, ExitCode.UNDELIVERED)
    assert (server.whole, server.rung) == (1, 0)
    assert [found.code for found in delivery.findings] == ["rate-limited", "ledger", "ledger"]


def test_nothing_is_sent_when_the_ledger_cannot_be_written(ledger: Ledger, tmp_path: Path) -> None:
    break_ledger(tmp_path / "state")
    with FaultServer((fault.accept,)) as server, pytest.raises(LedgerError):
        deliver(plan_to(server.base_url), ledger, Tokens())
    assert server.connections == 0


KILLED = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from helpers.deliveries import Tokens, plan_to
from cxcall.sending.request_sender import deliver
from cxcall.ledger.ledger import Ledger
with Ledger.open(Path(sys.argv[2])) as ledger:
    deliver(plan_to(sys.argv[1]), ledger, Tokens())
"""


@pytest.mark.slow
def test_killed_process_leaves_the_delivery_unknown(ledger: Ledger, tmp_path: Path) -> None:
    arrived = threading.Event()
    silent = fault.but(fault.never_answer, lambda _peer: arrived.set())
    with FaultServer((silent, fault.accept)) as server:
        here = str(Path(__file__).parents[1])
        started = subprocess.Popen(
            [sys.executable, "-c", KILLED, server.base_url, str(tmp_path / "state"), here]
        )
        try:
            assert arrived.wait(30)
        finally:
            started.kill()
            started.wait(30)
        record = ledger.last()
        assert record is not None
        assert record.outcome is Outcome.UNKNOWN
        with pytest.raises(AlreadySentError):
            deliver(plan_to(server.base_url), ledger, Tokens())
    assert server.rung == 1


def test_ledger_keeps_neither_numbers_nor_the_query(ledger: Ledger) -> None:
    with FaultServer((fault.accept,)) as server:
        plan = plan_to(server.base_url)
        url = f"{server.base_url}/numbers/{NUMBER.replace('+', '%2B')}?key=secret"
        delivery = deliver(plan._replace(request=plan.request._replace(url=url)), ledger, Tokens())
    record = ledger.get(delivery.id)
    assert "2025550100" not in record.target
    assert "secret" not in record.target
    assert record.numbers == ("+*******0100",)
