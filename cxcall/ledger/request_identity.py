"""The request that is about to be sent, as the ledger records it, and the digest that makes two requests identical."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

from cxcall.named_tuple import NamedTuple
from cxcall.runtime.host_spellings import vendor_host, with_usual_host, with_vendor_host
from cxcall.runtime.patterns import UUID_FORM
from cxcall.runtime.secrets.known_secrets import redacted_repr

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from cxcall.findings.exit_codes import Outcome

_DIGESTS = "v2:"
"""The start of all digests."""
ANY_HOST_DIGESTS = f"{_DIGESTS}vendor:"
"""The start of the digests of requests to a vendor's hosts, which do not depend on the host; all others sort before it."""


class Intent(NamedTuple):
    """A request that is about to be sent; numbers are masked, `row` counts from 1, `key` is the row's own name.

    `rows` are the rows of a request that loads several, as ranges of their numbers; `row` is the first of them.

    `digest` identifies the request, whatever profile and operation name it is sent by, and whichever of a vendor's
    hosts it goes to. `older_digests` returns the digests of the same request in older records, for the vendor's
    hosts that these records have; with `has_person_in_headers`, requests to other people may have the same ones.
    `people` are those whom it calls; the ledger keeps keyed digests of them, because the texts have whole numbers.
    `possible_people` are the texts by which each of the people may be recorded, for a limit of the calls to them.
    `limit` is the most seconds that an attempt takes from its record to the end of its response; 0 if that is not known.
    `names_person` is whether it has the number or the ID of a person.
    """

    profile: str
    operation: str
    provenance: str
    method: str
    target: str
    digest: str
    numbers: tuple[str, ...] = ()
    again: bool = False
    batch: str = ""
    row: int | None = None
    key: str = ""
    rows: str = ""
    older_digests: Callable[[Iterable[str]], Iterable[str]] = lambda _hosts: ()
    people: tuple[str, ...] = ()
    possible_people: tuple[tuple[str, ...], ...] = ()
    limit: float = 0.0
    names_person: bool = True
    has_person_in_headers: bool = False

    def __repr__(self) -> str:
        return redacted_repr(self, "people", "possible_people", "older_digests")


class RequestPart(NamedTuple):
    """Some rows of a request whose response does not list all of them; it is recorded as a delivery with its own `id`.

    `rows` are their numbers; `numbers` and `people` are as in `Intent`.
    """

    id: str
    rows: tuple[int, ...]
    outcome: Outcome
    note: str
    numbers: tuple[str, ...]
    people: tuple[str, ...]

    def __repr__(self) -> str:
        return redacted_repr(self, "people")

    def delivery_of(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return the row of `delivery` for these rows of a request, by column, from the row of the request."""
        from cxcall.ledger.row_ranges import format_ranges
        from cxcall.ledger.stored_values import text_of_numbers

        numbers = text_of_numbers(self.numbers)
        own = {"id": self.id, "row": self.rows[0], "rows": format_ranges(self.rows)}
        return {**request, **own, "numbers": numbers}


def intent_digest(method: str, url: str, body: Any, people: Sequence[str] = ()) -> str:
    """Return the SHA-256 of a request after `v2:`, whatever its profile and operation name are.

    `people` are those in headers; other headers may differ each time, such as the ID of a request.
    The order of keys and of query parameters, white space, the case of UUIDs, and the spelling of the host do not matter,
    nor does which host of a vendor the request goes to: several serve the same tenant, and a login may find another one.
    """
    start = ANY_HOST_DIGESTS if vendor_host(url) else _DIGESTS
    more = [people] if people else []
    return start + _digest([method, _sort_query(with_usual_host(url)), body, *more])


def older_digests(hosts: Iterable[str], method: str, url: str, body: Any) -> Iterator[str]:
    """Yield the digests of a request in older records: none has headers, and those of cxcall 0.2.0 have the host."""
    yield intent_digest(method, url, body)
    for each in dict.fromkeys((url, *(with_vendor_host(url, host) for host in hosts))):
        yield _DIGESTS + _digest([method, _sort_query(each), body])


def _sort_query(url: str) -> str:
    path, question_mark, query = url.partition("?")
    return path + question_mark + "&".join(sorted(query.split("&")))


def _digest(request: list[Any]) -> str:
    text = json.dumps(request, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(
        re.sub(UUID_FORM, lambda match: match[0].lower(), text).encode()
    ).hexdigest()
