"""Find the places of properties by name: in the schema of an operation, and in the body of a request."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from cxcall.documents.json_pointer import has_value, join_pointer, make_pointer, objects
from cxcall.runtime.patterns import fold_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cxcall.contracts.operation import Operation


class PropertyPlaces:
    """The places of all properties of a body and of its operation, indexed once: a response may list thousands of errors."""

    def __init__(self, operation: Operation | None, body: Any) -> None:
        """Index a body; `operation` is None if it is not known, so that only the body shows which names are properties."""
        self.operation, self.body = operation, body

    def locate(self, name: str) -> str:
        """Return the pointer of a declared property, preferably one that the body has; empty if it has none."""
        return self._declared.get(name) or self._of_items.get(name, "")

    def locate_folded(self, names: tuple[str, ...]) -> str:
        """Return the pointer that names spell in another case, as ASP.NET writes `To` for `to`; empty if there is none."""
        forms = (make_pointer(*self._first_item, *names), make_pointer(*names))
        found = (self._folded.get(fold_name(each), "") for each in forms)
        return next(filter(None, found), "")

    @property
    def _first_item(self) -> tuple[str, ...]:
        return ("0",) if self.body and isinstance(self.body, list) else ()

    @cached_property
    def _declared(self) -> dict[str, str]:
        if self.operation is None:
            return _first_places((at, True) for at, _ in body_members(self.body))
        return _first_places((at, has_value(self.body, at)) for at in self.operation.pointers)

    @cached_property
    def _of_items(self) -> dict[str, str]:
        """The places of the properties that only the schemas of values in the body declare, such as of items of a list."""
        return _first_places(
            (join_pointer(at, name), name in found)
            for at, found in (objects(self.body) if self.operation else ())
            for name in (
                self.operation.schema_at(at).get("properties", ()) if self.operation else ()
            )
        )

    @cached_property
    def _folded(self) -> dict[str, str]:
        owner = self.body[0] if self._first_item else self.body
        names = owner if isinstance(owner, dict) else ()
        found: dict[str, str] = {}
        for each in (
            *(make_pointer(*self._first_item, name) for name in names),
            *(self.operation.pointers if self.operation else ()),
        ):
            found.setdefault(fold_name(each), each)
        return found


def _first_places(places: Iterable[tuple[str, bool]]) -> dict[str, str]:
    """Return the first pointer by name, preferably of a place that the body has."""
    first: dict[str, str] = {}
    present: dict[str, str] = {}
    for each, is_there in places:
        name = each.rpartition("/")[2]
        first.setdefault(name, each)
        if is_there:
            present.setdefault(name, each)
    return first | present


def body_members(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield (pointer, value) of every member of every object in a JSON value."""
    for at, found in objects(value):
        yield from ((join_pointer(at, name), member) for name, member in found.items())


def is_declared_property(operation: Operation, pointer: str) -> bool:
    """Return whether the schema of the object above a pointer declares the property."""
    above, _, name = pointer.rpartition("/")
    return name in operation.schema_at(above).get("properties", {})
