"""Shares of the quick suite: each worker loads, and runs, a part of the files.

To load all of them takes as long as a quarter of the tests. Where a few files are named, or a test takes long, all workers
load all of them instead, so that one without tests can take some of another's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from xdist.scheduler import EachScheduling

if TYPE_CHECKING:
    from pathlib import Path

QUICK = "not slow"
"""The expression of marks that selects the quick suite."""
HAS_SHARE = "has_share"
"""What tells a worker that it has a share."""
_OTHERS_FILES = pytest.StashKey[frozenset["Path"]]()


def has_shares(config: pytest.Config) -> bool:
    """Return whether the workers of this run have shares."""
    is_whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    return is_whole and config.getoption("markexpr") == QUICK


def others_files(config: pytest.Config) -> frozenset[Path]:
    """Return the files that are in the shares of other workers: of three workers, each has every third file."""
    if _OTHERS_FILES not in config.stash:
        given = getattr(config, "workerinput", {})
        files = []
        if given.get(HAS_SHARE):
            files = sorted((config.rootpath / "tests").rglob("test_*.py"))
            del files[int(given["workerid"].removeprefix("gw")) :: given["workercount"]]
        config.stash[_OTHERS_FILES] = frozenset(files)
    return config.stash[_OTHERS_FILES]


class Shares(EachScheduling):  # type: ignore[misc] # xdist has no types
    """The scheduler: each worker runs what it has collected."""

    def schedule(self) -> None:
        """Start the workers, and count the tests of all of them, not those of one."""
        super().schedule()
        session = self.config.pluginmanager.get_plugin("session")
        session.testscollected = sum(map(len, self.node2collection.values()))
