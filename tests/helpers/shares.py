"""Shares of the tests: each worker loads, and runs, a part of the files.

To load all of them takes each worker as long as a third of its tests of the quick suite. All workers load only the files
of slow tests only, which are the dear ones: a worker that has run its own tests takes the next one of these files. Where
files are named, all workers load all of them.
"""

from __future__ import annotations

import re
from collections import deque
from contextlib import suppress
from itertools import groupby
from typing import TYPE_CHECKING

import pytest
from xdist.scheduler import EachScheduling

if TYPE_CHECKING:
    from pathlib import Path

    from xdist.workermanage import WorkerController

QUICK = "not slow"
"""The expression of marks that selects the quick suite."""
HAS_SHARE = "has_share"
"""What tells a worker that it has a share."""
_SLOW_FILE = re.compile(r"^pytestmark = \[?\s*pytest\.mark\.slow\b", re.MULTILINE)
"""What a file has all of whose tests are slow."""
_OTHERS_FILES = pytest.StashKey[frozenset["Path"]]()


def is_slow_file(path: Path) -> bool:
    """Return whether all tests of a file are slow."""
    return _SLOW_FILE.search(path.read_text("utf-8")) is not None


def has_shares(config: pytest.Config) -> bool:
    """Return whether the workers of this run have shares."""
    names_no_file = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    return names_no_file and config.getoption("markexpr") in ("", QUICK)


def share_number(config: pytest.Config) -> int:
    """Return the number of this worker's share: 0 where there are no shares."""
    given = getattr(config, "workerinput", {})
    return int(given["workerid"].removeprefix("gw")) if given.get(HAS_SHARE) else 0


def others_files(config: pytest.Config) -> frozenset[Path]:
    """Return the files that are in the shares of other workers: of three workers, each has every third file."""
    if _OTHERS_FILES not in config.stash:
        given = getattr(config, "workerinput", {})
        files = []
        if given.get(HAS_SHARE):
            found = sorted((config.rootpath / "tests").rglob("test_*.py"))
            files = [each for each in found if not is_slow_file(each)]
            del files[share_number(config) :: given["workercount"]]
        config.stash[_OTHERS_FILES] = frozenset(files)
    return config.stash[_OTHERS_FILES]


def _file_of(name: str) -> str:
    return name.partition("::")[0]


class Shares(EachScheduling):  # type: ignore[misc] # xdist has no types
    """The scheduler: each worker runs what only it has loaded, then one file after the other of those that all have loaded."""

    def schedule(self) -> None:
        """Start the workers, and count the tests of all of them, not those of one."""
        loaded: dict[WorkerController, list[str]] = self.node2collection
        common = set.intersection(*map(set, loaded.values()))
        each_common = (each for each in next(iter(loaded.values())) if each in common)
        self._common = deque(list(each) for _, each in groupby(each_common, key=_file_of))
        for node, names in loaded.items():
            self._send(node, [n for n, name in enumerate(names) if name not in common])
            self._send_common(node)
        session = self.config.pluginmanager.get_plugin("session")
        session.testscollected = sum(map(len, loaded.values())) - (len(loaded) - 1) * len(common)

    def mark_test_complete(
        self, node: WorkerController, item_index: int, duration: float = 0
    ) -> None:
        """Note that a test has ended, and send another one."""
        super().mark_test_complete(node, item_index, duration)
        self._send_common(node)

    def remove_node(self, node: WorkerController) -> str | None:
        """Let the others end what they have if a worker crashes; no other process replaces it."""
        self._common.clear()
        return super().remove_node(node)  # type: ignore[no-any-return]

    def _send_common(self, node: WorkerController) -> None:
        """Send a file that all have loaded to a worker that has less than two tests: it starts one when it knows the next."""
        while self._common and len(self.node2pending[node]) < 2:
            self._send(node, [*map(self.node2collection[node].index, self._common.popleft())])
        if not self._common:
            node.shutdown()

    def _send(self, node: WorkerController, numbers: list[int]) -> None:
        self.node2pending[node] += numbers
        with suppress(OSError):  # it has crashed, and will be reported
            node.send_runtest_some(numbers)
