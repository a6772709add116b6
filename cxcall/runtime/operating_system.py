"""The differences between POSIX systems and Windows: only this module calls a function that one of them lacks.

`mypy --platform win32` and `tests/runtime/test_operating_system.py` check this. Windows itself is untested.
"""

from __future__ import annotations

import os
import signal
import stat
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    TIMER_SIGNALS: tuple[signal.Signals, ...] = ()

    def block_signals(_numbers: Iterable[int]) -> set[int | signal.Signals]:
        """Return the signals that were blocked: none, because Windows cannot block signals."""
        return set()

    def set_blocked_signals(_numbers: Iterable[int]) -> None:
        """Do nothing: Windows cannot block signals."""

    def call_later(_seconds: float, _action: Callable[[], None]) -> bool:
        """Return False: Windows has no timer that interrupts the main thread."""
        return False

    def open_lock(folder: Path) -> int:
        """Open what `try_lock` locks for a folder, a file in it; raises OSError."""
        return os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)

    def try_lock(descriptor: int) -> bool:
        """Lock a descriptor of `open_lock` until it is closed; return False if another process holds the lock."""
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def sync_folder(_folder: Path) -> None:
        """Do nothing: Windows writes the entries of a folder by itself."""

    def is_others_readable(_file: os.stat_result) -> bool:
        """Return False: Windows has no mode bits; a file in a user's own folder is private."""
        return False

    def is_others_writable(_file: os.stat_result) -> bool:
        """Return False: Windows has no mode bits; a file in a user's own folder is private."""
        return False

    def open_at_once(path: str, flags: int) -> int:
        """Return a descriptor of a file; raises OSError."""
        return os.open(path, flags, 0o600)

    def wait_for_data(_descriptor: int) -> None:
        """Do nothing: reading waits for data."""

    def is_null_device(_file: os.stat_result) -> bool:
        """Return False: Windows does not distinguish devices."""
        return False

    @contextmanager
    def passing_long_lines(_terminal: int) -> Iterator[None]:
        """Do nothing: Windows passes lines on as they are."""
        yield

    def seconds_since_boot() -> float:
        """Raise OSError: Windows has no clock that continues while the machine sleeps."""
        raise OSError

    def call_at_forks(**_functions: Callable[[], None]) -> None:
        """Do nothing: Windows cannot fork."""

else:
    import time

    TIMER_SIGNALS = (signal.SIGALRM,)
    """The signals that `call_later` uses."""

    def block_signals(numbers: Iterable[int]) -> set[int | signal.Signals]:
        """Block signals in this thread and in processes that it starts; return those that were blocked before."""
        return signal.pthread_sigmask(signal.SIG_BLOCK, numbers)

    def set_blocked_signals(numbers: Iterable[int]) -> None:
        """Block only these signals in this thread."""
        signal.pthread_sigmask(signal.SIG_SETMASK, numbers)

    def call_later(seconds: float, action: Callable[[], None]) -> bool:
        """Call a function on the main thread after some seconds; return False if the system cannot."""
        signal.signal(signal.SIGALRM, lambda _number, _frame: action())
        signal.setitimer(signal.ITIMER_REAL, seconds)
        return True

    def open_lock(folder: Path) -> int:
        """Open what `try_lock` locks for a folder, the folder itself; raises OSError."""
        return os.open(folder, os.O_RDONLY)

    def try_lock(descriptor: int) -> bool:
        """Lock a descriptor of `open_lock` until it is closed; return False if another process holds the lock."""
        import fcntl

        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def sync_folder(folder: Path) -> None:
        """Write the entries of a folder to the disk; raises OSError."""
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def is_others_readable(file: os.stat_result) -> bool:
        """Return whether other users can read or write a file, by its mode."""
        return bool(file.st_mode & 0o077)

    def is_others_writable(file: os.stat_result) -> bool:
        """Return whether a file belongs to another user, or others can write it."""
        return file.st_uid != os.getuid() or bool(file.st_mode & 0o022)

    def open_at_once(path: str, flags: int) -> int:
        """Return a descriptor of a file, without waiting for the other end of a named pipe; raises OSError."""
        return os.open(path, flags | os.O_NONBLOCK, 0o600)

    def wait_for_data(descriptor: int) -> None:
        """Make reads of a descriptor from `open_at_once` wait for data."""
        os.set_blocking(descriptor, True)

    def is_null_device(file: os.stat_result) -> bool:
        """Return whether a character device is the null device."""
        return file.st_rdev == os.stat(os.devnull).st_rdev  # noqa: PTH116 - no path

    @contextmanager
    def passing_long_lines(terminal: int) -> Iterator[None]:
        """Make a terminal pass on lines of more than 4,095 characters, and Ctrl-D as a character, within the block."""
        import termios

        before, changed = termios.tcgetattr(terminal), termios.tcgetattr(terminal)
        changed[3] &= ~termios.ICANON
        try:
            termios.tcsetattr(terminal, termios.TCSANOW, changed)
            yield
        finally:
            termios.tcsetattr(terminal, termios.TCSANOW, before)

    def seconds_since_boot() -> float:
        """Return a clock that nobody can set, in seconds; raises OSError if there is none."""
        if sys.platform != "linux":
            raise OSError
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    def call_at_forks(**functions: Callable[[], None]) -> None:
        """Call functions at each fork of this process: `before`, `after_in_parent`, and `after_in_child`."""
        os.register_at_fork(**functions)


def count_cores() -> int:
    """Return the number of cores that this process may use."""
    usable = getattr(os, "sched_getaffinity", None)
    return len(usable(0)) if usable else os.cpu_count() or 1


def is_missing(path: Path, *, or_folder: bool = False) -> bool:
    """Return whether there is no such file, or only a folder. One that may not be looked up may be there."""
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return or_folder and stat.S_ISDIR(mode)
