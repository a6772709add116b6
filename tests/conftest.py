"""What every test needs: the installed command, and a real server."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from coverage import Coverage
from hypothesis import settings

from cxcall.contracts import contract
from cxcall.sandbox.server import Sandbox, start_sandbox
from helpers.command import Cxcall, Stranger
from helpers.fork_server import ForkServer

if threading.current_thread() is threading.main_thread():
    # A run started in the background has SIGINT ignored, and would hand that on to every command.
    signal.signal(signal.SIGINT, signal.default_int_handler)

QUICK = "not slow"
QUICK_CASES_OF_A_COMMAND = 1
"""How many cases of a test that starts the command for each are in the quick suite."""
QUICK_CASES = 8
"""How many cases of any other test are in the quick suite."""


def pytest_configure(config: pytest.Config) -> None:
    """Let Hypothesis try fewer examples in the quick suite."""
    settings.register_profile("quick", max_examples=20, deadline=None)
    if config.getoption("markexpr") == QUICK:
        settings.load_profile("quick")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as slow all but a few cases of each test, evenly spread: most of what they run is the same."""
    cases: dict[str, list[pytest.Item]] = {}
    for item in items:
        cases.setdefault(item.nodeid.partition("[")[0], []).append(item)
    for group in cases.values():
        starts_a_command = "cxcall" in getattr(group[0], "fixturenames", ())
        most = QUICK_CASES_OF_A_COMMAND if starts_a_command else QUICK_CASES
        step = max(1, -(-len(group) // most))
        for number, item in enumerate(group):
            if number % step:
                item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session", autouse=True)
def fork_server(pytestconfig: pytest.Config) -> Iterator[None]:
    """Let the quick suite start the command by a fork, and all others as a user does."""
    can_fork = sys.platform == "linux" and Coverage.current() is None
    if can_fork and pytestconfig.getoption("markexpr") == QUICK:
        server = Cxcall.fork_server = ForkServer()
        yield
        Cxcall.fork_server = None
        server.stop()
    else:
        yield


@pytest.fixture
def cxcall(tmp_path: Path) -> Cxcall:
    """Return the installed command, run in a temporary folder."""
    return Cxcall(tmp_path)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Run a sandbox of the shipped contracts on a free port."""
    with start_sandbox(contract.load_shipped_contracts()) as running:
        yield running


@pytest.fixture
def live(cxcall: Cxcall, sandbox: Sandbox) -> Cxcall:
    """Return the command, set up for the running sandbox."""
    return cxcall.at(sandbox)


@pytest.fixture
def stranger() -> Iterator[Stranger]:
    """Run a loopback server that is no sandbox."""
    running = Stranger()
    yield running
    running.stop()


@pytest.fixture
def untraced() -> Iterator[None]:
    """Measure no coverage meanwhile: what makes thousands of tries would take three times as long."""
    measuring = Coverage.current()
    if measuring is not None:
        measuring.stop()
    yield
    if measuring is not None:
        measuring.start()
