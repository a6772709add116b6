"""Worker processes that do one piece of work after another, their results in the order of the pieces."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from contextlib import contextmanager, suppress
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, Self, TypeVar

from cxcall.findings.errors import CxcallError
from cxcall.findings.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from multiprocessing.connection import Connection
    from multiprocessing.context import BaseContext
    from multiprocessing.process import BaseProcess

Piece = TypeVar("Piece")
Result = TypeVar("Result")
_AHEAD = 4


class WorkerLostError(CxcallError):
    """A worker process ended before its work was done: killed, or out of memory."""


class _Worker(NamedTuple):
    process: BaseProcess
    pipe: Connection


class Crew(Generic[Piece, Result]):
    """So many processes doing `work`; they are gone when the `with` block is left, however it is.

    Where processes cannot be forked safely, `work` is pickled for them.
    """

    def __init__(self, work: Callable[[Piece], Result], count: int) -> None:
        self._work, self._count = work, count
        self._workers: list[_Worker] = []

    def _hire(self, context: BaseContext) -> _Worker:
        here, there = context.Pipe()
        # A fork copies the parent's ends of the pipes: while a worker holds any, none sees its parent end.
        forked = context.get_start_method() == "fork"
        copied = [here, *(worker.pipe for worker in self._workers)] if forked else []
        work = (self._work, there, copied)
        process = context.Process(target=_toil, args=work, daemon=True)  # type: ignore[attr-defined]
        process.start()
        there.close()
        return _Worker(process, here)

    def __enter__(self) -> Self:
        method = multiprocessing.get_start_method(allow_none=True)
        context = multiprocessing.get_context(
            method or ("fork" if sys.platform == "linux" else "spawn")
        )
        try:
            with _deaf():
                for _ in range(self._count):
                    self._workers.append(self._hire(context))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.process.kill()
        for worker in self._workers:
            worker.process.join()
            worker.pipe.close()

    def results(self, pieces: Iterable[Piece]) -> Iterator[tuple[Piece, Result]]:
        """Yield each piece and what becomes of it; few are taken ahead, so that memory does not grow with them.

        A piece that a worker fails at is done here, to fail as it would without workers. Raises
        WorkerLostError where a worker is gone.
        """
        source = enumerate(pieces)
        idle, busy = list(self._workers), dict[Any, tuple[_Worker, int, Piece]]()
        done: dict[int, tuple[Piece, Result]] = {}
        turn, is_more = 0, True
        while is_more or busy or done:
            while is_more and idle and len(busy) + len(done) < _AHEAD * len(self._workers):
                number, piece = next(source, (-1, None))
                is_more = piece is not None
                if piece is not None:
                    worker = idle.pop()
                    self._send(worker, piece)
                    busy[worker.pipe] = worker, number, piece
            for pipe in wait(list(busy)) if busy and turn not in done else ():
                worker, number, piece = busy.pop(pipe)
                succeeded, result = self._receive(worker)
                done[number] = piece, result if succeeded else self._work(piece)
                idle.append(worker)
            while turn in done:
                yield done.pop(turn)
                turn += 1

    def _send(self, worker: _Worker, piece: Piece) -> None:
        try:
            worker.pipe.send(piece)
        except OSError:
            raise _lost(worker) from None

    def _receive(self, worker: _Worker) -> tuple[bool, Any]:
        try:
            found: tuple[bool, Any] = worker.pipe.recv()
        except (EOFError, OSError):
            raise _lost(worker) from None
        return found


@contextmanager
def _deaf() -> Iterator[None]:
    """Let processes that are started meanwhile never hear of Ctrl-C: what it is to do, the parent says, and later."""
    if not hasattr(signal, "pthread_sigmask"):
        heard = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, heard)
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _lost(worker: _Worker) -> WorkerLostError:
    worker.process.join(1)
    code = worker.process.exitcode
    how = f"by {signal.Signals(-code).name}" if code and code < 0 else f"with exit code {code}"
    return WorkerLostError(
        Finding(
            Severity.ERROR,
            "fault",
            "--jobs",
            f"a worker process was ended {how}; the check was not finished",
            fix="run it again with `--jobs 1`; where memory is short, the system ends processes",
            why="what it was checking has no verdict",
        )
    )


def _toil(work: Callable[[Any], Any], pipe: Connection, copied: Sequence[Connection]) -> None:
    """Do piece after piece until the parent is gone."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for end in copied:
        end.close()
    with suppress(EOFError, OSError):
        while True:
            piece = pipe.recv()
            try:
                result = True, work(piece)
            except Exception:  # noqa: BLE001 - the parent meets it again, with its error boundary
                result = False, None
            pipe.send(result)
    os._exit(0)
