"""YAML 1.2 as JSON values; hostile texts end with an error."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxcall.documents.yaml_document import YamlError, load_yaml
from helpers.cases import each_case

TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FFF, exclude_categories=["C"]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from([0.5, -1.25, 1e20]) | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=20,
)


@pytest.mark.slow
@given(value=JSON)
def test_json_is_yaml(value: Any) -> None:
    assert load_yaml(json.dumps(value, ensure_ascii=False)) == value


@each_case(
    "text, value",
    [
        (
            "a: yes\nb: on\nc: 2024-10-01\nd: 12:30:00",
            {"a": "yes", "b": "on", "c": "2024-10-01", "d": "12:30:00"},
        ),
        (
            "[1_000, 0o17, 0x1F, 017, +5, 1e3, .5, .inf]",
            ["1_000", 15, 31, 17, 5, 1000.0, 0.5, ".inf"],
        ),
        (
            "[~, null, Null, True, FALSE, 'null', !!str 5]",
            [None, None, None, True, False, "null", "5"],
        ),
        ("200: a\ntrue: b\n~: c", {"200": "a", "true": "b", "~": "c"}),
        ("a: &x {m: 1}\nb: *x", {"a": {"m": 1}, "b": {"m": 1}}),
        ("a: &x {m: 1, n: 2}\nb: {<<: *x, m: 5}", {"a": {"m": 1, "n": 2}, "b": {"m": 5, "n": 2}}),
        ("a: 1\n---\nb: 2", {"a": 1}),
        ("", None),
    ],
)
def test_scalars_and_keys_follow_yaml_1_2(text: str, value: Any) -> None:
    assert load_yaml(text) == value


def test_duplicate_names_are_reported_and_the_last_one_wins() -> None:
    found: list[YamlError] = []
    text = "x: &x {m: 1, n: 2}\na: {<<: *x, m: 5}\nb: {m: 5, <<: *x}\nc:\n  k: 1\n  'k': 2\nx: 3"
    assert load_yaml(text, found.append)["c"] == {"k": 2}
    assert [(error.line, error.column) for error in found] == [(6, 3), (7, 1)]
    assert "duplicate name `k`" in str(found[0])


def test_other_documents_in_a_text_are_reported() -> None:
    found: list[YamlError] = []
    for text in ("a: 1", "a: 1\n---\n", "a: 1\n...\n", "---\na: 1\n--- # the end\n"):
        assert load_yaml(text, found.append) == {"a": 1}
    assert not found
    assert load_yaml("a: 1\n---\nb: 2\n---\nc: 3", found.append) == {"a": 1}
    (error,) = found
    assert (error.line, error.column) == (2, 1)
    assert "only the first one is read" in str(error)


BOMB = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9)
)


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        (BOMB, "expand to too many", 7),
        ("[" * 100_000, "more than 200 levels", 1),
        ("a: &a [*a]", "has no anchor", 1),
        ("a: 1\nb: *c", "has no anchor", 2),
        ("a:\n  - b\n c: d", "", 3),
        ("a: \x01", "control characters", 1),
        ("[1, 2]: 3", "must be a string", 1),
    ],
)
def test_unusable_text_is_refused_with_its_place(text: str, message: str, line: int) -> None:
    with pytest.raises(YamlError) as caught:
        load_yaml(text)
    assert message in str(caught.value)
    assert caught.value.line == line
