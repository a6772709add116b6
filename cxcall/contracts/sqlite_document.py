"""A converted contract in one SQLite file: a row an operation, a row a schema, each read when it is needed."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol
from zlib import crc32

from cxcall.contracts.json_schema import merged_schema
from cxcall.contracts.openapi_document import OperationEntry

if TYPE_CHECKING:
    from collections.abc import Sequence
    from sqlite3 import Connection

    from cxcall.contracts.conversion.convert import Converted
    from cxcall.contracts.json_schema import JsonSchema


_TABLES = """
    CREATE TABLE whole (name TEXT PRIMARY KEY, json TEXT, sum INTEGER);
    CREATE TABLE operation (
        id INTEGER PRIMARY KEY, name TEXT UNIQUE, has_command INTEGER, json TEXT, sum INTEGER
    );
    CREATE TABLE rest (id INTEGER PRIMARY KEY, json TEXT, sum INTEGER);
    CREATE TABLE body (id INTEGER PRIMARY KEY, is_array INTEGER, names INTEGER, needed INTEGER);
    CREATE TABLE property (
        name TEXT, id INTEGER, is_needed INTEGER, PRIMARY KEY (name, id)
    ) WITHOUT ROWID;
    CREATE TABLE schema (name TEXT PRIMARY KEY, json TEXT, sum INTEGER) WITHOUT ROWID;
"""
_REST = ("description", "parameters", "requestBody", "responses")
"""What is declared of an operation that no list of operations shows."""
_COMPONENT = "#/components/schemas/"
_LIKELY = """
    JOIN (
        SELECT id, shared, held = needed AS is_whole FROM body LEFT JOIN (
            SELECT id, count(*) AS shared, sum(is_needed) AS held FROM property
            WHERE name IN ({marks}) GROUP BY id
        ) USING (id) WHERE is_array = {is_array} AND (shared OR NOT names)
    ) USING (id) ORDER BY is_whole DESC, shared DESC, id LIMIT 200
"""
"""Bodies that have all they need among the names first, then those that share most of them."""

_MOST_NAMES = 1000


def write(connection: Connection, converted: Converted) -> None:
    """Fill an empty database."""
    connection.executescript(_TABLES)
    routes = [(*entry[:2], entry[2]["operationId"]) for entry in converted.operations]
    for name, value in (("head", converted.head), ("routes", routes)):
        connection.execute("INSERT INTO whole VALUES (?, ?, ?)", (name, *_row(value)))
    for place, (method, path, declared) in enumerate(converted.operations):
        shown = {key: value for key, value in declared.items() if key not in _REST}
        rest = {key: declared[key] for key in _REST if key in declared}
        told = (place, declared["operationId"], "x-cxcall-command" in declared)
        connection.execute(
            "INSERT INTO operation VALUES (?, ?, ?, ?, ?)", (*told, *_row([method, path, shown]))
        )
        connection.execute("INSERT INTO rest VALUES (?, ?, ?)", (place, *_row(rest)))
        _write_body(connection, place, rest, converted.schemas)
    connection.executemany(
        "INSERT INTO schema VALUES (?, ?, ?)",
        ((name, *_row(schema)) for name, schema in converted.schemas.items()),
    )
    connection.commit()


def _write_body(
    connection: Connection, place: int, rest: Mapping[str, Any], schemas: Mapping[str, JsonSchema]
) -> None:
    """Write which names the body of an operation has, for finding the operation of a body."""
    media = rest.get("requestBody", {}).get("content", {}).get("application/json", {})
    if "schema" not in media:
        return

    def resolve(node: JsonSchema) -> JsonSchema:
        while "$ref" in node:
            node = {**schemas[node["$ref"].removeprefix(_COMPONENT)], **_without_reference(node)}
        return dict(node)

    schema = merged_schema(resolve, media["schema"])
    is_array = "array" in schema.get("type", ())
    if is_array and isinstance(schema.get("items"), dict):
        schema = merged_schema(resolve, schema["items"])
    names, needed = set(schema.get("properties", {})), set(schema.get("required", ()))
    values = (place, is_array, len(names), len(needed))
    connection.execute("INSERT INTO body VALUES (?, ?, ?, ?)", values)
    connection.executemany(
        "INSERT INTO property VALUES (?, ?, ?)",
        ((name, place, name in needed) for name in names | needed),
    )


def _without_reference(node: JsonSchema) -> JsonSchema:
    return {key: value for key, value in node.items() if key != "$ref"}


def _row(value: Any) -> tuple[str, int]:
    text = json.dumps(value, separators=(",", ":"))
    return text, crc32(text.encode())


class Opener(Protocol):
    """What opens a database, or makes it anew where it is damaged."""

    def __call__(self, *, is_damaged: bool = False) -> Connection:
        """Return the connection."""


class SqliteDocument:
    """The rows of the database that `opener` opens.

    Threads may share it: SQLite takes one statement at a time.
    """

    def __init__(self, opener: Opener) -> None:
        self._opener = opener
        self._process = os.getpid()
        self._connection = opener()
        self._schemas: dict[str, JsonSchema] = {}
        self.head: Mapping[str, Any] = self._whole("head")

    def routes(self) -> list[tuple[str, str, str]]:
        """Return method, path and name of every operation, in the document's order."""
        return [(method, path, name) for method, path, name in self._whole("routes")]

    def _whole(self, name: str) -> Any:
        statement = "SELECT json, sum FROM whole WHERE name = ?"
        return self._values(statement, name, is_there=True)[0][-1]

    def entries(self) -> Iterator[OperationEntry]:
        """Yield every operation, in the document's order."""
        return self._entries("ORDER BY id")

    def named(self, name: str) -> Iterator[OperationEntry]:
        """Yield the operation of that name."""
        return self._entries("WHERE name = ?", name)

    def commanded(self, name: str = "") -> Iterator[OperationEntry]:  # noqa: ARG002 - see Parts
        """Yield the operations that have a command of their own."""
        return self._entries("WHERE has_command ORDER BY id")

    def likely(self, names: Sequence[str], *, is_array: bool) -> Iterator[OperationEntry]:
        """Yield the operations that a body with these names may be for, or is near to, the likeliest first."""
        asked = names[:_MOST_NAMES]
        marks = ", ".join("?" * len(asked))
        return self._entries(_LIKELY.format(marks=marks, is_array=int(is_array)), *asked)

    def target(self, reference: str) -> JsonSchema:
        """Return the schema that a `$ref` leads to."""
        name = reference.removeprefix(_COMPONENT)
        if name not in self._schemas:
            statement = "SELECT json, sum FROM schema WHERE name = ?"
            self._schemas[name] = self._values(statement, name, is_there=True)[0][-1]
        return self._schemas[name]

    def rest(self, place: int) -> Mapping[str, Any]:
        """Return what no list shows of an operation."""
        statement = "SELECT json, sum FROM rest WHERE id = ?"
        found: Mapping[str, Any] = self._values(statement, place, is_there=True)[0][-1]
        return found

    def _entries(self, which: str, *values: str) -> Iterator[OperationEntry]:
        for place, (method, path, shown) in self._values(
            f"SELECT id, json, sum FROM operation {which}",  # noqa: S608 - `which` is ours, its values are bound
            *values,
        ):
            yield OperationEntry(method, path, _Declared(self, place, shown))

    def _values(self, statement: str, *values: Any, is_there: bool = False) -> list[Sequence[Any]]:
        """Return rows, their JSON parsed; what is damaged is made anew once."""
        from sqlite3 import DatabaseError

        if self._process != os.getpid():  # SQLite forbids to take a connection along into a fork
            self._process, self._connection = os.getpid(), self._opener()
        for is_damaged in (False, True):
            if is_damaged:
                self._connection = self._opener(is_damaged=True)
            try:
                rows = self._connection.execute(statement, values).fetchall()
            except DatabaseError:
                if is_damaged:
                    raise
                continue
            whole = all(crc32(text.encode()) == told for *_, text, told in rows)
            if whole and (rows or not is_there):
                break
        return [(*start, json.loads(text)) for *start, text, _ in rows]


class _Declared(Mapping[str, Any]):
    """What is declared of an operation: what lists show is at hand, the rest is read when it is asked for."""

    def __init__(self, archive: SqliteDocument, place: int, shown: Mapping[str, Any]) -> None:
        self._archive, self._place, self._shown = archive, place, shown

    @cached_property
    def _rest(self) -> Mapping[str, Any]:
        return self._archive.rest(self._place)

    def __getitem__(self, key: str) -> Any:
        return self._rest[key] if key in _REST else self._shown[key]

    def __iter__(self) -> Iterator[str]:
        yield from (*self._shown, *self._rest)

    def __len__(self) -> int:
        return len(self._shown) + len(self._rest)
