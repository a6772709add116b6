"""Join a phone number whose parts are separate values of a request, such as `areaCode` and `number`."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from cxcall.phone.number_property_names import is_folded_caller_name, is_folded_number_name
from cxcall.runtime.patterns import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cxcall.sending.numbers_in_request import RequestValue

# Of folded names, in the order in which the parts are dialed.
_PARTS = (
    r".*country(?:calling|dial(?:ing)?|phone)?(?:code|prefix)?|.*(?:dial|dialing|calling|isd)(?:code|prefix)|.*cc",
    r".*(?:area|city|npa|std)(?:code|prefix)?|.*prefix|.*vorwahl",
    r".*(?:exchange|nxx|centraloffice)(?:code)?",
    r".*(?:line|subscriber|local|station)(?:number|nummer|num|no|part)?",
)
_LAST = len(_PARTS) - 1
_DIGITS = r"\+?[0-9 ()./-]*[0-9][0-9 ()./-]*"


def join_number_parts(values: Iterable[RequestValue]) -> Iterator[tuple[str, str]]:
    """Yield each number that the values in one object, or at one place of parameters, are the parts of, and its place."""
    objects: dict[str, dict[int, list[RequestValue]]] = {}
    for each in values:
        part = _part_of(each.name)
        if part is not None and compile_pattern(_DIGITS).fullmatch(str(each.value).strip()):
            above = each.where.rpartition("/")[0] if each.where.startswith("/") else each.where
            objects.setdefault(above, {}).setdefault(part, []).append(each)
    for parts in objects.values():
        if len(parts) < 2 or _LAST not in parts:  # noqa: PLR2004
            continue
        for chosen in product(*(parts[each] for each in sorted(parts))):
            texts = ["".join(filter(str.isdecimal, str(each.value))) for each in chosen]
            if 0 in parts:  # no trunk prefix after a country code
                texts = ["+" + texts[0].lstrip("0"), texts[1].lstrip("0"), *texts[2:]]
            yield "".join(texts), chosen[-1].where


def _part_of(name: str) -> int | None:
    """Return the index of the part of a number that a folded name says, in the order of dialing; None for another name."""
    if is_folded_caller_name(name):
        return None
    if is_folded_number_name(name):
        return _LAST
    return next(
        (part for part, form in enumerate(_PARTS) if compile_pattern(form).fullmatch(name)), None
    )
