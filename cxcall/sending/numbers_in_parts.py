"""Join a phone number whose parts are separate values of a request, such as `areaCode` and `number`."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from itertools import islice, product
from typing import TYPE_CHECKING, Any

from cxcall.named_tuple import NamedTuple
from cxcall.phone.e164_numbers import write_e164
from cxcall.phone.number_part_names import (
    AREA,
    COUNTRY,
    END,
    EXCHANGE,
    NUMBER,
    PREFIX,
    read_part_name,
)
from cxcall.phone.number_spellings import MIN_NATIONAL_DIGITS
from cxcall.phone.numbers_in_text import DIALABLE, dialed_part, local_digits
from cxcall.runtime.patterns import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cxcall.sending.numbers_in_request import RequestValue

_DIGITS = "0123456789"
_DASHES = "[\u2010-\u2015\u2212\uff0d]"
_DECIMALS = r"^(\+?[0-9]+)\.0{1,2}$"
_MOST_JOINED = 64
"""The most joins of one number; the first are those of the number with one area code each."""
_MOST_IN_REQUEST = 256
"""The most joins of a request, shared by its numbers: each may need a comparison by libphonenumber."""
_MOST_WHOLE = 8
"""The most numbers that one may be with the area codes beside it; with more of them, it is not known whose it is."""
_LONGEST_LOCAL = 9
"""The number of digits of a phone number that may lack its area code; most numbers of this length have it."""
_LONGEST_WITHOUT_AREA = 7
"""The digits of a number that is not joined without an area code if there is one: many numbers end with them."""
_LONGEST_LINE = 4
"""The digits of a number that lacks its exchange, too."""
_LONGEST_CODE = 4
_LONGEST_AREA = 5
"""The digits of an area code after its trunk prefix; what is longer is rather the code of a region."""
_LONGEST_AREA_WITH_COUNTRY = 8
_LONGEST_CODE_WITH_COUNTRY = 6
_REQUEST = "request"
"""The place that has the body and the parameters."""


class _Part(NamedTuple):
    """The digits of a part of a number, their place, and what its name says (`PartName`)."""

    digits: str
    where: str
    is_certain: bool
    is_dialed: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether a number has its area code: it is long, or starts with what is dialed before such a code."""
        has_trunk = self.digits.startswith("0") and len(self.digits) > _LONGEST_LINE
        return has_trunk or self.digits.startswith("+") or len(self.digits) > _LONGEST_LOCAL


_Parts = dict[int, list[_Part]]


class NumberParts:
    """The values of a request that may be parts of a number, by the object that has them; parameters are beside each other."""

    def __init__(self, values: Iterable[RequestValue]) -> None:
        self._objects: dict[str, _Parts] = defaultdict(lambda: defaultdict(list))
        self._lists: dict[tuple[str, str], list[_Part]] = defaultdict(list)
        self.dialed: set[str] = set()
        """The places whose names say that a number there is dialed."""
        for each in values:
            kind, is_certain, is_dialed = read_part_name(each.name, each.parent)
            digits = "" if kind is None else _digits_of(each.value)
            if kind is None or not digits.lstrip("+"):
                continue
            part = _Part(digits, each.where, is_certain, is_dialed)
            self.dialed |= {each.where} if is_dialed else set()
            is_in_body = each.where.startswith("/")
            above, _, key = (
                each.where.rpartition("/") if is_in_body else (each.where, "", each.name)
            )
            if key[-1:].isdecimal() and (kind == NUMBER or key.isdecimal()):  # also `phone1`
                self._lists[above, key.rstrip(_DIGITS)].append(part)
            if not key.isdecimal():
                kind, part = _with_plus(kind, part)
                self._objects[above][kind].append(part)

    @cached_property
    def local(self) -> dict[tuple[str, str], tuple[str, ...]]:
        """The numbers that are not whole, by digits and place, and what each may be with the area codes beside it.

        That is nothing if it is not known: many people have the same local number.
        """
        found: dict[tuple[str, str], tuple[str, ...]] = {}
        for parts in self._objects.values():
            codes = _Codes(parts)
            for number in parts.get(NUMBER, ()):
                whole = codes.find_whole(number)
                if whole is not None:
                    found[number.digits, number.where] = whole
        for *before, last in self._joined_lists():
            joined = "".join(each.digits for each in (*before, last))
            is_code = any(len(each.digits) < _LONGEST_CODE for each in (*before, last))
            if len(joined) < MIN_NATIONAL_DIGITS or not is_code:
                continue
            found |= {(each.digits, each.where): () for each in before}
            texts = (_with_exit_code_as_plus(joined), f"+1{joined}")
            is_valid = last.is_dialed and any(map(write_e164, texts))
            if is_valid or len(last.digits) < _LONGEST_LOCAL:
                found[last.digits, last.where] = (joined,) if is_valid else ()
        return found

    def join(self) -> Iterator[tuple[str, str]]:
        """Yield each number that the values in one object may be the parts of, and its place.

        If it is not known what a number is, it is joined with every code in its object: to call a listed person is worse than
        to refuse another. Of many codes and numbers, not all are joined, first those at the same position.
        """
        for items in self._joined_lists():
            yield "".join(each.digits for each in items), items[-1].where
        joins = [
            (joined, number.where)
            for codes in map(_Codes, self._with_outer_area_codes())
            for number, joined in codes.joins()
            if codes.is_unclear or not self.local.get((number.digits, number.where))
        ]
        most = min(_MOST_JOINED, max(1, _MOST_IN_REQUEST // max(1, len(joins))))
        for joined, where in joins[:_MOST_IN_REQUEST]:
            yield from ((each, where) for each in islice(joined, most))

    def _with_outer_area_codes(self) -> Iterator[_Parts]:
        """Yield the parts in each object; a number without any code also with the area codes in the smallest object around it.

        It is not known whether they belong together, so that this says nothing about whom a request calls.
        """
        outer: dict[str, list[_Part]] = defaultdict(list)
        for place, parts in self._objects.items():
            for area in () if parts.get(NUMBER) else parts.get(AREA, ()):
                for each in _enclosing(place) if area.is_certain else ():
                    if len(outer[each]) < _MOST_JOINED:
                        outer[each].append(area)
        for place, parts in self._objects.items():
            if any(parts.get(kind) for kind in (AREA, PREFIX, EXCHANGE)) or not parts.get(NUMBER):
                yield parts
            else:
                found = next((outer[each] for each in _enclosing(place) if each in outer), [])
                yield {**parts, AREA: found}

    def _joined_lists(self) -> Iterator[list[_Part]]:
        """Yield the lists whose items may be the parts of one number."""
        for items in self._lists.values():
            texts = sorted(items, key=_position)
            codes = [each.digits.lstrip("+") for each in texts[:-1]]
            if 0 < len(codes) <= EXCHANGE and all(len(each) <= _LONGEST_CODE for each in codes):
                yield texts


class _Codes:
    """The codes in an object, which may belong before its numbers."""

    def __init__(self, parts: _Parts) -> None:
        self._parts = parts
        self._digits = {
            kind: list(dict.fromkeys(each.digits.lstrip("+") for each in parts.get(kind, ())))
            for kind in range(NUMBER)
        }
        areas = parts.get(AREA, ())
        certain = [each.digits for each in areas if each.is_certain and _is_area(each.digits)]
        self.is_unclear = len(certain) < len(areas) or bool(parts.get(PREFIX))
        """Whether a code may be an area code, or something else."""
        is_alone = sum(not each.is_whole for each in parts.get(NUMBER, ())) == 1
        self._is_ambiguous = self.is_unclear and not is_alone
        self._certain = [] if self._is_ambiguous else list(dict.fromkeys(certain))

    @cached_property
    def _countries(self) -> list[str]:
        codes = (each.lstrip("0") for each in self._digits[COUNTRY])
        return [each for each in codes if each and _is_country(each)]

    def find_whole(self, number: _Part) -> tuple[str, ...] | None:
        """Return what a number may be with its area code; nothing if it is not known, None for a number that is whole.

        A code is an area code if its name or that of the number says so, or if the number is valid with it in its country.
        One of a single digit may also be that of a sales area, beside a number that has no area code in its country.
        """
        _, areas, prefixes, exchanges = (self._digits[kind] for kind in range(NUMBER))
        codes = self._certain or areas or prefixes
        if number.is_whole or not (codes or exchanges):
            return None
        digits, middles = number.digits, [""]
        if len(digits) <= _LONGEST_LINE and (exchanges or (areas and prefixes)):
            middles = exchanges or prefixes
        elif len(digits) <= _LONGEST_LINE and len(self._parts[NUMBER]) > 1:  # rather an agent's
            return ()
        is_named = bool(self._certain and number.is_dialed) or bool(
            areas and not self._is_ambiguous and (number.is_certain or middles == exchanges)
        )
        found: tuple[str, ...] = ()
        if len(codes) * len(middles) <= _MOST_WHOLE:
            joined = [f"{code}{middle}{digits}" for code, middle in product(codes, middles)]
            found = self._choose(digits, joined, is_named=is_named and len(digits) < _LONGEST_LOCAL)
        is_doubtful = not (self._countries or any(map(_may_be_area, codes)))
        if found and is_doubtful and len(digits) > _LONGEST_WITHOUT_AREA:
            return (*found, digits)
        may_lack_area = self._certain or any(map(_may_be_area, (*areas, *prefixes, *exchanges)))
        return found or (() if may_lack_area and len(digits) < _LONGEST_LOCAL else None)

    def _choose(self, digits: str, joined: list[str], *, is_named: bool) -> tuple[str, ...]:
        """Return what a number is of what it may be with a code: what is valid in its country, or else what names say."""
        valid = self._valid_numbers(joined)
        whole = self._valid_numbers([digits]) if len(digits) >= MIN_NATIONAL_DIGITS else []
        if bool(valid) == bool(whole) and not is_named:
            return ()
        if valid or whole:
            return tuple(valid or whole)
        start = f"+{self._countries[0]}" if len(self._countries) == 1 else ""
        return tuple(
            each if each.startswith("+") or not start else f"{start}{each.lstrip('0')}"
            for each in joined
            if len(each) >= MIN_NATIONAL_DIGITS
        )

    def _valid_numbers(self, texts: list[str]) -> list[str]:
        """Return national numbers in E.164, each once, if they are valid in a country whose code is beside them."""
        written = [each for each in texts if each.startswith("+")]
        for country, text in product(self._countries[:2], texts):
            national = text.lstrip("+")
            written.append(f"+{country}{national}")
            if national.startswith(country):  # the area code has the country code, too
                written.append(f"+{national}")
        return list(dict.fromkeys(filter(None, map(write_e164, written))))

    def joins(self) -> Iterator[tuple[_Part, Iterator[str]]]:
        """Yield each number, and what it may be with any of the codes."""
        known = dict(self._digits)
        if len(known[COUNTRY]) != 1 or not self._countries:
            known[COUNTRY] = ["", *known[COUNTRY]]
        middles, areas = [*known[EXCHANGE], *known[PREFIX]], known[AREA]
        for kind, chosen in ((NUMBER, ["", *middles]), (END, middles)):
            numbers = self._parts.get(kind, ())
            for index, number in enumerate(numbers):
                first = index * len(areas) // len(numbers)
                ordered = {**known, AREA: [*areas[first:], *areas[:first]]}
                yield number, _join(ordered, number.digits, chosen)


def _position(item: _Part) -> tuple[int, str]:
    """Return what sorts an item by its position in a list, or by the number at the end of its name."""
    digits = item.where[len(item.where.rstrip(_DIGITS)) :].lstrip("0")
    return len(digits), digits


def _enclosing(place: str) -> Iterator[str]:
    """Yield the place of an object, and those of the objects that have it, the request last."""
    yield place
    while place.startswith("/"):
        place = place.rpartition("/")[0]
        yield place
    yield _REQUEST


def _digits_of(value: Any) -> str:
    """Return the digits of a part of a number, after `+` if it has one, as they are read in a whole number."""
    text = f"{value:.0f}" if isinstance(value, float) and value.is_integer() else str(value)
    plain = compile_pattern(_DASHES).sub("-", dialed_part(text))
    plain = compile_pattern(_DECIMALS).sub(r"\1", plain)
    if not compile_pattern(DIALABLE).fullmatch(plain):
        return ""
    return "+" * plain.startswith("+") + local_digits(plain)


def _with_exit_code_as_plus(digits: str) -> str:
    return f"+{digits[2:]}" if digits.startswith("00") else digits


def _with_plus(kind: int, part: _Part) -> tuple[int, _Part]:
    """Return a code that starts with `+` or `00` as that of a country; as an area code if it has both."""
    digits = _with_exit_code_as_plus(part.digits)
    code = digits.removeprefix("+")
    if kind not in (COUNTRY, AREA, PREFIX) or code == digits or not code:
        return kind, part
    if _is_country(code):
        kind = COUNTRY
    elif kind != COUNTRY or len(code) >= _LONGEST_CODE:
        kind = AREA
    return kind, part._replace(digits=digits, is_certain=True)


def _is_country(code: str) -> bool:
    """Return whether a code is that of a country; `840` is not."""
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

    return len(code) < _LONGEST_CODE and int(code) in COUNTRY_CODE_TO_REGION_CODE


def _is_area(code: str) -> bool:
    """Return whether a code that is named so may be an area code, or that of a country and an area."""
    most = _LONGEST_AREA_WITH_COUNTRY if code.startswith("+") else _LONGEST_AREA
    return 0 < len(code.lstrip("+0")) <= most


def _may_be_area(code: str) -> bool:
    """Return whether a code may belong before a number; one digit is rather a sales area, or is dialed for an outside line."""
    return 1 < len(code) <= _LONGEST_CODE_WITH_COUNTRY


def _join(known: dict[int, list[str]], number: str, middles: list[str]) -> Iterator[str]:
    """Yield a number after each of its codes, without the trunk prefix after a country code."""
    if number.startswith("+"):
        return
    starts, areas = known[COUNTRY], known[AREA]
    if areas or len(number) > _LONGEST_WITHOUT_AREA:
        starts = [*starts, *known[PREFIX]]
    if not areas or len(number) > _LONGEST_WITHOUT_AREA:
        areas = [*areas, ""]
    if len(number) > _LONGEST_LOCAL:
        areas, middles = [""], [""]
    for start, middle, area in islice(product(starts, middles, areas), _MOST_JOINED):
        if country := start.lstrip("0"):
            yield "".join(["+", country, (area + middle + number).lstrip("0")])
        elif area or middle:
            yield area + middle + number
