"""Open the ledger: the file of this machine, or the database that `CXCALL_LEDGER` names."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cxcall.ledger.ledger import Ledger


VARIABLE = "CXCALL_LEDGER"


def open_ledger() -> Ledger:
    """Open the ledger, with its marker beside the settings; raises LedgerError when it cannot be used.

    Where both are in one folder (the default on macOS and Windows), the markers get a folder beside it.
    """
    from cxcall.ledger.ledger import Ledger
    from cxcall.settings.settings import config_dir, state_dir

    if Path(".env").is_file():
        from cxcall.settings.dotenv_file import stop_on_machine_variables

        stop_on_machine_variables()
    state, config = state_dir(), config_dir()
    markers = state.with_name(f"{state.name}-ledgers") if config == state else config / "ledgers"
    if url := os.environ.get(VARIABLE, "").strip():
        return Ledger.open_shared(url, marker_folder=markers)
    return Ledger.open(state, marker_folder=markers)
