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

    from phonenumbers import PhoneNumber

    from cxcall.contracts.json_schema import JsonSchema
    from cxcall.contracts.operation import Operation

MARK = "x-cxcall-person"
_EXIT_CODES = ("00", "011")
"""What is dialed for `+` in most countries, and in North America."""
_TRUNK_PREFIXES = (
    ("8", 7),
    ("8", 370),
    ("8", 375),
    ("80", 375),
    ("06", 36),
    ("8", 993),
    ("1", 692),
)
"""What is dialed before a national number where it is not `0`, with the country code.

Source: libphonenumber's metadata, the national prefix and the one for parsing. Reading them of all countries takes 0.3 s, which
each command would wait for.
"""


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
    spellings = sorted(number_spellings(dialed_part(number)))
    return dict.fromkeys((_digits(number), *spellings, *_with_trunk_prefixes(number)))


def _with_trunk_prefixes(number: str) -> Iterator[str]:
    """Yield the spellings of a number in the countries where another trunk prefix than `0` is dialed."""
    parsed, digits = _parse(number), plain_digits(dialed_part(number))
    for prefix, code in _TRUNK_PREFIXES:
        if parsed is None:
            national = digits.removeprefix(prefix)
            yield from (national, f"{prefix}{national}", f"{code}{national}")
        elif parsed.country_code == code:
            yield f"{prefix}{parsed.national_number}"


def _digits(number: str) -> str:
    """Return the digits of a number, with its country code where it has one."""
    parsed = _parse(number)
    if parsed is None:
        return plain_digits(dialed_part(number))
    return f"{parsed.country_code}{parsed.national_number}"


def _parse(number: str) -> PhoneNumber | None:
    """Return a number with its country code; None where that may be missing."""
    dialed = dialed_part(number)
    if parsed := phone_numbers.parse_number(dialed):
        return parsed
    digits = plain_digits(dialed)
    prefix = next((each for each in _EXIT_CODES if digits.startswith(each)), "")
    international = f"+{digits.removeprefix(prefix)}"
    # `0113` to `0118` are also area codes of the United Kingdom.
    if prefix == "00" or (prefix and not phone_numbers.find_number_mistake(international)):
        return phone_numbers.parse_number(international)
    return None


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
