"""Join a phone number whose parts are separate values of a request, such as `areaCode` and `number`."""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from itertools import islice, product
from typing import TYPE_CHECKING, Any

from cxcall.phone.number_property_names import is_folded_caller_name, is_folded_number_name
from cxcall.phone.numbers_in_text import DIALABLE, dialed_part, local_digits
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
_DASHES = "[\u2010-\u2015\u2212\uff0d]"
_DECIMALS = r"^(\+?[0-9]+)\.0{1,2}$"
_MOST_JOINED = 64
"""The most joins of one number; the first are those of the number with one area code each."""
_MOST_IN_REQUEST = 256
"""The most joins of a request, shared by its numbers: each may need a comparison by libphonenumber."""
_LONGEST_LOCAL = 9
"""The digits of a local number; a longer one has its area code."""
_LONGEST_WITHOUT_AREA = 7
"""The digits of a number that is not joined without an area code if there is one: many numbers end with them."""
_LONGEST_CODE = 4
_LONGEST_CODE_WITH_COUNTRY = 6

_Parts = dict[int, list[tuple[str, str]]]
"""The digits of each part of a number, and their places."""


class NumberParts:
    """The values of a request that may be parts of a number, by the object that has them; parameters are beside each other."""

    def __init__(self, values: Iterable[RequestValue]) -> None:
        self._objects: dict[str, _Parts] = defaultdict(lambda: defaultdict(list))
        self._lists: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
        for each in values:
            part = _part_of(each.name)
            digits = "" if part is None else _digits_of(each.value)
            if part is None or not digits.lstrip("+"):
                continue
            is_in_body = each.where.startswith("/")
            above, _, key = (
                each.where.rpartition("/") if is_in_body else (each.where, "", each.name)
            )
            if key[-1:].isdecimal() and (part == _NUMBER or key.isdecimal()):  # also `phone1`
                self._lists[above, key.rstrip("0123456789")].append((digits, each.where))
            if key.isdecimal():
                continue
            if part == _PREFIX and digits.startswith(("+", "00")):
                part = _COUNTRY
            self._objects[above][part].append((digits, each.where))

    def find_local(self) -> set[tuple[str, str]]:
        """Return the digits of numbers that are not whole, each with its place: many people have the same local number."""
        local = {
            part for parts in self._objects.values() if _has_code(parts) for part in parts[_NUMBER]
        }
        for texts in self._joined_lists():
            if len("".join(text for text, _ in texts)) >= _LONGEST_WITHOUT_AREA:
                is_code = any(len(text) < _LONGEST_CODE for text, _ in texts)
                local |= {*texts} if is_code else set()
        return {
            each
            for each in local
            if len(each[0]) < _LONGEST_LOCAL and not each[0].startswith(("+", "00"))
        }

    def join(self) -> Iterator[tuple[str, str]]:
        """Yield each number that the values in one object may be the parts of, and its place.

        A number is joined with every code in its object: to call a listed person is worse than to refuse another. Of many
        codes and numbers, not all are joined, first those at the same position.
        """
        for texts in self._joined_lists():
            yield "".join(each for each, _ in texts), texts[-1][1]
        joins = [each for parts in self._objects.values() for each in _joins(parts)]
        most = min(_MOST_JOINED, max(1, _MOST_IN_REQUEST // max(1, len(joins))))
        for numbers, place in joins[:_MOST_IN_REQUEST]:
            yield from ((each, place) for each in islice(numbers, most))

    def _joined_lists(self) -> Iterator[list[tuple[str, str]]]:
        """Yield the lists whose items may be the parts of one number."""
        for texts in self._lists.values():
            codes = [each.lstrip("+") for each, _ in texts[:-1]]
            if 0 < len(codes) <= _EXCHANGE and all(len(each) <= _LONGEST_CODE for each in codes):
                yield texts


def _digits_of(value: Any) -> str:
    """Return the digits of a part of a number, after `+` if it has one, as they are read in a whole number."""
    text = f"{value:.0f}" if isinstance(value, float) and value.is_integer() else str(value)
    plain = compile_pattern(_DASHES).sub("-", dialed_part(text))
    plain = compile_pattern(_DECIMALS).sub(r"\1", plain)
    if not compile_pattern(DIALABLE).fullmatch(plain):
        return ""
    return "+" * plain.startswith("+") + local_digits(plain)


def _has_code(parts: _Parts) -> bool:
    """Return whether an object has a code that may belong before its numbers.

    One digit is rather a sales area, or is dialed for an outside line.
    """
    codes = [*parts[_AREA], *parts[_EXCHANGE], *parts[_PREFIX]]
    return any(1 < len(text) <= _LONGEST_CODE_WITH_COUNTRY for text, _ in codes)


@lru_cache(maxsize=1024)
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


def _joins(parts: _Parts) -> Iterator[tuple[Iterator[str], str]]:
    """Yield for each number in an object what it may be with the codes beside it, and its place."""
    known = {part: _codes(parts.get(part, ())) for part in range(_NUMBER)}
    if len(known[_COUNTRY]) != 1 or not _is_country(known[_COUNTRY][0]):
        known[_COUNTRY] = ["", *known[_COUNTRY]]
    middles, areas = [*known[_EXCHANGE], *known[_PREFIX]], known[_AREA]
    for part, chosen in ((_NUMBER, ["", *middles]), (_END, middles)):
        numbers = parts.get(part, ())
        for index, (number, place) in enumerate(numbers):
            first = index * len(areas) // len(numbers)
            ordered = {**known, _AREA: [*areas[first:], *areas[:first]]}
            yield _join(ordered, number, chosen), place


def _codes(found: Iterable[tuple[str, str]]) -> list[str]:
    """Return the digits of a part, each once."""
    return list(dict.fromkeys(text.lstrip("+") for text, _ in found))


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
