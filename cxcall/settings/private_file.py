"""Small JSON files that only their owner can read: replaced whole and at once, never edited."""

from __future__ import annotations

import json
import os
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from cxcall.findings.errors import UsageError
from cxcall.findings.finding import command

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

StoredRecord = dict[str, Any]
RecordKey = dict[str, str]

FORMAT_VERSION = 1
_PAUSE = 0.02


class UnwritableError(UsageError):
    """The state folder takes no file: read-only, full, or not a folder."""


class PrivateFile(NamedTuple):
    """Records in a file of mode 0600, in a folder of mode 0700; a missing file holds none.

    A reader sees the file before or after a change, never in between. A change reads, then
    replaces: hold `locked()` around both when another process may do the same.
    """

    path: Path

    def find(self, key: RecordKey) -> list[StoredRecord]:
        """Return the records that have all of `key`; none when the file is damaged.

        Raises UsageError when others than the owner can read the file.
        """
        self._check_mode()
        return [record for record in self._read() if _has(record, key)]

    def put(
        self,
        record: StoredRecord,
        key: RecordKey,
        *,
        alive: Callable[[StoredRecord], bool] = lambda _: True,
    ) -> None:
        """Write `record` in place of those that have all of `key`, and drop what is not `alive`.

        Raises UnwritableError.
        """
        others = [old for old in self._read() if not _has(old, key) and alive(old)]
        self._write([{**key, **record}, *others])

    def remove(self, key: RecordKey) -> list[StoredRecord]:
        """Drop the records that have all of `key`, and return them; raises UnwritableError."""
        records = self._read()
        removed = [record for record in records if _has(record, key)]
        if removed:
            self._write([record for record in records if not _has(record, key)])
        return removed

    @contextmanager
    def locked(self, patience: float) -> Iterator[None]:
        """Keep other processes out; after `patience` seconds, or where locks are unknown, go ahead.

        The lock saves work and lost updates; nothing is wrong without it. It dies with the process.
        """
        try:
            from fcntl import LOCK_EX, LOCK_NB, flock

            self._make_folder()
            folder = os.open(self.path.parent, os.O_RDONLY)
        except (ImportError, OSError):
            yield
            return
        try:
            deadline = time.monotonic() + patience
            while time.monotonic() < deadline:
                with suppress(OSError):
                    flock(folder, LOCK_EX | LOCK_NB)
                    break
                time.sleep(_PAUSE)
            yield
        finally:
            os.close(folder)

    def _make_folder(self) -> None:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)

    def _check_mode(self) -> None:
        try:
            mode = self.path.stat().st_mode
        except OSError:
            return
        if os.name == "posix" and mode & 0o077:
            raise UsageError(
                f"others can read `{self.path.name}`, which holds secrets",
                where=str(self.path),
                fix=f"{command('chmod', '600', str(self.path))}; if others use this machine, `cxcall auth logout` too",
                why=f"its mode is {mode & 0o777:03o}; only its owner may read it",
            )

    def _read(self) -> list[StoredRecord]:
        try:
            found = json.loads(self.path.read_bytes())
            records = found["records"] if found["version"] == FORMAT_VERSION else []
            return [record for record in records if isinstance(record, dict)]
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            return []

    def _write(self, records: list[StoredRecord]) -> None:
        text = json.dumps({"version": FORMAT_VERSION, "records": records}, indent=2) + "\n"
        beside = self.path.with_name(f".{self.path.name}.{os.getpid()}.{time.monotonic_ns()}")
        try:
            self._make_folder()
            try:
                with os.fdopen(
                    os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w"
                ) as file:
                    file.write(text)
                    file.flush()
                    os.fsync(file.fileno())
                beside.replace(self.path)
            finally:
                beside.unlink(missing_ok=True)
        except OSError as error:
            raise UnwritableError(
                f"`{self.path.name}` cannot be written: {error.strerror}",
                where=str(self.path),
                fix="make room or give yourself the folder, or set `CXCALL_STATE_DIR` to another",
            ) from None


def _has(record: StoredRecord, key: RecordKey) -> bool:
    return all(record.get(name) == value for name, value in key.items())
