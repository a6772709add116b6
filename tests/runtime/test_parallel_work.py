"""Sharing work among processes: in what order results come, and how many workers start."""

from __future__ import annotations

import os
import signal
import sys
from itertools import count
from multiprocessing import parent_process
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from cxcall.runtime import parallel_work
from cxcall.runtime.parallel_work import WorkerLostError, share_work
from helpers.cases import each_case

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks")


def _square(piece: int) -> int:
    return piece * piece


@each_case("jobs", [1, 3])
def test_pieces_before_one_that_cannot_be_read_have_results(jobs: int) -> None:
    def read() -> Iterator[int]:
        yield from range(20)
        raise ValueError("the rest cannot be read")

    shared = share_work(_square, read(), jobs, alone_seconds=-1, expected=500)
    assert [next(shared) for _ in range(20)] == [(piece, piece * piece) for piece in range(20)]
    with pytest.raises(ValueError, match="the rest cannot be read"):
        next(shared)


@each_case("expected, processes", [(1, 1), (2, 1), (3, 2), (4, 3), (99, 3), (0, 3)])
def test_no_more_processes_are_started_than_have_enough_to_do(
    monkeypatch: pytest.MonkeyPatch, expected: int, processes: int
) -> None:
    started = []

    def run(_: Any, pieces: Iterable[int], workers: int, __: int) -> Iterator[Any]:
        started.append(workers)
        return ((piece, _square(piece)) for piece in pieces)

    clock = count()  # each piece takes a second
    monkeypatch.setattr(parallel_work, "time", SimpleNamespace(process_time=lambda: next(clock)))
    monkeypatch.setattr(parallel_work, "_run_in_processes", run)
    shared = share_work(_square, range(9), 3, alone_seconds=0.9, expected=expected)
    assert [piece for piece, _ in shared] == [*range(9)]
    assert (started or [1]) == [processes]


def _is_killed_while_it_writes(_: int) -> bytes:
    """Return a large result, and kill this process when the length of it is written."""
    before = _written_bytes()

    def kill_after_length() -> None:
        while _written_bytes() == before:
            pass
        os.kill(os.getpid(), signal.SIGKILL)

    if parent_process():
        Thread(target=kill_after_length).start()
    return bytes(1 << 26)


def _written_bytes() -> str:
    return next(
        line for line in Path("/proc/self/io").read_text("ascii").splitlines() if "wchar" in line
    )


@pytest.mark.slow
def test_worker_that_is_killed_while_it_writes_a_result_is_reported() -> None:
    shared = share_work(_is_killed_while_it_writes, range(40), 2, alone_seconds=-1, expected=40)
    assert next(shared)[0] == 0  # by this process
    with pytest.raises(WorkerLostError):
        next(shared)
