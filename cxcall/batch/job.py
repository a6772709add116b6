"""A batch job: its rows, the options that apply to each of them, and its identity in the ledger."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from cxcall.contracts.openapi_document import values_with_risk
from cxcall.ledger.request_identity import older_digest
from cxcall.settings.sources import Layer, Setting
from cxcall.settings.stricter_guards import guards_to_keep

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cxcall.batch.input.rows import RowFile
    from cxcall.contracts.operation import Operation
    from cxcall.settings.settings import Settings
    from cxcall.settings.stricter_guards import Guard

SANDBOX_TARGET = "sandbox"
"""The target of a batch that is sent to the embedded sandbox, which has another port in each run."""


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
        """The digest of the flags that change the requests of the rows, or of a load's list; empty if there are none."""
        if self.is_load:
            parameters = self.operation.parameters
            ids = [self.values.get(each.name, "") for each in parameters if each.location == "path"]
            return older_digest("", "", ids)  # as earlier versions recorded it
        rows = self.rows.format
        reading = {"encoding": rows.encoding, "sheet": rows.sheet, "columns": rows.headers}
        key = {name: value for name, value in reading.items() if value}
        more = [json.dumps(key, sort_keys=True)] if key else []
        more += [self.default_country] if self.default_country else []
        if not (self.sets or self.values or more):
            return ""
        content = json.dumps([sorted(self.values.items()), *self.sets, *more])
        return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()
