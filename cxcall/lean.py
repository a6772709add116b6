"""Leave out what a library loads for features that this program does not use."""

from __future__ import annotations

import sys
import warnings
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def left_out(*names: str) -> Iterator[None]:
    """Let optional modules seem not to be installed, and no library complain of it, while the block runs."""
    absent = dict.fromkeys(name for name in names if name not in sys.modules)
    sys.modules.update(absent)  # type: ignore[arg-type]  # None: the import system's word for "not there"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for name in absent:
            del sys.modules[name]


@contextmanager
def stood_in(name: str, **members: Any) -> Iterator[None]:
    """Let these members stand for a module that is not loaded yet, while the block runs.

    Whoever asks it for another member gets the real one, at the real price.
    """

    def load(member: str) -> Any:
        if member.startswith("__"):  # the import system itself asks, for instance for `__path__`
            raise AttributeError(member)
        sys.modules.pop(name, None)
        return getattr(import_module(name), member)

    stand_in = ModuleType(name)
    stand_in.__dict__.update(members, __getattr__=load)
    standing = sys.modules.setdefault(name, stand_in)
    try:
        yield
    finally:
        if standing is stand_in and sys.modules.get(name) is stand_in:
            del sys.modules[name]
