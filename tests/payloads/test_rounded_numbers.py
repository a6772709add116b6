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
    "+12025550102,1.1000000000000000000000,3",
)


def test_only_a_number_that_loses_digits_has_a_warning(cxcall: Cxcall) -> None:
    own = ("--contract", cxcall.file("own.json", posting("dial", PROPERTIES)), "--dry-run")
    table = cxcall.file("calls.csv", "\n".join(ROWS))
    ran = cxcall("batch", table, "--operation", "dial", *own, code=0)
    assert [f'"n": {number}}}' in ran.out for number in (1000, 2, 3)] == [True] * 3
    assert ran.err.count("the number is rounded") == 1
    assert "row 1: `/x` has 23 digits" in ran.err
    body = cxcall.file("body.json", '{"to": "+12025550100", "x": -1234567890.12345678901}')
    sent = cxcall("send", "dial", *own, "-f", body, "-o", "json", code=0)
    assert [(each["code"], each["where"]) for each in sent.envelope["findings"]] == [
        ("value-not-allowed", "/x")
    ]
