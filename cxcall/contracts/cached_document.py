"""Cache converted documents in one file each, of which a command parses only the parts that it needs.

The name of a file is a digest of the document's content and of the program that converted it, so it is
never stale. It is used only if nobody else can write it. A damaged file is written again. Without a
writable folder, a document is converted at each use.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from hashlib import file_digest, sha256
from io import BytesIO
from mmap import ACCESS_READ, mmap
from pathlib import Path
from tempfile import mkstemp
from typing import TYPE_CHECKING, Any
from zlib import crc32

from cxcall.contracts.indexed_document import IndexedDocument, index_body, likely_operations
from cxcall.documents.paths import variable_folder
from cxcall.documents.private_files import make_private_folder
from cxcall.documents.text_files import LARGEST_DOCUMENT, open_bytes, read_bytes
from cxcall.runtime.operating_system import is_others_writable
from cxcall.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from cxcall.contracts.contract import Contract
    from cxcall.contracts.openapi_document import OperationEntry

FORMAT = 45
"""Increment it when the conversion or the file changes: files of another format are not used."""
FILES_KEPT = 8
SUFFIX = ".document"
_OLD_SUFFIX = ".sqlite"
_NAMES = "[0-9a-f]" * 64
"""The names of the files in the cache: a person may keep other files in its folder."""
_MAX_LIKELY = 200


class CachedDocument(IndexedDocument):
    """A converted document, from the content of its file: a head, the index, and a line for each part."""

    def __init__(self, content: bytes | mmap) -> None:
        super().__init__()
        lines = BytesIO(content) if isinstance(content, bytes) else content
        _, *self._index = (lines.readline() for _ in range(6))
        self._content, self._text = content, memoryview(content)[lines.tell() :]

    def __reduce__(self) -> tuple[Any, ...]:
        """Return how another process makes this object."""
        return CachedDocument, (bytes(self._content),)

    def find_likely(self, names: Sequence[str], *, is_array: bool) -> Iterator[OperationEntry]:
        """Yield the operations that a body with these names may be for, the likeliest first."""
        return self._read(likely_operations(self._bodies, names, _MAX_LIKELY, is_array=is_array))


def open_document(path: str, convert: Callable[[str, bytes], Contract]) -> CachedDocument:
    """Return the document in a file (`-` is stdin), converted at its first use by `convert`.

    Raises UsageError if the file is not an OpenAPI 3.0, 3.1, 3.2, or Swagger 2.0 document.
    """
    is_usual = os.path.isfile(path) and os.path.getsize(path) <= LARGEST_DOCUMENT  # noqa: PTH113, PTH202 - as given
    content = None if is_usual else read_bytes(path)
    if kept := _read_file(_file_of(path, content)):
        return CachedDocument(kept)
    content = read_bytes(path) if content is None else content
    file, lines = _file_of(path, content), _as_lines(convert(path, content))
    new = b"\n".join((_head(file, lines), lines))
    with suppress(OSError):
        _write_file(file, new)
    return CachedDocument(new)


def _file_of(path: str, content: bytes | None) -> Path:
    """Return the file of the document at `path`, which may not exist; `content` is that of a pipe, for example."""
    start = sha256(f"{__version__} {FORMAT} ".encode())
    with BytesIO(content) if content is not None else open_bytes(path) as file:
        return _cache_folder() / f"{file_digest(file, start.copy).hexdigest()}{SUFFIX}"


def _cache_folder() -> Path:
    """Return the folder of files that can be recreated, which may not exist yet; raises UsageError for a relative one."""
    if folder := variable_folder("CXCALL_CACHE_DIR"):
        return folder
    if folder := variable_folder("CXCALL_STATE_DIR"):
        return folder / "cache"
    from platformdirs import user_cache_path

    return user_cache_path("cxcall", appauthor=False)


def _read_file(file: Path) -> mmap | None:
    """Return the content of a file; None if it is missing or damaged, or if others can write it or its folder."""
    with suppress(OSError, ValueError):  # ValueError: it is empty
        if any(map(is_others_writable, (file.parent.stat(), file.lstat()))):
            return None
        with file.open("rb") as opened:
            content = mmap(opened.fileno(), 0, access=ACCESS_READ)
        start = content.find(b"\n")
        if content[:start] == _head(file, memoryview(content)[start + 1 :]):
            with suppress(OSError):
                os.utime(file)  # the oldest files are removed first
            return content
    return None


def _head(file: Path, lines: bytes | memoryview) -> bytes:
    """Return the first line of a file, which shows that the others are its own, and not damaged."""
    return f"{file.stem} {crc32(lines)}".encode()


def _write_file(file: Path, content: bytes) -> None:
    """Write a converted document to its file atomically; raises OSError if that fails.

    Also removes the oldest files, those of earlier versions, and those that a killed process left unfinished.
    """
    make_private_folder(file.parent)
    handle, name = mkstemp(SUFFIX, file.stem, file.parent)
    try:
        with os.fdopen(handle, "wb") as new:
            new.write(content)
        Path(name).replace(file)
    finally:
        Path(name).unlink(missing_ok=True)
    found = sorted(file.parent.glob(f"{_NAMES}*{SUFFIX}"), key=lambda each: -each.stat().st_mtime)
    for each in (*found[FILES_KEPT:], *file.parent.glob(f"{_NAMES}{_OLD_SUFFIX}")):
        each.unlink(missing_ok=True)


def _as_lines(contract: Contract) -> bytes:
    """Return the index of a converted document, and a line for each of its operations and schemas."""
    operations, components = contract.operations, contract.declared["components"]
    schemas = components["schemas"]
    parts = [_as_json(each) for each in (*(one.declared for one in operations), *schemas.values())]
    spans, start = [], 0
    for part in parts:
        spans.append((start, start + len(part)))
        start += len(part) + 1
    schemes = components.get("securitySchemes", {})
    index: tuple[Any, ...] = (
        {**contract.declared, "paths": {}, "components": {"securitySchemes": schemes}},
        {},  # a user's document has none of the extensions that are searched
        [
            (each.name, each.method, each.path, *spans[place])
            for place, each in enumerate(operations)
        ],
        dict(zip(schemas, spans[len(operations) :], strict=True)),
        [index_body(each) for each in operations if each.takes_body],
    )
    return "\n".join([*map(_as_json, index), *parts]).encode()


def _as_json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))  # ASCII, so that positions count bytes
