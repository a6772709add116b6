"""OpenAPI documents: read their parts, and keep a document in memory."""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

from cxcall.contracts import json_schema
from cxcall.contracts.parameters import METHODS
from cxcall.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cxcall.contracts.indexed_document import IndexedDocument
    from cxcall.contracts.json_schema import JsonSchema

    OpenApiDocument: TypeAlias = "ParsedDocument | IndexedDocument"
    """An OpenAPI 3.1 document of which each part is read when it is needed."""


COMMAND, DOCTOR, TRACK, SENTIMENT, TRANSCRIPT, CAMPAIGN = _NAMED = tuple(
    f"x-cxcall-{name}"
    for name in ("command", "doctor", "track", "sentiment", "transcript", "campaign")
)
GENESYS_CLOUD, CXONE = PLATFORMS = ("genesys-cloud", "nice-cxone")
"""The values of `x-cxcall-platform`, and of the setting `platform`; the first one is the default."""
CONDITIONS = "x-cxcall-conditions"
"""In a schema: rules that the platform may enforce beyond it."""
READ_NAMES = "x-cxcall-read-names"
"""The names that reads return in objects, and that are not written."""
RENAMED = "x-cxcall-renamed"
"""In a user's document: name -> new name and shipped contract, of operations with the name of a shipped one."""
RISK, RISK_WITH = "x-cxcall-rings", "x-cxcall-rings-with"
"""Whether an operation can place a call, and the values with which one can that else places none."""
SEARCHED = (*_NAMED, RISK, RISK_WITH)
"""Extensions of operations that are searched in all shipped documents."""
READS = "x-cxcall-reads"
"""In a user's document: whether an operation that places no call changes nothing."""
PROBLEMS = "x-cxcall-problems"
"""In a user's document: what is wrong with it."""
LEFT_OUT = "x-cxcall-left-out"
"""In a user's document: method, path, and name of each operation that cannot be used."""
SHARED_NAME = "x-cxcall-shared-name"
"""The `operationId` of an operation whose name is another one, because several have this one."""
MASKED_NAMES = "x-cxcall-masked-names"
"""In a user's document: the names of the parameters and properties that it declares as secrets."""


class OperationEntry(NamedTuple):
    """The method, the path template, and the declaration of an operation."""

    method: str
    path: str
    declared: dict[str, Any]


def values_with_risk(declared: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the values in the body with which an operation can place a call that else places none, by their pointers."""
    found = declared.get(RISK_WITH)
    places = found.items() if isinstance(found, dict) else ()
    return {place: [*map(risk_text, values)] for place, values in places}


def risk_text(value: Any) -> str:
    """Return the text by which a value is compared with those of `values_with_risk`: `1.0` is the same number as `1`."""
    if isinstance(value, bool):
        return str(value).lower()
    is_whole = isinstance(value, float) and value.is_integer()
    return str(int(value)) if is_whole else str(value)


def operations_of(item: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the method and the declaration of each operation of a path item, those of OpenAPI 3.2 included."""
    yield from (
        (method.upper(), item[method]) for method in METHODS if item.get(method) is not None
    )
    yield from (item.get("additionalOperations") or {}).items()


class ParsedDocument:
    """A document that is parsed when it is first needed: few commands need every contract.

    It has the interface of all documents: `head` has all except operations and schemas.
    """

    def __init__(self, document: Mapping[str, Any] | bytes) -> None:
        self._document = document

    @cached_property
    def head(self) -> Mapping[str, Any]:
        """The document."""
        if not isinstance(self._document, bytes):
            return self._document
        parsed: Mapping[str, Any] = json.loads(self._document)
        return parsed

    def routes(self) -> list[tuple[str, str, str]]:
        """Return method, path, and name of each operation, in the order of the document."""
        return [
            (method, path, declared["operationId"]) for method, path, declared in self.entries()
        ]

    def entries(self) -> Iterator[OperationEntry]:
        """Yield the operations that have an `operationId`, in the order of the document."""
        return iter(self._entries)

    @cached_property
    def _entries(self) -> list[OperationEntry]:
        return [
            OperationEntry(method, path, declared)
            for path, item in self.head.get("paths", {}).items()
            for method, declared in operations_of(item)
            if "operationId" in declared
        ]

    def find_by_name(self, name: str) -> Iterator[OperationEntry]:
        """Yield the operations called `name`; a text without that name is not parsed."""
        if self._may_hold(name):
            yield from self._by_name.get(name, ())

    @cached_property
    def _by_name(self) -> dict[str, list[OperationEntry]]:
        found: dict[str, list[OperationEntry]] = {}
        for each in self.entries():
            found.setdefault(each.declared["operationId"], []).append(each)
        return found

    def find_extended(self, extension: str, name: str = "") -> Iterator[OperationEntry]:
        """Yield the operations with an extension, or, with `name`, only those where the extension has that name.

        A text without them is not parsed.
        """
        if self._may_hold(extension) and self._may_hold(name or extension):
            for each in self.entries():
                declared = each.declared.get(extension)
                if declared is not None and (not name or declared.get("name") == name):
                    yield each

    def find_likely(self, names: Sequence[str], *, is_array: bool) -> Iterator[OperationEntry]:  # noqa: ARG002 - as in `IndexedDocument`
        """Yield all operations: a document in memory is small."""
        return self.entries()

    def target(self, reference: str) -> JsonSchema:
        """Return what a `$ref` leads to; raises UsageError if it is not in the document."""
        return json_schema.resolve_reference(self.head, reference)

    def _may_hold(self, word: str) -> bool:
        return not isinstance(self._document, bytes) or json.dumps(word).encode() in self._document


def rules_on(
    declared: Mapping[str, Any], method: str, path: str, place: str
) -> list[dict[str, Any]]:
    """Return the rules of a document on the `body`, the `query`, or the `form` of an operation (`x-cxcall-rules`).

    A rule for a method alone is one for all operations of the platform, without those in `except`.
    """
    names = {f"{method} {path}", method}
    return [
        each
        for each in declared.get("x-cxcall-rules", ())
        if each["in"] == place
        and names & {*each["operations"]}
        and names.isdisjoint(each.get("except", ()))
    ]
