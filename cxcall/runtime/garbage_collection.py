"""Collect garbage in long runs: a short command is over before its garbage matters, and starts without it."""

import gc


def collect_garbage() -> None:
    """Collect garbage from here on, without a look at what was loaded until now, which is never garbage.

    A forked process would copy all of it only to look at it.
    """
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
