"""Open the ledger of this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cxcall.ledger.ledger import Ledger


def open_ledger() -> Ledger:
    """Open the ledger of this machine, with its marker beside the settings.

    Where both are in one folder (the default on macOS and Windows), the markers get a folder beside it.
    """
    from cxcall.ledger.ledger import Ledger
    from cxcall.settings.settings import config_dir, state_dir

    state, config = state_dir(), config_dir()
    markers = state.with_name(f"{state.name}-ledgers") if config == state else config / "ledgers"
    return Ledger.open(state, marker_folder=markers)
