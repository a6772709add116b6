"""What every test needs: the installed command, and a real server."""

from __future__ import annotations

import gc
import inspect
import os
import shutil
import signal
import sys
import threading
from collections.abc import Generator, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

from cxcall.contracts import contract
from cxcall.sandbox.server import Sandbox, start_sandbox
from helpers.command import Cxcall, Start, Stranger
from helpers.fork_server import ForkServer
from helpers.forked_commands import Forks
from helpers.platform_server import Platform
from helpers.shares import (
    HAS_SHARE,
    QUICK,
    Shares,
    has_shares,
    is_slow_file,
    others_files,
    share_number,
)
from helpers.work import examples, is_quick

if TYPE_CHECKING:
    from coverage import Coverage
    from xdist.scheduler import EachScheduling, WorkStealingScheduling

    from helpers.postgres import PostgresServer

if threading.current_thread() is threading.main_thread():
    # A run started in the background has SIGINT ignored, and would hand that on to every command.
    signal.signal(signal.SIGINT, signal.default_int_handler)

QUICK_CASES_OF_A_COMMAND = 1
"""How many cases of a test that starts the command for each are in the quick suite."""
QUICK_CASES = 2
"""How many cases of any other test are in the quick suite."""
QUICK_STARTS = 4
"""How many commands a test of the quick suite may start: each takes 0.04 seconds."""
FORK_SERVER = pytest.StashKey[ForkServer]()
FORK_SERVER_NAME = "TEST_FORK_SERVER"
"""The variable that tells workers the name of the process that forks."""
MEMORY = Path("/dev/shm")
MEMORY_NEEDED = 1 << 30
"""Bytes: the files of the whole suite are 160 MB, and pytest keeps those of three runs."""


def pytest_configure(config: pytest.Config) -> None:
    """Let Hypothesis try fewer examples, and fewer still in the quick suite.

    It measures no time, and tries the same examples in each run, as in its own profile `ci`: a run fails for a
    change, not by chance. `CXCALL_EXAMPLES` looks for new examples.
    """
    keep_temporary_files_in_memory()
    if has_shares(config):
        config.option.maxworkerrestart = "0"
    is_quick = config.getoption("markexpr") == QUICK
    settings.register_profile(
        "quick" if is_quick else "whole",
        max_examples=10 if is_quick else examples(100),
        deadline=None,
        derandomize="CXCALL_EXAMPLES" not in os.environ,
        database=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    settings.load_profile("quick" if is_quick else "whole")


def keep_temporary_files_in_memory() -> None:
    """Let pytest make its folders on a file system in memory, where there is a large one.

    A send syncs the ledger to the disk several times, which takes as long as the rest of it on a busy disk.
    """
    if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > MEMORY_NEEDED:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect no garbage while tests are collected, rarely afterwards, and never look at the tests themselves."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(50_000, 50)
        gc.enable()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Do not load a file of slow tests only in the quick suite, nor one that is in the share of another worker."""
    if not collection_path.name.startswith("test_") or not collection_path.is_file():
        return None
    is_quick = config.getoption("markexpr") == QUICK
    is_left_out = is_quick and is_slow_file(collection_path)
    return is_left_out or collection_path in others_files(config) or None


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker whether it has a share."""
    node.workerinput[HAS_SHARE] = has_shares(node.config)


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(collector: pytest.Collector, obj: object) -> list[pytest.Item] | None:
    """Do not collect a test whose cases are all slow in the quick suite: half of them are."""
    is_quick = collector.config.getoption("markexpr") == QUICK
    marks = getattr(obj, "pytestmark", ()) if is_quick and inspect.isfunction(obj) else ()
    return [] if any(mark.name == "slow" for mark in marks) else None


@pytest.hookimpl(wrapper=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> Generator[None]:
    """Collect only those cases of a test that are in the quick suite: there are as many others as tests in it."""
    yield
    if metafunc.config.getoption("markexpr") == QUICK:
        calls = metafunc._calls  # noqa: SLF001 - nothing public leaves out a case
        calls[:] = calls[:: step_of_cases(len(calls), metafunc.fixturenames)]


def step_of_cases(count: int, fixtures: Sequence[str]) -> int:
    """Return how far apart the cases of a test in the quick suite are; most of what the others run is the same."""
    most = QUICK_CASES_OF_A_COMMAND if "cxcall" in fixtures else QUICK_CASES
    return max(1, -(-count // most))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """Start more workers than there are cores with `-n auto`, because tests wait: one more, or two for the slow ones."""
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return cores + (1 if config.getoption("markexpr") == QUICK else 2)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(
    config: pytest.Config, log: Any
) -> WorkStealingScheduling | EachScheduling:
    """Let each worker run all that it collects, or where all collect the same, one without tests take some of another's."""
    from xdist.scheduler import WorkStealingScheduling

    return (Shares if has_shares(config) else WorkStealingScheduling)(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark as slow what needs PostgreSQL, a server that takes each worker a second to start, and all but a few cases."""
    cases: dict[str, list[pytest.Item]] = {}
    for item in items:
        if needs_postgres(item):
            item.add_marker(pytest.mark.slow)
        cases.setdefault(item.nodeid.partition("[")[0], []).append(item)
    for group in cases.values():
        step = step_of_cases(len(group), getattr(group[0], "fixturenames", ()))
        for number, item in enumerate(group):
            if number % step:
                item.add_marker(pytest.mark.slow)
    if config.getoption("markexpr") != QUICK and share_number(config) == 0:
        start_really_in_some_folders(items)


def needs_postgres(item: pytest.Item) -> bool:
    """Tell whether a test starts a PostgreSQL server: by a fixture, or by a parameter of that name."""
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    return (
        "postgres_files" in getattr(item, "fixturenames", ()) or "postgres" in parameters.values()
    )


def uses_command(item: pytest.Item) -> bool:
    """Tell whether a test may start the command."""
    return "cxcall" in getattr(item, "fixturenames", ())


def start_really_in_some_folders(items: list[pytest.Item]) -> None:
    """Mark the first test with commands of each fourth folder: it starts the installed program once for each of them.

    `tests/test_fork_server.py` starts commands both ways.
    """
    folders = groupby(filter(uses_command, items), lambda item: item.path.parent)
    for first in [next(tests) for _, tests in folders][::4]:
        if first.get_closest_marker("real_start") is None:
            first.add_marker(pytest.mark.real_start(Start.FORK_LATER))


@pytest.hookimpl(wrapper=True)
def pytest_sessionstart(session: pytest.Session) -> Generator[None]:
    """Start the process that forks the commands of all workers, before the workers."""
    is_worker = hasattr(session.config, "workerinput")
    if (
        sys.platform == "linux"
        and not is_worker
        and running_coverage() is None
        and not session.config.option.collectonly
    ):
        session.config.stash[FORK_SERVER] = server = ForkServer()
        os.environ[FORK_SERVER_NAME] = server.name
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None]:
    """End that process after the workers."""
    yield
    if server := session.config.stash.get(FORK_SERVER, None):
        server.stop()


@pytest.fixture(scope="session", autouse=True)
def fork_server() -> Iterator[None]:
    """Start the command by a fork, unless a test is marked `real_start`."""
    if name := os.environ.get(FORK_SERVER_NAME):
        forks = Cxcall.forks = Forks(name)
        yield
        Cxcall.forks = None
        forks.stop()
    else:
        yield


@pytest.fixture
def cxcall(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Cxcall]:
    """Return the installed command, run in a temporary folder; the quick suite has no test that starts it often."""
    mark = request.node.get_closest_marker("real_start")
    command = Cxcall(tmp_path, next(iter(mark.args), Start.PROGRAM) if mark else Start.FORK)
    yield command
    if is_quick() and command.starts > QUICK_STARTS:
        pytest.fail(f"mark it as slow: it starts {command.starts} commands", pytrace=False)


@pytest.fixture
def platform(cxcall: Cxcall) -> Iterator[Platform]:
    """Run a platform that accepts every request, and point the command at it."""
    with Platform() as running:
        cxcall.environment |= running.environment
        yield running


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Run a sandbox of the shipped contracts on a free port."""
    with start_sandbox(contract.load_shipped_contracts()) as running:
        yield running


@pytest.fixture
def live(cxcall: Cxcall, sandbox: Sandbox) -> Cxcall:
    """Return the command, set up for the running sandbox."""
    return cxcall.at(sandbox)


@pytest.fixture(scope="session")
def postgres_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the files of a new PostgreSQL server: they are made once for all processes of a test run."""
    from helpers.postgres import shared_files

    folder = tmp_path_factory.getbasetemp()
    is_worker = "PYTEST_XDIST_WORKER" in os.environ
    return shared_files((folder.parent if is_worker else folder) / "postgres-files")


@pytest.fixture(scope="session")
def postgres_server(postgres_files: Path) -> Iterator[PostgresServer]:
    """Run a PostgreSQL server for the tests of this process."""
    from helpers.postgres import running_postgres

    with running_postgres(postgres_files) as running:
        yield running


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """Yield the URL of an empty database."""
    with postgres_server.empty_database() as name:
        yield postgres_server.url(name)


@pytest.fixture
def stranger() -> Iterator[Stranger]:
    """Run a loopback server that is no sandbox."""
    running = Stranger()
    yield running
    running.stop()


def running_coverage() -> Coverage | None:
    """Return what measures coverage: nothing does if it is not loaded, and to load it takes each worker a while."""
    coverage = sys.modules.get("coverage")
    return coverage.Coverage.current() if coverage else None


@pytest.fixture
def untraced() -> Iterator[None]:
    """Measure no coverage meanwhile: what makes thousands of tries would take three times as long."""
    measuring = running_coverage()
    if measuring is not None:
        measuring.stop()
    yield
    if measuring is not None:
        measuring.start()
