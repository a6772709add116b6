"""A document of which a command parses only the parts that it needs, found by an index.

The index has five lines of JSON: the document without operations and schemas; the operations with an extension, each with the
name in it; name, method, path, start, and end of each operation; start and end of each schema; and of each body: name of
the operation, whether it is generated, whether it is a list, required properties, and other properties.
"""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cxcall.contracts.json_schema import SCHEMAS, resolve_reference
from cxcall.contracts.openapi_document import OperationEntry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from cxcall.contracts.json_schema import JsonSchema
    from cxcall.contracts.operation import Operation

    IndexedBody = tuple[str, bool, bool, list[str], list[str]]
    """Name of the operation, whether it is generated, whether the body is a list, required properties, and others."""

_MAX_LIKELY = 15
"""The most generated operations that are likely for one body."""


def index_body(operation: Operation) -> IndexedBody:
    """Return what is known of a body by which its operation is found."""
    schema = operation.schema_at("")
    is_array = "array" in schema.get("type", ())
    if is_array:
        schema = operation.schema_at("/0")
    required = list(schema.get("required", ()))
    others = [name for name in schema.get("properties", {}) if name not in required]
    return operation.name, operation.is_generated, is_array, required, others


def likely_operations(
    bodies: Iterable[IndexedBody], names: Iterable[str], most: int, *, is_array: bool
) -> list[str]:
    """Return at most `most` operations, whose bodies share most of these names.

    A body that declares no names may have any, except a generated one.
    """
    likely, name_set = [], set(names)
    for name, is_generated, is_list, required, others in bodies:
        shared = len(name_set & {*required, *others})
        is_open = not (is_generated or required or others)
        if is_list == is_array and (shared or is_open):
            likely.append((-shared, not name_set.issuperset(required), name))
    return [name for *_, name in sorted(likely)[:most]]


class IndexedDocument:
    """A document with an index."""

    def __init__(self) -> None:
        self._schemas: dict[str, JsonSchema] = {}
        self._entries: dict[str, OperationEntry] = {}

    @cached_property
    def _index(self) -> list[bytes]:
        raise NotImplementedError

    @cached_property
    def _text(self) -> bytes | memoryview:
        raise NotImplementedError

    @cached_property
    def head(self) -> Mapping[str, Any]:
        """The members of the document, without paths and schemas."""
        parsed: Mapping[str, Any] = json.loads(self._index[0])
        return parsed

    @cached_property
    def _extensions(self) -> dict[str, dict[str, str]]:
        parsed: dict[str, dict[str, str]] = json.loads(self._index[1])
        return parsed

    @cached_property
    def _operations(self) -> dict[str, tuple[str, str, int, int]]:
        return {name: tuple(rest) for name, *rest in json.loads(self._index[2])}

    @cached_property
    def _spans(self) -> dict[str, tuple[int, int]]:
        parsed: dict[str, tuple[int, int]] = json.loads(self._index[3])
        return parsed

    @cached_property
    def _bodies(self) -> list[IndexedBody]:
        parsed: list[IndexedBody] = json.loads(self._index[4])
        return parsed

    def routes(self) -> list[tuple[str, str, str]]:
        """Return method, path, and name of each operation, in the order of the document."""
        return [(method, path, name) for name, (method, path, *_) in self._operations.items()]

    def entries(self) -> Iterator[OperationEntry]:
        """Yield the operations in the order of the document."""
        return self._read(self._operations)

    def find_by_name(self, name: str) -> Iterator[OperationEntry]:
        """Yield the operations called `name`."""
        if json.dumps(name).encode() in self._index[2] and name in self._operations:
            yield from self._read([name])

    def find_extended(self, extension: str, name: str = "") -> Iterator[OperationEntry]:
        """Yield the operations with an extension, or, with `name`, only those where the extension has that name."""
        found = self._extensions.get(extension, {}).items()
        yield from self._read(each for each, label in found if name in ("", label))

    def find_likely(self, names: Sequence[str], *, is_array: bool) -> Iterator[OperationEntry]:
        """Yield the operations that are not generated, then those whose bodies share most of these names."""
        yield from self._read(name for name, is_generated, *_ in self._bodies if not is_generated)
        generated = (each for each in self._bodies if each[1])
        yield from self._read(likely_operations(generated, names, _MAX_LIKELY, is_array=is_array))

    def target(self, reference: str) -> JsonSchema:
        """Return what a `$ref` leads to; raises UsageError if it is not in the document."""
        name = reference.removeprefix(SCHEMAS)
        if name not in self._schemas:
            if name not in self._spans:
                return resolve_reference(self.head, reference)
            start, end = self._spans[name]
            self._schemas[name] = json.loads(bytes(self._text[start:end]))
        return self._schemas[name]

    def _read(self, names: Iterable[str]) -> Iterator[OperationEntry]:
        for name in names:
            if name not in self._entries:
                method, path, start, end = self._operations[name]
                declared = json.loads(bytes(self._text[start:end]))
                self._entries[name] = OperationEntry(method, path, declared)
            yield self._entries[name]


class ShippedDocument(IndexedDocument):
    """A document in a file, with its index in a file of the same name that ends with `.index`.

    `tools/openapi_lines.py` writes both; the document has one line for each operation and each schema.
    """

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file = file

    def __reduce__(self) -> tuple[Any, ...]:
        """Return how another process makes this object: it reads the files itself."""
        return ShippedDocument, (self._file,)

    @cached_property
    def _index(self) -> list[bytes]:
        return self._file.with_suffix(".index").read_bytes().split(b"\n")

    @cached_property
    def _text(self) -> bytes:
        text = self._file.read_bytes()
        # Git may write CRLF on Windows; the positions in the index are for lines with LF.
        return text.replace(b"\r\n", b"\n") if text[1:2] == b"\r" else text
