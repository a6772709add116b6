"""Leave out, or put off, what a library loads for features that this program does not use."""

from __future__ import annotations

import sys
import warnings
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


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
    with _standing({name: members}):
        yield


@contextmanager
def lazy(*declared: str) -> Iterator[None]:
    """Let whoever imports these modules while the block runs get them when it first uses them.

    Each is a module's name, `platform`, or has the functions and classes that are taken out of it by
    name: `traceback:FrameSummary StackSummary`. Another member is loaded, with its module, at once.
    """
    told = [
        (name, members.split()) for name, _, members in (one.partition(":") for one in declared)
    ]
    with _standing(
        {name: {member: _Member(name, member) for member in members} for name, members in told}
    ):
        yield


@contextmanager
def _standing(members_by_name: Mapping[str, Mapping[str, Any]]) -> Iterator[None]:
    stand_ins = {
        name: _StandIn(name, members)
        for name, members in members_by_name.items()
        if name not in sys.modules
    }
    sys.modules.update(stand_ins)
    try:
        yield
    finally:
        for stand_in in stand_ins.values():
            stand_in.withdraw()


class _StandIn(ModuleType):
    """What is imported in place of a module; asked for what it has not, it loads the real one."""

    def __init__(self, name: str, members: Mapping[str, Any]) -> None:
        super().__init__(name)
        self.__dict__.update(members)

    def __getattr__(self, member: str) -> Any:
        if member.startswith("__"):  # the import system itself asks, for instance for `__path__`
            raise AttributeError(member)
        self.withdraw()
        return getattr(import_module(self.__name__), member)

    def withdraw(self) -> None:
        """Leave the name to the real module."""
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]


class _Member:
    """A function or a class that is loaded when it is called, or asked for anything."""

    def __init__(self, module: str, name: str) -> None:
        self._place = module, name

    def _real(self) -> Any:
        module, name = self._place
        if isinstance(sys.modules.get(module), _StandIn):
            del sys.modules[module]
        return getattr(import_module(module), name)

    def __call__(self, *values: Any, **named: Any) -> Any:
        return self._real()(*values, **named)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real(), name)

    def __instancecheck__(self, value: Any) -> bool:
        return isinstance(value, self._real())
