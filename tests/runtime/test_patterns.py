"""Patterns that are compiled when they are first used."""

from __future__ import annotations

import re
from importlib import import_module

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxcall.runtime.patterns import LazyPattern, compile_on_use

PATTERNS = [
    (module, name)
    for module in ("paste_cleanup", "messages.client_failures")
    for name, each in vars(import_module(f"cxcall.explaining.readers.{module}")).items()
    if isinstance(each, LazyPattern) and each.needs
]


@pytest.mark.slow
@pytest.mark.parametrize(("module", "name"), PATTERNS)
def test_each_match_of_a_pattern_has_a_word_that_it_needs(module: str, name: str) -> None:
    pattern = getattr(import_module(f"cxcall.explaining.readers.{module}"), name)

    @settings(max_examples=8, deadline=None)
    @given(st.from_regex(re.compile(pattern.pattern, pattern.flags)))
    def check(text: str) -> None:
        assert any(each in text for each in pattern.needs)

    check()


def test_pattern_without_its_words_has_no_match_and_is_not_compiled() -> None:
    pattern = compile_on_use("([a-z]+)!", needs=("!",))
    assert pattern.search("hello") is None
    assert pattern.findall("hello") == [*pattern.finditer("hello")] == []
    assert pattern.sub("bye", "hello") == "hello"
    assert "_compiled" not in vars(pattern)
    assert pattern.findall("hello! you!") == ["hello", "you"]
    assert pattern.sub("bye", "hello!") == "bye"
    found = pattern.search("hello!", 2)
    assert found is not None
    assert found[1] == "llo"
