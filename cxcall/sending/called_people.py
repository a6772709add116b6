"""Find out whom a request would call, so that the ledger can count the calls to one person.

A person is known by a number that is dialed, or by an ID that a schema marks with `x-cxcall-person`. Somebody who
has two numbers, or a number and an ID, counts as two.
"""

from __future__ import annotations

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
_PREFIXES = ("00", "011")
"""What is dialed for `+` in most countries, and in North America."""


def find_people(
    operation: Operation, numbers: Iterable[str], body: Any, base_url: str
) -> tuple[str, ...]:
    """Return the people whom a request would call, each as one text, as the ledger records them.

    The texts hold whole numbers and IDs. The people of a sandbox on this machine are others than the real ones.
    """
    digits = ((_digits(number),) for number in numbers)
    return tuple(person for (person,) in _people(operation, digits, body, base_url))


def find_possible_people(
    operation: Operation, numbers: Iterable[str], body: Any, base_url: str
) -> tuple[tuple[str, ...], ...]:
    """Return for each person what `find_people` may return for another spelling of the number, the most likely one first.

    A number without a country code may be one of every country.
    """
    return _people(operation, map(_possible_digits, numbers), body, base_url)


def _people(
    operation: Operation, numbers: Iterable[Iterable[str]], body: Any, base_url: str
) -> tuple[tuple[str, ...], ...]:
    """Return the texts for each person; `numbers` are the spellings of each number."""
    if not operation.can_place_call:
        return ()
    place = "loopback " if is_loopback_url(base_url) else ""
    people = [tuple(f"{place}number {digits}" for digits in spellings) for spellings in numbers]
    people += [(f"{place}id {value}",) for value in _marked_values(operation, body)]
    return tuple(dict.fromkeys(people))


def _possible_digits(number: str) -> Iterable[str]:
    return dict.fromkeys((_digits(number), *sorted(number_spellings(dialed_part(number)))))


def _digits(number: str) -> str:
    """Return the digits of a number, with its country code where it has one."""
    dialed = dialed_part(number)
    digits = plain_digits(dialed)
    prefix = next((each for each in _PREFIXES if digits.startswith(each)), "")
    parsed = phone_numbers.parse_number(dialed) or (
        phone_numbers.parse_number(f"+{digits.removeprefix(prefix)}") if prefix else None
    )
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
