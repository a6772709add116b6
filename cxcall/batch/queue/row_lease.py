"""The lease of a row in the queue: the time for which one process reserves the row."""

from __future__ import annotations

from cxcall.findings.errors import UsageError

_MARGIN = 30.0
"""Seconds that a lease is longer than the longest request."""


def lease_seconds(seconds: float | None, timeout: float) -> float:
    """Return the lease of a row in seconds; raises UsageError if it is not longer than a request may take."""
    lease = seconds or timeout + _MARGIN
    if lease <= timeout:
        raise UsageError(
            f"the lease of {lease:g} s is not longer than the timeout of {timeout:g} s",
            where="--lease",
            fix=f"use `--lease {timeout + _MARGIN:g}`, or a shorter `--timeout`",
            why="a row would become unknown while its request is still in flight",
        )
    return lease
