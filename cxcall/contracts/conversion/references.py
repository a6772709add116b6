"""Resolve the references in a user's original document, and locate its errors."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import unquote

from cxcall.contracts.json_schema import missing_reference_error
from cxcall.documents.json_pointer import TYPE_NAMES, find_value, join_pointer, type_of
from cxcall.findings.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

Value = TypeVar("Value")


class SourceDocument:
    """The parsed document called `name`; every error names its JSON pointer.

    `problems` are the errors that do not make the rest of the document unusable; each has the names of the
    operations that cannot be sent because of it.
    """

    def __init__(self, name: str, root: dict[str, Any]) -> None:
        self.name, self.root = name, root
        self.problems: list[dict[str, Any]] = []

    @contextmanager
    def tolerate(self, *operations: str) -> Iterator[None]:
        """Record an error in this block as a problem of these operations, and continue after the block."""
        try:
            yield
        except UsageError as error:
            self.add_problem(error, *operations)

    def add_problem(self, error: UsageError, *operations: str) -> None:
        """Record an error as a problem of these operations."""
        (finding, *_) = error.findings
        problem = {
            "where": finding.where,
            "message": finding.message,
            "fix": finding.fix,
            "operations": list(operations),
        }
        if problem not in self.problems:  # a schema may be converted twice
            self.problems.append(problem)

    def report(self, at: str, message: str, fix: str) -> None:
        """Record a problem at a pointer, because of which no operation is left out."""
        self.add_problem(self.fault(at, message, fix))

    def fault(self, at: str, message: str, fix: str) -> UsageError:
        """Return an error at a pointer."""
        return UsageError(message, where=f"{self.name}#{at}", fix=fix)

    def mapping(self, value: Any, at: str) -> dict[str, Any]:
        """Return an object, empty if the value is missing; raises UsageError for anything else."""
        return self._of(dict, value, at)

    def listing(self, value: Any, at: str) -> list[Any]:
        """Return an array, empty if the value is missing; raises UsageError for anything else."""
        return self._of(list, value, at)

    def _of(self, kind: type[Value], value: Any, at: str) -> Value:
        if value is None:
            return kind()
        if not isinstance(value, kind):
            raise self.wrong_kind_error(value, kind, at)
        return value

    def wrong_kind_error(self, value: Any, kind: type[Any], at: str) -> UsageError:
        """Return the error for a value that is not of the required kind."""
        found, expected = TYPE_NAMES[type_of(value)], TYPE_NAMES[type_of(kind())]
        return self.fault(
            at,
            f"the document has {found} where {expected} is required",
            f"write {expected} there, as the OpenAPI specification requires",
        )

    def text(self, value: Any, at: str) -> str:
        """Return a string, empty if the value is missing; raises UsageError for anything else."""
        return self._of(str, value, at)

    def locate(self, reference: Any, at: str) -> tuple[Any, str]:
        """Return what a `$ref` leads to, and its pointer; raises UsageError if it is not in the document."""
        is_within = isinstance(reference, str) and reference.startswith("#/")
        pointer = unquote(reference[1:]) if is_within else ""
        found = find_value(self.root, pointer) if is_within else None
        if found is None:
            raise missing_reference_error(reference, f"{self.name}#{at}")
        return found, pointer

    def follow(self, value: Any, at: str) -> tuple[dict[str, Any], str]:
        """Return an object, or what its `$ref` leads to, and its pointer; raises UsageError for a circular reference."""
        found, place, passed = self.mapping(value, at), at, [at]
        while "$ref" in found:
            value, place = self.locate(found["$ref"], join_pointer(place, "$ref"))
            if place in passed:
                raise self.circle(at)
            passed.append(place)
            found = self.mapping(value, place)
        return found, place

    def circle(self, at: str) -> UsageError:
        """Return the error for a `$ref` that leads back to itself."""
        return self.fault(
            at,
            "this `$ref` leads only to other `$ref`s, and back to itself",
            "replace one of them with the schema itself",
        )

    def excess(self, at: str, what: str) -> UsageError:
        """Return the error for a schema that combines more than can be checked."""
        return self.fault(
            at, f"this schema combines {what}", "write what it requires in one schema"
        )
