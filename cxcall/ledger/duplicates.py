"""Find the earlier delivery that stops an identical request, and explain why."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any

from cxcall.findings.errors import StoppedError, UsageError
from cxcall.findings.exit_codes import Outcome
from cxcall.findings.hinted_commands import command, resolve_fix
from cxcall.ledger.errors import ledger_finding
from cxcall.ledger.schema import EventKind
from cxcall.ledger.stored_values import PLACED
from cxcall.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from cxcall.findings.finding import Finding
    from cxcall.ledger.boot_clock import BootTime
    from cxcall.ledger.checksummed_rows import StoredDelivery
    from cxcall.ledger.record_types import Record

_SAME = "the method, the URL, the headers, and the body are the same"

_WEIGHTS = {Outcome.UNDELIVERED: 0, Outcome.UNKNOWN: 1}
"""The strength of an outcome as evidence of a call; all others are responses of the API, the strongest evidence."""


class AlreadySentError(StoppedError):
    """A request, or a row of `batch`, is identical to one that was sent before, or may have been."""

    def __init__(
        self,
        earlier: Record,
        now: datetime,
        *,
        batch: str = "",
        row: int | None = None,
        is_unfinished: bool = False,
        names_person: bool = True,
    ) -> None:
        self.earlier, self.batch = earlier, batch
        if batch and earlier.batch == batch:
            finding = _same_batch_finding(earlier, row)
        elif earlier.is_unresolved:
            finding = _unknown_finding(earlier, now, names_person=names_person)
        elif is_unfinished:
            finding = _unfinished_batch_finding(earlier, now, is_row=bool(batch))
        else:
            finding = _accepted_finding(earlier, now, is_row=bool(batch), names_person=names_person)
        super().__init__(finding)


class InFlightError(StoppedError):
    """Another process may still be sending a delivery, so nobody can know yet whether it placed a call."""

    def __init__(self, unknown: Record, until: datetime) -> None:
        from cxcall.findings.times_in_text import utc_text

        super().__init__(
            ledger_finding(
                "outcome-unknown",
                f"another process may still be sending delivery `{unknown.id}`: its end is not recorded",
                fix=f"wait until that process ends, or at the latest until {utc_text(until)}; "
                f"then see {command('cxcall', 'history', 'show', unknown.id)}. If you know that it has ended, "
                "add `--force`",
                why="a request that is still in flight can place a call after you record that it placed none",
            )
        )


class ResolvedError(StoppedError):
    """A person has resolved a delivery whose process was stopped for so long that it could not be in flight any more."""

    def __init__(self, resolved: Record) -> None:
        super().__init__(
            ledger_finding(
                "already-sent",
                f"delivery `{resolved.id}` was resolved as {resolved.resolution} before this attempt was sent",
                fix=f"see {command('cxcall', 'history', 'show', resolved.id)}; to send the request now, run it again",
                why="this process was stopped for longer than the limit of an attempt, and a person has decided meanwhile",
            )
        )


class Window(NamedTuple):
    """Which accepted deliveries stop an identical request: those of the last `seconds`, or after event `after`.

    Of a resumed batch, which began at the time `began`, also those of the last `seconds` before: its first run would have
    stopped a row that it did not reach. Also those with the IDs `stops`, which stopped the row of the batch before.
    None up to event `allowed` stops the request, nor does an unknown one.
    """

    seconds: float = -inf
    after: float = inf
    stops: Collection[str] = ()
    allowed: float = 0
    began: float = inf


def check_is_unknown(record: Record) -> None:
    """Raise UsageError if the outcome of a delivery is known, or if other deliveries have it."""
    if record.is_split:
        raise UsageError(
            f"`{record.id}` is recorded as two more deliveries, because its response does not list all of its contacts",
            where="delivery",
            fix=f"resolve the delivery of the contacts that are not listed: see `cxcall history show {record.id}`",
        )
    if record.outcome is not Outcome.UNKNOWN:
        raise UsageError(
            f"`{record.id}` is {record.outcome}, not unknown: there is nothing to resolve",
            where="delivery",
            fix=f"see `cxcall history show {record.id}`",
        )


def may_follow(last: Mapping[str, Any], outcome: Outcome) -> bool:
    """Return whether an outcome may be recorded after the last event of a delivery."""
    if last["kind"] == EventKind.SPLIT:
        return False
    if last["kind"] == EventKind.ENDED:
        return _weight(outcome) > _weight(last["outcome"])
    return not (last["resolution"] == PLACED and outcome is Outcome.UNDELIVERED)


def _weight(outcome: str) -> int:
    return _WEIGHTS.get(Outcome(outcome), 2)


def check_has_ended(found: StoredDelivery, now: datetime, boot_time: BootTime) -> None:
    """Raise InFlightError if a process may still be sending a delivery."""
    left = found.seconds_in_flight(now.timestamp(), boot_time)
    if left > 0:
        raise InFlightError(found.record, now + timedelta(seconds=left))


def stop_on_resolved(own: StoredDelivery) -> None:
    """Raise ResolvedError if a person has resolved a delivery that is about to be sent again."""
    if own.event["kind"] == EventKind.RESOLVED:
        raise ResolvedError(own.record)


def stop_on_same_row(
    batch: str, row: int | None, earlier: Sequence[StoredDelivery], now: datetime
) -> None:
    """Raise AlreadySentError for a row whose request this batch already sent, even with `again`."""
    found = find_row_of_batches((batch,), earlier)
    if found is not None and found.may_be_processed:
        raise AlreadySentError(found, now, batch=batch, row=row)


def find_row_of_batches(
    batches: Collection[str], earlier: Sequence[StoredDelivery]
) -> Record | None:
    """Return the delivery of a row of some batches; a delivery that may have been processed comes first."""
    found = [
        each.record
        for each in earlier
        if each.delivery["batch"] and each.delivery["batch"] in batches
    ]
    return next((each for each in found if each.may_be_processed), found[0] if found else None)


def stop_on_identical(
    batch: str,
    earlier: Sequence[StoredDelivery],
    window: Window,
    now: datetime,
    boot_time: BootTime,
    is_finished: Callable[[str], bool],
    *,
    names_person: bool = True,
) -> None:
    """Raise AlreadySentError if an identical request is unknown, or was accepted within the window.

    A request that was accepted in an unfinished batch other than `batch` stops it at any age, because that batch
    will be resumed, whatever file the request comes from now.
    """
    stop = partial(AlreadySentError, now=now, batch=batch, names_person=names_person)
    newest_first = sorted(earlier, key=lambda each: each.last_event, reverse=True)
    newest_first = [each for each in newest_first if each.last_event > window.allowed]
    for each in newest_first:
        if each.record.is_unresolved:
            raise stop(each.record)
    for each in newest_first:
        if not each.record.was_placed:
            continue
        is_within = each.is_within(window.seconds, min(now.timestamp(), window.began), boot_time)
        is_known = each.last_event > window.after or each.record.id in window.stops
        is_unfinished = each.record.batch != batch and not is_finished(each.record.batch)
        if is_within or is_known or is_unfinished:
            raise stop(each.record, is_unfinished=is_unfinished)


def _unknown_finding(earlier: Record, now: datetime, *, names_person: bool) -> Finding:
    from cxcall.findings.times_in_text import utc_text

    did, question, twice = (
        ("placed a call", "a call was placed", "the person may be called twice")
        if names_person
        else ("been processed, and placed calls", "it was processed", "calls may be placed twice")
    )
    if earlier.is_load:
        did, twice = "loaded these contacts", "the contacts may be in the list twice"
    return ledger_finding(
        "outcome-unknown",
        f"an identical request, sent {_ago(earlier.at, now)}, may have {did}: "
        f"the outcome of delivery `{earlier.id}` is unknown",
        fix=f"{find_out_fix(earlier, now, question)}; if you add `--again` without finding out, {twice}",
        why=f"it was sent at {utc_text(earlier.at)} and its outcome is unknown; {_SAME}",
    )


def find_out_fix(unknown: Record, now: datetime, question: str = "a call was placed") -> str:
    """Return how to resolve an unknown delivery; another process may still be sending it if its end is not recorded."""
    from cxcall.findings.times_in_text import utc_text

    wait = ""
    if unknown.latest_end and unknown.may_be_in_flight(now):
        until = utc_text(unknown.latest_end)
        wait = f"wait if another process is still sending it, at the latest until {until}, then "
    return wait + resolve_fix(unknown.id, is_load=unknown.is_load, question=question)


def _accepted_finding(
    earlier: Record, now: datetime, *, is_row: bool, names_person: bool
) -> Finding:
    again = "send this row from a separate file with `--again`" if is_row else "add `--again`"
    done, to = "having placed a call", "call the same person again"
    if not names_person:
        done, to = "processed", "send it again"
    verb = f"was recorded as {done}" if earlier.resolution else "was accepted"
    return ledger_finding(
        "already-sent",
        f"an identical request {verb} {_ago(earlier.ended_at or earlier.at, now)}: delivery `{earlier.id}`",
        fix=f"see `cxcall history show {earlier.id}`; to {to} on purpose, {again}",
        why=_SAME + f"; its engagement ID is {earlier.engagement_id}" * bool(earlier.engagement_id),
    )


def _unfinished_batch_finding(earlier: Record, now: datetime, *, is_row: bool) -> Finding:
    then = "; then send this row from a separate file" if is_row else ""
    return ledger_finding(
        "already-sent",
        f"an identical request was accepted {_ago(earlier.ended_at or earlier.at, now)} as row {earlier.row} "
        f"of batch `{earlier.batch}`, which is not finished: delivery `{earlier.id}`",
        fix="finish that batch: run the command that began it with `--resume`; or close it: "
        f"`cxcall batch cancel {earlier.batch}`{then}",
        why=f"the rows of an unfinished batch are not sent by another command: `cxcall history list --batch {earlier.batch}`",
    )


def _same_batch_finding(earlier: Record, row: int | None) -> Finding:
    if row == earlier.row:
        what = earlier.name if earlier.is_load else f"row {row}"
        return ledger_finding(
            "already-sent",
            f"another command has sent {what} of this batch meanwhile: delivery `{earlier.id}`",
            fix=f"see what it sent: {command('cxcall', 'batch', 'report', earlier.batch)}",
            why="a batch sends a request only once, whichever command sends it",
        )
    return ledger_finding(
        "already-sent",
        f"row {earlier.row} of this batch is the same request: delivery `{earlier.id}`",
        fix="leave out one of them; if you want to send both, send the other one separately with `--again`",
        why="a batch sends a request only once, even if the file has it several times",
    )


def _ago(at: datetime, now: datetime) -> str:
    from cxcall.findings.times_in_text import utc_text

    seconds = (now - at).total_seconds()
    if seconds < -1:
        return f"at {utc_text(at)}, which is in the future (was the clock set back?)"
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return "less than a minute ago"
