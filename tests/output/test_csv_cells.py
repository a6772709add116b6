"""No spreadsheet runs a cell of a CSV file as a formula."""

from __future__ import annotations

from cxcall.output.csv_cells import safe_cell
from helpers.cases import each_case


@each_case(
    "cell",
    [
        "=1",
        "=1-1",
        "+*******0125",
        "-2*3",
        "-1-1",
        "@1",
        "\t=1",
        "+1 (202) 555-0125",
        "-",
        "\n=1",
        "+1\n",
        "\uff1d1",
        "\uff0b1",
        "\uff0d1",
        "\uff201",
    ],
)
def test_cell_that_is_a_formula_starts_with_an_apostrophe(cell: str) -> None:
    assert safe_cell(cell) == f"'{cell}"


@each_case("cell", ["", "+12025550125", "-1.5", "C-1", "******0125", "1=1"])
def test_number_or_text_stays_as_it_is(cell: str) -> None:
    assert safe_cell(cell) == cell
