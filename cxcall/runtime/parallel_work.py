"""Share long work among processes when it is faster; results are in the order of the work."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections import deque
from contextlib import closing, contextmanager
from itertools import islice
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar

from cxcall.runtime.operating_system import block_signals, set_blocked_signals
from cxcall.runtime.signals import NUMBERS

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from concurrent.futures import Future
    from multiprocessing.context import BaseContext
    from multiprocessing.process import BaseProcess

Piece = TypeVar("Piece")
Result = TypeVar("Result")
_AHEAD = 3
"""The most groups per process that wait for their results, so that memory does not grow with the file."""
_LARGEST_GROUP = 16
"""Pieces in a group: many, because sending a group to a worker takes some time."""
_GROUPS_PER_PROCESS = 8
"""The minimum number of groups: with few large ones, processes would not finish at about the same time."""
_LOOK_SECONDS = 0.5
"""How often a wait for a result looks whether all processes are still alive."""


class WorkerLostError(Exception):
    """A worker process ended before its work was done: it was killed, or memory ran out."""


def share_work(
    work: Callable[[Piece], Result],
    pieces: Iterable[Piece],
    count: int,
    *,
    alone_seconds: float,
    to_send: Callable[[Piece], Piece] | None = None,
    expected: int = 0,
) -> Generator[tuple[Piece, Result], None, None]:
    """Yield each piece and the result of `work` for it; uses up to `count` processes if it takes longer.

    This process does at least one piece alone, because forked processes then share what it has
    loaded, and works alone for `alone_seconds` of processor time. If about `expected` pieces are known to exist, no
    more processes are used than have as much work left each. `to_send` returns the part of a piece that another
    process needs; by default, all of it. Raises WorkerLostError if a process ends early.
    """
    began, waiting, processes = time.process_time(), iter(pieces), 1
    for done, piece in enumerate(waiting, 1):
        yield piece, work(piece)
        spent = time.process_time() - began
        left = spent * (expected / done - 1) if expected else float("inf")
        processes = _count_useful(count, alone_seconds, spent, left)
        if processes > 1:
            break
    else:
        return
    size = min(max((expected - done) // (_GROUPS_PER_PROCESS * processes), 1), _LARGEST_GROUP)
    errors: list[Exception] = []
    sent = map(to_send or (lambda piece: piece), _until_error(waiting, errors))
    with closing(_run_in_processes(work, sent, processes, size)) as results:
        yield from results
    if errors:
        raise errors[0]


def _count_useful(count: int, alone_seconds: float, spent: float, left: float) -> int:
    """Return how many processes, `count` at most, do work that one process would finish in `left` seconds."""
    if alone_seconds < 0:
        return count
    return int(min(count, left / alone_seconds)) if spent > alone_seconds else 1


def _until_error(pieces: Iterator[Piece], errors: list[Exception]) -> Iterator[Piece]:
    """Yield pieces until one cannot be read, and keep that error: the results of earlier pieces come first."""
    try:
        yield from pieces
    except Exception as error:  # noqa: BLE001 - raised after those results
        errors.append(error)


def _run_in_processes(
    work: Callable[[Piece], Result], pieces: Iterator[Piece], workers: int, size: int
) -> Generator[tuple[Piece, Result], None, None]:
    """Yield each piece and the result of `work` for it, which workers do in groups of a size.

    If processes cannot be forked, `work` is pickled once for each process. No process outlives the
    iteration. Raises WorkerLostError if a process ends early.
    """
    import multiprocessing
    from concurrent.futures.process import BrokenProcessPool, ProcessPoolExecutor

    started: set[BaseProcess] = set()
    executor = ProcessPoolExecutor(workers, _context(), initializer=_start_worker, initargs=(work,))
    pending: deque[tuple[list[Piece], Future[list[Any]]]] = deque()
    try:
        while group := list(islice(pieces, size)):
            others = set(multiprocessing.active_children())
            with _signals_blocked():
                pending.append((group, executor.submit(_run_work, group)))
                started |= set(multiprocessing.active_children()) - others
            while pending and (len(pending) > _AHEAD * workers or pending[0][1].done()):
                yield from _next_results(pending, started)
        while pending:
            yield from _next_results(pending, started)
        executor.shutdown()
    except BrokenProcessPool:
        raise WorkerLostError from None
    finally:
        for process in started:
            process.kill()
        for process in started:
            process.join()
        # Before Python 3.11.5, the pool waits forever if a worker was killed while it received work.
        executor.shutdown(wait=False, cancel_futures=True)


def _next_results(
    pending: deque[tuple[list[Piece], Future[list[Any]]]], started: set[BaseProcess]
) -> Iterator[tuple[Piece, Any]]:
    """Wait for the oldest result. The pool itself waits forever if a worker was killed while it wrote its result."""
    from concurrent.futures import wait

    group, future = pending.popleft()
    while not wait([future], _LOOK_SECONDS).done:
        if not all(process.is_alive() for process in started):
            raise WorkerLostError
    return zip(group, future.result(), strict=True)


def _context() -> BaseContext:
    import multiprocessing

    method = multiprocessing.get_start_method(allow_none=True)
    return multiprocessing.get_context(method or ("fork" if sys.platform == "linux" else "spawn"))


@contextmanager
def _signals_blocked() -> Iterator[None]:
    """Keep processes that start in this block from running the parent's signal handlers.

    They raise exceptions, whose tracebacks would be printed. A worker ignores Ctrl-C and a closed terminal, because
    the parent ends it, and takes SIGTERM, which the pool sends, when `_start_worker` has given it the default action.
    """
    before = block_signals(NUMBERS)
    try:
        yield
    finally:
        set_blocked_signals(before)


_work: Callable[[Any], Any]
"""The work of this process, if it is a worker."""


def _start_worker(work: Callable[[Any], Any]) -> None:
    global _work  # noqa: PLW0603 - an initializer has no other way to leave something for the work
    _work = work
    for number in NUMBERS:
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    set_blocked_signals(block_signals(()) - {signal.SIGTERM})
    Thread(target=_exit_with_parent, daemon=True).start()


def _exit_with_parent() -> None:
    """End this process when the parent has ended, because a pool does not notice that its owner was killed."""
    import multiprocessing
    from multiprocessing.connection import wait

    if parent := multiprocessing.parent_process():
        wait([parent.sentinel])
        os._exit(1)


def _run_work(group: list[Any]) -> list[Any]:
    return [_work(piece) for piece in group]
