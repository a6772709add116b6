"""Keep the contact lists and campaigns of a sandbox, and set their values in its responses.

`x-cxcall-campaign` in the contract decides what an operation does. A list or a campaign that was not
created here has the values of the contract's examples, until a list is loaded or it is started or stopped. Started
without a list, it dials the numbers with a fixed outcome.
"""

from __future__ import annotations

import csv
from base64 import b64decode
from dataclasses import dataclass, replace
from hashlib import sha256
from io import StringIO
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs
from uuid import UUID

from cxcall.contracts.openapi_document import CAMPAIGN
from cxcall.documents.json_pointer import has_value, split_pointer, value_at
from cxcall.sandbox.campaign_dialer import (
    OUTCOME_NUMBERS,
    CallOutcome,
    Campaign,
    Contact,
    ContactList,
    DialPlan,
    as_time,
)
from cxcall.sandbox.http_messages import (
    LOWEST_FAULT_STATUS,
    ErrorResponse,
    SandboxResponse,
    whole_number,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from cxcall.contracts.operation import Operation


@dataclass
class AcceptedRequest:
    """One accepted request, and the response so far."""

    operation: Operation
    path_values: Mapping[str, str]
    query: str
    body: Any
    response: SandboxResponse

    @property
    def places(self) -> Mapping[str, Any]:
        """The role of the operation, and its places."""
        declared: Mapping[str, Any] = self.operation.declared.get(CAMPAIGN, {})
        return declared

    @property
    def id(self) -> str:
        """The ID in the path."""
        return next(iter(self.path_values.values()), "")

    def body_value(self, place: str, default: Any = None) -> Any:
        """Return the value of the body at a declared place."""
        pointer = self.places.get(place)
        if pointer is None or not has_value(self.body, pointer):
            return default
        return value_at(self.body, pointer)

    def with_values(self, values: Mapping[str, Any]) -> SandboxResponse:
        """Return the response with these values at the declared places; a fault stays unchanged."""
        if self.response.status >= LOWEST_FAULT_STATUS or not isinstance(self.response.body, dict):
            return self.response
        body = dict(self.response.body)
        for place, value in values.items():
            pointer = self.places.get(place, place if place.startswith("/") else "")
            if pointer and value is not None:
                _set(body, split_pointer(pointer), value)
        return replace(self.response, body=body)


class StoredObjects:
    """The lists and campaigns of a sandbox, shared by its threads; `on_call_outcome` gets each call that is placed.

    A campaign that nobody has created or started runs, as in the examples, or with `all_stopped` does not.
    """

    def __init__(
        self,
        plan: DialPlan,
        clock: Callable[[], float],
        on_call_outcome: Callable[[CallOutcome], None],
        *,
        all_stopped: bool = False,
    ) -> None:
        self._plan, self._clock, self.on_call_outcome = plan, clock, on_call_outcome
        self._lock = Lock()
        self._all_stopped = all_stopped
        sample = ContactList("")
        for place, number in enumerate(OUTCOME_NUMBERS, 1):
            sample.add(Contact(str(UUID(int=place)), {"phoneNumber": number}, {}))
        self._lists = {"": sample}
        self._campaigns: dict[str, Campaign] = {}
        self._created = 0
        self._last_list = ""
        self._roles: dict[str, Callable[[AcceptedRequest], SandboxResponse]] = {
            "create-list": self._create_list,
            "create-campaign": self._create_campaign,
            "load": self._load,
            "list": self._read_list,
            "campaign": self._read_campaign,
            "start": self._start,
            "stop": self._stop,
            "progress": self._read_progress,
            "statistics": self._read_statistics,
            "results": self._read_results,
            "job": self._read_job,
        }

    def respond(self, request: AcceptedRequest) -> SandboxResponse:
        """Return the response to an accepted request, after its effect; raises a 400 ErrorResponse for an unknown column."""
        act = self._roles.get(str(request.places.get("role", "")))
        if act is None:
            return request.response
        with self._lock:
            self._advance()
            return act(request)

    def advance(self) -> None:
        """Place the calls of running campaigns that are due."""
        if self._campaigns:
            with self._lock:
                self._advance()

    def _advance(self) -> None:
        now = self._clock()
        for campaign in self._campaigns.values():
            campaign.advance(self._plan, now, self.on_call_outcome)

    def _new_id(self) -> str:
        self._created += 1
        return str(UUID(bytes=sha256(f"0 {self._created}".encode()).digest()[:16]))

    def _list(self, id_: str) -> ContactList:
        return self._lists.setdefault(id_, ContactList(id_))

    def _campaign(self, id_: str) -> Campaign:
        """Return a campaign; if it was not created here, it dials the list that was loaded last."""
        return self._campaigns.setdefault(id_, Campaign(id_, self._list(self._last_list)))

    def _shown_campaign(self, id_: str) -> Campaign | None:
        """Return a campaign as a read shows it; None for one as in the examples, because no list was loaded."""
        is_known = self._all_stopped or bool(self._last_list) or id_ in self._campaigns
        return self._campaign(id_) if is_known else None

    def _created_response(self, request: AcceptedRequest, id_: str) -> SandboxResponse:
        body = request.response.body if isinstance(request.response.body, dict) else {}
        if request.response.status >= LOWEST_FAULT_STATUS:
            return request.response
        uri = f"{str(body.get('selfUri', '')).rpartition('/')[0]}/{id_}"
        return replace(request.response, body={**body, **request.body, "id": id_, "selfUri": uri})

    def _create_list(self, request: AcceptedRequest) -> SandboxResponse:
        if not isinstance(request.body, dict):
            return request.response
        id_, columns = self._new_id(), tuple(request.body_value("columns", ()))
        phones = tuple(
            each.get("columnName", "") for each in request.body_value("phoneColumns", ())
        )
        self._lists[id_] = ContactList(id_, request.body, columns, phones)
        return self._created_response(request, id_)

    def _create_campaign(self, request: AcceptedRequest) -> SandboxResponse:
        if not isinstance(request.body, dict):
            return request.response
        id_ = self._new_id()
        self._campaigns[id_] = Campaign(
            id_, self._list(str(request.body_value("list", ""))), request.body
        )
        return self._created_response(request, id_)

    def _load(self, request: AcceptedRequest) -> SandboxResponse:
        contacts, target = list(_contacts_of(request)), self._list(request.id)
        for data, _ in contacts if target.columns else ():
            if unknown := next((name for name in data if name not in target.columns), None):
                raise ErrorResponse(
                    400,
                    "invalid.contact.column",
                    f"The list has no column {unknown}.",
                    name=unknown,
                )
        self._last_list = request.id
        body = request.response.body
        first = body[0].get("id") if isinstance(body, list) and body else None
        new_ids = iter([first] if first else [])
        new_contacts = [
            Contact(str(sent.get("id") or next(new_ids, None) or self._new_id()), data, sent)
            for data, sent in contacts
        ]
        for contact in new_contacts:
            target.add(contact)
        for id_, each in self._campaigns.items():
            if not each.contact_list.id:  # it was started or stopped before any list was loaded
                self._campaigns[id_] = Campaign(
                    id_, target, status=each.status, started_at=self._clock()
                )
        if (campaign := request.body_value("campaign")) is not None:
            self._campaigns[str(campaign)] = Campaign(str(campaign), target)
        if not first or request.response.status >= LOWEST_FAULT_STATUS:
            return request.response
        return replace(
            request.response,
            body=[{"callable": True, **each.sent, "id": each.id} for each in new_contacts],
        )

    def _read_list(self, request: AcceptedRequest) -> SandboxResponse:
        known = self._lists.get(request.id)
        if known is None:
            return request.response
        values = {f"/{name}": value for name, value in known.declared.items()}
        dialed = (
            sum(bool(each.last_attempt) for each in known.order)
            if "called" in request.places
            else 0
        )
        counts = {"size": len(known.order), "total": len(known.order), "called": dialed}
        return request.with_values({**values, **counts})

    def _read_campaign(self, request: AcceptedRequest) -> SandboxResponse:
        known = self._shown_campaign(request.id)
        if known is None:
            return request.response
        words = {"running": request.places["running"][0], "stopped": request.places.get("stopped")}
        status = words.get(known.status, request.places.get("ended", words["stopped"]))
        values = {f"/{name}": value for name, value in known.declared.items()}
        name = known.contact_list.declared.get("name")
        return request.with_values(
            {**values, "status": status, "list": known.contact_list.id or None, "listName": name}
        )

    def _start(self, request: AcceptedRequest) -> SandboxResponse:
        self._campaign(request.id).start(self._clock())
        return request.response

    def _stop(self, request: AcceptedRequest) -> SandboxResponse:
        self._campaign(request.id).status = "stopped"
        return request.response

    def _read_progress(self, request: AcceptedRequest) -> SandboxResponse:
        known = self._shown_campaign(request.id)
        if known is None:
            return request.response
        list_id, total = known.contact_list.id or None, len(known.contact_list.order)
        percentage = known.dialed * 100 // total if total else 0
        return request.with_values(
            {"called": known.dialed, "total": total, "percentage": percentage, "list": list_id}
        )

    def _read_statistics(self, request: AcceptedRequest) -> SandboxResponse:
        known = self._shown_campaign(request.id)
        if known is None:
            return request.response
        connects = known.outcomes["connected"]
        return request.with_values(
            {"attempts": known.dialed, "connects": connects, "outstanding": 0}
        )

    def _read_job(self, request: AcceptedRequest) -> SandboxResponse:
        """Return the example of a job with the requested ID."""
        body, place = request.response.body, str(request.places.get("items", ""))
        items = value_at(body, place) if has_value(body, place) else []
        (name,) = split_pointer(request.places["id"])
        return request.with_values({"items": [{**each, name: request.id} for each in items]})

    def _read_results(self, request: AcceptedRequest) -> SandboxResponse:
        known = self._lists.get(request.id, ContactList(request.id))
        query = parse_qs(request.query)
        if "page" in request.places:
            size = int(request.body_value("size", 25))
            start = (int(request.body_value("page", 1)) - 1) * size
            contacts = known.order
            items = [_as_contact(each, known) for each in contacts[start : start + size]]
        else:  # only contacts that were dialed
            size = whole_number(query.get("top", [""])[0]) or 100
            start = whole_number(query.get("skip", [""])[0])
            contacts = [each for each in known.order if each.last_attempt]
            items = [_as_attempt(each, known) for each in contacts[start : start + size]]
        counts = {"total": len(contacts), "pages": -(-len(contacts) // size)}
        return request.with_values({"items": items, **counts})


def _contacts_of(request: AcceptedRequest) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Yield the cells of each contact of a load by their columns, and the contact as it was sent."""
    if isinstance(request.body, list):
        at = str(request.places.get("columns", ""))
        for sent in request.body:
            yield (value_at(sent, at) if has_value(sent, at) else {}), sent
        return
    try:
        text = b64decode(str(request.body_value("file", "")), validate=True).decode("utf-8-sig")
        yield from ((record, {}) for record in csv.DictReader(StringIO(text, newline="")))
    except (ValueError, csv.Error):
        return  # the platform accepts any file, and reports its errors only in the job


def _as_contact(contact: Contact, known: ContactList) -> dict[str, Any]:
    """Return a contact as the platform returns it, with the result of its request."""
    found = {"callable": True, **contact.sent, "id": contact.id}
    if contact.last_attempt:
        column, _ = contact.find_number(known.phone_columns)
        result = contact.outcome.upper().replace("-", "_")
        last = {"lastAttempt": as_time(contact.last_attempt), "lastResult": result}
        found["callRecords"] = {column: last}
    return found


def _as_attempt(contact: Contact, known: ContactList) -> dict[str, Any]:
    _, number = contact.find_number(known.phone_columns)
    return {
        "externalId": contact.id,
        "dateOfCall": as_time(contact.last_attempt),
        "systemClassName": contact.outcome,
        "destination": number,
    }


def _set(body: dict[str, Any], path: list[str], value: Any) -> None:
    """Set a member of a copy: the objects on the way are copied, too, because examples are shared."""
    *above, last = path
    here = body
    for name in above:
        inner = here.get(name)
        here[name] = dict(inner) if isinstance(inner, dict) else {}
        here = here[name]
    here[last] = value
