"""The rate limiter adapts to the API: slower after a 429, paused until the window opens."""

from __future__ import annotations

import json
import signal
from contextlib import nullcontext
from threading import Thread, Timer
from typing import TYPE_CHECKING, Any

import pytest

from cxcall.batch import rate_limiter
from cxcall.batch.rate_limiter import Rate, RateLimiter, RateLimitSlot, SharedRateLimiter
from cxcall.findings.errors import UsageError
from cxcall.transport.http_messages import Exchange, HttpRequest, HttpResponse
from cxcall.transport.requested_waits import SendPostponedError
from helpers.cases import each_case
from helpers.interrupts import tracing
from helpers.platform_server import Platform, Reply

if TYPE_CHECKING:
    from helpers.command import Cxcall

RATE = Rate(100, 1.0)
REQUEST = HttpRequest("POST", "http://127.0.0.1:1/calls", {}, b"{}")


def respond(limiter: RateLimiter, status: int, **headers: str) -> None:
    """Update the limiter from a response to a request that was sent."""
    response = HttpResponse(status, "", headers, b"")
    limiter.update_from_response(Exchange(REQUEST, response, may_be_sent=True))


@pytest.mark.parametrize("status", [429, 503])
def test_requests_are_spaced_wider_after_the_api_refuses_for_its_limit(status: int) -> None:
    limiter = RateLimiter(RATE, max_wait=60)
    even = limiter.interval
    respond(limiter, status)
    assert limiter.interval > even
    for _ in range(100):
        respond(limiter, status)
    assert limiter.interval == 2 * even


def test_the_rate_returns_to_normal_after_accepted_requests() -> None:
    limiter = RateLimiter(RATE, max_wait=60)
    even = limiter.interval
    respond(limiter, 429)
    after_refusal = limiter.interval
    respond(limiter, 201)
    assert even < limiter.interval < after_refusal
    for _ in range(1000):
        respond(limiter, 201)
    assert limiter.interval == even


@pytest.mark.slow
def test_nothing_is_sent_until_the_window_of_the_api_opens_again(cxcall: Cxcall) -> None:
    contact = "12345678-1234-4234-8234-{:012}"
    rows = [{"contactId": contact.format(n), "reasonCode": "x"} for n in range(5)]
    file = cxcall.file("calls.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    window = {f"inin-ratelimit-{name}": "10" for name in ("allowed", "count")}

    def answer(_body: Any, _count: int) -> Reply:
        return Reply(headers={**window, "inin-ratelimit-reset": "3000"})

    words = ["--operation", "personal-connection", "--rate", "500/s", "--concurrency", "1"]
    with Platform(answer) as platform:
        cxcall.environment |= platform.environment | {"CXCALL_MAX_WAIT": "3600"}
        with cxcall.begin("batch", file, *words, "--confirm", "5", "-o", "jsonl") as process:
            assert platform.wait_for_rings(1)
            assert not platform.wait_for_rings(2, timeout=0.5)
            process.send_signal(signal.SIGINT)
            out, _ = process.communicate(timeout=60)
    summary = json.loads(out.splitlines()[-1])["data"]
    assert (summary["outcomes"], summary["notSent"]) == ({"accepted": 1}, 4)


@pytest.mark.parametrize(
    ("text", "interval", "shown"),
    [
        ("5/s", 0.2, "5/s"),
        ("300/m", 0.2, "300/m"),
        (" 1000 / Hour ", 3.6, "1000/h"),
        ("0.5/sec", 2.0, "0.5/s"),
        ("1/minute", 60.0, "1/m"),
    ],
)
def test_rate_is_parsed(text: str, interval: float, shown: str) -> None:
    rate = Rate.parse(text)
    assert (rate.interval, str(rate)) == (interval, shown)


@pytest.mark.parametrize("text", ["", "5", "0/s", "-1/s", "5/d", "1e3/s", "5/", "/s"])
def test_invalid_rate_is_rejected(text: str) -> None:
    with pytest.raises(UsageError):
        Rate.parse(text)


def test_wait_longer_than_max_wait_is_noted_and_does_not_pause() -> None:
    limiter = RateLimiter(RATE, max_wait=60)
    respond(limiter, 429, **{"Retry-After": "60"})
    assert limiter.excessive_wait is None
    assert 0 < limiter.wait_left <= 60  # what a command that is interrupted meanwhile says
    other = RateLimiter(RATE, max_wait=60)
    respond(other, 503, **{"Retry-After": "61"})
    assert other.excessive_wait == other.wait_left == 61.0
    assert other.acquire()
    other.wait_to_send(0.0)


@each_case("status, count", [(503, 300), (429, 7), (503, 7)])
def test_busy_server_is_waited_for_only_if_its_window_is_full(status: int, count: int) -> None:
    limiter = RateLimiter(RATE, max_wait=60)
    assert limiter.acquire()
    window = {"allowed": "300", "count": str(count), "reset": "59"}
    respond(limiter, status, **{f"inin-ratelimit-{name}": text for name, text in window.items()})
    with nullcontext() if (status, count) == (503, 7) else pytest.raises(SendPostponedError):
        limiter.wait_to_send(0.0)


def test_pause_holds_back_a_request_that_has_a_slot() -> None:
    limiter = RateLimiter(RATE, max_wait=60)
    slot = RateLimitSlot(limiter)
    assert slot.acquire()
    respond(limiter, 429, **{"Retry-After": "30"})
    with pytest.raises(SendPostponedError):
        slot.wait_to_send()


def test_shorter_pause_does_not_end_a_longer_one() -> None:
    limiter = RateLimiter(RATE, max_wait=60)
    assert limiter.acquire()
    for seconds in ("30", "0"):
        respond(limiter, 429, **{"Retry-After": seconds})
    with pytest.raises(SendPostponedError):
        limiter.wait_to_send(0.0)


def test_stop_ends_every_wait_for_a_slot() -> None:
    limiter = RateLimiter(RATE, max_wait=60)
    slot = RateLimitSlot(limiter)
    assert slot.acquire()
    limiter.stop()
    with pytest.raises(KeyboardInterrupt):
        slot.sleep(60)
    assert not slot.acquire()
    assert limiter.sleep(60)


def test_second_signal_in_the_handler_of_the_first_does_not_wait_for_it() -> None:
    """The handlers of both call `stop`, the second one at each step of the first."""
    limiter = RateLimiter(RATE, max_wait=60)

    def stop_again(*_: Any) -> Any:
        limiter.stop()
        return stop_again

    def stop() -> None:
        with tracing(stop_again):
            limiter.stop()

    thread = Thread(target=stop, daemon=True)
    thread.start()
    thread.join(30)
    assert not thread.is_alive()
    assert limiter.acquire() is None


def test_window_pauses_only_when_fewer_requests_are_left_than_in_flight() -> None:
    full = {
        "inin-ratelimit-allowed": "10",
        "inin-ratelimit-count": "8",
        "inin-ratelimit-reset": "50",
    }
    limiter = RateLimiter(Rate(1_000_000, 1.0), max_wait=60)
    for _ in range(2):  # two requests are left, so two in flight cause no pause
        assert limiter.acquire()
        respond(limiter, 201, **full)
        limiter.wait_to_send(0.0)
    assert limiter.acquire()
    respond(limiter, 201, **full)
    with pytest.raises(SendPostponedError):
        limiter.wait_to_send(0.0)


def test_released_requests_are_not_in_flight() -> None:
    full = {
        "inin-ratelimit-allowed": "10",
        "inin-ratelimit-count": "9",
        "inin-ratelimit-reset": "50",
    }
    limiter = RateLimiter(Rate(1_000_000, 1.0), max_wait=60)
    for was_sent in (True, False):
        slot = RateLimitSlot(limiter)
        assert slot.acquire()
        if was_sent:
            slot.wait_to_send()
        slot.release()
        slot.release()  # a second release changes nothing
    assert limiter.acquire()
    respond(limiter, 201, **full)
    limiter.wait_to_send(0.0)


class Pace:
    """A stand-in for the slots in a database that machines share."""

    def __init__(self, *, wait: float = 0.0) -> None:
        self.wait, self.is_held = wait, False
        self.intervals: list[float] = []
        self.pauses: list[float] = []

    def reserve(self, interval: float) -> float:
        """Return the seconds until the next slot."""
        self.intervals.append(interval)
        return self.wait

    def pause(self, seconds: float) -> None:
        """Stop all machines from sending."""
        self.pauses.append(seconds)

    def is_paused(self) -> bool:
        """Return whether another machine has started a pause."""
        return self.is_held


def share(pace: Pace) -> SharedRateLimiter:
    """Return the limiter of one of the machines that share some slots."""
    return SharedRateLimiter(RATE, 60, pace)  # type: ignore[arg-type]


def test_refusal_slows_down_and_pauses_all_machines() -> None:
    pace = Pace()
    limiter = share(pace)
    assert limiter.acquire()
    respond(limiter, 429, **{"Retry-After": "30"})
    assert limiter.acquire()
    first, second = pace.intervals
    assert first < second == limiter.interval
    assert pace.pauses == [30.0]
    with pytest.raises(SendPostponedError):
        limiter.wait_to_send(0.0)


def test_pause_of_another_machine_holds_back_a_request_that_has_a_slot() -> None:
    pace = Pace()
    limiter = share(pace)
    slot = RateLimitSlot(limiter)
    assert slot.acquire()
    pace.is_held = True
    with pytest.raises(SendPostponedError):
        slot.wait_to_send()
    pace.is_held = False
    slot.wait_to_send()


@pytest.mark.slow
def test_stop_ends_the_wait_for_a_shared_slot() -> None:
    limiter = share(Pace(wait=600.0))
    stop = Timer(0.05, limiter.stop)
    stop.start()
    assert limiter.acquire() is None
    stop.cancel()


class Clock:
    """A clock that moves only when a test advances it, or in a sleep."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def monotonic(self) -> float:
        """Return the time in seconds."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Move the clock."""
        self.now += seconds


@pytest.mark.parametrize(
    ("latencies", "delay"),
    [
        ([20.0], 0.0),
        ([20.0, 20.0], 0.0),
        ([20.0, 10.0], 0.0),
        ([20.0, 30.0], 0.01),  # by the delay of the response
        ([20.0, 500.0], 0.0505),  # never by more than half of an interval
        ([20.0, 10.0, 16.0], 0.001),  # a faster response halves the distance to the usual time
        ([20.0, 30.0, 30.0], 0.0098),  # a slower response changes the usual time by a fiftieth
    ],
)
def test_next_request_is_delayed_when_a_response_is_late(
    monkeypatch: pytest.MonkeyPatch, latencies: list[float], delay: float
) -> None:
    clock = Clock()
    monkeypatch.setattr(rate_limiter, "time", clock)
    limiter = RateLimiter(Rate(10, 1.0), max_wait=60)
    response = HttpResponse(201, "", {}, b"")
    for latency in latencies:
        clock.now += 10
        limiter.wait_to_send(0.0)
        sent_at = clock.now
        timings = {"turn": 5.0, "first_byte": 5.0 + latency}
        limiter.update_from_response(Exchange(REQUEST, response, may_be_sent=True, timings=timings))
    limiter.wait_to_send(0.0)
    assert clock.now - sent_at == pytest.approx(limiter.interval + delay)


def test_stop_ends_a_long_wait_after_a_late_response(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(rate_limiter, "time", clock)
    limiter = RateLimiter(Rate(1, 60.0), max_wait=60)
    limiter.wait_to_send(0.0)
    limiter.stop()
    with pytest.raises(SendPostponedError):
        limiter.wait_to_send(0.0)
    clock.now += limiter.interval - 0.1
    limiter.wait_to_send(0.0)


def test_first_request_is_sent_at_once_on_a_machine_that_has_just_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock(now=5.0)
    monkeypatch.setattr(rate_limiter, "time", clock)
    limiter = RateLimiter(Rate(1, 3600.0), max_wait=60)
    in_time = Timer(20, limiter.stop)
    in_time.start()
    assert limiter.acquire() == 5.0
    in_time.cancel()
    limiter.wait_to_send(0.0)
    assert clock.now == 5.0


def test_slow_preparation_begins_up_to_a_second_before_the_slot(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock()
    monkeypatch.setattr(rate_limiter, "time", clock)
    limiter = RateLimiter(Rate(1, 60.0), max_wait=60)
    assert limiter.acquire()
    limiter.wait_to_send(100.0)
    clock.now += limiter.interval - 0.99
    in_time = Timer(20, limiter.stop)
    in_time.start()
    assert limiter.acquire()
    in_time.cancel()
