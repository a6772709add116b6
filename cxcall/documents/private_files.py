"""Small JSON files that only their owner can read, replaced atomically."""

from __future__ import annotations

import json
import os
import stat
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from cxcall.findings.errors import UsageError
from cxcall.findings.hinted_commands import command
from cxcall.named_tuple import NamedTuple
from cxcall.runtime.operating_system import is_others_readable, open_lock, try_lock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

StoredRecord = dict[str, Any]
"""One JSON object of a private file, such as a login or a token."""

RecordKey = dict[str, str]
"""The members with values by which records are found."""

FORMAT_VERSION = 1
_NO_RECORDS = f'{{"version": {FORMAT_VERSION}, "records": []}}'
_POLL_SECONDS = 0.02
_LONGEST_WRITE = 60.0
"""The seconds after which no process still writes a temporary file."""


class UnwritableError(UsageError):
    """A file cannot be written in its folder: read-only, full, or not a folder."""


class PrivateFile(NamedTuple):
    """Records in a file of mode 0600, in a folder of mode 0700. A missing file has no records.

    A reader sees the file before or after a change, never a partial change. A change reads the file, then
    replaces it: hold `lock()` around a change if another process may change the file, too.
    """

    path: Path
    is_cache: bool = False
    """Whether a damaged file is replaced: it has nothing that a person stored."""

    def find(self, key: RecordKey) -> list[StoredRecord]:
        """Return the records that match `key`; none if the file is damaged.

        Raises UsageError if other users can read the file.
        """
        self._check_mode()
        return [record for record in self._read() or () if _matches(record, key)]

    def put(
        self,
        record: StoredRecord,
        key: RecordKey,
        *,
        keep_if: Callable[[StoredRecord], bool] = lambda _: True,
    ) -> None:
        """Write `record` in place of the records that match `key`, and keep the others if `keep_if` is true.

        Raises UnwritableError, and UsageError if the file is damaged and no cache.
        """
        records = self.read_for_change()
        others = [old for old in records if not _matches(old, key) and keep_if(old)]
        self._write([{**key, **record}, *others])

    def rewrite(self) -> None:
        """Write the file unchanged, which shows that it can be changed; raises as `put` does."""
        self._write(self.read_for_change())

    def remove(self, key: RecordKey) -> list[StoredRecord]:
        """Remove the records that match `key`, also from what killed processes left, and return them; raises as `put` does."""
        records = self.read_for_change()
        removed = [record for record in records if _matches(record, key)]
        if removed:
            self._write([record for record in records if record not in removed])
        with _unwritable(self.path, folder_variable="CXCALL_STATE_DIR"):
            _remove_leftovers(self.path, float("-inf"))
        return removed

    @contextmanager
    def lock(self, timeout: float) -> Iterator[bool]:
        """Lock out other processes; after `timeout` seconds, yield False and continue without the lock.

        Without the lock, two processes may do the same work twice or lose an update. The operating
        system releases the lock when the process ends.
        """
        try:
            make_private_folder(self.path.parent)
            lock = open_lock(self.path.parent)
        except OSError:
            yield True
            return
        try:
            deadline, is_held = time.monotonic() + timeout, False
            while not is_held and time.monotonic() < deadline:
                is_held = try_lock(lock)
                if not is_held:
                    time.sleep(_POLL_SECONDS)
            yield is_held
        finally:
            os.close(lock)

    def _check_mode(self) -> None:
        if is_readable_by_others(self.path):
            raise UsageError(
                f"others can read `{self.path.name}`, which contains secrets",
                where=str(self.path),
                fix=f"{command('chmod', '600', str(self.path))}; if others use this machine, `cxcall auth logout` too",
                why=f"its mode is {self.path.stat().st_mode & 0o777:03o}; only its owner may read it",
            )

    def _read(self) -> list[StoredRecord] | None:
        """Return the records; None if the file is damaged."""
        from cxcall.documents.text_files import UnreadableError, open_file

        try:
            # `open_file` refuses a named pipe, which would wait for a writer.
            with open_file(str(self.path)) as file:
                content = json.loads(file.read() or _NO_RECORDS)
            records = content["records"]
            is_intact = isinstance(records, list) and all(
                isinstance(each, dict) for each in records
            )
            return records if is_intact and content["version"] == FORMAT_VERSION else None
        except (FileNotFoundError, NotADirectoryError):
            return []
        except (OSError, UnreadableError, ValueError, TypeError, KeyError, RecursionError):
            return None

    def read_for_change(self) -> list[StoredRecord]:
        """Return all records, also of a file that other users can read; raises UsageError if it is damaged and no cache."""
        records = self._read()
        if records is not None:
            return records
        if self.is_cache:
            with suppress(OSError):
                self.path.unlink()
            return []
        from cxcall.documents.paths import unused_name
        from cxcall.documents.toml import read_content

        read_content(self.path)  # raises UsageError if it is not damaged, but cannot be read at all
        aside = unused_name(f"{self.path}.damaged")
        raise UsageError(
            f"`{self.path.name}` cannot be read",
            where=str(self.path),
            fix=f"correct it, or move it away: {command('mv', str(self.path), aside)}",
            why="it is damaged, or was written by a newer version of cxcall; it may contain the secrets of all profiles",
        )

    def _write(self, records: list[StoredRecord]) -> None:
        text = json.dumps({"version": FORMAT_VERSION, "records": records}, indent=2) + "\n"
        replace_text(self.path, text, folder_variable="CXCALL_STATE_DIR")


def replace_text(path: Path, text: str, *, folder_variable: str) -> None:
    """Replace the content of a file atomically; raises UnwritableError. The new file has mode 0600, and a link stays a link.

    `folder_variable` is the environment variable for another folder, for the message.
    """
    with _unwritable(path, folder_variable=folder_variable):
        check_replaceable(path, folder_variable=folder_variable)
        make_private_folder(path.parent)
        target = path.resolve()
        new = target.with_name(f".{path.name}.{os.getpid()}.{time.monotonic_ns()}")
        try:
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            new.replace(target)
        finally:
            new.unlink(missing_ok=True)
        with suppress(OSError):
            _remove_leftovers(path, _LONGEST_WRITE)


def _remove_leftovers(path: Path, age: float) -> None:
    """Remove the temporary files of at least this age that processes left which were killed while they replaced a file."""
    start = f".{path.name}."
    with suppress(FileNotFoundError, NotADirectoryError):
        for file in path.resolve().parent.iterdir():
            numbers = file.name.removeprefix(start).split(".")
            is_own = file.name.startswith(start) and [*map(str.isdecimal, numbers)] == [True, True]
            if is_own and time.time() - file.lstat().st_mtime >= age:
                file.unlink()


@contextmanager
def _unwritable(path: Path, *, folder_variable: str) -> Iterator[None]:
    """Raise UnwritableError in place of an error of the operating system."""
    try:
        yield
    except OSError as error:
        raise UnwritableError(
            f"`{path.name}` cannot be written: {error.strerror}",
            where=str(path),
            fix=f"free disk space, make the folder writable, or set `{folder_variable}` to another folder",
        ) from None


def check_replaceable(path: Path, *, folder_variable: str) -> None:
    """Raise UnwritableError for a broken link, a device, a pipe, and a file or folder that its owner made read-only.

    Root could replace such files.
    """
    problem = fix = ""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        if path.is_symlink():
            problem = "it is a link to a file that does not exist"
            fix = "remove the link, or create the file that it leads to"
    else:
        if not stat.S_ISREG(mode):
            problem, fix = "it is not a regular file", "remove it"
        elif not mode & stat.S_IWUSR:
            problem, fix = "it is read-only", "make it writable"
    folder = next(each for each in path.resolve().parents if each.exists())
    if not problem and not os.access(folder, os.W_OK):
        problem, fix = "its folder is read-only", "make the folder writable"
    if problem:
        raise UnwritableError(
            f"`{path.name}` cannot be written: {problem}",
            where=str(path),
            fix=f"{fix}, or set `{folder_variable}` to another folder",
        )


def make_private_folder(folder: Path) -> None:
    """Create a folder and the missing ones above it, which `mkdir` would create with the mode of the umask."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir(mode=0o700, exist_ok=True)
    folder.mkdir(exist_ok=True)  # raises FileExistsError for a file


def is_readable_by_others(path: Path) -> bool:
    """Return whether other users can read or write a file; false for a missing file, a folder, and on Windows."""
    try:
        status = path.stat()
    except OSError:
        return False
    return stat.S_ISREG(status.st_mode) and is_others_readable(status)


def _matches(record: StoredRecord, key: RecordKey) -> bool:
    return all(record.get(name) == value for name, value in key.items())
