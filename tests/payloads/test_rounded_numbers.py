"""A number that is sent rounded has a warning, and a whole number of an integer column is sent as an integer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpers.calling_api import posting

if TYPE_CHECKING:
    from helpers.command import Cxcall

PROPERTIES = {"to": {"type": "string"}, "x": {"type": "number"}, "n": {"type": "integer"}}
ROWS = (
    "/to,/x,/n",
    "+12025550100,12345678901234567890.123,1e3",
    "+12025550101,0.30000000000000004,2.0",
    "+12025550102,1.1000000000000000000000,9007199254740993.0",
    "+12025550103,3.14159265358979312,3",
    "+12025550104,1e-400,12345678901234567890.0",
    "+12025550105,9007199254740993.5,3",
)


def test_only_a_number_that_loses_digits_has_a_warning(cxcall: Cxcall) -> None:
    own = ("--contract", cxcall.file("own.json", posting("dial", PROPERTIES)), "--dry-run")
    table = cxcall.file("calls.csv", "\n".join(ROWS))
    ran = cxcall("batch", table, "--operation", "dial", *own, code=0)
    numbers = (1000, 2, 9007199254740993, 3, 12345678901234567890)
    assert [f'"n": {number}}}' in ran.out for number in numbers] == [True] * 5
    assert ran.err.count("the number is rounded") == 3
    for row in (1, 5, 6):
        assert f"row {row}: `/x` has more digits" in ran.err
    body = cxcall.file("body.json", '{"to": "+12025550100", "x": -1234567890.12345678901}')
    sent = cxcall("send", "dial", *own, "-f", body, "-o", "json", code=0)
    assert [(each["code"], each["where"]) for each in sent.envelope["findings"]] == [
        ("value-not-allowed", "/x")
    ]


def test_quick_check_leaves_a_rounded_number_to_the_full_check(cxcall: Cxcall) -> None:
    contract = cxcall.file("own.json", posting("dial", PROPERTIES))
    lines = [f'{{"to": "+12025550100", "x": {row.split(",")[1]}}}' for row in ROWS[1:]]
    name = cxcall.file("calls.jsonl", "\n".join(lines * 20))
    ran = cxcall(
        "validate", name, "--operation", "dial", "--contract", contract, "-o", "json", code=0
    )
    assert len(ran.envelope["findings"]) == 3 * 20
