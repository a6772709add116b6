"""Copy the ledger to another file."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from cxcall.findings.errors import UsageError
from cxcall.ledger.errors import explain_errors

if TYPE_CHECKING:
    from pathlib import Path

    from cxcall.ledger.ledger import Ledger


def write_backup(ledger: Ledger, path: Path) -> int:
    """Copy the ledger to a new private file, check the copy, and return how many deliveries it has.

    The file appears under its name only when it is complete. Raises UsageError if it exists, and
    LedgerError if it cannot be written or the ledger is damaged.
    """
    if os.path.lexists(path):
        raise UsageError(
            f"`{path}` exists", where="FILE", fix="name a file that does not exist yet"
        )
    if ledger.is_shared:
        ledger.back_up(path)  # raises UsageError: the server's own programs do that
    draft = path.with_name(f".{path.name}.{os.urandom(4).hex()}")
    try:
        try:
            draft.touch(0o600)
        except OSError as error:
            raise UsageError(
                f"`{path}` cannot be created: {error.strerror}",
                where="FILE",
                fix="name a new file in a folder that exists, and that you can write to",
            ) from None
        with explain_errors(path):
            deliveries = ledger.back_up(draft)
            _synchronize(draft)
            draft.rename(path)
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
    return deliveries


def _synchronize(path: Path) -> None:
    file = os.open(path, os.O_RDWR)
    try:
        os.fsync(file)
    finally:
        os.close(file)
