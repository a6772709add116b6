"""What a library asks of a module that stands in, and what is there when the block is over."""

from __future__ import annotations

import sys
from importlib import import_module

import pytest

from cxcall.lean import left_out, stood_in

RARE = "colorsys"


@pytest.fixture(autouse=True)
def unloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, RARE, raising=False)


def test_members_that_were_given_stand_for_the_module_while_the_block_runs() -> None:
    with stood_in(RARE, hls_to_rgb=str):
        from colorsys import hls_to_rgb
    assert hls_to_rgb is str
    assert import_module(RARE).hls_to_rgb is not str


def test_whoever_asks_for_another_member_gets_the_real_module() -> None:
    with stood_in(RARE, hls_to_rgb=str):
        from colorsys import rgb_to_hls
    assert rgb_to_hls.__module__ == RARE
    assert sys.modules[RARE].rgb_to_hls is rgb_to_hls  # type: ignore[attr-defined]


def test_a_module_that_is_loaded_stays_itself() -> None:
    real = import_module(RARE)
    with stood_in(RARE, hls_to_rgb=str), left_out(RARE):
        assert import_module(RARE) is real
    assert sys.modules[RARE] is real


def test_a_module_that_is_left_out_is_there_again_afterwards() -> None:
    with left_out(RARE), pytest.raises(ImportError):
        import_module(RARE)
    assert import_module(RARE).__name__ == RARE
