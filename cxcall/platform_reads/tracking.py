"""Follow a call: repeat the read operation that a contract declares for it until the call is over."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from cxcall.contracts.contract import find_extended_operations
from cxcall.contracts.openapi_document import TRACK, TRANSCRIPT
from cxcall.documents.json_pointer import find_value, has_value
from cxcall.findings.errors import UsageError
from cxcall.findings.exit_codes import ExitCode
from cxcall.findings.finding import Finding, printable
from cxcall.findings.hinted_commands import command
from cxcall.named_tuple import NamedTuple
from cxcall.phone.number_masking import mask_text
from cxcall.platform_reads.read_requests import (
    MalformedResponseError,
    ReadError,
    body_of,
    require_items,
    text_at,
)
from cxcall.runtime.signals import sleep
from cxcall.transport import requested_waits

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from cxcall.contracts.operation import Operation
    from cxcall.platform_reads.read_requests import Reader
    from cxcall.responses.delivery import Delivery
    from cxcall.settings.settings import Settings

_FIRST_WAIT, _MAX_WAIT, _WAIT_FACTOR = 1.0, 10.0, 1.5
_CONNECTED = "connected"
_MAX_DELAY = 5.0
"""Seconds after which a call that was just placed can be read."""
_MASK = "***"
"""A part of each masked number."""
_LOW_BUDGET = 10
"""With fewer remaining requests than this, wait for the next rate window."""


class Leg(NamedTuple):
    """One leg of a party at one moment; `why` is the platform's reason for its end, `far` is true for the callee.

    `communication` is the platform's ID of the leg.
    """

    who: str
    address: str
    state: str
    connected: bool = False
    why: str = ""
    far: bool = False
    communication: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the leg as JSON data; `communicationId` identifies its transcripts."""
        values = self._asdict()
        communication = values.pop("communication")
        return {**values, "communicationId": communication or None}

    def __str__(self) -> str:
        party = f"{self.who} {self.address}".strip()
        return f"{party}: {self.state}" + (f" ({self.why})" if self.why else "")


@dataclass(frozen=True)
class CallState:
    """The result of one read; `names_callee` is whether the platform marks the party that was called."""

    engagement_id: str
    elapsed: float
    legs: tuple[Leg, ...]
    is_over: bool
    names_callee: bool
    delivery: Delivery = field(repr=False, compare=False)

    @property
    def was_connected(self) -> bool | None:
        """Whether a leg of the callee is or was connected; None if it is not known.

        The response may show no leg of the callee. It was never dialed if no other leg was connected either.
        """
        if not self.names_callee or not self.legs:
            return None
        if any(leg.far for leg in self.legs):
            return any(leg.connected for leg in self.legs if leg.far)
        return None if any(leg.connected for leg in self.legs) else False

    @property
    def states(self) -> set[str]:
        """The states of all legs, in lower case."""
        return {leg.state.lower() for leg in self.legs}

    def is_in(self, state: str) -> bool:
        """Return whether a party is in a state; if the platform marks the callee, `connected` is that of the callee."""
        if state == _CONNECTED and self.names_callee:
            return bool(self.was_connected)
        return state in self.states

    def as_dict(self) -> dict[str, Any]:
        """Return the state as JSON data; numbers are masked."""
        return {
            "engagementId": self.engagement_id,
            "elapsed": round(self.elapsed, 3),
            "over": self.is_over,
            "reached": self.was_connected,
            "legs": [leg.as_dict() for leg in self.legs],
        }


class Tracker(NamedTuple):
    """The operation that reads the state of a call, and the places of the values in its response.

    `declared` is `x-cxcall-track` of the contract: `id` names the parameter; `over` points to a
    value that is set once the call is over; `parties` points to a list, otherwise the response is
    the only party; `legs` point to lists in a party, otherwise the party is the leg; `far` are the
    purposes of the parties that were called; `communication` points to the ID of a leg.
    """

    operation: Operation
    declared: Mapping[str, Any]

    @property
    def parameter(self) -> str:
        """The parameter that takes the ID."""
        return str(self.declared["id"])

    def legs(self, body: Any) -> tuple[Leg, ...]:
        """Return the legs in a response body, in order."""
        parties = (
            require_items(body, self.declared["parties"]) if "parties" in self.declared else [body]
        )
        legs = (leg for party in parties for leg in self._of_party(party))
        return tuple(leg for leg in legs if leg.who or leg.address or leg.state)

    def _of_party(self, party: Any) -> Iterator[Leg]:
        places: Sequence[str] = self.declared.get("legs", ())
        legs = (
            [leg for place in places for leg in require_items(party, place)] if places else [party]
        )
        who = text_at(party, self.declared.get("who", ""))
        address = text_at(party, self.declared.get("address", ""))
        for leg in legs:
            why = [text_at(leg, place) for place in self.declared.get("why", ())]
            state = text_at(leg, self.declared["state"])
            since = text_at(leg, self.declared.get("connected", ""))
            yield Leg(
                who,
                mask_text(address),
                state,
                bool(since) or state.lower() == _CONNECTED,
                next(filter(None, why), ""),
                who in self.declared.get("far", ()),
                text_at(leg, self.declared.get("communication", "")),
            )

    def stop_without_call(self, body: Any, engagement_id: str) -> None:
        """Raise MalformedResponseError for a body that neither names the call nor has a declared value: it is another."""
        members = body if isinstance(body, dict) else {}
        places = (self.declared.get(name) for name in ("over", "parties", "state"))
        is_call = engagement_id in map(str, members.values())
        if not is_call and not any(place and has_value(members, place) for place in places):
            raise MalformedResponseError("the response does not show a call")

    def is_over(self, body: Any) -> bool:
        """Return whether a response body says that the call is over."""
        return bool(find_value(body, self.declared["over"]))


def tracker_for(platform: str) -> Tracker:
    """Return the tracker of a platform, from its operation with `x-cxcall-track`; raises UsageError if there is none."""
    for entry in find_extended_operations(TRACK):
        if entry.platform == platform:
            return Tracker(entry, entry.declared[TRACK])
    raise UsageError(
        f"no known operation of {f'`{platform}`' if platform else 'the API document'} reads the result of a call",
        where="track",
        fix="search for one: `cxcall operations`",
    )


def extended_operation(tracker: Tracker, extension: str, flag: str) -> Operation:
    """Return the operation with an extension that a flag needs; raises UsageError when none is declared."""
    for entry in tracker.operation.contract.find_extended(extension):
        return entry
    raise UsageError(
        f"no read of a call's {flag.removeprefix('--')} is published for `{tracker.operation.platform}`",
        where=flag,
        fix="leave it out",
    )


def transcript_addresses(
    operation: Operation, state: CallState, reader: Reader
) -> list[dict[str, Any]]:
    """Return the address of the transcript of each leg that has an ID; None if the platform has none (404).

    Raises ReadError if a read fails for another reason.
    """
    declared = operation.declared[TRANSCRIPT]
    found = []
    for leg in {leg.communication: leg for leg in state.legs if leg.communication}.values():
        values = {declared["id"]: state.engagement_id, declared["communication"]: leg.communication}
        delivery = reader.read(operation, values)
        response = delivery.response
        if response is None or response.status not in (HTTPStatus.OK, HTTPStatus.NOT_FOUND):
            raise ReadError(delivery)
        is_there = response.status == HTTPStatus.OK
        url = text_at(response.json(), declared["url"]) if is_there else ""
        found.append({"communicationId": leg.communication, "who": leg.who, "url": url or None})
    return found


def follow(
    tracker: Tracker,
    engagement_id: str,
    reader: Reader,
    *,
    until: Callable[[CallState], bool],
    max_seconds: float,
    is_new: bool = False,
) -> Iterator[CallState]:
    """Yield the state after each read, until the call is over or `until` returns True.

    Ends after `max_seconds` in any case. The waits grow, and respect the platform's rate headers.
    A call that `is_new` may not be found (404) at first. After the first state, a read that fails temporarily is repeated,
    also when its response does not show a call.
    Raises ReadError when a read fails, MalformedResponseError when a response does not show a call, and
    UsageError for an ID that is masked and for `max_seconds` without a limit.
    """
    _stop_on_unusable_values(engagement_id, max_seconds)
    began, pause = time.monotonic(), _FIRST_WAIT
    read = partial(_read_state, tracker, engagement_id, reader, began)
    while True:
        try:
            state = reader.repeat(read)
        except ReadError as error:
            elapsed, response = time.monotonic() - began, error.delivery.response
            is_new = is_new and elapsed < _MAX_DELAY and elapsed + pause <= max_seconds
            if not (is_new and response and response.status == HTTPStatus.NOT_FOUND):
                raise
            sleep(pause)
            continue
        yield state
        is_new, elapsed, response = False, state.elapsed, state.delivery.response
        window = requested_waits.remaining_window(response.headers) if response else None
        wait = window[1] if window and window[0] < _LOW_BUDGET else pause
        if state.is_over or until(state) or elapsed + wait > max_seconds:
            return
        sleep(wait)
        reader.keep_reading(max_seconds - elapsed - wait)
        pause = min(pause * _WAIT_FACTOR, _MAX_WAIT)


def _read_state(tracker: Tracker, engagement_id: str, reader: Reader, began: float) -> CallState:
    delivery = reader.read(tracker.operation, {tracker.parameter: engagement_id})
    elapsed, body = time.monotonic() - began, body_of(delivery)
    tracker.stop_without_call(body, engagement_id)
    legs, is_over = tracker.legs(body), tracker.is_over(body)
    names_callee = "far" in tracker.declared
    return CallState(engagement_id, elapsed, legs, is_over, names_callee, delivery)


def _stop_on_unusable_values(engagement_id: str, max_seconds: object) -> None:
    if _MASK in engagement_id:
        raise UsageError(
            f"`{engagement_id}` is not the whole engagement ID: the number that was dialed is masked in it",
            where="engagement_id",
            fix="look at the call in the platform",
        )
    if not isinstance(max_seconds, int | float) or math.isnan(max_seconds):
        raise UsageError(
            f"`max_seconds` is `{max_seconds}`, not a number of seconds",
            where="max_seconds",
            fix="give the longest time in seconds, or leave it out",
        )


def call_result(state: CallState, settings: Settings) -> tuple[ExitCode, tuple[Finding, ...]]:
    """Return the exit code and findings for a call that is over, or that continues."""
    if not state.is_over:
        waited = f" after {state.elapsed:.0f} s" if state.elapsed >= 1 else " yet"
        return ExitCode.UNKNOWN, (
            Finding.warning(
                "outcome-unknown",
                "response",
                f"the call has not ended{waited}: {_describe_legs(state)}",
                fix=f"look again: {command('cxcall', 'track', state.engagement_id, '--wait')}",
                source="response",
            ),
        )
    if state.was_connected or not state.names_callee:
        return ExitCode.OK, ()
    if state.was_connected is None:
        return ExitCode.UNKNOWN, (
            Finding.warning(
                "outcome-unknown",
                "response",
                f"the call ended, and no leg of the called person is shown: {_describe_legs(state)}",
                fix="look at the conversation in the platform to see whether the person was connected",
                source="response",
            ),
        )
    return ExitCode.REFUSED, (
        Finding.error(
            "hidden-failure",
            "response",
            f"the call ended, and the called person was never connected: {_describe_legs(state)}",
            fix="see the reason above; before you call again, make sure that the caller answers their own phone",
            why="the request was accepted, which does not mean that a phone rings; the caller's own phone rings first",
            source=f"response of {settings.base_url}",
        ),
    )


def unseen_state(event: str, seen: Collection[str]) -> Finding:
    """Return the warning that a call ended without having been in a state; `seen` are its states."""
    return Finding.warning(
        "outcome-unknown",
        "response",
        f"the call ended, and was not seen in the state `{printable(event)}`",
        fix=f"use one of the states that were seen: {', '.join(f'`{each}`' for each in sorted(seen))}",
        why="the state is read every few seconds, so a short one may be missed",
        source="response",
    )


def _describe_legs(state: CallState) -> str:
    return "; ".join(map(str, state.legs)) or "no leg is shown"
