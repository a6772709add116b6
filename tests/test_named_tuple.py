"""cxcall's named tuples behave like those of the standard library."""

from __future__ import annotations

import copy
import pickle
import typing
from typing import Any

import pytest

from cxcall import named_tuple


class Ours(named_tuple.NamedTuple):
    """Fields with and without a default, and a property."""

    name: str
    total: int | None
    tags: tuple[str, ...] = ("a", "b")
    note: Unknown = None  # type: ignore[name-defined]  # noqa: F821 - annotations are not evaluated

    @property
    def label(self) -> str:
        """Two fields in one."""
        return f"{self.name}:{self.total}"


class Theirs(typing.NamedTuple):
    """The same fields."""

    name: str
    total: int | None
    tags: tuple[str, ...] = ("a", "b")
    note: Any = None


CALLS: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    (("x", 1), {}),
    (("x",), {"total": 2}),
    ((), {"total": 2, "name": "y", "note": "n"}),
    (("x", 1, (), "n"), {}),
    (("x", None), {"note": 0}),
]


@pytest.mark.parametrize(("values", "named"), CALLS)
def test_instances_are_equal(values: tuple[Any, ...], named: dict[str, Any]) -> None:
    ours, theirs = Ours(*values, **named), Theirs(*values, **named)
    assert tuple(ours) == theirs
    assert hash(ours) == hash(theirs)
    assert ours._asdict() == theirs._asdict()
    assert repr(ours) == repr(theirs).replace("Theirs", "Ours")
    assert [getattr(ours, name) for name in Ours._fields] == list(theirs)
    assert tuple(ours._replace(name="z", note=5)) == theirs._replace(name="z", note=5)
    assert type(ours._replace(name="z")) is Ours


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ((), {}),
        (("x",), {}),
        (("x", 1, (), None, 5), {}),
        (("x", 1), {"name": "y"}),
        (("x", 1), {"other": 2}),
        (("x", 1, (), None), {"other": 2}),
    ],
)
def test_wrong_fields_are_refused(values: tuple[Any, ...], named: dict[str, Any]) -> None:
    for kind in (Ours, Theirs):
        with pytest.raises(TypeError):
            kind(*values, **named)
    with pytest.raises((TypeError, ValueError)):
        Ours("x", 1)._replace(other=2)  # type: ignore[call-arg]


def test_class_members_are_the_same() -> None:
    assert Ours._fields == Theirs._fields == Ours.__match_args__
    assert Ours._field_defaults == Theirs._field_defaults
    assert list(Ours.__annotations__) == list(Theirs.__annotations__)
    assert Ours("x", 1).label == "x:1"


def test_a_field_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Ours("x", 1).name = "y"  # type: ignore[misc]


def test_instances_can_be_copied_and_sent_to_another_process() -> None:
    ours = Ours("x", 1, note=["n"])
    for again in (copy.copy(ours), copy.deepcopy(ours), pickle.loads(pickle.dumps(ours))):
        assert again == ours
        assert type(again) is Ours
