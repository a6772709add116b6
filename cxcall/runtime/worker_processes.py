"""Share long work among processes when it is faster; results are in the order of the work."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections import deque
from contextlib import closing, contextmanager
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar

from cxcall.runtime.operating_system import block_signals, set_blocked_signals
from cxcall.runtime.signals import NUMBERS

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from concurrent.futures import Future
    from multiprocessing.context import BaseContext

Piece = TypeVar("Piece")
Result = TypeVar("Result")
_AHEAD = 3
"""The most pieces in flight per process, so that memory does not grow with the file."""


class WorkerLostError(Exception):
    """A worker process ended before its work was done: it was killed, or memory ran out."""


def share_work(
    work: Callable[[Piece], Result],
    pieces: Iterable[Piece],
    count: int,
    *,
    alone_seconds: float,
    to_send: Callable[[Piece], Piece] | None = None,
) -> Generator[tuple[Piece, Result], None, None]:
    """Yield each piece and the result of `work` for it; uses `count` processes if it takes longer than some seconds.

    This process does at least one piece alone, because forked processes then share what it has loaded. `to_send`
    returns the part of a piece that another process needs; by default, all of it. Raises WorkerLostError if a
    process ends early.
    """
    began, waiting = time.monotonic(), iter(pieces)
    for piece in waiting:
        yield piece, work(piece)
        if count > 1 and time.monotonic() - began > alone_seconds:
            break
    else:
        return
    errors: list[Exception] = []
    readable = _until_error(waiting, errors)
    sent = map(to_send, readable) if to_send else readable
    with closing(_run_in_processes(work, sent, count)) as results:
        yield from results
    if errors:
        raise errors[0]


def _until_error(pieces: Iterator[Piece], errors: list[Exception]) -> Iterator[Piece]:
    """Yield pieces until one cannot be read, and keep that error: the results of those before it come first."""
    try:
        yield from pieces
    except Exception as error:  # noqa: BLE001 - raised when those results were yielded
        errors.append(error)


def _run_in_processes(
    work: Callable[[Piece], Result], pieces: Iterable[Piece], count: int
) -> Generator[tuple[Piece, Result], None, None]:
    """Yield each piece and the result of `work` for it, computed by `count` processes.

    If processes cannot be forked, `work` is pickled once for each process. No process outlives the
    iteration. Raises WorkerLostError if a process ends early.
    """
    import multiprocessing
    from concurrent.futures.process import BrokenProcessPool, ProcessPoolExecutor

    others = set(multiprocessing.active_children())
    executor = ProcessPoolExecutor(count, _context(), initializer=_start_worker, initargs=(work,))
    pending: deque[tuple[Piece, Future[Any]]] = deque()
    try:
        for piece in pieces:
            with _signals_blocked():
                pending.append((piece, executor.submit(_run_work, piece)))
            while pending and (len(pending) > _AHEAD * count or pending[0][1].done()):
                yield _next_result(pending)
        while pending:
            yield _next_result(pending)
        executor.shutdown()
    except BrokenProcessPool:
        raise WorkerLostError from None
    finally:
        workers = set(multiprocessing.active_children()) - others
        for process in workers:
            process.kill()
        for process in workers:
            process.join()
        # Before Python 3.11.5, the pool waits forever if a worker was killed while it received work.
        executor.shutdown(wait=False, cancel_futures=True)


def _next_result(pending: deque[tuple[Piece, Future[Any]]]) -> tuple[Piece, Any]:
    piece, future = pending.popleft()
    return piece, future.result()


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


def _run_work(piece: Any) -> Any:
    return _work(piece)
