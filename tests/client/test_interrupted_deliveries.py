"""A signal handler of the program may raise any exception while a request is sent: its delivery is recorded."""

from __future__ import annotations

import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from random import Random
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import pytest

import cxcall
from cxcall import Client, InterruptedDelivery, Outcome
from cxcall.batch.row_sender import THREAD_NAME
from cxcall.findings.errors import StoppedError
from cxcall.sending.configured_ledger import open_ledger
from cxcall.transport.exchange import _Call
from helpers.command import CONTACT
from helpers.interrupts import (
    SIGNAL,
    TooLateError,
    handler_that_raises,
    interrupt,
    is_end_of_with_block,
)
from helpers.platform_server import Platform, Reply
from helpers.work import examples

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import FrameType

    from cxcall.ledger.record_types import Record

BODY = {"contactId": CONTACT, "reasonCode": "x"}
PACKAGE = str(Path(cxcall.__file__).parent)


class SlowPlatform(Platform):
    """A platform that sends this process a signal at a request, and responds when the test is over."""

    def __init__(self) -> None:
        super().__init__(self._answer)
        self.over = Event()
        self.is_slow = True

    def _answer(self, _body: Any, _count: int) -> Reply:
        if self.is_slow:
            interrupt()
            self.over.wait(30)
        return Reply()


@pytest.fixture
def platform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SlowPlatform]:
    with SlowPlatform() as running:
        settings = {
            "CXCALL_STATE_DIR": str(tmp_path / "state"),
            "CXCALL_CONFIG_DIR": str(tmp_path / "config"),
            "CXCALL_BASE_URL": running.base_url,
            "CXCALL_ACCESS_TOKEN": "token",
        }
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(tmp_path)
        yield running
        running.over.set()


def records() -> list[Record]:
    with open_ledger() as ledger:
        return list(ledger.records())


@pytest.mark.parametrize(
    "error", [TooLateError("late"), TimeoutError(), SystemExit(3), KeyboardInterrupt()]
)
def test_exception_of_a_handler_during_a_send_is_an_interruption(
    platform: SlowPlatform, error: BaseException
) -> None:
    with handler_that_raises(error), Client() as client:
        with pytest.raises(InterruptedDelivery) as raised:
            client.send("personal-connection", BODY, yes=True)
        delivery = raised.value.delivery
        assert raised.value.__cause__ is (None if isinstance(error, KeyboardInterrupt) else error)
        assert (delivery.outcome, delivery.is_recorded) == (Outcome.UNKNOWN, True)
        (record,) = records()
        assert (record.id, record.outcome) == (delivery.id, Outcome.UNKNOWN)
        assert record.ended_at is not None
        with pytest.raises(StoppedError, match=delivery.id):
            client.send("personal-connection", BODY, yes=True)
    assert sum(platform.seen.values()) == 1


def test_exception_before_the_request_leaves_is_raised_itself(
    platform: SlowPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform.is_slow = False
    with handler_that_raises(TooLateError()), Client() as client:
        with monkeypatch.context() as changed:
            changed.setattr(_Call, "start", lambda *_: interrupt())
            with pytest.raises(TooLateError):
                client.send("personal-connection", BODY, yes=True)
        assert [each.outcome for each in records()] == [Outcome.UNDELIVERED]
        assert client.send("personal-connection", BODY, yes=True).outcome is Outcome.ACCEPTED
    assert platform.rung == 1


@pytest.mark.slow
def test_exception_during_a_batch_ends_it_after_the_rows_in_flight(platform: SlowPlatform) -> None:
    rows = [{**BODY, "reasonCode": str(number)} for number in range(8)]
    with handler_that_raises(TooLateError()), Client() as client:
        batch = client.batch("personal-connection", rows, confirm=8, concurrency=2)
        platform.over.set()
        with batch, pytest.raises(TooLateError):
            list(batch)
        sent = records()
        assert {each.outcome for each in sent} == {Outcome.ACCEPTED}
        left = len(rows) - len(sent)
        platform.is_slow = False
        with client.batch("personal-connection", rows, resume=True, confirm=left) as again:
            assert {each.outcome for each in again} == {Outcome.ACCEPTED}
    assert [*platform.dials.values()] == [1] * len(rows)


@pytest.mark.slow
def test_second_exception_during_a_batch_does_not_end_the_wait_for_its_rows(
    platform: SlowPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    raised, is_waiting, has_ended = Event(), Event(), Event()
    shut_down = ThreadPoolExecutor.shutdown

    def shut_down_visibly(pool: ThreadPoolExecutor, *, wait: bool = True) -> None:
        is_waiting.set()
        shut_down(pool, wait=wait)

    def raise_twice(_number: int, _frame: FrameType | None) -> None:
        if is_waiting.is_set():
            raised.set()
        raise TooLateError

    def answer(_body: Any, _count: int) -> Reply:
        interrupt()
        is_waiting.wait(30)
        interrupt()
        raised.wait(30)
        has_ended.wait(0.2)
        return Reply()

    platform.answer = answer
    monkeypatch.setattr(ThreadPoolExecutor, "shutdown", shut_down_visibly)
    with handler_that_raises(TooLateError()), Client() as client:
        signal.signal(SIGNAL, raise_twice)
        with (
            client.batch("personal-connection", [BODY], confirm=1) as batch,
            pytest.raises(TooLateError),
        ):
            list(batch)
        sent = records()
        has_ended.set()
    assert {each.outcome for each in sent} == {Outcome.ACCEPTED}


@pytest.mark.slow
def test_exception_during_the_start_of_a_thread_does_not_end_the_wait_for_its_row(
    platform: SlowPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    has_arrived, has_ended = Event(), Event()
    start = Thread.start

    def start_and_raise(thread: Thread) -> None:
        start(thread)
        if thread.name.startswith(THREAD_NAME):
            has_arrived.wait(30)
            raise TooLateError

    def answer(_body: Any, _count: int) -> Reply:
        has_arrived.set()
        has_ended.wait(0.2)
        return Reply()

    platform.answer = answer
    monkeypatch.setattr(Thread, "start", start_and_raise)
    with Client() as client:
        with (
            client.batch("personal-connection", [BODY], confirm=1) as batch,
            pytest.raises(TooLateError),
        ):
            list(batch)
        sent = records()
        has_ended.set()
    assert [each.outcome for each in sent] == [Outcome.ACCEPTED]


class Tracer:
    """Raises TooLateError at one of the lines of cxcall at which the main thread runs handlers, or counts them."""

    def __init__(self, at: int = -1) -> None:
        self.at, self.lines = at, 0

    def __call__(self, frame: FrameType, event: str, _arg: Any) -> Any:
        """Trace the functions of cxcall."""
        if event == "call" and not frame.f_code.co_filename.startswith(PACKAGE):
            return None
        if event == "line" and not is_end_of_with_block(frame):
            self.lines += 1
            if self.lines == self.at:
                raise TooLateError
        return self


def send_with(
    tracer: Tracer, client: Client, body: Mapping[str, str] = BODY
) -> BaseException | None:
    sys.settrace(tracer)
    try:
        client.send("personal-connection", body, yes=True)
    except BaseException as error:  # noqa: BLE001 - the test looks at it
        return error
    finally:
        sys.settrace(None)
    return None


@pytest.mark.slow
def test_exception_at_any_line_never_lets_a_request_be_sent_twice(
    platform: SlowPlatform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform.is_slow = False
    with Client() as client:
        counting = Tracer()
        assert send_with(counting, client) is None
    for at in sorted(Random(7).sample(range(1, counting.lines), examples(200))):
        monkeypatch.setenv("CXCALL_STATE_DIR", str(tmp_path / f"state-{at}"))
        monkeypatch.setenv("CXCALL_CONFIG_DIR", str(tmp_path / f"config-{at}"))
        body = {
            **BODY,
            "reasonCode": str(at),
        }  # a server may count a request after the next step began
        with Client() as client:
            error = send_with(Tracer(at), client, body)
            if isinstance(error, InterruptedDelivery):
                assert error.delivery.id in {each.id for each in records()}
            with suppress(StoppedError):
                client.send("personal-connection", body, yes=True)
    assert {request: count for request, count in platform.dials.items() if count > 1} == {}
