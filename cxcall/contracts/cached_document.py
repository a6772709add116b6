"""Cache converted documents in one SQLite file each, from which a command reads only the rows that it needs.

The name of a file is a digest of the document's content and of the program that converted it, so it is
never stale. It is used only if nobody else can write it. A damaged file is written again. Without a
writable folder, a document is converted at each use.
"""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing, suppress
from hashlib import file_digest, sha256
from io import BytesIO
from pathlib import Path
from tempfile import mkstemp
from typing import TYPE_CHECKING, Any
from zlib import crc32

from cxcall.contracts.indexed_document import index_body, likely_operations
from cxcall.contracts.json_schema import SCHEMAS
from cxcall.contracts.openapi_document import OperationEntry
from cxcall.documents.paths import variable_folder
from cxcall.documents.private_files import make_private_folder
from cxcall.documents.text_files import LARGEST_DOCUMENT, read_bytes
from cxcall.runtime.operating_system import is_others_writable
from cxcall.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from cxcall.contracts.contract import Contract
    from cxcall.contracts.json_schema import JsonSchema
    from cxcall.contracts.openapi_document import OpenApiDocument

    Converter = Callable[[str, bytes], Contract]

FORMAT = 42
"""Increment it when the conversion or the file changes: files of another format are not used."""
FILES_KEPT = 8
_MAX_LIKELY = 200
_TABLES = """
    PRAGMA journal_mode = OFF;
    CREATE TABLE part (kind TEXT, name TEXT, json TEXT, checksum INTEGER, PRIMARY KEY (kind, name));
"""
_PARTS = "SELECT json, checksum FROM part WHERE kind = ? ORDER BY rowid"
_PART = "SELECT json, checksum FROM part WHERE kind = ? AND name = ?"


def open_document(path: str, convert: Converter) -> OpenApiDocument:
    """Return the document in a file (`-` is stdin), converted at its first use by `convert`.

    Raises UsageError if the file is not an OpenAPI 3.0, 3.1, 3.2, or Swagger 2.0 document.
    """
    is_usual = os.path.isfile(path) and os.path.getsize(path) <= LARGEST_DOCUMENT  # noqa: PTH113, PTH202 - as given
    content = None if is_usual else read_bytes(path)
    try:
        return CachedDocument(path, content, convert)
    except (OSError, sqlite3.Error):
        return convert(path, content or read_bytes(path)).parts


def _cache_folder() -> Path:
    """Return the folder of files that can be recreated, which may not exist yet; raises UsageError for a relative one."""
    if folder := variable_folder("CXCALL_CACHE_DIR"):
        return folder
    if folder := variable_folder("CXCALL_STATE_DIR"):
        return folder / "cache"
    from platformdirs import user_cache_path

    return user_cache_path("cxcall", appauthor=False)


class CachedDocument:
    """A converted document in its file. Threads and processes may share it.

    `content` is the content of a pipe, which cannot be read again. Raises OSError or sqlite3.Error if no
    file can be used.
    """

    def __init__(self, path: str, content: bytes | None, convert: Converter) -> None:
        self._path, self._content, self._convert = path, content, convert
        self._connections: dict[int, sqlite3.Connection] = {}
        self._schemas: dict[str, JsonSchema] = {}
        self._file = _cache_folder() / f"{_digest(path, content)}.sqlite"
        self.head: Mapping[str, Any] = self._part("document", self._file.stem)

    def __del__(self) -> None:
        for connection in self._connections.values():
            connection.close()

    def __getstate__(self) -> dict[str, Any]:
        """Return the state for another process, without the connection, which SQLite forbids to share."""
        return {**self.__dict__, "_connections": {}}

    def routes(self) -> list[tuple[str, str, str]]:
        """Return method, path, and name of each operation, in the order of the document."""
        return [(method, path, name) for method, path, name in self._part("document", "routes")]

    def entries(self) -> Iterator[OperationEntry]:
        """Yield the operations in the order of the document."""
        return (OperationEntry(*each) for each in self._read(_PARTS, "operation"))

    def find_by_name(self, name: str) -> Iterator[OperationEntry]:
        """Yield the operations called `name`."""
        return (OperationEntry(*each) for each in self._read(_PART, "operation", name))

    def find_extended(self, extension: str, name: str = "") -> Iterator[OperationEntry]:  # noqa: ARG002 - as in `IndexedDocument`
        """Yield nothing: a user's document cannot have these extensions."""
        return iter(())

    def find_likely(self, names: Sequence[str], *, is_array: bool) -> Iterator[OperationEntry]:
        """Yield the operations that a body with these names may be for, the likeliest first."""
        bodies = self._part("document", "bodies")
        found = likely_operations(bodies, names, _MAX_LIKELY, is_array=is_array)
        return (entry for each in found for entry in self.find_by_name(each))

    def target(self, reference: str) -> JsonSchema:
        """Return the schema that a `$ref` leads to."""
        name = reference.removeprefix(SCHEMAS)
        if name not in self._schemas:
            self._schemas[name] = self._part("schema", name)
        return self._schemas[name]

    def _part(self, kind: str, name: str) -> Any:
        return self._read(_PART, kind, name, is_required=True)[0]

    def _read(self, statement: str, *values: str, is_required: bool = False) -> list[Any]:
        """Return parsed JSON; a damaged file is written again once."""
        for is_damaged in (False, True):
            try:
                rows = self._connect(is_damaged=is_damaged).execute(statement, values).fetchall()
            except sqlite3.DatabaseError:
                if is_damaged:
                    raise
                continue
            if all(crc32(text.encode()) == checksum for text, checksum in rows) and (
                rows or not is_required
            ):
                break
        return [json.loads(text) for text, _ in rows]

    def _connect(self, *, is_damaged: bool) -> sqlite3.Connection:
        """Return this process's connection; the file is written if it is missing or damaged."""
        process = os.getpid()
        if is_damaged or process not in self._connections:
            if process in self._connections:
                self._connections.pop(process).close()
            if is_damaged or not _is_private(self._file):
                self._write()
            with suppress(OSError):
                os.utime(self._file)  # the oldest files are removed first
            address = f"{self._file.absolute().as_uri()}?mode=ro&immutable=1"
            self._connections[process] = sqlite3.connect(address, uri=True, check_same_thread=False)
        return self._connections[process]

    def _write(self) -> None:
        content = read_bytes(self._path) if self._content is None else self._content
        if _digest(self._path, content) != self._file.stem:
            raise OSError(f"{self._path} was changed while it was read")
        _write_file(self._file, self._convert(self._path, content))


def _digest(path: str, content: bytes | None) -> str:
    start = sha256(f"{__version__} {FORMAT} ".encode())
    with BytesIO(content) if content is not None else open(path, "rb") as file:  # noqa: PTH123 - a path as given
        return file_digest(file, start.copy).hexdigest()


def _is_private(file: Path) -> bool:
    """Return whether a file exists that only this user can write, in a folder that only this user can write."""
    try:
        found = [file.parent.stat(), file.lstat()]
    except FileNotFoundError:
        return False
    if any(map(is_others_writable, found)):
        raise PermissionError(f"others can write {file}")
    return True


def _write_file(file: Path, contract: Contract) -> None:
    """Write a converted document to its file atomically; raises OSError if that fails.

    Also removes the oldest files, and files that a killed process left unfinished.
    """
    make_private_folder(file.parent)
    handle, name = mkstemp(".sqlite", dir=file.parent)
    os.close(handle)
    try:
        with closing(sqlite3.connect(name)) as connection, connection:
            _fill(connection, contract, file.stem)
        Path(name).replace(file)
    finally:
        Path(name).unlink(missing_ok=True)
    with suppress(OSError):
        files = sorted(file.parent.glob("*.sqlite"), key=lambda each: -each.stat().st_mtime)
        for each in files[FILES_KEPT:]:
            each.unlink(missing_ok=True)
    if not _is_private(file):
        raise FileNotFoundError(file)


def _fill(connection: sqlite3.Connection, contract: Contract, digest: str) -> None:
    operations, document = contract.operations, contract.declared
    schemes = document["components"].get("securitySchemes", {})
    parts: dict[str, dict[str, Any]] = {
        "document": {
            digest: {**document, "paths": {}, "components": {"securitySchemes": schemes}},
            "routes": [(each.method, each.path, each.name) for each in operations],
            "bodies": [index_body(each) for each in operations if each.takes_body],
        },
        "operation": {each.name: (each.method, each.path, each.declared) for each in operations},
        "schema": document["components"]["schemas"],
    }
    connection.executescript(_TABLES)
    for kind, members in parts.items():
        texts = ((name, json.dumps(part, separators=(",", ":"))) for name, part in members.items())
        rows = ((kind, name, text, crc32(text.encode())) for name, text in texts)
        connection.executemany("INSERT INTO part VALUES (?, ?, ?, ?)", rows)
