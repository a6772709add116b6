"""Two commands, run in turns: their median times, and the median of the ratios of the pairs."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

Command = list[str]


def run(command: Command, turn: int, environment: dict[str, str]) -> float:
    """Run a whole process; returns its wall time in milliseconds. `{i}` becomes the turn."""
    words = [word.replace("{i}", str(turn)) for word in command]
    started = time.perf_counter()
    done = subprocess.run(
        words, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    elapsed = (time.perf_counter() - started) * 1e3
    if done.returncode:
        sys.exit(
            f"{' '.join(words)} ended with {done.returncode}:\n{done.stdout.decode()}{done.stderr.decode()}"
        )
    return elapsed


def compare(
    label: str, ours: Command, peer: Command, pairs: int, environment: dict[str, str]
) -> None:
    """Print one row: our median, the peer's, and the median ratio with its range."""
    run(ours, -1, environment), run(peer, -1, environment)
    times = [(run(ours, turn, environment), run(peer, turn, environment)) for turn in range(pairs)]
    ratios = sorted(mine / theirs for mine, theirs in times)
    mine, theirs = (statistics.median(column) for column in zip(*times, strict=True))
    print(
        f"{label:<44}{mine:>8.1f}{theirs:>8.1f}{statistics.median(ratios):>8.2f}   {ratios[0]:.2f}-{ratios[-1]:.2f}"
    )
