"""Name the people whom a request would call, by their numbers and IDs, as the ledger records them and looks for them."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from cxcall.contracts.acting_words import changes_do_not_call_list
from cxcall.phone.numbers_in_text import dialed_part
from cxcall.sending.numbers_in_request import request_values
from cxcall.transport.origins import is_loopback_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cxcall.contracts.operation import Operation
    from cxcall.payloads.payload import Payload
    from cxcall.sending.numbers_in_request import DialedNumber

_FEWEST_LOCAL, _MOST_LOCAL = 5, 9
"""The digits of a number that may be one without its area code; those of fewer are the same for too many people."""
MARK = "x-cxcall-person"


def find_people(
    operation: Operation, numbers: Iterable[DialedNumber], ids: Iterable[str], base_url: str
) -> tuple[str, ...]:
    """Return the people whom a request would call, each as one text or two, as the ledger records them.

    The texts contain whole numbers, the local numbers of those with an area code, and the IDs that `marked_ids` yields.
    The people of a sandbox on this machine are recorded separately from real people, and so are those who are only
    taken off a do-not-call list. It is not known whom a number calls that is not whole.
    """
    people = (_recorded_texts(each) for each in numbers if each.is_whole)
    return tuple(dict.fromkeys(chain.from_iterable(_people(operation, people, ids, base_url))))


def find_possible_people(
    operation: Operation, numbers: Iterable[DialedNumber], ids: Iterable[str], base_url: str
) -> tuple[tuple[str, ...], ...]:
    """Return for each person the texts for all spellings of the number, the most likely one first.

    A number without a country code may belong to any country, and one without an area code to any area.
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
    people += [(f"{place}id {value.lower()}",) for value in ids]
    return tuple(dict.fromkeys(people))


def _recorded_texts(number: DialedNumber) -> Iterator[str]:
    from cxcall.phone.number_spellings import usual_digits

    yield f"number {usual_digits(dialed_part(number.number))}"
    if len(number.local) >= _FEWEST_LOCAL:
        yield f"local {number.local}"


def _possible_texts(number: DialedNumber) -> Iterator[str]:
    """Yield the texts by which the person of a number may be recorded.

    cxcall 0.2.0 recorded a number without its area code, and a number that has none may have been recorded with it.
    """
    from cxcall.phone.number_spellings import number_spellings, usual_digits

    text = dialed_part(number.number)
    usual = usual_digits(text)
    spellings = dict.fromkeys((usual, *sorted(number_spellings(text))))
    yield from (f"number {digits}" for digits in spellings)
    if len(number.local) >= _FEWEST_LOCAL:
        yield f"number {number.local}"
    elif not number.local and _FEWEST_LOCAL <= len(usual) <= _MOST_LOCAL:
        yield f"local {usual}"


def marked_ids(operation: Operation, values: Mapping[str, str], body: Payload) -> Iterator[str]:
    """Yield the IDs of people in a request's parameters and body, as their schemas mark them."""
    for each in request_values(operation, values, body):
        if each.schema.get(MARK) and isinstance(each.value, str | int):
            yield str(each.value).strip()
