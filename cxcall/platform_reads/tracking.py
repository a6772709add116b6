"""What became of a call: its published read, again and again, until it is over."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from cxcall.documents.json_pointer import has_value, value_at
from cxcall.findings.errors import CxcallError, UsageError
from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.findings.finding import Finding, Severity, command
from cxcall.phone.phone_numbers import mask_text
from cxcall.transport import retry_after

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from cxcall.contracts.contract import Operation
    from cxcall.responses.delivery import Delivery
    from cxcall.settings.settings import Settings

FIRST_WAIT, MAX_WAIT = 1.0, 10.0
_GROWTH = 1.5
_FEW_LEFT = 10
_TRACK, _SENTIMENT = "x-cxcall-track", "x-cxcall-sentiment"


class Leg(NamedTuple):
    """One party's leg at one moment; `why` is what the platform gives as the reason of its end."""

    who: str
    address: str
    state: str
    connected: bool = False
    why: str = ""
    far: bool = False

    def __str__(self) -> str:
        told = f"{self.who} {self.address}".strip()
        return f"{told}: {self.state}" + (f" ({self.why})" if self.why else "")


@dataclass(frozen=True)
class CallState:
    """What one read showed; `tells` is whether its platform says who of the parties was called."""

    engagement_id: str
    elapsed: float
    legs: tuple[Leg, ...]
    over: bool
    tells: bool
    delivery: Delivery = field(repr=False, compare=False)

    @property
    def reached(self) -> bool | None:
        """Whether a leg of the one who was called is, or was, connected; None where that is not told."""
        return any(leg.connected for leg in self.legs if leg.far) if self.tells else None

    @property
    def states(self) -> set[str]:
        """The states of all legs, in small letters."""
        return {leg.state.lower() for leg in self.legs}

    def as_dict(self) -> dict[str, Any]:
        """Return it for a program; numbers are masked."""
        return {
            "engagementId": self.engagement_id,
            "elapsed": round(self.elapsed, 3),
            "over": self.over,
            "reached": self.reached,
            "legs": [leg._asdict() for leg in self.legs],
        }


class Tracker(NamedTuple):
    """The operation that reads what became of an ID, and where its answer says what.

    From `x-cxcall-track`: `id` names the parameter; `over` is set once it is over; `parties` is a
    list, or the answer itself is the one party; `legs` are lists in a party, or the party is the
    leg; `far` are the purposes of those who were called.
    """

    operation: Operation
    declared: Mapping[str, Any]

    @property
    def parameter(self) -> str:
        """The parameter that takes the ID."""
        return str(self.declared["id"])

    def legs(self, body: Any) -> tuple[Leg, ...]:
        """Return the legs of an answer, in its order."""
        parties = _at(body, self.declared["parties"]) if "parties" in self.declared else [body]
        return tuple(leg for party in parties or () for leg in self._of_party(party))

    def _of_party(self, party: Any) -> Iterator[Leg]:
        places: Sequence[str] = self.declared.get("legs", ())
        legs = [leg for place in places for leg in _at(party, place) or ()] if places else [party]
        who = _text(party, self.declared.get("who", ""))
        address = _text(party, self.declared.get("address", ""))
        for leg in legs:
            why = [_text(leg, place) for place in self.declared.get("why", ())]
            yield Leg(
                who,
                mask_text(address),
                _text(leg, self.declared["state"]),
                bool(_text(leg, self.declared.get("connected", ""))),
                next(filter(None, why), ""),
                who in self.declared.get("far", ()),
            )

    def is_over(self, body: Any) -> bool:
        """Tell whether an answer says that it is over."""
        return bool(_at(body, self.declared["over"]))


def _at(value: Any, pointer: str) -> Any:
    return value_at(value, pointer) if pointer and has_value(value, pointer) else None


def _text(value: Any, pointer: str) -> str:
    found = _at(value, pointer)
    return "" if found is None else str(found)


def tracker_for(platform: str, operations: Sequence[Operation]) -> Tracker:
    """Return what reads an ID on a platform; raises UsageError where nothing published does."""
    for entry in operations:
        if entry.platform == platform and _TRACK in entry.declared:
            return Tracker(entry, entry.declared[_TRACK])
    raise UsageError(
        f"no operation of `{platform}` that reads what became of a call is known",
        where="track",
        fix="look for one: `cxcall operations`",
    )


def sentiment_operation(tracker: Tracker) -> tuple[Operation, str]:
    """Return the operation that reads a call's sentiment, and the parameter that takes its ID.

    Raises UsageError where the platform publishes none.
    """
    for entry in tracker.operation.contract.operations:
        if _SENTIMENT in entry.declared:
            return entry, str(entry.declared[_SENTIMENT]["id"])
    raise UsageError(
        f"no read of a call's sentiment is published for `{tracker.operation.platform}`",
        where="--sentiment",
        fix="leave it out",
    )


class TrackingError(CxcallError):
    """A read that the platform refused, or that got no answer: what became of the call is not known."""

    last: dict[str, Any] | None = None

    def __init__(self, delivery: Delivery) -> None:
        super().__init__(*delivery.findings)
        self.delivery = delivery
        self.exit_code, self.outcome = delivery.exit_code, delivery.outcome


def follow(
    tracker: Tracker,
    engagement_id: str,
    read: Callable[[Operation, Mapping[str, str]], Delivery],
    *,
    until: Callable[[CallState], bool],
    patience: float,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[CallState]:
    """Yield what each read shows, until it is over or `until` says so; at most for `patience` seconds.

    Pauses grow, and keep within what the platform's rate headers leave. Raises UnreadableError.
    """
    began, pause = time.monotonic(), FIRST_WAIT
    while True:
        delivery = read(tracker.operation, {tracker.parameter: engagement_id})
        response = delivery.exchange.response if delivery.exchange else None
        body = response.json() if response else None
        if delivery.outcome is not Outcome.ACCEPTED or response is None:
            raise TrackingError(delivery)
        elapsed = time.monotonic() - began
        legs, over = tracker.legs(body), tracker.is_over(body)
        sight = CallState(engagement_id, elapsed, legs, over, "far" in tracker.declared, delivery)
        yield sight
        left = retry_after.window_left(response.headers)
        wait = left[1] if left and left[0] < _FEW_LEFT else pause
        if sight.over or until(sight) or elapsed + wait > patience:
            return
        sleep(wait)
        pause = min(pause * _GROWTH, MAX_WAIT)


def call_result(sight: CallState, settings: Settings) -> tuple[ExitCode, tuple[Finding, ...]]:
    """Say how a call that is over ended, or that it goes on still."""
    if not sight.over:
        return ExitCode.UNKNOWN, (
            Finding(
                Severity.WARNING,
                "outcome-unknown",
                "response",
                f"it goes on still, after {sight.elapsed:.0f} s: {_describe_legs(sight)}",
                fix=f"look again: {command('cxcall', 'track', sight.engagement_id, '--wait')}",
                source="response",
            ),
        )
    if sight.reached is not False:
        return ExitCode.OK, ()
    return ExitCode.REFUSED, (
        Finding(
            Severity.ERROR,
            "hidden-failure",
            "response",
            f"it is over, and the one who was called was never connected: {_describe_legs(sight)}",
            fix="read the reason above; before calling again, make sure that the phone of the caller answers",
            why="the request was accepted, which says nothing of a phone; the caller's own rings first",
            source=f"response of {settings.base_url}",
        ),
    )


def _describe_legs(sight: CallState) -> str:
    return "; ".join(map(str, sight.legs)) or "no leg is shown"
