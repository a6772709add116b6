"""How a narrow terminal shows a table."""

from io import StringIO

import pytest
from rich.console import Console

from cxcall.output.layouts import new_bar, new_grid
from cxcall.output.output_options import OutputOptions
from cxcall.output.report import Table
from cxcall.output.screen import Screen
from helpers.cases import each_case


def drawn(table: Table, width: int) -> list[str]:
    """Return the lines of a table on a terminal of this width, without spaces at their ends."""
    out = StringIO()
    Console(file=out, width=width).print(new_grid(table, width))
    return [line.rstrip() for line in out.getvalue().splitlines()]


_ROWS = [("i", "a" * 6, "b" * 9, "", "s"), ("j", "a", "", "", "s" * 4)]


@each_case(
    "width, lines",
    [
        (
            31,
            [
                "ID  A       B          STATE",
                "i   aaaaaa  bbbbbbbbb  s",
                "j   a                  ssss",
            ],
        ),
        (24, ["ID  A       B", "  STATE", "i   aaaaaa  bbbbbbbbb", "  s", "j   a", "  ssss"]),
        (12, ["ID  A", "  B", "  STATE", "i   aaaaaa", "  bbbbbbbbb", "  s", "j   a", "  ssss"]),
    ],
    quick=2,
)
def test_narrow_table_shows_each_value_on_several_lines(width: int, lines: list[str]) -> None:
    assert drawn(Table(("ID", "A", "B", "C", "STATE"), _ROWS), width) == lines


_WIDE = [("i", "a" * 20, "b" * 9, "s")]
_NARROW = Table(("ID", "A", "STATE"), [("i", "a" * 20, "s")], cut="A")


@each_case(
    "width, lines",
    [
        (
            42,
            [
                "ID  A                     B          STATE",
                "i   aaaaaaaaaaaaaaaaaaaa  bbbbbbbbb  s",
            ],
        ),
        (31, ["ID  A                     STATE", "i   aaaaaaaaaaaaaaaaaaaa  s"]),
        (25, ["ID  A               STATE", "i   aaaaaaaaaaaaa…  s"]),
        (24, ["ID  A", "  B          STATE", "i   aaaaaaaaaaaaaaaaaaaa", "  bbbbbbbbb  s"]),
    ],
    quick=2,
)
def test_narrower_table_is_used_if_it_fits(width: int, lines: list[str]) -> None:
    assert drawn(Table(("ID", "A", "B", "STATE"), _WIDE, _NARROW), width) == lines


def test_value_that_is_longer_than_the_terminal_is_folded() -> None:
    lines = drawn(Table(("ID", "A", "B"), [("i", "a" * 15, "b")]), 10)
    assert lines[-3:] == ["  " + "a" * 8, "a" * 7, "  b"]


def test_cell_and_text_of_a_server_stay_on_one_line() -> None:
    assert drawn(Table(("ID",), [("a\nb\tc",)]), 80)[1] == "a\\nb\\tc"
    assert drawn(Table(("A", "B", "C"), [("a\nb\tc",) * 3]), 9)[-1] == "  a\\nb\\tc"
    out = StringIO()
    Screen(OutputOptions(), out, StringIO()).print_text(
        "customer: dialing\n0.0 s  agent: connected"
    )
    assert out.getvalue() == "customer: dialing\\n0.0 s  agent: connected\n"


def test_narrow_table_has_values_with_their_sources_on_one_line() -> None:
    rows = [("url", "https://api.example.com/oauth/token", "profile"), ("id", "", "set in no file")]
    table = Table(("SETTING", "VALUE", "SOURCE"), rows).joining_sources()
    assert drawn(table, 60)[1].split() == list(rows[0])
    assert drawn(table, 54)[1:] == [f"url      {rows[0][1]} (profile)", "id       (set in no file)"]


@pytest.mark.parametrize(
    ("text", "has_bar"), [("129 accepted, 23.6/s", True), ("40 stopped, " * 5 + "9/s", False)]
)
def test_bar_of_a_progress_gives_way_to_its_text(text: str, *, has_bar: bool) -> None:
    stream = StringIO()
    bar = new_bar(stream, is_colored=False)
    bar.update(bar.add_task("", total=400), completed=186, description=text)
    bar.console.print(bar.get_renderable())
    (line,) = stream.getvalue().splitlines()
    assert line.startswith(f"-:--:-- 186/400 {text[:60]}")
    assert ("━" in line) == has_bar
