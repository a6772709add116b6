"""The columns of a table that a narrow terminal shows."""

import pytest

from cxcall.output.report import Table
from cxcall.output.terminal_tables import new_grid


@pytest.mark.parametrize(
    ("width", "headings"),
    [
        (80, ["ID", "A", "B", "STATE"]),
        (21, ["ID", "A", "STATE"]),
        (12, ["ID", "STATE"]),
        (1, ["ID", "STATE"]),
    ],
)
def test_narrow_table_drops_one_column_at_a_time(width: int, headings: list[str]) -> None:
    table = Table(("ID", "A", "B", "STATE"), [("i", "a" * 6, "b" * 9, "s")]).dropping("B", "A")
    grid = new_grid(table, width)
    assert grid is not None
    assert [column.header for column in grid.columns] == headings
