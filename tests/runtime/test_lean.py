"""What a library asks of a module that stands in, and what is there when the block is over."""

from __future__ import annotations

import re
import sys
from importlib import import_module
from pathlib import Path

import pytest

from cxcall.lean import lazy, left_out, stood_in
from cxcall.pattern import lazy_patterns, pattern

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


def test_a_lazy_module_is_loaded_by_its_first_use() -> None:
    with lazy(RARE):
        import colorsys
    assert RARE not in sys.modules
    assert colorsys.rgb_to_hls(0.0, 0.0, 0.0) == (0.0, 0.0, 0.0)
    assert sys.modules[RARE] is not colorsys


def test_a_lazy_member_is_loaded_by_its_first_call() -> None:
    with lazy(f"{RARE}:hls_to_rgb rgb_to_hls"):
        from colorsys import hls_to_rgb, rgb_to_hls
    assert RARE not in sys.modules
    assert hls_to_rgb(0.0, 1.0, 0.0) == (1.0, 1.0, 1.0)
    assert rgb_to_hls.__code__.co_name == "rgb_to_hls"


def test_a_lazy_member_may_be_called_while_the_block_runs() -> None:
    with lazy(f"{RARE}:hls_to_rgb"):
        from colorsys import hls_to_rgb

        assert hls_to_rgb(0.0, 1.0, 0.0) == (1.0, 1.0, 1.0)
        real = sys.modules[RARE]
    assert sys.modules[RARE] is real


def test_a_lazy_class_tells_its_instances() -> None:
    sys.modules.pop("sched", None)
    with lazy("sched:scheduler Event"):
        from sched import scheduler
    assert not isinstance(RARE, scheduler)
    assert isinstance(import_module("sched").scheduler(), scheduler)


def test_another_member_of_a_lazy_module_is_loaded_at_once() -> None:
    with lazy(f"{RARE}:hls_to_rgb"):
        from colorsys import rgb_to_hls
    assert sys.modules[RARE].rgb_to_hls is rgb_to_hls  # type: ignore[attr-defined]


def test_a_pattern_is_compiled_when_it_is_used_and_has_all_that_one_has() -> None:
    letters = pattern(r"([a-z])[a-z]*", re.IGNORECASE)
    assert letters.fullmatch("Ada")
    assert letters.sub(r"\1", "Ada Lovelace") == "A L"
    assert (letters.pattern, letters.groups) == (r"([a-z])[a-z]*", 1)
    with pytest.raises(re.error):
        pattern("(").search("")


def test_constants_of_a_module_become_lazy_patterns_and_no_other_call_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lazily.py").write_text(
        "import re\n"
        "BROKEN = re.compile('(')\n"
        "WORD = re.compile('[a-z]+')\n"
        "def whole(text): return re.fullmatch(WORD.pattern, text)\n"
        "def compiled(): return re.compile('[a-z]+', re.I)\n"
        "NOW = compiled()\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    real = re.compile
    with lazy_patterns():
        import lazily
    assert re.compile is real
    assert isinstance(lazily.NOW, re.Pattern)
    assert not isinstance(lazily.WORD, re.Pattern)
    assert lazily.WORD.match("ada!")[0] == "ada"
    assert lazily.whole("ada")
