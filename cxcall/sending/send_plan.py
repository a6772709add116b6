"""A checked request ready to be sent, and the functions that its delivery calls."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cxcall.ledger.request_identity import Intent, intent_digest, older_digests
from cxcall.named_tuple import NamedTuple
from cxcall.runtime.signals import DeferredSignals, sleep
from cxcall.sending.compared_content import compared_content, older_bodies

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from cxcall.contracts.operation import Operation
    from cxcall.responses.delivery import Delivery
    from cxcall.sending.checked_request import CheckedRequest
    from cxcall.settings.settings import Settings
    from cxcall.transport.http_messages import Exchange, HttpRequest


class SendHooks(NamedTuple):
    """Functions that a delivery calls, so that the requests of a batch can share one rate limit.

    `on_wait` gets the seconds and the reason of each wait, `sleep` waits; `wait_for_slot` is called
    right before the first byte leaves; `on_exchange` gets every exchange. `is_interrupted` says
    whether a signal came that the delivery itself does not receive. `fence` is called with the delivery ID in
    the transaction that records an attempt, and stops the attempt by raising CxcallError. `review` may return
    a weaker result before it is recorded, if the response does not confirm all that was sent.
    """

    on_wait: Callable[[float, str], None] = lambda _seconds, _reason: None
    sleep: Callable[[float], None] = sleep
    wait_for_slot: Callable[[], None] | None = None
    on_exchange: Callable[[Exchange], None] = lambda _exchange: None
    is_interrupted: Callable[[], bool] = lambda: False
    fence: Callable[[str], None] = lambda _delivery: None
    review: Callable[[Delivery], Delivery] = lambda result: result


_PREPARATION_SECONDS = 900.0
"""The most seconds from the record of an attempt to its connection: the wait for its turn, or for a stopped process."""
_CALLED = "the call may have been placed", "a call was placed", "could call the person twice"
_DIALED = (
    "the request may have been processed, and calls placed",
    "it was processed",
    "could place calls twice",
)
_LOADED = "the contacts may be in the list", "", "could add the contacts twice"
_PROCESSED = (
    "the request may have been processed",
    "it was processed",
    "could do the same thing twice",
)
_UNCLEAR = (
    "the request may have been processed, or a call placed",
    "it was processed, or a call was placed",
    "could do the same thing twice, or call the person twice",
)
_REPEATABLE = *_PROCESSED[:2], "has the same effect as sending it once"
DEFAULT_HOOKS = SendHooks()
"""The hooks of a single request: it waits for nothing but its own retries."""


def possible_effect(
    operation: Operation | None, *, is_load: bool, names_person: bool = True
) -> tuple[str, str, str]:
    """Return what a request with an unknown outcome may have done, what to find out, and what sending it again does.

    Without its operation, it may have placed a call. One that names no person, such as the start of a campaign, may
    place many calls.
    """
    if is_load:
        return _LOADED
    if operation is None:
        return _UNCLEAR
    if operation.is_repeatable:
        return _REPEATABLE
    if not operation.can_place_call:
        return _PROCESSED
    return _CALLED if names_person else _DIALED


def effect_of(checked: CheckedRequest | None, *, is_load: bool) -> tuple[str, str, str]:
    """Return what a request may have done, as `possible_effect` does; without it, a call."""
    operation, names_person = (checked.operation, checked.names_person) if checked else (None, True)
    return possible_effect(operation, is_load=is_load, names_person=names_person)


class NullLedger:
    """Records nothing: the ledger of reads, which change nothing and may be repeated."""

    def now(self) -> datetime:
        """Return the time by the clock of this machine."""
        return datetime.now(UTC)

    def record_outcome(self, *_: Any, **__: Any) -> None:
        """Do nothing."""

    record_not_processed = record_attempt = record_outcome


class DeliveryWatch:
    """Keeps for the caller of `deliver` whether a signal or another exception came.

    `delivery` is the result as soon as it is recorded; `error` is what a signal handler of the program raised.
    """

    def __init__(self) -> None:
        self.signals = DeferredSignals()
        self.delivery: Delivery | None = None
        self.error: BaseException | None = None


class Plan(NamedTuple):
    """A checked request to be sent, and its place in a batch.

    `key` is the name of the row; `rows` are as in `Intent`; `delivery` is its ID in the ledger,
    as soon as it is recorded.
    """

    checked: CheckedRequest
    again: bool = False
    batch: str = ""
    row: int | None = None
    key: str = ""
    rows: str = ""
    delivery: str = ""

    @property
    def operation(self) -> Operation:
        """The operation of the request."""
        return self.checked.operation

    @property
    def request(self) -> HttpRequest:
        """The request as it is sent."""
        return self.checked.request

    @property
    def settings(self) -> Settings:
        """The settings of the request."""
        return self.checked.settings

    @property
    def start_seconds(self) -> float:
        """The seconds after the record of an attempt in which all of its request leaves, or nothing of it."""
        return _PREPARATION_SECONDS + self.settings.timeout

    @property
    def limit(self) -> float:
        """The most seconds from the record of an attempt to the end of its response."""
        return self.start_seconds + self.settings.timeout

    @property
    def is_load(self) -> bool:
        """Whether it loads rows as contacts into a list."""
        return bool(self.rows)

    @property
    def effect(self) -> tuple[str, str, str]:
        """What it may have done, as `possible_effect` returns it."""
        return effect_of(self.checked, is_load=self.is_load)

    @property
    def host(self) -> str:
        """The host that the request goes to."""
        return urlsplit(self.request.url).netloc

    def _compared_url(self, url: str) -> str:
        """Return a URL as it is compared. The port of the embedded sandbox differs in each run of a batch."""
        base = self.settings.base_url if self.settings.is_embedded and self.batch else ""
        return url.replace(base, f"sandbox:{self.batch}" if base else "", 1)

    def _older_digests(self, usual_url: str, hosts: Iterable[str]) -> Iterator[str]:
        urls = dict.fromkeys((self._compared_url(self.request.url), usual_url))
        for url, body in product(urls, older_bodies(self.checked)):
            yield from older_digests(hosts, self.request.method, url, body)

    def intent(self) -> Intent:
        """Return what the ledger records about the plan."""
        request, content = self.request, compared_content(self.checked)
        content["url"] = self._compared_url(content["url"])
        return Intent(
            profile=self.settings.profile,
            operation=self.operation.name,
            provenance=self.operation.provenance,
            method=request.method,
            target=request.masked_url,
            digest=intent_digest(**content),
            numbers=self.checked.numbers,
            # The duplicate guard is for calls: any other request may be repeated.
            again=self.again or not self.operation.can_place_call,
            batch=self.batch,
            row=self.row,
            key=self.key,
            rows=self.rows,
            older_digests=partial(self._older_digests, content["url"]),
            people=self.checked.people,
            possible_people=self.checked.possible_people if self.settings.call_limit else (),
            limit=self.limit,
            names_person=self.checked.names_person,
            people_in_headers=lambda: self.checked.people_in_headers,
        )
