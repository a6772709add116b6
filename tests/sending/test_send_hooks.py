"""A delivery calls its hooks and the ledger before each attempt, so that none is sent without permission."""

from __future__ import annotations

import signal
from contextlib import ExitStack
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from cxcall.findings.errors import StoppedError, UsageError
from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.findings.finding import Finding
from cxcall.ledger.calls_to_people import TooManyCallsError
from cxcall.ledger.errors import LedgerError
from cxcall.ledger.ledger import Ledger
from cxcall.ledger.record_types import Record
from cxcall.ledger.stored_values import time_in_flight
from cxcall.sending import request_sender
from cxcall.sending.request_sender import deliver
from cxcall.sending.send_plan import SendHooks
from cxcall.transport.exchange import exchange
from cxcall.transport.requested_waits import SendPostponedError
from helpers import fault_server as fault
from helpers.cases import each_case
from helpers.deliveries import Tokens, limited, plan_to
from helpers.fault_server import FaultServer, refused


def sleep(_seconds: float) -> None:
    """Return at once."""


def refuse(_delivery: str) -> None:
    raise StoppedError(Finding.error("claim-lost", "ledger", "another worker has the row"))


def test_fence_is_asked_with_the_delivery_before_each_attempt(ledger: Ledger) -> None:
    fenced: list[str] = []
    with FaultServer((limited("1"), refused(401), fault.accept)) as server:
        hooks = SendHooks(sleep=sleep, fence=fenced.append)
        delivery = deliver(plan_to(server.base_url), ledger, Tokens(), hooks)
    assert (delivery.outcome, server.whole) == (Outcome.ACCEPTED, 3)
    assert fenced == [delivery.id] * 3


def test_attempt_in_flight_is_recorded_with_its_number(ledger: Ledger) -> None:
    recorded: list[tuple[int, Outcome]] = []

    def note(_exchange: object) -> None:
        recorded.extend((each.attempts, each.outcome) for each in ledger.records())

    with FaultServer((limited("1"), refused(401), fault.accept)) as server:
        hooks = SendHooks(sleep=sleep, on_exchange=note)
        deliver(plan_to(server.base_url), ledger, Tokens(), hooks)
    assert recorded == [(attempt, Outcome.UNKNOWN) for attempt in (1, 2, 3)]


def test_401_for_a_request_without_credentials_is_not_sent_again(ledger: Ledger) -> None:
    with FaultServer((refused(401), fault.accept)) as server:
        delivery = deliver(plan_to(server.base_url), ledger, None)
    assert (delivery.outcome, server.whole) == (Outcome.REFUSED, 1)


def test_fence_that_refuses_lets_no_attempt_leave(ledger: Ledger) -> None:
    with (
        FaultServer((fault.accept,)) as server,
        pytest.raises(StoppedError, match="another worker"),
    ):
        deliver(plan_to(server.base_url), ledger, Tokens(), SendHooks(fence=refuse))
    assert server.connections == 0
    assert list(ledger.records()) == []


def test_fence_that_refuses_the_second_attempt_leaves_the_request_undelivered(
    ledger: Ledger,
) -> None:
    asked: list[str] = []

    def refuse_again(delivery: str) -> None:
        asked.append(delivery)
        if len(asked) > 1:
            refuse(delivery)

    with FaultServer((limited("1"), fault.accept)) as server:
        hooks = SendHooks(sleep=sleep, fence=refuse_again)
        result = deliver(plan_to(server.base_url), ledger, Tokens(), hooks)
    assert (server.whole, server.rung) == (1, 0)
    assert (result.outcome, result.exit_code) == (Outcome.UNDELIVERED, ExitCode.STOPPED)
    assert ledger.get(result.id).outcome is Outcome.UNDELIVERED


def test_limit_of_calls_is_checked_when_the_intent_is_recorded(ledger: Ledger) -> None:
    with FaultServer((fault.accept, fault.accept)) as server:
        plan = plan_to(server.base_url, max_attempts="1/day")._replace(again=True)
        assert deliver(plan, ledger, Tokens()).outcome is Outcome.ACCEPTED
        with pytest.raises(TooManyCallsError):
            deliver(plan, ledger, Tokens())
    assert server.rung == 1


def test_request_that_was_held_back_has_all_of_its_attempts_left(ledger: Ledger) -> None:
    held = iter(range(5))

    def wait_for_slot() -> None:
        for _ in held:
            raise SendPostponedError

    on_unused_connections = (fault.accept,) * 5
    with FaultServer((*on_unused_connections, limited("1"), limited("1"), fault.accept)) as server:
        hooks = SendHooks(sleep=sleep, wait_for_slot=wait_for_slot)
        delivery = deliver(plan_to(server.base_url), ledger, Tokens(), hooks)
    assert server.rung == 1
    assert (delivery.outcome, delivery.attempts) == (Outcome.ACCEPTED, 3)


def test_waits_of_one_delivery_together_are_not_longer_than_max_wait(ledger: Ledger) -> None:
    waits: list[float] = []
    with FaultServer((limited("40"), limited("40"), fault.accept)) as server:
        hooks = SendHooks(sleep=waits.append)
        delivery = deliver(plan_to(server.base_url, max_wait=60), ledger, Tokens(), hooks)
    assert server.rung == 0
    assert (delivery.outcome, waits) == (Outcome.UNDELIVERED, [40.0])


@pytest.mark.slow
@pytest.mark.parametrize("by_signal", [False, True], ids=["hook", "signal"])
@pytest.mark.parametrize(
    "step", ["begin", "record_not_processed", "record_attempt", "record_outcome"]
)
def test_interrupt_ends_each_wait_for_the_ledger(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, step: str, *, by_signal: bool
) -> None:
    write = getattr(ledger, step)
    asked: list[bool] = []

    def ask(*arguments: Any, **more: Any) -> Any:
        if by_signal:
            signal.raise_signal(signal.SIGINT)
        asked.extend(each() for each in (*arguments, *more.values()) if is_question(each))
        return write(*arguments, **more)

    monkeypatch.setattr(ledger, step, ask)
    hooks = SendHooks(sleep=sleep, is_interrupted=lambda: not by_signal)
    with FaultServer((limited("1"), fault.accept)) as server:
        deliver(plan_to(server.base_url), ledger, Tokens(), hooks)
    assert asked == [True]


def is_question(value: object) -> bool:
    """Return whether an argument is the function that says whether a wait is cancelled."""
    return callable(value) and getattr(value, "__name__", "") == "is_interrupted"


@pytest.mark.parametrize("error", [OSError, ValueError, KeyboardInterrupt])
def test_no_error_of_the_record_hides_the_outcome(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error("while the outcome is recorded")

    monkeypatch.setattr(ledger, "record_outcome", fail)
    with FaultServer((fault.accept,)) as server:
        delivery = deliver(plan_to(server.base_url), ledger, Tokens())
    assert (delivery.outcome, delivery.is_recorded) == (Outcome.ACCEPTED, False)
    assert delivery.findings[-1].code == "ledger"


@pytest.mark.parametrize("when", ["before", "after"])
def test_signal_beside_the_exchange_leaves_the_delivery_unknown(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    def interrupt(*arguments: Any, **more: Any) -> None:
        if when == "after":
            exchange(*arguments, **more)
        raise KeyboardInterrupt

    monkeypatch.setattr(request_sender, "send_request", interrupt)
    with FaultServer((fault.accept,)) as server:
        delivery = deliver(plan_to(server.base_url), ledger, Tokens())
    assert (delivery.outcome, delivery.exit_code) == (Outcome.UNKNOWN, ExitCode.UNKNOWN)
    assert ledger.get(delivery.id).is_unresolved


def test_signal_after_a_refusal_was_read_keeps_its_outcome(ledger: Ledger) -> None:
    def interrupt(_exchange: object) -> None:
        raise KeyboardInterrupt

    for answer, outcome in (
        (fault.accept, Outcome.ACCEPTED),
        (refused(400), Outcome.REFUSED),
        (fault.reset_after_body, Outcome.UNKNOWN),
        (limited("1"), Outcome.UNDELIVERED),
        (refused(401), Outcome.UNDELIVERED),
    ):
        with FaultServer((answer,)) as server:
            hooks = SendHooks(on_exchange=interrupt)
            plan = plan_to(server.base_url)._replace(again=True)  # its port may be used again
            delivery = deliver(plan, ledger, Tokens(), hooks)
        assert delivery.outcome is outcome, answer


def test_error_after_a_response_was_read_keeps_its_outcome(ledger: Ledger) -> None:
    """Such as that of a database that is away while all machines are to pause."""

    def fail(_exchange: object) -> None:
        raise LedgerError("the ledger cannot be reached", "try again")

    for answer, outcome in (
        (fault.accept, Outcome.ACCEPTED),
        (refused(400), Outcome.REFUSED),
        (fault.reset_after_body, Outcome.UNKNOWN),
    ):
        with FaultServer((answer,)) as server:
            hooks = SendHooks(on_exchange=fail)
            plan = plan_to(server.base_url)._replace(again=True)  # its port may be used again
            delivery = deliver(plan, ledger, Tokens(), hooks)
        assert delivery.outcome is outcome, answer


def test_error_of_a_signal_handler_does_not_mean_that_nothing_was_sent(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_call: object, _timeout: float) -> None:
        while not server.whole:
            pass
        raise UsageError("of the program", where="usage")

    monkeypatch.setattr("cxcall.transport.exchange._Call.wait", fail)
    with FaultServer((fault.accept,)) as server:
        with pytest.raises(UsageError, match="of the program"):
            deliver(plan_to(server.base_url), ledger, Tokens())
        [record] = ledger.records()
    assert record.outcome in (Outcome.ACCEPTED, Outcome.UNKNOWN)


def set_clock(monkeypatch: pytest.MonkeyPatch, clock: str, seconds: list[float]) -> None:
    """Set the time since the start of the machine, or only the time of day, as after a pause of a virtual machine."""
    if clock == "uptime":
        monkeypatch.setattr(request_sender, "uptime", lambda: seconds[0])
    else:
        time_of_day = SimpleNamespace(time=lambda: 1.8e9 + seconds[0])
        monkeypatch.setattr(request_sender, "time", time_of_day)


@pytest.mark.parametrize("clock", ["uptime", "time of day"])
def test_process_that_was_stopped_past_its_limit_records_the_attempt_again(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, clock: str
) -> None:
    """While the first attempt waits for its turn, more time passes than the ledger counts as in flight."""
    seconds = [0.0]
    recorded: list[int] = []
    set_clock(monkeypatch, clock, seconds)

    def wait() -> None:
        recorded.extend(each.attempts for each in ledger.records())
        seconds[0] += 3600.0 * (len(recorded) == 1)

    with FaultServer((fault.accept,)) as server:
        hooks = SendHooks(sleep=sleep, wait_for_slot=wait)
        delivery = deliver(plan_to(server.base_url), ledger, Tokens(), hooks)
    assert (delivery.outcome, delivery.attempts, server.whole) == (Outcome.ACCEPTED, 1, 1)
    assert recorded == [1, 2]


@pytest.mark.parametrize("clock", ["uptime", "time of day"])
@pytest.mark.parametrize("database", ["sqlite", "postgres"])
@pytest.mark.parametrize("placed", [True, False])
def test_process_that_was_stopped_until_its_delivery_was_resolved_sends_nothing(
    request: pytest.FixtureRequest,
    ledger: Ledger,
    monkeypatch: pytest.MonkeyPatch,
    clock: str,
    database: str,
    *,
    placed: bool,
) -> None:
    seconds = [0.0]
    set_clock(monkeypatch, clock, seconds)
    with ExitStack() as stack:
        server = stack.enter_context(FaultServer((fault.accept,)))
        here = there = ledger
        if database == "postgres":
            url = request.getfixturevalue("postgres_url")
            here, there = (stack.enter_context(Ledger.open_shared(url)) for _ in "ab")

        def wait() -> None:
            (record,) = there.records()
            there.resolve(record.id, placed=placed, force=True)
            seconds[0] += 3600.0

        hooks = SendHooks(sleep=sleep, wait_for_slot=wait)
        delivery = deliver(plan_to(server.base_url), here, Tokens(), hooks)
        assert (delivery.outcome, delivery.exit_code) == (Outcome.UNDELIVERED, ExitCode.STOPPED)
        assert "was resolved as" in delivery.findings[0].message
        record = here.get(delivery.id)
        assert record.was_placed is placed
        assert placed or record.outcome is Outcome.UNDELIVERED
        assert server.whole == 0


def test_process_that_is_stopped_within_its_request_sends_no_more_of_it() -> None:
    """The head of the request has left: its result is not certain."""
    late = iter((False, True))
    with FaultServer((fault.accept,)) as server:
        plan = plan_to(server.base_url)
        done = exchange(plan.request, timeout=5.0, is_late=lambda: next(late))
    assert (done.may_be_sent, done.response, server.whole) == (True, None, 0)


def test_limit_of_an_attempt_ends_after_its_response(ledger: Ledger) -> None:
    with FaultServer((fault.accept,)) as server:
        plan = plan_to(server.base_url)
        ends: list[Record] = []
        hooks = SendHooks(on_exchange=lambda _: ends.extend(ledger.records()))
        deliver(plan, ledger, Tokens(), hooks)
    (record,) = ends
    assert record.latest_end
    seconds = (record.latest_end - record.at).total_seconds()
    assert plan.start_seconds + plan.settings.timeout < seconds < 3600


@each_case(
    "seconds, boot, days",
    [
        (0, "boot", 1),
        (60, "", 1),
        (200_000, "", 200_900 / 86400),
        (200_000, "boot", 200_900 / 86400),
    ],
    quick=2,
)
def test_attempt_may_be_in_flight_for_its_limit_and_a_day_without_a_certain_clock(
    seconds: int, boot: str, days: float
) -> None:
    event = {"time_limit": seconds, "boot": boot}
    assert time_in_flight(event) == timedelta(days=days)
