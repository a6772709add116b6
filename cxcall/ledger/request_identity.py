"""The request that is about to be sent, as the ledger records it, and the digest that makes two requests identical."""

from __future__ import annotations

import hashlib
import json
from operator import itemgetter
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

from cxcall.named_tuple import NamedTuple
from cxcall.runtime.host_spellings import vendor_host, with_usual_host, with_vendor_host
from cxcall.runtime.patterns import UUID_FORM, compile_pattern
from cxcall.runtime.secrets.known_secrets import redacted_repr

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from cxcall.findings.exit_codes import Outcome

_DIGESTS, _OLDER_DIGESTS = "v3:", "v2:"
"""The start of all digests, and of those in older records: a digest is equal only to one of the same kind."""
ANY_HOST_DIGESTS = f"{_OLDER_DIGESTS}vendor:"
"""The start of the first digests that did not depend on the host of a vendor; all that do sort before it."""
_NUMBER = r"\+[0-9][0-9 ().\-]*[0-9]"
"""A number with its country code, and what separates its digits; after `/`, there may be another last digit."""


class Intent(NamedTuple):
    """A request that is about to be sent; numbers are masked, `row` counts from 1, `key` is the row's own name.

    `rows` are the rows of a request that loads several, as ranges of their numbers; `row` is the first of them.

    `digest` identifies the request, whatever profile and operation name it is sent by, and whichever of a vendor's
    hosts it goes to. `older_digests` returns the digests of the same request in older records, for the vendor's hosts
    that these records have. They have no headers: `people_in_headers` returns who must be among the people whom
    the older one called, in the form of `possible_people`.
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
    people_in_headers: Callable[[], Iterable[Iterable[str]]] = tuple

    def __repr__(self) -> str:
        hidden = "people", "possible_people", "older_digests", "people_in_headers"
        return redacted_repr(self, *hidden)


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


def intent_digest(
    method: str, url: str, body: Any, headers: Mapping[str, str] | None = None
) -> str:
    """Return the SHA-256 of a request after `v3:`, whatever its profile and operation name are.

    It is made of the decoded path, the fields of the query by name, `headers`, and the body, which may be any JSON.
    The order of names, the case of UUIDs, the spelling of the host, and what separates the digits of a phone number
    with its country code do not matter, nor does which host of a vendor the request goes to: several serve the same
    tenant, and a login may find another one.
    """
    path, _, query = with_usual_host(url).partition("?")
    # Each byte is another character, whatever a document has in its path.
    segments = [unquote(each, "latin-1") for each in path.split("/")]
    fields = parse_qsl(query, keep_blank_values=True, encoding="latin-1")
    content = method, segments, sorted(fields, key=itemgetter(0)), {**(headers or {})}, body
    text = compile_pattern(_NUMBER).sub(_in_e164, _as_json(content))
    return _DIGESTS + _sha256(text)


def _in_e164(match: re.Match[str]) -> str:
    """Return a number in E.164, or as it is written if it is not certain to be one number."""
    from cxcall.phone.e164_numbers import write_e164

    is_usual = match[0][1:].isdecimal()
    return match[0] if is_usual else write_e164(match[0]) or match[0]


def older_digests(hosts: Iterable[str], method: str, url: str, body: Any) -> Iterator[str]:
    """Yield the digests of a request in older records, which have no headers; those of cxcall 0.2.0 have the host."""
    start = ANY_HOST_DIGESTS if vendor_host(url) else _OLDER_DIGESTS
    yield older_digest(method, _sort_query(with_usual_host(url)), body, start=start)
    for each in dict.fromkeys((url, *(with_vendor_host(url, host) for host in hosts))):
        yield older_digest(method, _sort_query(each), body)


def older_digest(*content: Any, start: str = _OLDER_DIGESTS) -> str:
    """Return the digest of the content of a request in an older record."""
    return start + _sha256(_as_json(content))


def _sort_query(url: str) -> str:
    path, question_mark, query = url.partition("?")
    return path + question_mark + "&".join(sorted(query.split("&")))


def _as_json(content: Any) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return compile_pattern(UUID_FORM).sub(lambda match: match[0].lower(), text)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
