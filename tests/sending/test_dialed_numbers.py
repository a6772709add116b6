"""Which numbers a request dials: the value of a property, and other numbers in it."""

from __future__ import annotations

from typing import Any

from cxcall.contracts.contract import load_operation
from cxcall.payloads.payload import Payload
from cxcall.sending.numbers_in_request import dialed_numbers
from helpers.cases import each_case


def find_dialed(body: Any) -> list[str]:
    """Return the numbers that the body of a call dials."""
    return [found.number for found in dialed_numbers(load_operation("execute"), {}, Payload(body))]


@each_case(
    "text, numbers",
    [
        ("55512", []),
        ("55512,,9", ["55512"]),
        ("55512 x5", ["55512"]),
        ("9,55512", ["55512"]),
        ("*67 55512", ["55512"]),
        ("55512;55513", ["55512"]),
        ("20-01,5", []),
        ("1,2", []),
        ("5550123;5550124", ["5550123", "5550124"]),
        ("555-0123,,5", ["555-0123"]),
        ("9,+12025550123", ["+12025550123"]),
    ],
)
def test_numbers_beside_other_digits_are_dialed(text: str, numbers: list[str]) -> None:
    assert find_dialed({"phoneNumber": text}) == [text, *numbers]


@each_case(
    "body, numbers",
    [
        ({"phoneNumber": {"value": "2001"}}, ["2001"]),
        ({"phoneNumber": {"display": "2001"}}, ["2001"]),
        ({"phoneNumber": {"note": "2001"}}, []),
        ({"note": {"value": "2001"}}, []),
        ({"phoneNumber": "1-800-FLOWERS"}, ["1-800-FLOWERS"]),
        ({"phoneNumber": "0800 REPAIR"}, []),  # of an unknown country
        ({"note": "1-800-FLOWERS"}, []),
    ],
)
def test_value_of_an_object_with_the_name_of_a_number_is_dialed(
    body: Any, numbers: list[str]
) -> None:
    assert find_dialed(body) == numbers
