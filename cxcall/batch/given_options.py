"""The options that change the requests of a batch's rows, as the ledger has them: a resumed batch must have the same."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cxcall.batch.job import Job
    from cxcall.ledger.records import Batch

_ENCODING = "--encoding"
_EARLIER_ENCODINGS = ("", "windows-1252")
"""The encodings that an earlier cxcall read or proposed, whose records have one digest of all options."""


def record_options(job: Job) -> str:
    """Return a digest of each option, as JSON; empty without options.

    The encoding is recorded as the text that it makes of the file, unless UTF-8 or a byte order mark makes the same.
    """
    given = _digests(job)
    return json.dumps(given, sort_keys=True) if given else ""


def find_differences(job: Job, batch: Batch) -> Sequence[str]:
    """Return the options of a job that a batch had otherwise; all of them if an earlier cxcall recorded the batch.

    The encoding may be another one if the file is, too: then the rows are compared.
    """
    recorded, is_same_file = batch.values_digest, batch.file_digest == job.rows.digest
    if recorded and not recorded.startswith("{"):
        own = job.rows.format.encoding
        encodings = (own,) if is_same_file else (own, *_EARLIER_ENCODINGS)
        is_same = any(_digest_of_all(job, each) == recorded for each in encodings)
        every = ("--set", "--param", "--map", "--default-country", "--sheet", _ENCODING)
        return () if is_same else [" or ".join(f"`{each}`" for each in every)]
    before, now = json.loads(recorded or "{}"), _digests(job)
    return list(_describe_differences(before, now, is_same_file=is_same_file))


def _describe_differences(
    before: dict[str, str], now: dict[str, str], *, is_same_file: bool
) -> Iterator[str]:
    for name in sorted(before.keys() | now.keys()):
        if before.get(name) != now.get(name) and (is_same_file or name != _ENCODING):
            missing = " (not given now)" if name not in now else ""
            yield f"`{name}`{missing or ' (not given then)' * (name not in before)}"


def _digests(job: Job) -> dict[str, str]:
    options = {
        "--set": [*job.sets],
        "--default-country": job.default_country,
        "--sheet": job.rows.format.sheet,
        _ENCODING: job.rows.text_digest,
    }
    values = {f"--param {name}": value for name, value in job.values.items()}
    headers = {f"--map {target}": header for target, header in job.rows.format.headers.items()}
    given = {name: value for name, value in options.items() if value} | values | headers
    return {name: _digest(value)[:16] for name, value in given.items()}


def _digest_of_all(job: Job, encoding: str) -> str:
    """Return the digest of all options by which earlier versions of cxcall recorded a batch."""
    row_format = job.rows.format
    reading = {"encoding": encoding, "sheet": row_format.sheet, "columns": row_format.headers}
    key = {name: value for name, value in reading.items() if value}
    more = [each for each in (key and json.dumps(key, sort_keys=True), job.default_country) if each]
    if not (job.sets or job.values or more):
        return ""
    return _digest([sorted(job.values.items()), *job.sets, *more])


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value).encode("utf-8", "surrogatepass")).hexdigest()
