"""Refuse options of a command that contradict each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.findings.errors import UsageError
from cxcall.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence


class Exclusion(NamedTuple):
    """Options and arguments of which a command line may have one, what to do, and why."""

    names: Sequence[str]
    fix: str = "leave out all but one"
    why: str = ""


def reject_contradictions(given: Collection[str], exclusions: Iterable[Exclusion]) -> None:
    """Raise UsageError if two of the given options exclude each other; `given` has their names in messages."""
    for exclusion in exclusions:
        first, *others = [name for name in exclusion.names if name in given] or [""]
        if others:
            raise UsageError(
                f"`{others[0]}` cannot be combined with `{first}`",
                where=others[0],
                fix=exclusion.fix,
                why=exclusion.why,
            )
