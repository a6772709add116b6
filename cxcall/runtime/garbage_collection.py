"""Collect garbage only in long runs: a short command ends before its garbage matters."""

import gc


def collect_garbage() -> None:
    """Collect garbage from now on, except objects that were loaded before, which are never garbage.

    Checking them would make a forked process copy all of them.
    """
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
