"""Join a phone number whose parts are separate values of a request, such as `areaCode` and `number`."""

from __future__ import annotations

from collections import defaultdict
from itertools import islice, product
from typing import TYPE_CHECKING

from cxcall.phone.number_property_names import is_folded_caller_name, is_folded_number_name
from cxcall.runtime.patterns import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cxcall.sending.numbers_in_request import RequestValue

_COUNTRY, _AREA, _PREFIX, _EXCHANGE, _NUMBER, _END = range(6)
# Of folded names; the group is whose number it is, as in `homeAreaCode`.
_PARTS = {
    _COUNTRY: (
        r"(.*?)(?:country(?:calling|dial(?:ing)?|phone)?(?:code|prefix)?"
        r"|(?:dial|dialing|calling|isd)(?:code|prefix)|cc)"
    ),
    _AREA: r"(.*?)(?:(?:area|city|npa|std)(?:code|prefix)?|vorwahl)|ac|ndc|code",
    _PREFIX: r"(.*?)prefix",  # an area code, or what follows it
    _EXCHANGE: r"(.*?)(?:exchange|nxx|centraloffice)(?:code)?",
    _NUMBER: r"(.*?)(?:line|subscriber|local|station)(?:number|nummer|num|no|part)?|sn",
    _END: r"(.*?)(?:suffix|extension|ext)",
}
_DIGITS = r"\+?[0-9 ()./-]*[0-9][0-9 ()./-]*"
_GENERIC_END = r"(?:telephone|phone|tele|tel|number|nummer|num|no|nr)*$"
_INDEX = r"[0-9]*$"
_MOST_JOINED = 32
"""The most joins of one number: few objects have two area codes that may both belong to a number."""
_LONGEST_LOCAL = 9
"""The digits of a local number; a longer one has its area code."""
_LONGEST_CODE = 4

_Parts = dict[int, list[tuple[str, str]]]
"""The digits of each part of a number, and their places."""


def join_number_parts(values: Iterable[RequestValue]) -> Iterator[tuple[str, str]]:
    """Yield each number that the values in one object, or at one place of parameters, are the parts of, and its place.

    Of several numbers, each is joined with the parts that have the same other words in their names, or none.
    """
    objects: dict[str, dict[str, _Parts]] = defaultdict(dict)
    lists: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for each in values:
        text = str(each.value).strip()
        found = _part_of(each.name)
        if found is None or not compile_pattern(_DIGITS).fullmatch(text):
            continue
        part, owner = found
        above, _, key = (
            each.where.rpartition("/") if each.where.startswith("/") else (each.where, "", "")
        )
        digits = text[: text.startswith("+")] + "".join(filter(str.isdecimal, text))
        if key.isdecimal():
            lists[above].append((digits, each.where))
            continue
        index = compile_pattern(_INDEX).search(key)
        owner += index[0] if index else ""
        objects[above].setdefault(owner, {}).setdefault(part, []).append((digits, each.where))
    for owners in objects.values():
        yield from _join_object(owners)
    for texts in lists.values():
        *codes, (_, place) = texts
        are_codes = all(len(each.lstrip("+")) <= _LONGEST_CODE for each, _ in codes)
        if are_codes and 0 < len(codes) <= _EXCHANGE:
            yield "".join(each for each, _ in texts), place


def _part_of(name: str) -> tuple[int, str] | None:
    """Return the part of a number that a folded name says, and whose number it is; None for another name."""
    if is_folded_caller_name(name):
        return None
    found, owner = _NUMBER, name
    if not is_folded_number_name(name):
        matches = ((part, compile_pattern(form).fullmatch(name)) for part, form in _PARTS.items())
        found, owner = next(((part, match[1] or "") for part, match in matches if match), (-1, ""))
    return None if found < 0 else (found, compile_pattern(_GENERIC_END).sub("", owner))


def _join_object(owners: dict[str, _Parts]) -> Iterator[tuple[str, str]]:
    """Yield the numbers, and their places, whose parts are in one object, by whose number they are."""
    last = _NUMBER if any(_NUMBER in each for each in owners.values()) else _END
    others: _Parts = defaultdict(list)
    for parts in owners.values():
        if last not in parts:
            for part, texts in parts.items():
                others[part] += texts
    for parts in owners.values():
        numbers = parts.get(last, [])
        known = {part: _choose(part, parts, owners.get("", {}), others) for part in range(_NUMBER)}
        for index, (number, place) in enumerate(numbers):
            at_index = {
                part: texts[index : index + 1] if len(texts) == len(numbers) else texts
                for part, texts in known.items()
            }
            for joined in _join(at_index, number, is_end=last == _END):
                yield joined, place


def _choose(part: int, *sources: _Parts) -> list[str]:
    """Return the digits of a part from the first source that has it."""
    return next(([text for text, _ in each[part]] for each in sources if each.get(part)), [])


def _join(known: dict[int, list[str]], number: str, *, is_end: bool) -> Iterator[str]:
    """Yield a number after each of its codes, without the trunk prefix after a country code."""
    if number.startswith("+"):
        return
    country, area, prefix, exchange = known.values()
    area, exchange = (area, exchange or prefix) if area else (prefix, exchange)
    if is_end and not exchange:
        return
    if len(number) > _LONGEST_LOCAL:
        area = exchange = []
    codes: Sequence[Sequence[str]] = [each for each in (country, area, exchange) if each]
    for chosen in islice(product(*codes), _MOST_JOINED if codes else 0):
        rest = [*chosen[bool(country) :], number]
        if country:
            yield "".join(["+", chosen[0].lstrip("+0"), rest[0].lstrip("0"), *rest[1:]])
        else:
            yield "".join(rest)
