"""A clock that nobody can set: the time since the machine started."""

from __future__ import annotations

import time
from pathlib import Path

from cxcall.named_tuple import NamedTuple
from cxcall.runtime.operating_system import seconds_since_boot

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class BootTime(NamedTuple):
    """A time as seconds since the start of the machine that `boot` identifies; empty if unknown."""

    boot: str
    uptime: float

    def seconds_since(self, boot: str, uptime: float) -> float | None:
        """Return the seconds since an earlier time; None if the machine may have restarted since then."""
        return self.uptime - uptime if boot and boot == self.boot else None


def read_boot_clock() -> BootTime:
    """Return the current time; with an empty `boot` on systems other than Linux."""
    try:
        boot = _BOOT_ID.read_bytes().decode("ascii").strip()
        return BootTime(boot, seconds_since_boot())
    except (OSError, ValueError):
        return BootTime("", 0.0)


def uptime() -> float:
    """Return the seconds of a clock that nobody can set, including the time of sleep if the system has such a clock."""
    try:
        return seconds_since_boot()
    except OSError:
        return time.monotonic()
