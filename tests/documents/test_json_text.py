"""JSON text of any nesting is parsed as `json.loads` does, or refused before that could end the process."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxcall.documents.json_text import MAX_NESTING, load_json

VALUES = st.recursive(
    st.none() | st.integers() | st.text('[]{}"\\\\ab'),
    lambda inner: st.lists(inner) | st.dictionaries(st.text('[]{}"\\\\'), inner),
)


@pytest.mark.slow
@given(VALUES)
def test_value_is_that_of_the_standard_parser(value: Any) -> None:
    text = json.dumps([value, "[{" * 600])
    assert load_json(text) == load_json(text.encode()) == [value, "[{" * 600]


@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"a":[', '["[{",', '["\\"[",'])
def test_deep_text_is_refused_before_it_is_parsed(opening: str) -> None:
    for text in (opening * 100_000, opening * (MAX_NESTING + 1)):
        with pytest.raises(RecursionError, match="1000 levels"):
            load_json(text)
        with pytest.raises(RecursionError):
            load_json(text.encode("utf-16"))


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    ["[" * 500 + "]" * 500, "[" + "[]," * 50_000 + "[]]", '["' + "[" * 9999 + '"]'],
)
def test_wide_text_is_parsed(text: str) -> None:
    assert load_json(text) == json.loads(text)


@pytest.mark.parametrize(
    "text", ['"' + "[" * 5000, '"\\' * 100_000, "[" * 500 + "}" * 5000, "", "[1", b"\xff"]
)
def test_text_that_is_not_json_is_a_value_error(text: str | bytes) -> None:
    with pytest.raises((json.JSONDecodeError, UnicodeDecodeError)):
        load_json(text)
