"""Join a phone number whose parts are separate values of a request, such as `areaCode` and `number`.

Nothing is guessed. Guards check everything that a number may be with the codes of its request. Whose number it is counts as
known only if there is one way to join it, with codes in the same object whose names leave no doubt.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import islice, product
from typing import TYPE_CHECKING, Any

from cxcall.named_tuple import NamedTuple
from cxcall.phone.number_part_names import AREA, COUNTRY, EXCHANGE, NUMBER, PREFIX, read_part_name
from cxcall.phone.number_spellings import MIN_NATIONAL_DIGITS
from cxcall.phone.numbers_in_text import DIALABLE, dialed_part, local_digits
from cxcall.runtime.patterns import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cxcall.sending.numbers_in_request import RequestValue

_DIGITS = "0123456789"
_DASHES = "[\u2010-\u2015\u2212\uff0d]"
_DECIMALS = r"^(\+?[0-9]+)\.0{1,2}$"
_MOST_FORMS = 64
"""The most forms of one number that guards check."""
_MOST_IN_REQUEST = 256
"""The most forms in a request if its numbers have several each: one may need a comparison by libphonenumber."""
_LONGEST_LOCAL = 9
"""The number of digits of a phone number that may lack its area code; most numbers of this length have it."""
_LONGEST_CERTAINLY_LOCAL = 7
"""The digits of a number that lacks its area code if a code is beside it, whatever the name of that code."""
_LONGEST_LINE = 4
"""The digits of a number that lacks its exchange, too."""
_LONGEST_CODE = 4


class NumberInParts(NamedTuple):
    """A number and its place; `forms` is what it may be with the codes of its request.

    `person` is the form that says who is called; empty if that is not known. `is_local` is True for a number that does not
    say it alone. `is_dialed` is True if its name says that it is dialed.
    """

    digits: str
    where: str
    forms: tuple[str, ...]
    person: str
    is_local: bool
    is_dialed: bool


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


def join_parts(values: Iterable[RequestValue]) -> list[NumberInParts]:
    """Return the numbers in a request that have codes beside them, or elsewhere if they have none of their own."""
    objects: dict[str, _Parts] = defaultdict(lambda: defaultdict(list))
    lists: dict[tuple[str, str], list[_Part]] = defaultdict(list)
    for each in values:
        kind, is_certain, is_dialed = read_part_name(each.name, each.parent)
        digits = "" if kind is None else _digits_of(each.value)
        if kind is None or not digits.lstrip("+"):
            continue
        part = _Part(digits, each.where, is_certain, is_dialed)
        above, _, key = each.where.rpartition("/")  # parameters are beside each other
        key = key if each.where.startswith("/") else each.name
        if key[-1:].isdecimal() and (kind == NUMBER or key.isdecimal()):  # also `phone1`
            lists[above, key.rstrip(_DIGITS)].append(part)
        if not key.isdecimal():
            is_country = kind == PREFIX and digits.startswith("+")
            objects[above][COUNTRY if is_country else kind].append(part)
    areas = [area for parts in objects.values() for area in parts[AREA] if area.is_certain]
    found = [each for parts in objects.values() for each in _join_object(parts, areas)]
    found += [each for parts in lists.values() for each in _join_list(parts)]
    most = max(1, _MOST_IN_REQUEST // max(1, len(found)))
    return [each._replace(forms=each.forms[:most]) for each in found]


def _join_object(parts: _Parts, areas_elsewhere: list[_Part]) -> Iterator[NumberInParts]:
    has_code = any(parts[kind] for kind in (AREA, PREFIX, EXCHANGE))
    if parts[COUNTRY] and not parts[AREA]:  # then a prefix is nothing else
        parts[AREA], parts[PREFIX] = parts[PREFIX], []
    codes = parts if has_code else {**parts, AREA: areas_elsewhere[:_MOST_FORMS]}
    are_named = all(each.is_certain for each in parts[AREA])
    has_other_parts = bool(parts[COUNTRY] or parts[EXCHANGE])
    for number in parts[NUMBER]:
        forms = _forms(number, codes)
        is_named = not parts[PREFIX] and (are_named or number.is_certain)
        is_certain = is_named or (has_other_parts and not parts[PREFIX])
        longest = _LONGEST_LOCAL if is_named else _LONGEST_CERTAINLY_LOCAL
        is_local = has_code and not number.is_whole and len(number.digits) <= longest
        person = _only_form(number, parts) if is_local and is_certain else ""
        if forms or is_local:
            yield NumberInParts(*number[:2], forms, person, is_local, number.is_dialed)


def _join_list(items: list[_Part]) -> Iterator[NumberInParts]:
    """Yield the items of a list that may be the parts of one number, such as `phone1` to `phone3`: it is not known."""
    *codes, last = sorted(items, key=_position)
    if 0 < len(codes) <= EXCHANGE and all(len(_plain(each)) <= _LONGEST_CODE for each in codes):
        joined = "".join(each.digits for each in (*codes, last))
        is_local = len(joined) >= MIN_NATIONAL_DIGITS
        for each in codes if is_local else ():
            yield NumberInParts(*each[:2], (), "", is_local, each.is_dialed)
        yield NumberInParts(
            *last[:2], (joined,), "", is_local and not last.is_whole, last.is_dialed
        )


def _position(item: _Part) -> tuple[int, str]:
    """Return what sorts an item by its position in a list, or by the number at the end of its name."""
    digits = item.where[len(item.where.rstrip(_DIGITS)) :].lstrip("0")
    return len(digits), digits


def _only_form(number: _Part, parts: _Parts) -> str:
    """Return a number with the codes in its object if there is one way to join them; else an empty text."""
    codes = [_codes(parts, kind) for kind in (COUNTRY, AREA, EXCHANGE)]
    start, area, middle = (each[0] if each else "" for each in codes)
    needs_middle = len(number.digits) <= _LONGEST_LINE and not middle
    if not area or needs_middle or max(map(len, codes)) > 1:
        return ""
    return _join(start, area, middle, number.digits)


def _forms(number: _Part, parts: _Parts) -> tuple[str, ...]:
    """Return everything that a number may be with any of the codes, the most likely forms first."""
    if number.digits.startswith("+"):
        return ()
    starts, areas, prefixes, middles = (_codes(parts, kind) for kind in range(NUMBER))
    if len(number.digits) > _LONGEST_LOCAL:
        areas, prefixes, middles = [], [], []
    starts = starts if len(starts) == 1 else [*starts, ""]
    is_line = len(number.digits) <= _LONGEST_LINE
    middles = [*middles, *prefixes, ""] if is_line else ["", *middles, *prefixes]
    areas = [*areas, *prefixes]
    if not areas or len(number.digits) > _LONGEST_CERTAINLY_LOCAL:  # many numbers end with fewer
        areas = [*areas, ""]
    ways = islice(product(starts, middles, areas), _MOST_FORMS)
    joined = (_join(start, area, middle, number.digits) for start, middle, area in ways)
    return tuple(each for each in dict.fromkeys(joined) if each != number.digits)


def _join(start: str, area: str, middle: str, number: str) -> str:
    """Return a number after its codes, without the trunk prefix after a country code."""
    national = f"{area}{middle}{number}"
    country = start.lstrip("+0")
    if not country or area.startswith("+"):
        return national
    return f"+{country}{national.lstrip('0')}"


def _codes(parts: _Parts, kind: int) -> list[str]:
    """Return the codes of a kind, each once; those of a country only if there is one: `840` is not dialed."""
    found = dict.fromkeys(each.digits for each in parts.get(kind, ()))
    return [each for each in found if kind != COUNTRY or _is_country(each.lstrip("+0"))]


def _is_country(code: str) -> bool:
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

    return 0 < len(code) < _LONGEST_CODE and int(code) in COUNTRY_CODE_TO_REGION_CODE


def _plain(part: _Part) -> str:
    return part.digits.lstrip("+")


def _digits_of(value: Any) -> str:
    """Return the digits of a part of a number, after `+` if it has one or the exit code for it, as in a whole number."""
    text = f"{value:.0f}" if isinstance(value, float) and value.is_integer() else str(value)
    plain = compile_pattern(_DASHES).sub("-", dialed_part(text))
    plain = compile_pattern(_DECIMALS).sub(r"\1", plain)
    if not compile_pattern(DIALABLE).fullmatch(plain):
        return ""
    digits = local_digits(plain)
    if plain.startswith("+"):
        return f"+{digits}"
    return f"+{digits[2:]}" if digits.startswith("00") else digits
