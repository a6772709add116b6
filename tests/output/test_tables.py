"""The columns of a table that a narrow terminal shows."""

from io import StringIO

from cxcall.output.output_options import OutputOptions
from cxcall.output.report import Table
from cxcall.output.screen import Screen
from cxcall.output.terminal_tables import new_grid
from helpers.cases import each_case


@each_case(
    "width, headings",
    [
        (80, ["ID", "A", "B", "STATE"]),
        (21, ["ID", "A", "STATE"]),
        (12, ["ID", "STATE"]),
        (1, ["ID", "STATE"]),
    ],
    quick=2,
)
def test_narrow_table_drops_one_column_at_a_time(width: int, headings: list[str]) -> None:
    table = Table(("ID", "A", "B", "STATE"), [("i", "a" * 6, "b" * 9, "s")]).dropping("B", "A")
    grid = new_grid(table, width)
    assert grid is not None
    assert [column.header for column in grid.columns] == headings


def test_cell_and_text_of_a_server_stay_on_one_line() -> None:
    grid = new_grid(Table(("ID",), [("a\nb\tc",)]), 80)
    assert grid is not None
    assert str(next(iter(grid.columns[0].cells))) == "a\\nb\\tc"
    out = StringIO()
    Screen(OutputOptions(), out, StringIO()).print_text(
        "customer: dialing\n0.0 s  agent: connected"
    )
    assert out.getvalue() == "customer: dialing\\n0.0 s  agent: connected\n"
