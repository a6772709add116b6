"""A batch job: its rows, the options that apply to each of them, and its identity in the ledger."""

from __future__ import annotations

import hashlib
import json
from codecs import lookup
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cxcall.contracts.openapi_document import values_with_risk
from cxcall.ledger.request_identity import intent_digest
from cxcall.settings.sources import Layer, Setting
from cxcall.settings.stricter_guards import guards_to_keep

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cxcall.batch.input.rows import RowFile
    from cxcall.contracts.operation import Operation
    from cxcall.ledger.record_types import Batch
    from cxcall.settings.settings import Settings
    from cxcall.settings.stricter_guards import Guard

SANDBOX_TARGET = "sandbox"
"""The target of a batch that is sent to the embedded sandbox, which has another port in each run."""
_ENCODING = "--encoding"
_EARLIER_ENCODINGS = ("", "windows-1252")
"""The encodings that an earlier cxcall read or proposed, whose records have one digest of all options."""


@dataclass(frozen=True)
class Job:
    """The rows of a batch, and the values that apply to each of them.

    With `is_load`, each row is a contact that a dialer will call, so it needs a number. With `waits_in_queue`, the rows wait
    for their calling hours in the queue.
    """

    operation: Operation
    rows: RowFile
    settings: Settings
    values: Mapping[str, str]
    sets: Sequence[str] = ()
    default_country: str = ""
    strict: bool = False
    force: bool = False
    again: bool = False
    is_load: bool = False
    waits_in_queue: bool = False

    @property
    def identity(self) -> tuple[str, str, str, str, str, str]:
        """The values that identify this batch in the ledger: the arguments of `BatchRecords.begin`."""
        return (
            self.settings.profile,
            self.operation.name,
            SANDBOX_TARGET if self.settings.is_embedded else self.settings.base_url,
            self._values_digest,
            self.rows.file,
            self.rows.digest,
        )

    @property
    def may_place_call(self) -> bool:
        """Whether a row can place a call: each of them, or only one with a value such as `Remove`."""
        declared = self.operation.declared
        return self.operation.can_place_call or bool(values_with_risk(declared))

    @property
    def may_repeat_calls(self) -> bool:
        """Whether a row may call a person whom an earlier batch of the same rows called, and nobody said that it should."""
        return self.may_place_call and not (self.is_load or self.again or self.settings.is_embedded)

    @property
    def guards(self) -> list[Guard]:
        """The guards that a run must not lack when it resumes this batch and a row can place a call."""
        return guards_to_keep(self.settings)

    @cached_property
    def row_settings(self) -> Settings:
        """The settings with which the rows are checked: those that wait in the queue may be outside their calling hours."""
        if not self.waits_in_queue:
            return self.settings
        return self.settings.with_values(hours=Setting("", "--queue", Layer.FLAGS))

    @property
    def _values_digest(self) -> str:
        """Digests of the flags that change the requests of the rows, or of a load's list; empty if there are none."""
        if self.is_load:
            parameters = self.operation.parameters
            ids = [self.values.get(each.name, "") for each in parameters if each.location == "path"]
            return intent_digest("", "", ids)
        return record_options(self)


def record_options(job: Job) -> str:
    """Return a digest of each option, as JSON; empty without options."""
    given = _digests(job)
    return json.dumps(given, sort_keys=True) if given else ""


def find_differences(job: Job, batch: Batch) -> Sequence[str]:
    """Return the options whose values differ from those of a batch; all of them if an earlier cxcall recorded the batch.

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
        _ENCODING: _encoding_name(job.rows.format.encoding),
    }
    values = {f"--param {name}": value for name, value in job.values.items()}
    headers = {f"--map {target}": header for target, header in job.rows.format.headers.items()}
    given = {name: value for name, value in options.items() if value} | values | headers
    return {name: _digest(value)[:16] for name, value in given.items()}


def _encoding_name(encoding: str) -> str:
    """Return the usual name of an encoding; empty for UTF-8, in which files are read without the option."""
    name = lookup(encoding).name if encoding else ""
    return "" if name == "utf-8" else name


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
