"""Open the ledger: the file of this machine, or the database that `CXCALL_LEDGER` names."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from cxcall.runtime.operating_system import is_missing
from cxcall.settings.sources import read_variable

if TYPE_CHECKING:
    from cxcall.ledger.ledger import Ledger


VARIABLE = "CXCALL_LEDGER"


def open_ledger(*, is_for_reading: bool = False) -> Ledger:
    """Open the ledger, with its marker beside the settings; raises LedgerError when it cannot be used.

    With `is_for_reading`, its file may be read-only.
    """
    from cxcall.ledger.ledger import Ledger
    from cxcall.settings.settings import state_dir

    if not is_missing(Path(".env"), or_folder=True):
        from cxcall.settings.dotenv_file import stop_on_machine_variables

        stop_on_machine_variables()
    state = state_dir()
    markers = _marker_folder(state)
    if url := _shared_address():
        return Ledger.open_shared(url, marker_folder=markers)
    return Ledger.open(state, marker_folder=markers, is_for_reading=is_for_reading)


def _shared_address() -> str:
    """Return the address of the database, empty for the file of this machine.

    Raises UsageError for an empty variable, such as a missing secret in CI: each machine would have a ledger of its own.
    """
    return read_variable(
        VARIABLE,
        "set the address of the database; to use the file of this machine, unset the variable",
        "each machine would have a ledger of its own, and could repeat the calls of the others",
    )


def _marker_folder(state: Path) -> Path:
    """Return the folder of markers: beside the state, if settings and state share a folder, as on macOS and Windows."""
    from cxcall.settings.settings import config_dir

    config = config_dir()
    return state.with_name(f"{state.name}-ledgers") if config == state else config / "ledgers"


def check_ledger() -> str:
    """Return where deliveries are recorded; raises LedgerError or MissingRecordsError if every send would be stopped.

    A missing file is not created, but its folder must have enough space for a first record.
    """
    from cxcall.ledger.errors import MissingRecordsError
    from cxcall.ledger.loss_marker import LedgerMarker
    from cxcall.ledger.sqlite.ledger_file import check_folder
    from cxcall.settings.settings import state_dir

    is_shared, state = bool(_shared_address()), state_dir()
    if not is_shared and not check_folder(state):
        marker = LedgerMarker(_marker_folder(state), os.path.realpath(state))
        marker.warn_of_shared_ledger()
        if problem := marker.loss():
            raise MissingRecordsError(problem)
        return f"`{state}`, from the first send on"
    with open_ledger() as ledger:
        if problem := ledger.missing_records():
            raise MissingRecordsError(problem)
        with ledger.database.transaction():  # requires the lock to write, and writes nothing
            return f"`{ledger.database.name}`"
