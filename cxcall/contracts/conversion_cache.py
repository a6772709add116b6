"""Where converted contracts are kept: one file a document, named by its content and by what converted it.

So a file never goes stale. A damaged one is made anew, what nobody uses goes, and where no file can
be written the document is converted each time. A large document is not even read again while its
times and its size stay the same.
"""

from __future__ import annotations

import os
import time
from contextlib import closing, contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cxcall.contracts.sqlite_document import SqliteDocument
from cxcall.documents.text_files import STDIN, read_bytes
from cxcall.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from sqlite3 import Connection

    Shipped = Callable[[], Iterable[Mapping[str, Any]]]

KEPT = 8
"""How many converted documents are kept: those used last."""
LONGEST_UNUSED = 90 * 86400.0
"""For how many seconds one is kept that nobody uses."""

FORM = 2
"""Counts up whenever a conversion comes out differently: what was kept of an earlier one is not used."""

_SETTLED = 2.0
"""Seconds after a change in which there may be another that leaves the times of a file as they are."""


def open_contract(path: str, shipped: Shipped) -> SqliteDocument:
    """Return the contract in a file (`-` is stdin), converted at its first use.

    `shipped` returns the documents of the package: where one is of the same server, what it knows of
    the platform and its regions holds here, too. Raises UsageError where the
    file holds no OpenAPI 3.0, 3.1 or Swagger 2.0 document, or refers to what it does not hold.
    """
    content = read_bytes(path) if path == STDIN else None

    def opener(*, is_damaged: bool = False) -> Connection:
        return _Cache(cache_dir()).take(path, content, shipped, is_damaged=is_damaged)

    return SqliteDocument(opener)


def cache_dir() -> Path:
    """Return the folder of what can be made anew; it may not exist yet."""
    if given := os.environ.get("CXCALL_CACHE_DIR", "").strip():
        return Path(given).expanduser()
    if given := os.environ.get("CXCALL_STATE_DIR", "").strip():
        return Path(given).expanduser() / "cache"
    from platformdirs import user_cache_path

    return user_cache_path("cxcall", appauthor=False)


class _Cache:
    """The converted documents in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def take(
        self, path: str, content: bytes | None, shipped: Shipped, *, is_damaged: bool
    ) -> Connection:
        """Open the converted form of a file, made where it is not there, or is damaged."""
        memo = self._memo(path) if content is None else None
        if memo and not is_damaged and (known := self._known(memo)):
            return known
        content = read_bytes(path) if content is None else content
        file = self._folder / f"{_digest(content)}.sqlite"
        is_there = not is_damaged and file.is_file()
        made = _open(file) if is_there else self._make(file, path, content, shipped)
        if memo:
            with suppress(OSError), _replacing(memo) as beside:
                beside.write_text(file.name, "utf-8")
        return made

    def _memo(self, path: str) -> Path | None:
        """Return the file that says which content a path has, for as long as it is not changed."""
        try:
            found = Path(path).stat()
        except (OSError, ValueError):
            return None
        if max(found.st_mtime, found.st_ctime) > time.time() - _SETTLED:
            return None
        place = os.path.abspath(path)  # noqa: PTH100 - symbolic links stay as they are named
        told = (place, found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)
        return self._folder / f"{_digest(repr((*told, found.st_ctime_ns)).encode())}.of"

    def _known(self, memo: Path) -> Connection | None:
        """Open what a memo leads to; None where that is nothing."""
        with suppress(OSError, ValueError):
            file = self._folder / memo.read_text("utf-8")
            if file.suffix == ".sqlite" and file.parent == self._folder:
                os.utime(file)
                return _open(file)
        return None

    def _make(self, file: Path, path: str, content: bytes, shipped: Shipped) -> Connection:
        """Convert a document into a file that appears whole and at once; else into memory."""
        import sqlite3

        from cxcall.contracts.conversion.convert import at_home, convert
        from cxcall.contracts.conversion.reader import read_document
        from cxcall.contracts.sqlite_document import write

        converted = convert(read_document(path, content), path)
        converted = converted._replace(head=at_home(converted.head, shipped()))
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with _replacing(file) as beside, closing(sqlite3.connect(beside)) as connection:
                write(connection, converted)
            self._tidy()
            return _open(file)
        except (OSError, sqlite3.Error):
            connection = sqlite3.connect(":memory:", check_same_thread=False)
            write(connection, converted)
            return connection

    def _tidy(self) -> None:
        """Remove what nobody uses, and what others left behind half written."""
        with suppress(OSError):
            files = sorted(self._folder.iterdir(), key=lambda each: -each.stat().st_mtime)
            converted = [each for each in files if each.suffix == ".sqlite"]
            oldest = time.time() - LONGEST_UNUSED
            old = [each for each in files if each.stat().st_mtime < oldest]
            for each in {*converted[KEPT:], *old}:
                each.unlink(missing_ok=True)


def _digest(content: bytes) -> str:
    """Return the name of a content, for this version of what converts it."""
    found = sha256(f"{__version__} {FORM} ".encode())
    found.update(content)
    return found.hexdigest()


def _open(file: Path) -> Connection:
    """Open a database that nobody changes any more."""
    import sqlite3

    address = f"{file.absolute().as_uri()}?mode=ro&immutable=1"
    return sqlite3.connect(address, uri=True, check_same_thread=False)


@contextmanager
def _replacing(file: Path) -> Iterator[Path]:
    """Give a path to write to, which takes the place of a file when it is written."""
    beside = file.with_name(f".{file.name}.{os.getpid()}.{time.monotonic_ns()}")
    try:
        yield beside
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)
