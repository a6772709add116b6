"""Find the people whom a request would call, so that the ledger can count the calls to each person.

A person is known by a number that is dialed, or by an ID that a schema marks with `x-cxcall-person`. Somebody
with two numbers, or a number and an ID, counts as two people.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.contracts.do_not_call_effects import changes_do_not_call_list
from cxcall.phone.numbers_in_text import dialed_part
from cxcall.sending.numbers_in_request import request_values
from cxcall.transport.origins import is_loopback_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cxcall.contracts.operation import Operation
    from cxcall.payloads.payload import Payload

MARK = "x-cxcall-person"


def find_people(
    operation: Operation, numbers: Iterable[str], ids: Iterable[str], base_url: str
) -> tuple[str, ...]:
    """Return the people whom a request would call, each as one text, as the ledger records them.

    `ids` are those that `marked_ids` yields. The texts contain whole numbers and IDs. The people of a sandbox on this
    machine are recorded separately from real people, and so are those who are only taken off a do-not-call list.
    """
    spellings = map(_usual_spelling, numbers)
    return tuple(person for (person,) in _people(operation, spellings, ids, base_url))


def find_possible_people(
    operation: Operation, numbers: Iterable[str], ids: Iterable[str], base_url: str
) -> tuple[tuple[str, ...], ...]:
    """Return for each person the texts for all spellings of the number, the most likely one first.

    A number without a country code may belong to any country.
    """
    return _people(operation, map(_possible_digits, numbers), ids, base_url)


def _people(
    operation: Operation, numbers: Iterable[Iterable[str]], ids: Iterable[str], base_url: str
) -> tuple[tuple[str, ...], ...]:
    """Return the texts for each person; `numbers` are the spellings of each number."""
    if not operation.can_place_call:
        return ()
    place = "loopback " if is_loopback_url(base_url) else ""
    if changes_do_not_call_list(operation.path):
        place += "do-not-call "
    people = [tuple(f"{place}number {digits}" for digits in spellings) for spellings in numbers]
    people += [(f"{place}id {value.lower()}",) for value in ids]
    return tuple(dict.fromkeys(people))


def _usual_spelling(number: str) -> tuple[str]:
    from cxcall.phone.number_spellings import usual_digits

    return (usual_digits(dialed_part(number)),)


def _possible_digits(number: str) -> Iterable[str]:
    from cxcall.phone.number_spellings import number_spellings, usual_digits

    text = dialed_part(number)
    return dict.fromkeys((usual_digits(text), *sorted(number_spellings(text))))


def marked_ids(operation: Operation, values: Mapping[str, str], body: Payload) -> Iterator[str]:
    """Yield the IDs of people in a request's parameters and body, as their schemas mark them."""
    for each in request_values(operation, values, body):
        if each.schema.get(MARK) and isinstance(each.value, str | int):
            yield str(each.value).strip()
