"""Combine the rows of a file into requests that send many contacts, as few requests as the platform allows."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from itertools import chain
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from cxcall.batch.load.earlier_loads import MOST_ALTERNATING
from cxcall.contracts.campaign_roles import most_contacts
from cxcall.documents.json_pointer import has_value, split_pointer, value_at
from cxcall.findings.errors import UsageError
from cxcall.ledger.row_ranges import count_rows
from cxcall.payloads.csv_table import format_record
from cxcall.payloads.payload import Payload, apply_flags, encode_body
from cxcall.sending.checked_request import CheckedRequest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from cxcall.batch.row_checks import CheckedRow
    from cxcall.contracts.campaign_roles import RoleOperation

_BRACKETS = 2
_SEPARATOR = 2


class ChunkBuilder:
    """Builds the requests that send contacts, in the format that the contract declares.

    If the contacts are a file in the body, `sets` are the other values of the body. `name` is the name of
    the file of rows.
    """

    def __init__(self, load: RoleOperation, sets: Sequence[str] = (), name: str = "") -> None:
        self._load, self._sets, self._name = load, sets, name
        self._most, self._most_bytes = most_contacts(load), int(load.declared.get("bytes", 0))

    @property
    def is_file(self) -> bool:
        """Whether the contacts are a file in the body, which then has other values too."""
        return "file" in self._load.declared

    def combine(self, rows: Iterable[CheckedRow]) -> Iterator[CheckedRow]:
        """Yield requests, each with as many rows as the platform allows.

        A row that is not sent is yielded unchanged; the rows of one earlier delivery are yielded together, also if those of
        some deliveries alternate.
        """
        waiting: list[CheckedRow] = []
        size = 0
        sent: dict[str, list[CheckedRow]] = {}
        for checked in rows:
            if checked.request is None or checked.skip:
                yield checked
                continue
            if earlier := checked.earlier:
                group = sent.setdefault(earlier.id, [])
                group.append(checked)
                if len(group) == count_rows(earlier.rows):
                    yield self._chunk(sent.pop(earlier.id))
                elif len(sent) > MOST_ALTERNATING:
                    yield self._chunk(sent.pop(next(iter(sent))))
                continue
            length = len(checked.request.request.body or b"") + _SEPARATOR
            if waiting and not self._has_room(waiting, checked, size + length):
                yield self._chunk(waiting)
                waiting, size = [], 0
            waiting.append(checked)
            size += length
        yield from map(self._chunk, [*sent.values(), *filter(None, [waiting])])

    def _has_room(self, waiting: list[CheckedRow], checked: CheckedRow, size: int) -> bool:
        """Return whether a row may be added to the request of the rows before it."""
        first = waiting[0]
        assert first.request is not None  # noqa: S101 - see `combine`
        assert checked.request is not None  # noqa: S101
        is_same = (
            first.request.request.url == checked.request.request.url
            and first.request.request.headers == checked.request.request.headers
        )
        fits = not self._most_bytes or size + _BRACKETS <= self._most_bytes
        return is_same and fits and len(waiting) < self._most

    def _chunk(self, members: list[CheckedRow]) -> CheckedRow:
        """Return the request of some rows, with only the data that a result needs; none for rows that were sent."""
        rows = tuple(each.row for each in members)
        if members[0].earlier:
            return members[0]._replace(findings=(), rows=rows)
        requests = [each.request for each in members if each.request is not None]
        first = requests[0]
        given: Any = [each.given_body for each in requests]
        payload = Payload([each.body for each in requests])
        if self.is_file:
            payload = self.build_payload(given, rows[0].number)
            given = payload.value
        content, _ = encode_body(self._load.operation, payload.value)
        numbers = dict.fromkeys(number for each in requests for number in each.dialed_numbers)
        request = first.request._replace(body=content)
        checked = tuple(
            dict.fromkeys(chain.from_iterable(each.checked_numbers for each in requests))
        )
        known = (), tuple(numbers), first.values, checked, given
        built = CheckedRequest(self._load.operation, payload, request, first.settings, *known)
        return members[0]._replace(request=built, findings=(), rows=rows)

    def build_payload(self, contacts: Sequence[Any], first_row: int) -> Payload:
        """Return a body with the contacts as a CSV file in base64, and the values of `sets`."""
        declared = self._load.declared
        text = _as_csv(contacts)
        body: dict[str, Any] = dict(declared.get("defaults", {}))
        stem = PurePath(self._name).stem if self._name.strip("-") else "contacts"
        digest = sha256(text.encode()).hexdigest()[:8]
        members = {
            declared.get("fileName", ""): f"{stem}-{first_row}-{digest}.csv",
            declared["file"]: b64encode(text.encode()).decode("ascii"),
        }
        body |= {split_pointer(place)[0]: value for place, value in members.items() if place}
        given = Payload(
            body, origins={f"/{name}": "--set" for name in body}
        )  # no file has the others
        built = apply_flags(self._load.operation, given, sets=self._sets)
        self._stop_on_replaced_file(built.value, members)
        return built

    def _stop_on_replaced_file(self, body: Any, members: Mapping[str, str]) -> None:
        """Raise UsageError if a value replaces the file, because only the contacts of this file were checked."""
        for place, value in members.items():
            if place and not (has_value(body, place) and value_at(body, place) == value):
                raise UsageError(
                    f"`{place}` is filled with the contacts in the file, so you cannot set it",
                    where="--set",
                    fix=f"leave out `--set {place}`",
                    why="only the contacts of the file are checked, counted, and compared with earlier loads",
                )


def _as_csv(contacts: Sequence[Any]) -> str:
    """Return contacts as CSV, with every column of any contact."""
    columns = list(dict.fromkeys(name for each in contacts for name in each))
    rows = ([each.get(name, "") for name in columns] for each in contacts)
    return "".join(f"{format_record(cells)}\n" for cells in (columns, *rows))
