"""The line of a value in a TOML file, also of a long one."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxcall.documents import toml
from cxcall.findings.errors import UsageError

LINES = [
    "a = 1",
    'b = """',
    'x"""',
    "c = [",
    " 1,",
    "]",
    "",
    "# note",
    "[t]",
    'd.e = "x"',
    "f = {g = 1}",
]


def first_line(text: str, keys: tuple[str, ...]) -> int:
    """Return the line according to its definition."""
    lines = text.split("\n")
    for count in range(1, len(lines)):
        try:
            node: Any = tomllib.loads("\n".join(lines[:count]))
        except tomllib.TOMLDecodeError:
            continue
        for key in keys:
            node = node.get(key) if isinstance(node, dict) else None
        if node is not None:
            return count
    return len(lines)


@given(
    st.lists(st.sampled_from(LINES), max_size=12),
    st.sampled_from(["a", "b", "c", "t", "t.d.e", "f.g", "t.f.g", "z"]),
)
def test_a_value_is_located_where_it_is_first_set(lines: list[str], name: str) -> None:
    text = "\n".join(lines)
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    keys = tuple(name.split("."))
    assert toml.locate_setting(Path("f"), text, *keys) == f"f:{first_line(text, keys)}"


@pytest.mark.slow
def test_a_long_file_is_located_in_few_steps() -> None:
    text = "\n".join(f'"p{number}" = {number}' for number in range(20_000))
    assert toml.locate_setting(Path("f"), text, "p15000") == "f:15001"


@pytest.mark.parametrize("text", [f"a = {'9' * 5000}", f"a = {'[' * 20_000}"])
def test_value_that_python_cannot_hold_is_an_error_with_a_place(text: str) -> None:
    with pytest.raises(UsageError, match="not valid TOML"):
        toml.parse_toml(Path("config.toml"), text, fix="correct it")
