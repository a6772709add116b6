"""Define named tuples that are cheap to import: like `typing.NamedTuple`, in a tenth of its time.

The standard library compiles source text for each class, and once more for each annotation that is a
string. A send loads about 45 of them, which took 5 % of its time. Type checkers see `typing.NamedTuple`.
"""

from __future__ import annotations

from functools import cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any, ClassVar

__all__ = ("NamedTuple",)

if TYPE_CHECKING:
    from typing import NamedTuple
else:
    _MISSING = object()

    @cache
    def _field(index: int) -> property:
        """Return the property of the fields at a place: all classes have the same."""
        return property(itemgetter(index))

    class NamedTuple(tuple):
        """The base of a class whose annotated members are its fields, in this order; a value is a default."""

        __slots__ = ()
        _fields: ClassVar[tuple[str, ...]] = ()
        _field_defaults: ClassVar[dict[str, Any]] = {}
        _defaults: ClassVar[tuple[Any, ...]] = ()

        def __init_subclass__(cls) -> None:
            names = cls.__match_args__ = cls._fields = tuple(cls.__annotations__)
            members = vars(cls)
            defaults = cls._field_defaults = {
                each: members[each] for each in names if each in members
            }
            cls._defaults = tuple([defaults.get(name, _MISSING) for name in names])
            for index, name in enumerate(names):
                setattr(cls, name, _field(index))

        def __new__(cls, *values: Any, **named: Any) -> Any:
            """Return an instance; raises TypeError for a missing or an unknown field."""
            count = len(values)
            if count < len(cls._fields):
                values += tuple(map(named.pop, cls._fields[count:], cls._defaults[count:]))
                if _MISSING in values:
                    name = cls._fields[values.index(_MISSING)]
                    raise TypeError(f"{cls.__name__} needs a value of {name!r}")
            if named or len(values) != len(cls._fields):
                raise TypeError(f"{cls.__name__} has the fields {', '.join(cls._fields)} only")
            return tuple.__new__(cls, values)

        def __getnewargs__(self) -> tuple[Any, ...]:
            return tuple(self)

        def __repr__(self) -> str:
            shown = (f"{name}={value!r}" for name, value in self._asdict().items())
            return f"{type(self).__name__}({', '.join(shown)})"

        def _asdict(self) -> dict[str, Any]:
            return dict(zip(self._fields, self, strict=True))

        def _replace(self, **changes: Any) -> Any:
            values = tuple(map(changes.pop, self._fields, self))
            return type(self)(*values, **changes)
