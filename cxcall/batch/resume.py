"""Find the earlier batch of a file that a run resumes, or that it must not repeat, and the rows that it sent."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from datetime import timedelta
from typing import TYPE_CHECKING

from cxcall.batch.job import SANDBOX_TARGET
from cxcall.findings.errors import StoppedError, UsageError
from cxcall.findings.exit_codes import Outcome
from cxcall.findings.hinted_commands import command
from cxcall.findings.times_in_text import utc_text
from cxcall.ledger.errors import already_sent_error
from cxcall.ledger.schema import SAME_RUN
from cxcall.ledger.stored_values import storable
from cxcall.sending.send_plan import Plan
from cxcall.settings.stricter_guards import find_missing_guards, how_to_set

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cxcall.batch.job import Job
    from cxcall.ledger.ledger import Ledger
    from cxcall.ledger.record_types import Batch, Record
    from cxcall.sending.checked_request import CheckedRequest

    FindEarlier = Callable[[CheckedRequest, int], Record | None]

_NO_CALL = {Outcome.REFUSED, Outcome.UNDELIVERED}
"""The outcomes of requests that placed no call."""
_BITS = 32
"""A row and the number of its delivery are one integer in the array: a batch may have sent millions of rows."""


def find_resumable_batches(ledger: Ledger, job: Job, *, resume: bool) -> list[str]:
    """Return the IDs of the batch to resume and of all earlier batches of the same requests; empty for a new batch.

    A row that any of these batches sent is not sent again, because a batch may have been run twice by
    mistake. A list that is called again on another day is a new run, if the earlier batch was finished.

    A load continues loads of the same content into the same list, whatever their profiles, other values, and age,
    because its contacts stay in the list.

    Raises UsageError when there is no batch to resume, the file or an option is another one, or a guard is missing.
    Without `resume`, raises StoppedError when any batch of the file is unfinished: its requests may call the same people,
    whatever operation, address, profile, and options it has. Raises MissingRecordsError when records are missing,
    unless `again`: rows may have been sent.
    """
    if not job.again:
        ledger.stop_on_missing_records()
    if resume:
        return _find_same(ledger, job)
    for each in _batches_of_file(ledger, job):
        if not (each.is_finished or job.again):
            raise _unfinished_batch_error(ledger, job, each)
    return []


def _find_same(ledger: Ledger, job: Job) -> list[str]:
    """Return the IDs of the batches that `--resume` continues, the newest first."""
    profile, *_, path, digest = job.identity
    similar = _similar_batches(ledger, job)
    own = [each for each in similar if job.is_load or each.profile == profile]
    if not own:
        raise _no_batch_error(job, ledger.batches.of_file("" if job.is_load else path, digest))
    newest = own[0] if job.is_load else _find_unchanged(ledger, job, own)
    if not job.is_load:
        _stop_on_newer_batch(ledger, job, newest)
    ledger.batches.events.stop_on_pruned(newest.id)
    _stop_on_missing_guards(ledger, job, newest.id)
    if job.is_load:
        return [each.id for each in own]
    others = (each for each in own if each.values_digest == newest.values_digest and each != newest)
    return batches_of_same_run([newest, *others])


def _find_unchanged(ledger: Ledger, job: Job, own: Sequence[Batch]) -> Batch:
    """Return the newest of the batches with the same content of the file and the same options; raises UsageError."""
    *_, values_digest, _, digest = job.identity
    same = [
        each
        for each in own
        if each.file_digest == digest and not ledger.batches.has_other_content(each.id)
    ]
    if not same:
        raise _changed_file_error(job, own[0])
    found = next((each for each in same if each.values_digest == values_digest), None)
    if found is None:
        raise _other_values_error(same[0])
    return found


def _stop_on_newer_batch(ledger: Ledger, job: Job, batch: Batch) -> None:
    """Raise StoppedError if a newer batch of the file, with other requests, may have called the people of the one to resume.

    Whoever begins a batch with `--again` calls people again on purpose.
    """
    same = (batch.operation, batch.values_digest, batch.file_digest)
    for each in _batches_of_file(ledger, job):
        if each.id == batch.id:
            return
        is_other = (each.operation, each.values_digest, each.file_digest) != same
        _, is_again = ledger.batches.events.beginning(each.id)
        outcomes = ledger.batches.count_outcomes(each.id)
        has_called = not each.is_finished or outcomes.keys() - _NO_CALL
        if is_other and has_called and not is_again:
            raise already_sent_error(
                f"a newer batch of `{job.rows.name}`, begun at {utc_text(each.at)}, had other requests",
                fix="see whom it called, and send the rows that are left from a separate file",
                why=f"it may have called the people of the batch to resume: `cxcall batch report {each.id}`",
            )


def new_batch_guard(ledger: Ledger, job: Job) -> Callable[[], None]:
    """Return a function that raises StoppedError if another process began a batch of the same file since now.

    A batch that has begun and ended meanwhile counts, too: a person may have answered a question in between. The
    ledger calls the function in the transaction that records the batch.
    """
    known = {each.id for each in _batches_of_file(ledger, job)}

    def stop_on_new_batch() -> None:
        for each in _batches_of_file(ledger, job):
            if each.id not in known:
                raise _new_batch_error(job, each)

    return (lambda: None) if job.again else stop_on_new_batch


def describe_repetition(ledger: Ledger, job: Job) -> str:
    """Return the message that a new batch with calls may have the people of a finished one; empty if it has other rows."""
    if not job.may_place_call or job.is_load or job.again or job.settings.is_embedded:
        return ""
    other, (_, _, _, values_digest, *_) = "", job.identity
    for each in _similar_batches(ledger, job):
        is_same = each.is_finished and each.file_digest == job.rows.digest
        if not (is_same and ledger.batches.count_outcomes(each.id).keys() - _NO_CALL):
            continue
        began = f"batch `{each.id}`, begun at {utc_text(each.at)},"
        if each.values_digest == values_digest:
            return f"{began} had the same rows: the people whom it called are called again, unless `duplicate_window` or `--max-attempts` prevents it"
        other = other or (
            f"{began} was sent from the same file with another `--map`, `--sheet`, `--set`, or the like: check whether it called"
            f" the same people, `cxcall batch report {each.id}`"
        )
    return other


def stop_on_end(ledger: Ledger, batch: str, last_end: int) -> None:
    """Raise StoppedError if a person has closed a batch, or another run has finished it, after the end with a number."""
    if ledger.batches.events.is_recorded_since(batch, last_end):
        raise already_sent_error(
            "the batch was closed, or finished by another command",
            fix=f"see which rows were sent: {command('cxcall', 'batch', 'report', batch)}",
            why="other commands may send its requests from then on",
        )


def _batches_of_file(ledger: Ledger, job: Job) -> list[Batch]:
    """Return the batches of the file, newest first; for a load, only loads of its content into the same list.

    A batch in the embedded sandbox and one to an API do not count for each other.
    """
    _, _, target, values_digest, path, digest = job.identity
    return [
        each
        for each in ledger.batches.of_file("" if job.is_load else path, digest)
        if (each.target == SANDBOX_TARGET) == job.settings.is_embedded
        and (not job.is_load or (each.values_digest == values_digest and each.goes_to(target)))
    ]


def _similar_batches(ledger: Ledger, job: Job) -> list[Batch]:
    """Return the batches of the file for the same operation and API, newest first; for a load, into the same list."""
    _, operation, target, *_ = job.identity
    return [
        each
        for each in _batches_of_file(ledger, job)
        if each.operation == operation and (job.is_load or each.is_at(target))
    ]


def find_by_request(ledger: Ledger, batches: Sequence[str]) -> FindEarlier:
    """Return a function that returns the delivery of a row by these batches: of its request, or of its number in the file."""
    sent = _SentRows(ledger, batches)

    def find_earlier(checked: CheckedRequest, row: int) -> Record | None:
        if not batches:
            return None
        record = ledger.find_row(batches, Plan(checked, batch=batches[0]).intent())
        return record if record is not None and record.may_be_processed else sent.find(row)

    return find_earlier


def batches_of_same_run(batches: Sequence[Batch]) -> list[str]:
    """Return the IDs of the batches of a file, newest first, whose rows the newest one must not send again."""
    newest = batches[0]
    return [
        each.id
        for each in batches
        if not each.is_finished or newest.at - each.at < timedelta(seconds=SAME_RUN)
    ]


def _no_batch_error(job: Job, earlier: Sequence[Batch]) -> UsageError:
    name, settings = job.rows.name, job.settings
    message = f"this ledger has no earlier batch of `{name}` to resume"
    fix = (
        "run this on the machine that began the batch, or restore its ledger (`history prune` deletes old batches); without the ledger, check on the platform which"
        " rows were called, and send the others from a separate file"
    )
    if not job.rows.file:
        fix = "give the same rows again: the earlier batch of rows from stdin is found by their content"
    if earlier:
        last = next((each for each in earlier if each.target != SANDBOX_TARGET), earlier[0])
        message = f"the earlier batch of `{name}` was for {last.operation}, profile {last.profile}, {last.target}"
        fix = "run the command that began it, with `--resume`: a different command would call the same people again"
        if not job.operation.contract.find_by_name(last.operation):
            fix += (
                f". `{last.operation}` is not in this document: if it was renamed, give it that name until the batch is finished; or close the"
                f" batch, `cxcall batch cancel {last.id}`, and send the rows that it did not send from a separate file"
            )
        if last.target == SANDBOX_TARGET:
            fix = "leave out `--resume`: that batch went to the sandbox and placed no real calls"
    if job.is_load:
        message = (
            f"this ledger has no earlier load of `{name}`, with its present content, into this list"
        )
        fix = "if this is the ledger of the earlier load, leave out `--resume`: contacts that may be in the list are recognized"
    search = f"looked for {job.operation.name}, profile {settings.profile}, {settings.base_url}"
    return UsageError(message, where="--resume", fix=fix, why=search)


def _changed_file_error(job: Job, batch: Batch) -> UsageError:
    close = "" if batch.is_finished else f"close the batch, `cxcall batch cancel {batch.id}`, and "
    return UsageError(
        f"`{job.rows.name}` was changed since batch `{batch.id}` began",
        where="--resume",
        fix=f"restore the file as it was, and run the same command again; or {close}send the rows that it did not send from a"
        f" separate file: those that `cxcall batch report {batch.id} --format csv` does not list as sent",
        why=f"a changed row could call a person whom the batch has called: `cxcall batch report {batch.id}`",
    )


def _other_values_error(batch: Batch) -> UsageError:
    return UsageError(
        "the batch to resume had another `--set`, `--param`, `--map`, `--default-country`, `--sheet`, or `--encoding`,"
        " so its rows were different requests",
        where="--resume",
        fix="run the command that began it, with `--resume`",
        why=f"begun at {utc_text(batch.at)}: `cxcall history list --batch {batch.id}`",
    )


def _stop_on_missing_guards(ledger: Ledger, job: Job, batch: str) -> None:
    """Raise UsageError if a guard of the batch to resume is missing or weaker, and nobody has set it so in its place."""
    missing = find_missing_guards(job.settings, ledger.batches.events.guards(batch))
    if not missing:
        return
    names = ", ".join(f"`{each.name}`" for each in missing)
    which = "a guard that is" if len(missing) == 1 else "guards that are"
    raise UsageError(
        f"the batch to resume was run with {which} missing or weaker now: {names}",
        where="--resume",
        fix="; ".join(map(how_to_set, missing)),
        why="this command could call people whom the batch must not call, or not yet:"
        f" `cxcall batch report {batch}`",
    )


def _may_be_done(job: Job) -> str:
    return f"its {'contacts may have been added' if job.is_load else 'calls may have been placed'}"


def _unfinished_batch_error(ledger: Ledger, job: Job, batch: Batch) -> StoppedError:
    other = f" with profile `{batch.profile}`" if batch.profile != job.settings.profile else ""
    file = storable(job.rows.file)
    same = f", with the same rows as `{job.rows.name}`" if batch.file not in ("", file) else ""
    name = f"`{batch.file}`" if same else f"`{job.rows.name}`"
    counts = ledger.batches.count_outcomes(batch.id)
    why = _may_be_done(job)
    if not counts.keys() - _NO_CALL:
        why = f"{'no contact of it was added' if job.is_load else 'no call of it was placed'} so far, but it may still be running"
    profile, operation, target, values_digest, _, digest = job.identity
    is_changed = (batch.operation, batch.target) != (operation, target)
    where = f": {batch.operation}, {batch.target}" if is_changed else ""
    again = "; to call the same people again with this command, add `--again`" if is_changed else ""
    is_own = (batch.profile, batch.operation) == (profile, operation) and batch.is_at(target)
    is_own = is_own and batch.values_digest == values_digest
    is_same_file = batch.file_digest == digest
    resume = "add" if is_own and is_same_file else "run the command that began it with"
    resume = resume if is_same_file else f"restore the file as it was, and {resume}"
    return already_sent_error(
        f"a batch of {name}{same}, begun at {utc_text(batch.at)}{other}, was not finished{where}",
        fix=f"{resume} `--resume`{other}: it sends the remaining rows; to send none of them, close the batch: `cxcall batch cancel {batch.id}`{again}",
        why=f"{why}: `cxcall history list --batch {batch.id}`",
    )


def _new_batch_error(job: Job, batch: Batch) -> StoppedError:
    name, began = job.rows.name, utc_text(batch.at)
    return already_sent_error(
        f"another process began a {'load' if job.is_load else 'batch'} of `{name}` at {began}, while this one was about to begin",
        fix="wait until it ends; if rows are left then, run the command that began it with `--resume`",
        why=f"{_may_be_done(job)}: `cxcall history list --batch {batch.id}`",
    )


class _SentRows:
    """The deliveries of those batches that read the same content of the file as the first one, by row.

    The request of a row can differ from the one that was sent although the file does not: the operation has another
    path, or a property another type, in a document that was edited meanwhile.
    """

    def __init__(self, ledger: Ledger, batches: Sequence[str]) -> None:
        self._records = ledger.batches
        digests = {each.id: each.file_digest for each in self._records.all()} if batches else {}
        same = [each for each in batches if digests[each] == digests[batches[0]]]
        same = [each for each in same if not self._records.has_other_content(each)]
        numbers = self._records.numbers_by_row(same)
        self._places = array("Q", sorted(row << _BITS | number for row, number in numbers))

    def find(self, row: int) -> Record | None:
        """Return the delivery of a row that placed, or may have placed, a call; None for any other row."""
        start, end = (bisect_left(self._places, each << _BITS) for each in (row, row + 1))
        found = (
            self._records.delivery(each & (1 << _BITS) - 1) for each in self._places[start:end]
        )
        return next((each for each in found if each.was_placed or each.is_unresolved), None)
