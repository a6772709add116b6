"""The errors of the ledger: its file is unusable or lacks records, so nothing may be sent."""

from __future__ import annotations

from contextlib import contextmanager
from os.path import isdir
from typing import TYPE_CHECKING

from cxcall.findings.errors import CxcallError, StoppedError, UsageError
from cxcall.findings.exit_codes import ExitCode
from cxcall.findings.finding import Finding
from cxcall.findings.hinted_commands import command

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

_WRITABLE_FIX = (
    "make it writable: a ledger in another `CXCALL_STATE_DIR` has no record of the calls so far"
)
_SET_FOLDER = "set CXCALL_STATE_DIR to a folder that you can write to"
_FOLDER_FIX = f"make it writable, or {_SET_FOLDER}"
RECORDS_MISSING = "records-missing"
"""The code of the finding that a ledger lacks records."""


class LedgerError(CxcallError):
    """The ledger cannot be used; a request that it cannot record is not sent."""

    exit_code = ExitCode.USAGE

    def __init__(self, message: str, fix: str = _WRITABLE_FIX) -> None:
        why = "the ledger prevents a second call, so cxcall sends nothing without it"
        super().__init__(Finding.error("ledger", "ledger", message, fix, why))


class LastingLedgerError(LedgerError):
    """The ledger cannot be used until somebody fixes it: waiting does not help."""


class MissingRecordsError(StoppedError):
    """Records of earlier deliveries are missing, so an identical request may have been sent before."""

    def __init__(self, problem: str) -> None:
        super().__init__(missing_records_finding(problem))


class StillQueuedError(StoppedError):
    """Rows of a batch are still in the queue, or another command has just queued them."""

    def __init__(self, batch: str) -> None:
        super().__init__(
            Finding.error(
                "already-sent",
                "ledger",
                f"rows of batch `{batch}` are still in the queue; workers will send them",
                fix=f"run `cxcall worker` to send them, or `cxcall batch cancel {batch}` to remove them from the queue",
                why=f"`cxcall batch status {batch}` shows the progress",
            )
        )


def stop_on_version(name: str, found: int, expected: int, upgradable: int | None = None) -> None:
    """Raise LedgerError for a ledger with the tables of another version than `expected`, or one that can be upgraded."""
    if found > expected:
        raise LedgerError(
            f"`{name}` was written by a newer cxcall (ledger version {found})", "upgrade cxcall"
        )
    if found < expected and found != upgradable:
        raise LedgerError(
            f"`{name}` was written by an older cxcall (ledger version {found})",
            "use the version of cxcall that wrote it, or another database",
        )


def ledger_finding(code: str, message: str, fix: str, why: str = "") -> Finding:
    """Return an error whose source is the ledger."""
    return Finding.error(code, "ledger", message, fix, why, source="ledger")


def already_sent_error(message: str, fix: str, why: str = "") -> StoppedError:
    """Return the error for a command that might send again what another one has sent."""
    return StoppedError(ledger_finding("already-sent", message, fix, why))


def missing_records_finding(problem: str) -> Finding:
    """Return the finding on a ledger that lacks records."""
    return ledger_finding(
        RECORDS_MISSING,
        problem,
        fix="restore the ledger, or check on the platform which calls were placed; then `cxcall history accept` "
        "continues without the missing records",
        why="a missing record is not proof that no call was placed",
    )


def pruned_batch_error() -> UsageError:
    """Return the error for a batch whose records, or those from the time since it began, were deleted."""
    return UsageError(
        "records that the batch needs to be resumed were pruned",
        where="--resume",
        why="`history prune` deleted deliveries from the time since it began, or from the 12 hours before: people could be called again",
        fix="send the remaining rows from a separate file",
    )


@contextmanager
def explain_errors(path: Path) -> Iterator[None]:
    """Turn errors of SQLite and the system into a LedgerError that says what to do."""
    import sqlite3

    try:
        yield
    except OSError as error:
        reason = f"`{error.filename or path}`: {error.strerror}"
        fix = _WRITABLE_FIX if _may_exist(path) else _FOLDER_FIX
        if isinstance(error, FileExistsError | NotADirectoryError):
            places = filter(_may_exist, path.parents)
            file = next((each for each in places if not isdir(each)), path)  # noqa: PTH112 - False on errors
            reason, fix = f"`{file}` is a file, not a folder", _SET_FOLDER
        raise LedgerError(f"the ledger `{path}` cannot be opened: {reason}", fix) from None
    except UnicodeDecodeError as error:  # SQLite's message quotes the damaged text
        raise damage_error(path, error.object.decode("utf-8", "replace")) from None
    except sqlite3.Error as error:
        raise (_explain(error, path) or error) from None


def _may_exist(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return True


def _explain(error: sqlite3.Error, path: Path) -> LedgerError | None:
    """Return the error for a result code of SQLite; None if the fault is in cxcall itself."""
    name = str(getattr(error, "sqlite_errorname", ""))
    if name.startswith(("SQLITE_BUSY", "SQLITE_PROTOCOL")):
        return LedgerError(
            f"the ledger `{path}` is locked by another process: {error}",
            "wait until the other cxcall finishes, or stop it",
        )
    if name.startswith(("SQLITE_FULL", "SQLITE_IOERR")):
        return LedgerError(
            f"the ledger `{path}` cannot be written: {error}",
            f"free disk space, or repair the disk: {command('df', '-h', str(path.parent))}",
        )
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        if isdir(path):  # noqa: PTH112 - as above
            return unusable_file_error(path, "is a folder, not a file")
        fix = _WRITABLE_FIX if _may_exist(path) else _FOLDER_FIX
        return LedgerError(f"the ledger `{path}` cannot be written: {error}", fix)
    if name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT", "SQLITE_CONSTRAINT")):
        return unusable_file_error(path, f"is damaged or not a ledger: {error}")
    return None


def damage_error(path: Path, detail: str) -> LedgerError:
    """Return the error for a ledger with a damaged record."""
    return unusable_file_error(path, f"is damaged: {detail}")


def unusable_file_error(path: Path, problem: str) -> LedgerError:
    """Return the error for a file that is not a ledger; a person must move it, cxcall does not.

    After that, cxcall stops calls until `history accept`, because it knows that records are missing.
    """
    from shlex import quote

    from cxcall.documents.paths import unused_name

    file, aside = quote(str(path)), quote(unused_name(str(path.parent / "damaged")))
    return LedgerError(
        f"the ledger `{path}` {problem}",
        f"restore a backup; without a backup, check on the platform which calls were placed, then `mkdir {aside} && mv {file}* {aside}`",
    )
