"""Time whole commands in turn, A B A B ..., so that the speed and the load of the machine cancel out."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

Command = list[str]


def environment_in(folder: Path) -> dict[str, str]:
    """Return an environment whose files are in a folder, and in which Python keeps its bytecode."""
    return {
        **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
        "CXCALL_STATE_DIR": f"{folder}/state",
        "CXCALL_CONFIG_DIR": f"{folder}/config",
        "CXCALL_ACCESS_TOKEN": "t",
    }


def run(command: Command, turn: int, environment: dict[str, str]) -> float:
    """Run a whole process in the folder of its environment; returns its wall time in milliseconds.

    `{i}` becomes the turn. In the repository, `validate` would also read its `pyproject.toml`.
    """
    words = [word.replace("{i}", str(turn)) for word in command]
    started = time.perf_counter()
    result = subprocess.run(
        words,
        env=environment,
        cwd=Path(environment["CXCALL_CONFIG_DIR"]).parent,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    elapsed = (time.perf_counter() - started) * 1e3
    if result.returncode not in (0, 3):
        sys.exit(
            f"{' '.join(words)} ended with {result.returncode}:\n{result.stdout.decode()}{result.stderr.decode()}"
        )
    return elapsed


def heading(title: str) -> None:
    """Print the head of a table."""
    print(f"\n{title + ', ms':<52}{'ours':>9}{'peer':>9}{'ratio':>8}   range", flush=True)


def compare(
    label: str, ours: Command, peer: Command, pairs: int, environment: dict[str, str]
) -> None:
    """Print one row: our median, the peer's, and the median ratio with its range."""
    run(ours, -1, environment), run(peer, -1, environment)
    times = [(run(ours, turn, environment), run(peer, turn, environment)) for turn in range(pairs)]
    ratios = sorted(mine / theirs for mine, theirs in times)
    mine, theirs = (statistics.median(column) for column in zip(*times, strict=True))
    print(
        f"{label:<52}{mine:>9.1f}{theirs:>9.1f}{statistics.median(ratios):>8.2f}   {ratios[0]:.2f}-{ratios[-1]:.2f}",
        flush=True,
    )
