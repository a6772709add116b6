"""Join a phone number whose parts are separate values of a request, such as `areaCode` and `number`."""

from __future__ import annotations

from collections import defaultdict
from itertools import islice, product
from typing import TYPE_CHECKING

from cxcall.phone.number_property_names import is_folded_caller_name, is_folded_number_name
from cxcall.runtime.patterns import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cxcall.sending.numbers_in_request import RequestValue

_COUNTRY, _AREA, _PREFIX, _EXCHANGE, _NUMBER, _END = range(6)
# Of folded names, such as `homeAreaCode`.
_PARTS = {
    _COUNTRY: (
        r".*?country(?:calling|dial(?:ing)?|phone)?(?:code|prefix)?"
        r"|.*?(?:dial|dialing|calling|isd)code|.*?cc"
    ),
    _AREA: r".*?(?:area|city|npa|std)(?:code|prefix)?|.*?vorwahl|ac|ndc|code",
    _PREFIX: r".*prefix",  # an area code, what follows it, or what is dialed before it
    _EXCHANGE: r".*?(?:exchange|nxx|centraloffice)(?:code)?",
    _NUMBER: r".*?(?:line|subscriber|local|station)(?:number|nummer|num|no|part)?|sn",
    _END: r".*(?:suffix|extension|ext)",
}
_DIGITS = r"\+?[0-9 ()./-]*[0-9][0-9 ()./-]*"
_MOST_JOINED = 64
"""The most joins of one number; the first are those of the number with one area code each."""
_LONGEST_LOCAL = 9
"""The digits of a local number; a longer one has its area code."""
_LONGEST_WITHOUT_AREA = 7
"""The digits of a number that is not joined without an area code if there is one: many numbers end with them."""
_LONGEST_CODE = 4

_Parts = dict[int, list[tuple[str, str]]]
"""The digits of each part of a number, and their places."""


def join_number_parts(values: Iterable[RequestValue]) -> Iterator[tuple[str, str]]:
    """Yield each number that the values in one object, or at one place of parameters, may be the parts of, and its place.

    A number is joined with every code in its object: to call a listed person is worse than to refuse another.
    """
    objects: dict[str, _Parts] = defaultdict(lambda: defaultdict(list))
    lists: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for each in values:
        text, part = str(each.value).strip(), _part_of(each.name)
        if part is None or not compile_pattern(_DIGITS).fullmatch(text):
            continue
        is_in_body = each.where.startswith("/")
        above, _, key = each.where.rpartition("/") if is_in_body else (each.where, "", each.name)
        digits = text[: text.startswith("+")] + "".join(filter(str.isdecimal, text))
        if key.isdecimal():
            lists[above].append((digits, each.where))
            continue
        if part == _PREFIX and digits.startswith(("+", "00")):
            part = _COUNTRY
        objects[above][part].append((digits, each.where))
    for parts in objects.values():
        yield from _join_object(parts)
    for texts in lists.values():
        *codes, (_, place) = texts
        are_codes = all(len(each.lstrip("+")) <= _LONGEST_CODE for each, _ in codes)
        if are_codes and 0 < len(codes) <= _EXCHANGE:
            yield "".join(each for each, _ in texts), place


def _part_of(name: str) -> int | None:
    """Return the part of a number that a folded name says; None for another name."""
    if is_folded_caller_name(name):
        return None
    if "e164" not in name:
        name = "".join(each for each in name if not each.isdecimal())  # as in `phone1Number`
    if is_folded_number_name(name):
        return _NUMBER
    return next(
        (part for part, form in _PARTS.items() if compile_pattern(form).fullmatch(name)), None
    )


def _join_object(parts: _Parts) -> Iterator[tuple[str, str]]:
    """Yield the numbers, and their places, whose parts are in one object."""
    known = {part: _codes(parts.get(part, ())) for part in range(_NUMBER)}
    if len(known[_COUNTRY]) != 1 or not _is_country(known[_COUNTRY][0]):
        known[_COUNTRY] = ["", *known[_COUNTRY]]
    middles = [*known[_EXCHANGE], *known[_PREFIX]]
    for part, chosen in ((_NUMBER, ["", *middles]), (_END, middles)):
        for number, place in parts.get(part, ()):
            for joined in _join(known, number, chosen):
                yield joined, place


def _codes(found: Iterable[tuple[str, str]]) -> list[str]:
    """Return the digits of a part, each once."""
    return list(dict.fromkeys(text.lstrip("+") for text, _ in found))[:_MOST_JOINED]


def _is_country(code: str) -> bool:
    """Return whether a code is that of a country; `840` is not."""
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

    return int(code) in COUNTRY_CODE_TO_REGION_CODE


def _join(known: dict[int, list[str]], number: str, middles: list[str]) -> Iterator[str]:
    """Yield a number after each of its codes, without the trunk prefix after a country code."""
    if number.startswith("+"):
        return
    starts, areas = known[_COUNTRY], known[_AREA]
    if areas or len(number) > _LONGEST_WITHOUT_AREA:
        starts = [*starts, *known[_PREFIX]]
    if not areas or len(number) > _LONGEST_WITHOUT_AREA:
        areas = [*areas, ""]
    if len(number) > _LONGEST_LOCAL:
        areas, middles = [""], [""]
    for start, middle, area in islice(product(starts, middles, areas), _MOST_JOINED):
        if country := start.lstrip("0"):
            yield "".join(["+", country, (area + middle + number).lstrip("0")])
        elif area or middle:
            yield area + middle + number
