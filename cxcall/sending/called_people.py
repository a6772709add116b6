"""Find out whom a request would call, so that the ledger can count the calls to one person.

A person is known by a number that is dialed, or by an ID that a schema marks with `x-cxcall-person`. Somebody who
has two numbers, or a number and an ID, counts as two.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from cxcall.contracts.json_schema import member_schema, merged_schema
from cxcall.phone import phone_numbers
from cxcall.phone.do_not_call import number_spellings, plain_digits
from cxcall.sending.dialed_numbers import dialed_part
from cxcall.transport.urls import is_loopback_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cxcall.contracts.json_schema import JsonSchema
    from cxcall.contracts.operation import Operation

MARK = "x-cxcall-person"
_NORTH_AMERICAN_DIGITS = 10
_PREFIXES = ("00", "011")
"""What is dialed for `+` in most countries, and in North America."""


def find_people(
    operation: Operation, numbers: Iterable[str], body: Any, base_url: str
) -> tuple[str, ...]:
    """Return the people whom a request would call, each as a text that is the same in every request to them.

    The texts hold whole numbers and IDs. The people of a sandbox on this machine are others than the real ones.
    """
    digits = map(_international_digits, numbers)
    return _people(operation, digits, body, base_url)


def find_possible_people(
    operation: Operation, numbers: Iterable[str], body: Any, base_url: str
) -> tuple[str, ...]:
    """Return what `find_people` may have returned for another spelling of the same numbers, the most likely one first."""
    given = list(numbers)
    spellings = [sorted(number_spellings(dialed_part(number))) for number in given]
    digits = chain(map(_international_digits, given), *spellings)
    return _people(operation, digits, body, base_url)


def _people(
    operation: Operation, digits: Iterable[str], body: Any, base_url: str
) -> tuple[str, ...]:
    if not operation.can_place_call:
        return ()
    people = [f"number {each}" for each in digits]
    people += [f"id {value}" for value in _marked_values(operation, body)]
    place = "loopback " if is_loopback_url(base_url) else ""
    return tuple(dict.fromkeys(place + person for person in people))


def _international_digits(number: str) -> str:
    """Return the digits of a number with its country code; without one it may be a number of North America."""
    dialed = dialed_part(number)
    digits = plain_digits(dialed)
    parsed = phone_numbers.parse_number(dialed)
    if parsed is None:
        international = next(
            (digits.removeprefix(each) for each in _PREFIXES if digits.startswith(each)), ""
        )
        national = digits if len(digits) == _NORTH_AMERICAN_DIGITS else ""
        parsed = phone_numbers.parse_number(f"+{international or f'1{national}'}")
    return f"{parsed.country_code}{parsed.national_number}" if parsed else digits


def _marked_values(operation: Operation, body: Any) -> Iterator[str]:
    yield from _walk(operation, body, operation.declared_body_schema)


def _walk(operation: Operation, value: Any, node: JsonSchema) -> Iterator[str]:
    schema = merged_schema(operation.contract.resolve, node)
    if schema.get(MARK) and isinstance(value, str):
        yield value.strip().lower()
    elif isinstance(value, dict):
        for key, member in value.items():
            if below := member_schema(schema, key):
                yield from _walk(operation, member, below)
    elif isinstance(value, list) and (below := member_schema(schema, "0")):
        for item in value:
            yield from _walk(operation, item, below)
