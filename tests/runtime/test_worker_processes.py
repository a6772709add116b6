"""Sharing work among processes: the results come in the order of the work."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from cxcall.runtime.worker_processes import share_work
from helpers.cases import each_case

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks")


def _square(piece: int) -> int:
    return piece * piece


@each_case("jobs", [1, 3])
def test_pieces_before_one_that_cannot_be_read_have_results(jobs: int) -> None:
    def read() -> Iterator[int]:
        yield from range(20)
        raise ValueError("the rest cannot be read")

    shared = share_work(_square, read(), jobs, alone_seconds=-1)
    assert [next(shared) for _ in range(20)] == [(piece, piece * piece) for piece in range(20)]
    with pytest.raises(ValueError, match="the rest cannot be read"):
        next(shared)
