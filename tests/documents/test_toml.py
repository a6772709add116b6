"""The line of a value in a TOML file."""

from __future__ import annotations

from pathlib import Path

import pytest

from cxcall.documents import toml
from cxcall.findings.errors import UsageError
from helpers.cases import each_case

TEXT = """
a = 1
b = \"\"\"
x\"\"\"
[t]
d.e = "x"
'*.json' = "y"
[ profiles."o.p" ]
"a" = {g = 1}
[profiles."m n"] # [x]
text = \"\"\"
late = 1
\"\"\"
late = 2
"esc\\u0061ped" = 1
[deep]
a.early = 1
a.b = "x"
a.c = [
  ["late = 1"],
]
a.late = 5
"""


@each_case(
    "keys, place",
    [
        (("a",), "f:2"),
        (("b",), "f:3"),
        (("t",), "f:5"),
        (("t", "d"), "f:6"),
        (("t", "*.json"), "f:7"),
        (("profiles", "o.p"), "f:8"),
        (("profiles", "o.p", "a"), "f:9"),
        (("profiles", "o.p", "a", "g"), "f:9"),
        (("profiles", "m n", "text"), "f:11"),
        (("profiles", "m n", "late"), "f:14"),
        (("profiles", "m n", "escaped"), "f:10"),
        (("deep", "a", "b"), "f:18"),
        (("deep", "a", "late"), "f:17"),
        (("deep", "a", "z"), "f:17"),
        (("late",), "f"),
        (("z",), "f"),
    ],
)
def test_a_value_is_located_where_it_is_set(keys: tuple[str, ...], place: str) -> None:
    assert toml.locate_setting(Path("f"), TEXT, *keys) == place


@pytest.mark.parametrize("text", [f"a = {'9' * 5000}", f"a = {'[' * 20_000}"])
def test_value_that_python_cannot_hold_is_an_error_with_a_place(text: str) -> None:
    with pytest.raises(UsageError, match="not valid TOML"):
        toml.parse_toml(Path("config.toml"), text, fix="correct it")
