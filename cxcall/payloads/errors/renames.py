"""Describe a rename: the correct place of the value of a wrong name, and how certain it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxcall.documents.json_pointer import value_at
from cxcall.named_tuple import NamedTuple
from cxcall.phone.number_property_names import (
    fold_number_name,
    is_folded_caller_name,
    is_number_name,
)
from cxcall.runtime.patterns import compile_on_use

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from cxcall.findings.edit import Edit

_E164 = compile_on_use(r"\+[1-9][0-9 ().-]{5,24}")

# Ranks of renames, the most certain first.
KNOWN_MISTAKE, SAME, JOINED, TYPO, TITLE, NEEDED_ELSEWHERE, SIMILAR, ELSEWHERE = range(8)


class Rename(NamedTuple):
    """The correct place of a wrong name's value: `moves` pairs each place with the correct one.

    `rank` orders the alternatives, the most certain first.
    """

    rank: int
    moves: tuple[tuple[str, str], ...]
    edits: tuple[Edit, ...]

    @property
    def depth(self) -> int:
        """The depth of the deepest correct place: an object is moved before a value that belongs in it."""
        return max(target.count("/") for _, target in self.moves)

    @property
    def changes(self) -> set[str]:
        """The pointers that its edits set: of the values, and of objects that it adds around them."""
        return {edit.pointer for edit in self.edits if edit.op != "remove"}

    @property
    def cautious_edits(self) -> tuple[Edit, ...]:
        """The edits for a schema that allows unknown names, where a name with a typo may be another name."""
        if self.rank <= JOINED:
            return self.edits
        return tuple(edit.as_unsafe() for edit in self.edits)

    def fills(self, places: Collection[str]) -> bool:
        """Return whether it sets one of some places, or adds an object there."""
        return not self.changes.isdisjoint(places)

    def describe(self) -> str:
        """Return the correction as an instruction."""
        steps = []
        for source, target in self.moves:
            above, _, name = target.rpartition("/")
            if source.rpartition("/")[0] == above:
                steps.append(f"rename `{source.rpartition('/')[2]}` to `{name}`")
            else:
                steps.append(f"move `{source}` to `{target}`")
        return "; ".join(steps)


def find_contested(
    value: Any, found: Sequence[tuple[str, Rename]], unknown: Iterable[str]
) -> set[str]:
    """Return the wrong names that mean the same property and have different values: which one is right is not known.

    `found` are the renames by the pointer of each wrong name, the most certain first; `unknown` are the pointers of all.
    """
    sources: dict[tuple[bool, tuple[str, ...]], list[str]] = {}
    for pointer, rename in dict(reversed(found)).items():
        targets = tuple(target for _, target in rename.moves)
        sources.setdefault((rename.rank <= TYPO, targets), []).append(pointer)
    return _contested_numbers(value, found, unknown) | {
        each
        for pointers in sources.values()
        for each in pointers
        if any(value_at(value, each) != value_at(value, other) for other in pointers)
    }


def _contested_numbers(
    value: Any, found: Sequence[tuple[str, Rename]], unknown: Iterable[str]
) -> set[str]:
    """Return the wrong names that would become the number to call, if another unknown name has another number.

    However certain the name is, the other one may be the person's. The caller's number is none of them.
    """
    numbers: dict[str, set[str]] = {}
    for each in unknown:
        if _is_number(value, each):
            numbers.setdefault(each.rpartition("/")[0], set()).add(value_at(value, each))
    return {
        pointer
        for pointer, rename in found
        if numbers.get(pointer.rpartition("/")[0], set()) - {str(value_at(value, pointer))}
        and any(is_number_name(target.rpartition("/")[2]) for _, target in rename.moves)
    }


def _is_number(value: Any, pointer: str) -> bool:
    name, number = pointer.rpartition("/")[2], value_at(value, pointer)
    is_caller = is_folded_caller_name(fold_number_name(name))
    return isinstance(number, str) and not is_caller and _E164.fullmatch(number) is not None
