"""A wait for an event ends in time, whatever signals come meanwhile."""

from __future__ import annotations

import signal
import time
from contextlib import suppress
from queue import Empty
from threading import Timer
from typing import Any

import pytest

from cxcall.batch.row_sender import EventQueue

STEP = 0.002


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="has no timers that send signals")
@pytest.mark.slow
def test_signal_at_the_end_of_a_wait_does_not_prolong_it() -> None:
    events = EventQueue()
    late = Timer(2, events.put, ("late",))

    def again(*_: Any) -> None:
        signal.setitimer(signal.ITIMER_REAL, STEP)

    before = signal.signal(signal.SIGALRM, again)
    late.start()
    try:
        again()
        started, found = time.monotonic(), []
        while time.monotonic() - started < 0.5:
            with suppress(Empty):
                found.append(events.get(timeout=STEP))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        late.cancel()
    assert found == []


def test_events_end_a_wait_and_keep_their_order() -> None:
    events = EventQueue()

    def put_all() -> None:
        for number in (1, 2, 3):
            events.put(number)

    Timer(0.05, put_all).start()
    assert [events.get(timeout=20) for _ in range(3)] == [1, 2, 3]
    with pytest.raises(Empty):
        events.get_nowait()
    for _ in range(2):  # the first wait may end early, because of the events
        with pytest.raises(Empty):
            events.get(timeout=0.01)
