"""Name the people whom a request would call, by their numbers and IDs, as the ledger records them and looks for them."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from cxcall.contracts.acting_words import changes_do_not_call_list
from cxcall.phone.numbers_in_text import dialed_part
from cxcall.runtime.patterns import is_uuid
from cxcall.sending.numbers_in_request import request_values
from cxcall.transport.origins import is_loopback_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cxcall.contracts.operation import Operation
    from cxcall.payloads.payload import Payload
    from cxcall.sending.numbers_in_request import DialedNumber

MARK = "x-cxcall-person"


def find_people(
    operation: Operation, numbers: Iterable[DialedNumber], ids: Iterable[str], base_url: str
) -> tuple[str, ...]:
    """Return the people whom a request would call, each as one text, as the ledger records them.

    The texts contain whole numbers, and the IDs that `marked_ids` yields.
    The people of a sandbox on this machine are recorded separately from real people, and so are those who are only
    taken off a do-not-call list. It is not known whom a number calls that is not whole.
    """
    people = (_recorded_texts(each) for each in numbers if each.is_whole)
    return tuple(dict.fromkeys(chain.from_iterable(_people(operation, people, ids, base_url))))


def find_possible_people(
    operation: Operation, numbers: Iterable[DialedNumber], ids: Iterable[str], base_url: str
) -> tuple[tuple[str, ...], ...]:
    """Return for each person the texts for all spellings of the number, the most likely one first.

    A number without a country code may belong to any country.
    """
    people = (_possible_texts(each) for each in numbers if each.is_whole)
    return _people(operation, people, ids, base_url)


def _people(
    operation: Operation, numbers: Iterable[Iterable[str]], ids: Iterable[str], base_url: str
) -> tuple[tuple[str, ...], ...]:
    """Return the texts for each person; `numbers` are those for the spellings of each number."""
    if not operation.can_place_call:
        return ()
    place = "loopback " if is_loopback_url(base_url) else ""
    if changes_do_not_call_list(operation.path):
        place += "do-not-call "
    people = [tuple(f"{place}{text}" for text in texts) for texts in numbers]
    people += [(f"{place}id {value.lower() if is_uuid(value) else value}",) for value in ids]
    return tuple(dict.fromkeys(people))


def _recorded_texts(number: DialedNumber) -> Iterator[str]:
    from cxcall.phone.number_spellings import usual_digits

    yield f"number {usual_digits(dialed_part(number.number))}"


def _possible_texts(number: DialedNumber) -> Iterator[str]:
    """Yield the texts by which the person of a number may be recorded."""
    from cxcall.phone.number_spellings import number_spellings, usual_digits

    text = dialed_part(number.number)
    spellings = dict.fromkeys((usual_digits(text), *sorted(number_spellings(text))))
    yield from (f"number {digits}" for digits in spellings)


def marked_ids(
    operation: Operation, values: Mapping[str, str], body: Payload, place: str = ""
) -> Iterator[str]:
    """Yield the IDs of people in a request's parameters and body, as their schemas mark them; `place` is where they begin."""
    for each in request_values(operation, values, body):
        is_marked = each.where.startswith(place) and each.schema.get(MARK)
        if is_marked and isinstance(each.value, str | int):
            yield str(each.value).strip()
