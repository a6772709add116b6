"""Keep the character-set detector of requests from loading."""

from __future__ import annotations

import sys
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_DETECTORS = ("chardet", "charset_normalizer")


@contextmanager
def without_charset_detector() -> Iterator[None]:
    """Make requests treat its optional character-set detectors as not installed while the block runs.

    Only `requests.Response.text` uses one, and cxcall decodes bodies itself. Loading it takes 12 % of
    the time of a send. A module that is already loaded is not changed. This is the only place
    that changes `sys.modules`.
    """
    absent = [name for name in _DETECTORS if name not in sys.modules]
    for name in absent:
        sys.modules[name] = None  # type: ignore[assignment]  # the import system's mark for "not found"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # requests warns that it found no detector
            yield
    finally:
        for name in absent:
            del sys.modules[name]
