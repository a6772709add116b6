"""Commands that are killed, interrupted, or run together: the ledger is correct, and nobody is called twice."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from random import Random
from threading import Event, Thread, get_ident
from typing import TYPE_CHECKING, Any

import pytest

from cxcall.runtime import signals
from cxcall.transport.exchange import exchange
from cxcall.transport.http_messages import Headers, HttpRequest
from helpers.command import CAMPAIGN, CONTACT, Cxcall, Start
from helpers.platform_server import Platform, Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cxcall.sandbox.server import Sandbox
    from helpers.command import Running

NEVER_ANSWERED = (
    "execute",
    CAMPAIGN,
    "--contact-id",
    CONTACT,
    "--phone-number",
    "+12025550198",
    "--timeout",
    "60",
)
PERSONAL = ("personal-connection", "--contact-id", CONTACT, "--reason-code", "x")


@contextmanager
def begin(live: Cxcall, *arguments: str) -> Iterator[Running]:
    """Start a command, and end it with the block."""
    with live.begin(*arguments) as process:
        try:
            yield process
        finally:
            process.kill()


def run_at_once(live: Cxcall, commands: list[tuple[str, ...]]) -> list[tuple[int, str]]:
    """Start all commands before waiting for any; returns (exit code, what was printed) of each."""
    with ExitStack() as stack:
        processes = [stack.enter_context(begin(live, *command)) for command in commands]
        printed = ["".join(process.communicate(timeout=60)) for process in processes]
    return [(process.wait(), text) for process, text in zip(processes, printed, strict=True)]


NOT_UNDER_NOHUP = pytest.mark.skipif(
    signal.getsignal(signal.SIGHUP) is signal.SIG_IGN, reason="nohup ignores the signal"
)


def listed(live: Cxcall) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = live("history", "list", "-o", "json", code=0).envelope["data"][
        "deliveries"
    ]
    return found


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (signal.SIGTERM, 8),
        pytest.param(signal.SIGHUP, 8, marks=NOT_UNDER_NOHUP),
        (signal.SIGKILL, -signal.SIGKILL),
    ],
)
def test_stopped_after_it_left_it_is_unknown(
    live: Cxcall, sandbox: Sandbox, number: int, code: int
) -> None:
    with begin(live, *NEVER_ANSWERED, "-o", "json") as process:
        assert sandbox.wait_for_rings()
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    assert process.returncode == code, err
    assert "Traceback" not in err
    if number != signal.SIGKILL:
        assert json.loads(out)["outcome"] == "unknown"
    assert [entry["outcome"] for entry in listed(live)] == ["unknown"]
    assert live(*NEVER_ANSWERED, "-o", "json", code=7).codes == ["outcome-unknown"]
    assert len(sandbox.rings) == 1


@pytest.mark.slow
def test_stopped_while_it_waits_to_send_again_nothing_rang(live: Cxcall, sandbox: Sandbox) -> None:
    busy = ("execute", CAMPAIGN, "--contact-id", CONTACT, "--phone-number", "+12025550129")
    live.environment["CXCALL_MAX_WAIT"] = "600"
    with begin(live, *busy) as process:
        assert process.stderr is not None
        waiting = process.stderr.readline()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert "429" in waiting
    assert process.returncode == 130, err
    assert [entry["outcome"] for entry in listed(live)] == ["undelivered"]
    assert sandbox.rings == []


@pytest.mark.slow
def test_five_at_once_ring_once(live: Cxcall, sandbox: Sandbox) -> None:
    live("auth", "token", code=0)
    ended = run_at_once(live, [PERSONAL] * 5)
    assert sorted(code for code, _ in ended) == [0, *[7] * 4], ended
    assert len(sandbox.rings) == 1
    assert not any("locked" in text for _, text in ended)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_killed_at_any_instant_and_run_again_it_rings_at_most_once(
    live: Cxcall, sandbox: Sandbox, seed: int
) -> None:
    live("auth", "token", code=0)
    instant = Random(seed).uniform(0.03, 0.2)
    with begin(Cxcall(live.folder, Start.PROGRAM).at(sandbox), *PERSONAL) as process:
        try:
            process.communicate(timeout=instant)
        except subprocess.TimeoutExpired:
            process.kill()
    ran = live(*PERSONAL, "-o", "json")
    assert (ran.code, len(sandbox.rings)) in {(0, 1), (7, 0), (7, 1)}, ran
    outcomes = [entry["outcome"] for entry in listed(live)]
    assert outcomes in (["accepted"], ["unknown"], ["accepted", "undelivered"])
    if outcomes == ["accepted"] and ran.code == 7:
        assert ran.codes == ["already-sent"]


@pytest.mark.slow
def test_ctrl_c_while_a_call_is_followed_says_that_it_was_placed(
    live: Cxcall, sandbox: Sandbox
) -> None:
    live.environment["CXCALL_ACCESS_TOKEN"] = live("auth", "token", code=0).out.strip()
    words = ("call", "--to", "+12025550100", "--as", CONTACT, "--wait", "--yes")
    with begin(live, *words) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("HTTP 20")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 8, (out, err)
    assert "it may have been placed, and may continue" in err
    assert "nothing was sent" not in err
    assert len(sandbox.rings) == 1


@pytest.mark.slow
def test_a_signal_while_the_answer_is_shown_does_not_change_what_happened(cxcall: Cxcall) -> None:
    long = {"id": "1", "words": ["a word"] * 8_000}
    with Platform(lambda _body, _count: Reply(201, long)) as platform:
        cxcall.environment |= platform.environment
        with begin(cxcall, *PERSONAL, "--yes") as process:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("HTTP 201")
            process.send_signal(signal.SIGTERM)
            _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert listed(cxcall)[0]["outcome"] == "accepted"


@pytest.mark.parametrize(
    "read",
    [Reply(500, {}), Reply(403, {"code": "missing.permissions"}), Reply(200, {"participants": 7})],
)
def test_what_keeps_a_placed_call_from_being_followed_does_not_deny_it(
    cxcall: Cxcall, read: Reply
) -> None:
    with Platform(
        lambda _body, _count: Reply(201, {"id": CONTACT}), reads=lambda *_: read
    ) as platform:
        cxcall.environment |= platform.environment
        words = ("call", "--to", "+12025550100", "--as", CONTACT, "--wait", "--yes", "-o", "json")
        envelope = cxcall(*words, code=8).envelope
    assert (envelope["outcome"], envelope["engagementId"]) == ("accepted", CONTACT)
    assert envelope["findings"][-1]["message"].endswith("it may have been placed, and may continue")
    assert "error" not in {each["severity"] for each in envelope["findings"]}
    assert platform.rung == 1


def test_second_hangup_is_no_second_interrupt() -> None:
    """The system and the shell both send one when a terminal is closed."""
    interrupts: list[int] = []
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    try:
        with signals.call_on_signals(lambda: interrupts.append(1)):
            for number in (signal.SIGHUP, signal.SIGHUP):
                signal.raise_signal(number)
            assert len(interrupts) == 1
            signal.raise_signal(signal.SIGTERM)
        assert len(interrupts) == 2
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGHUP, before)


def sleep(begin: Callable[[], None]) -> None:
    begin()
    signals.sleep(60)


def wait_for_event(begin: Callable[[], None]) -> None:
    begin()
    signals.wait_for_event(Event(), 60)


def wait_for_response(begin: Callable[[], None]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        exchange(HttpRequest("GET", url, Headers(), None), timeout=60, turn=begin)


@pytest.mark.slow
@pytest.mark.parametrize("wait", [sleep, wait_for_event, wait_for_response])
def test_signal_that_does_not_end_a_wait_is_handled_soon(
    wait: Callable[[Callable[[], None]], None],
) -> None:
    """As for a signal right before the wait: here, another thread gets it, which can be repeated."""
    has_begun, is_handled = Event(), Event()
    handled_in_time: list[bool] = []

    def interrupt(*_: object) -> None:
        is_handled.set()
        raise KeyboardInterrupt

    def send_signal() -> None:
        has_begun.wait()
        signal.pthread_kill(get_ident(), signal.SIGUSR1)
        handled_in_time.append(is_handled.wait(30))

    before, interval = signal.signal(signal.SIGUSR1, interrupt), sys.getswitchinterval()
    sys.setswitchinterval(10)  # the main thread reaches its wait before the other thread runs
    other = Thread(target=send_signal)
    other.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            wait(has_begun.set)
    finally:
        other.join()
        signal.signal(signal.SIGUSR1, before)
        sys.setswitchinterval(interval)
    assert handled_in_time == [True]
