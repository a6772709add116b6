"""The earlier batches of a file: which one a run goes on with, and which one it must not repeat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.findings.errors import StoppedError, UsageError
from cxcall.findings.finding import Finding, Severity
from cxcall.ledger.database import NOT_RECORDED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cxcall.batch.job import Job
    from cxcall.ledger.ledger import Batch, Ledger


def find_resumable_batch(ledger: Ledger, job: Job, *, resume: bool) -> str:
    """Return the batch to go on with; empty for a new one.

    Raises UsageError when there is none to resume, StoppedError when one is unfinished.
    """
    profile, operation, target, given, *file = job.identity
    known = ledger.batches_of(*file)
    here = [each for each in known if (each.operation, each.target) == (operation, target)]
    if resume:
        own = [each for each in here if each.profile == profile]
        if not own:
            raise _no_batch_error(job, known)
        same = next((each for each in own if each.given == given), None)
        if same is None:
            raise _other_values_error(own[0])
        return same.id
    newest = {(each.profile, each.given): each for each in reversed(here)}.values()
    unfinished = next((each for each in newest if not each.is_ended), None)
    if unfinished is not None and not job.again:
        raise _unfinished_batch_error(job, unfinished)
    return ""


def _no_batch_error(job: Job, known: Sequence[Batch]) -> UsageError:
    name, settings = job.rows.name, job.settings
    message, fix = f"there is no earlier batch of `{name}` to go on with", "leave out `--resume`"
    if known:
        last = known[0]
        message = f"the earlier batch of `{name}` is of {last.operation}, profile {last.profile}, {last.target}"
        fix = "the same command as then, with `--resume`: another would call its people again"
    looked = f"looked for {job.operation.name}, profile {settings.profile}, {settings.base_url}"
    return UsageError(message, where="--resume", fix=fix, why=looked)


def _other_values_error(batch: Batch) -> UsageError:
    what, fix = (
        "had other `--set` or `--param`: its rows were other requests",
        "the same command as then, with `--resume`",
    )
    if batch.given == NOT_RECORDED:
        what = "is of an older cxcall, which did not record `--set` and `--param`"
        fix = "send what is left of it as a file of its own"
    return UsageError(
        f"the batch to go on with {what}",
        where="--resume",
        fix=fix,
        why=f"begun at {batch.at:%Y-%m-%d %H:%M:%S} UTC: `cxcall history list --batch {batch.id}`",
    )


def _unfinished_batch_error(job: Job, batch: Batch) -> StoppedError:
    other = f" with profile `{batch.profile}`" if batch.profile != job.settings.profile else ""
    return StoppedError(
        Finding(
            Severity.ERROR,
            "already-sent",
            "ledger",
            f"a batch of `{job.rows.name}`, begun at {batch.at:%Y-%m-%d %H:%M:%S} UTC{other}, did not come to its end",
            fix=f"`--resume`{other} sends what is left; `--again` sends all of it anew",
            why=f"its rows may have rung: `cxcall history list --batch {batch.id}`",
            source="ledger",
        )
    )
