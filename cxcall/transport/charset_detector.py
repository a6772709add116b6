"""Keep the character-set detector of requests from loading."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from types import ModuleType
from typing import TYPE_CHECKING

from cxcall.runtime import process_exit

if TYPE_CHECKING:
    from collections.abc import Iterator

_DETECTORS = ("chardet", "charset_normalizer")


@contextmanager
def without_charset_detector() -> Iterator[None]:
    """Keep the optional character-set detectors of requests from loading while the block runs, in the process of a command.

    Only `requests.Response.text` uses one, and cxcall decodes bodies itself. Loading it takes 12 % of
    the time of a send. A module that is already loaded is not changed. This is the only place
    that changes `sys.modules`. requests warns if it finds no detector, and a thread cannot ignore a warning without
    changing the filters of all threads; so it finds an empty module. A program that imports cxcall may use requests
    itself, in other threads, too: there it loads as for any other program.
    """
    absent = [name for name in _DETECTORS if name not in sys.modules]
    if not process_exit.is_command or not absent:
        yield
        return
    for name in absent:
        sys.modules[name] = None  # type: ignore[assignment]  # the import system's mark for "not found"
    if len(absent) == len(_DETECTORS):
        empty = ModuleType(name)
        empty.__version__ = "3.0.0"  # type: ignore[attr-defined]  # in the range that requests accepts
        sys.modules[name] = empty
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]
