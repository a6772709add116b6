"""Find the property that a wrong name means, or the place where its value belongs."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from cxcall.contracts.openapi_document import READ_NAMES
from cxcall.documents.json_pointer import has_value, join_pointer, value_at
from cxcall.findings.edit import Applicability, Edit, move
from cxcall.payloads.errors.renames import (
    ELSEWHERE,
    JOINED,
    KNOWN_MISTAKE,
    NEEDED_ELSEWHERE,
    SAME,
    SIMILAR,
    TITLE,
    TYPO,
    Rename,
    find_contested,
)
from cxcall.payloads.errors.structure_errors import columns_of_map, is_map
from cxcall.payloads.errors.value_corrections import fits_type
from cxcall.payloads.undialable_values import is_dialed_property
from cxcall.phone import number_property_names
from cxcall.runtime.name_similarity import (
    differs_in_words,
    is_opposite,
    is_typo,
    longer_name,
    nearest_name,
)
from cxcall.runtime.patterns import fold_name, name_words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from cxcall.contracts.json_schema import JsonSchema
    from cxcall.contracts.operation import Operation

MAX_SUGGESTIONS = 1000
"""The most unknown properties of a body that are compared with the declared ones."""


def find_renames(
    operation: Operation,
    value: Any,
    unknown: Mapping[str, Sequence[str]],
    needed: Collection[str] = (),
    room: int = MAX_SUGGESTIONS,
) -> dict[str, Rename]:
    """Return the renames that correct a body, by the pointer of each wrong name.

    `unknown` are the unknown names of each object, `needed` the places of missing required ones. No two
    renames set the same place; apply them and call the function again for the others. At most `room` names
    are compared, because it takes long.
    """
    finder = _RenameFinder(operation, value, needed, unknown)
    names = [(place, name) for place, each in unknown.items() for name in each]
    found = [
        (join_pointer(place, name), rename)
        for place, name in names[:room]
        for rename in finder.candidates(place, name)
    ]
    found.sort(key=lambda each: (each[1].rank, each[1].depth))
    contested = find_contested(value, found, [join_pointer(*each) for each in names[:room]])
    chosen: dict[str, Rename] = {}
    taken: set[str] = set()
    for pointer, rename in found:
        if pointer not in chosen and pointer not in contested and not rename.changes & taken:
            chosen[pointer] = rename
            taken |= rename.changes
    # A rename of what is there may make an object unnecessary that another one would add.
    plain = {
        at: each for at, each in chosen.items() if all(edit.op != "add" for edit in each.edits)
    }
    is_filled = any(each.fills(needed) for each in plain.values())
    return finder.with_companions(plain if is_filled else chosen)


class _RenameFinder:
    """Finds the places where the value of a wrong name may belong."""

    def __init__(
        self,
        operation: Operation,
        value: Any,
        needed: Collection[str],
        unknown: Mapping[str, Sequence[str]],
    ) -> None:
        self._operation = operation
        self._value = value
        self._needed = dict.fromkeys(needed)
        # By object and by folded name, because a list may lack properties in each of thousands of items.
        self._needed_in: dict[str, list[str]] = {}
        self._needed_by_name: dict[str, list[str]] = {}
        for each in self._needed:
            above, _, name = each.rpartition("/")
            self._needed_in.setdefault(above, []).append(each)
            self._needed_by_name.setdefault(fold_name(name), []).append(each)
        self._unknown = unknown

    def candidates(self, place: str, name: str) -> Iterator[Rename]:
        """Yield the renames of one wrong name in the object at `place`."""
        schema = self._operation.schema_at(place)
        source = join_pointer(place, name)
        mistake = schema.get("x-cxcall-mistakes", {}).get(name)
        if mistake is not None:
            if target := mistake.get("use"):
                yield from self._to(KNOWN_MISTAKE, source, target, Applicability.SAFE)
            return
        same, node = fold_name(name), value_at(self._value, place)
        if name in self._operation.contract.declared.get(READ_NAMES, ()):
            return
        if any(fold_name(each) == same for each in schema.get("properties", {}) if each in node):
            return  # the correct name is already there
        if owner := self._needed_map(place, name):
            pair = source, join_pointer(owner, name)
            yield from self._to(NEEDED_ELSEWHERE, *pair, Applicability.UNSAFE)
            return
        yield from self._by_name(schema, place, name)
        yield from self._by_joined_name(schema, place, name)
        declared = self._operation.pointers
        elsewhere = (each for each in declared if fold_name(each.rpartition("/")[2]) == same)
        for rank, pointers in (
            (NEEDED_ELSEWHERE, self._needed_by_name.get(same, ())),
            (ELSEWHERE, elsewhere),
        ):
            target = next((each for each in pointers if each.rpartition("/")[0] != place), "")
            if target:
                yield from self._to(rank, source, target, Applicability.UNSAFE)

    def _needed_map(self, place: str, name: str) -> str:
        unknown = self._unknown.get(place, ())
        missing = self._needed_in.get(place, ())
        found = next((each for each in missing if is_map(self._operation, each)), "")
        columns = columns_of_map(self._operation, self._value, place, unknown) if found else ()
        return found if name in columns else ""

    def with_companions(self, chosen: dict[str, Rename]) -> dict[str, Rename]:
        """Return the renames; one that adds a required object also moves the values beside it that belong there."""
        moved = {source for each in chosen.values() for source, _ in each.moves}
        joined = dict(chosen)
        for pointer, rename in chosen.items():
            place, wrapper = pointer.rpartition("/")[0], rename.moves[0][1].rpartition("/")[0]
            added = wrapper.removesuffix("/0")  # an object, or a list with one
            is_added = any(edit.op == "add" and edit.pointer == added for edit in rename.edits)
            is_beside = added.rpartition("/")[0] == place and len(rename.moves) == 1
            if is_added and is_beside and added in self._needed:
                pairs = [each for each in self._companions(place, wrapper) if each[0] not in moved]
                edits = [move(*pair, Applicability.UNSAFE) for pair in pairs]
                joined[pointer] = Rename(
                    rename.rank, (*rename.moves, *pairs), (*rename.edits, *edits)
                )
        return joined

    def _companions(self, place: str, wrapper: str) -> Iterator[tuple[str, str]]:
        """Yield (place, correct place) of each undeclared value that an object within its object would declare."""
        declared = self._operation.schema_at(place).get("properties", {})
        below = self._operation.schema_at(wrapper).get("properties", {})
        for name in value_at(self._value, place):
            is_fitting = name in below or self._needed_map(place, name) == wrapper
            if is_fitting and name not in declared:
                yield join_pointer(place, name), join_pointer(wrapper, name)

    def _by_name(self, schema: JsonSchema, place: str, name: str) -> Iterator[Rename]:
        """Yield renames to similar names of the same object."""
        node, declared = value_at(self._value, place), schema.get("properties", {})
        source, folded = join_pointer(place, name), fold_name(name)
        title, owner = fold_name(schema.get("title", "")), fold_name(place.rpartition("/")[2])
        free = [each for each in declared if each not in node and self._fits(source, place, each)]
        near = [each for each in free if is_typo(folded, fold_name(each))]
        is_sure = len(near) == 1
        titled = (folded.removeprefix(title), folded.removeprefix(owner), title + folded)
        similar = [nearest_name(name, free) or longer_name(folded, free)]
        similar = [each for each in similar if each and not _is_other_id(name, each)]
        for rank, names, applicability in (
            (SAME, [each for each in free if fold_name(each) == folded], Applicability.SAFE),
            (TYPO, near, Applicability.SAFE if is_sure else Applicability.UNSAFE),
            (TITLE, [each for each in free if fold_name(each) in titled], Applicability.UNSAFE),
            (SIMILAR, similar, Applicability.UNSAFE),
        ):
            for each in islice(names, 1):
                yield from self._to(rank, source, join_pointer(place, each), applicability)

    def _fits(self, source: str, place: str, name: str) -> bool:
        """Return whether the value at `source` may be the value of a property, perhaps after conversion."""
        schema = self._operation.schema_at(join_pointer(place, name))
        own, other = fold_name(source.rpartition("/")[2]), fold_name(name)
        is_same = own == other or (other == f"{own}s" and join_pointer(place, name) in self._needed)
        return fits_type(value_at(self._value, source), schema, as_written=not is_same)

    def _by_joined_name(self, schema: JsonSchema, place: str, name: str) -> Iterator[Rename]:
        """Yield moves between `contactId` and `contact.id`: names that are equal if they are joined."""
        node, declared = value_at(self._value, place), schema.get("properties", {})
        source, value = join_pointer(place, name), node[name]
        free = {fold_name(each): each for each in declared if each not in node}
        if isinstance(value, dict):
            pairs = [
                (join_pointer(source, child), join_pointer(place, free[joined]))
                for child in value
                if (joined := fold_name(name + child)) in free
            ]
            fitting = [
                pair for pair in pairs if self._fits(pair[0], place, pair[1].rpartition("/")[2])
            ]
            if fitting:
                edits = [move(*pair, Applicability.SAFE) for pair in fitting]
                edits += [Edit("remove", source)] * (len(fitting) == len(value))
                yield Rename(JOINED, tuple(fitting), tuple(edits))
            return
        for owner in declared:
            below = self._operation.schema_at(join_pointer(place, owner)).get("properties", {})
            for child in below if fold_name(name).startswith(fold_name(owner)) else ():
                if fold_name(owner + child) == fold_name(name):
                    target = join_pointer(join_pointer(place, owner), child)
                    yield from self._to(JOINED, source, target, Applicability.SAFE)

    def _to(
        self, rank: int, source: str, target: str, applicability: Applicability
    ) -> Iterator[Rename]:
        """Yield the move to a free place that accepts the value, with the objects around it added."""
        if has_value(self._value, target) or target.startswith(f"{source}/"):
            return
        if self._excludes(target, source) or not self._may_mean(rank, source, target):
            return
        if not fits_type(value_at(self._value, source), self._operation.schema_at(target)):
            return
        edits, above = [move(source, target, applicability)], target.rpartition("/")[0]
        while above and not has_value(self._value, above):
            missing = {*self._operation.schema_at(above).get("required", ())} - {
                edits[0].pointer.rpartition("/")[2]
            }
            if missing and above not in self._needed:
                return  # an object that is not needed would itself lack something
            edits.insert(0, Edit("add", above, "{}", applicability=applicability))
            above = above.rpartition("/")[0]
        if isinstance(value_at(self._value, above), dict):
            yield Rename(rank, ((source, target),), tuple(edits))

    def _may_mean(self, rank: int, source: str, target: str) -> bool:
        """Return whether a wrong name may mean a declared one: not the opposite, and certainly a number that is dialed."""
        if rank not in (TYPO, SIMILAR):
            return True
        name, declared = source.rpartition("/")[2], target.rpartition("/")[2]
        if is_opposite(name, declared):
            return False
        if rank == TYPO:
            return True
        if is_dialed_property(self._operation, target):
            return number_property_names.is_certainly_dialed(name, declared)
        return not differs_in_words(name, declared)

    def _excludes(self, target: str, source: str) -> bool:
        """Return whether a property is not allowed together with the property that the value is moved from."""
        above, _, name = target.rpartition("/")
        owner, _, rest = source.removeprefix(f"{above}/").partition("/")
        excluded = self._operation.schema_at(above).get("dependentSchemas", {}).get(name, {})
        is_declared = bool(rest) and isinstance(excluded, dict)
        return is_declared and excluded.get("properties", {}).get(owner) is False


def _is_other_id(name: str, other: str) -> bool:
    """Return whether two names are those of the IDs of different things: `contactId` and `contactListId`."""
    own, others = name_words(name), name_words(other)
    is_id = own[-1:] == others[-1:] == ["id"]
    return is_id and len(own) > 1 and not nearest_name(own[-2], others[-2:-1])
