"""A correction as data: operations of JSON Patch (RFC 6902), and how safe each one is."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from cxcall.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable


class Applicability(StrEnum):
    """How safe an edit is, as in rustc and ruff.

    `safe`: it is certainly intended, or keeps the meaning. `unsafe`: it may change the meaning or lose a
    value. `placeholder`: the value is a placeholder such as `<contactId: UUID>`, to be filled in.
    """

    SAFE = "safe"
    UNSAFE = "unsafe"
    PLACEHOLDER = "placeholder"


class Edit(NamedTuple):
    """One operation of JSON Patch: `add`, `remove`, `replace`, or `move`.

    `pointer` is the place that changes, `text` the new value as JSON, and `source` the old place of a
    moved value. The edits of a body are applied in order.
    """

    op: str
    pointer: str
    text: str = ""
    source: str = ""
    applicability: Applicability = Applicability.SAFE

    @property
    def value(self) -> Any:
        """The new value; None if the operation has none."""
        return json.loads(self.text) if self.text else None

    @property
    def is_safe(self) -> bool:
        """Whether it may be applied without a review."""
        return self.applicability is Applicability.SAFE

    def as_unsafe(self) -> Edit:
        """Return a safe edit as an unsafe one."""
        return self._replace(applicability=Applicability.UNSAFE) if self.is_safe else self

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form: an operation of JSON Patch, with `pointer` and `applicability` beside it."""
        members: dict[str, Any] = {"op": self.op, "pointer": self.pointer, "path": self.pointer}
        if self.source:
            members["from"] = self.source
        if self.text:
            members["value"] = self.value
        return {**members, "applicability": str(self.applicability)}

    def map_texts(self, function: Callable[[str], str]) -> Edit:
        """Return the edit with a function applied to each of its texts, such as one that masks."""
        return self._replace(
            pointer=function(self.pointer), text=function(self.text), source=function(self.source)
        )


def move(source: str, target: str, applicability: Applicability) -> Edit:
    """Return the edit that moves a value, or renames a property."""
    return Edit("move", target, source=source, applicability=applicability)


def write(op: str, pointer: str, value: Any, applicability: Applicability) -> Edit:
    """Return the edit that adds or replaces a value."""
    return Edit(op, pointer, json.dumps(value, ensure_ascii=False), "", applicability)
