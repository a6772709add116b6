"""Find the numbers of a request that are not whole: digits that belong before them are elsewhere, or not in the request."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from cxcall.phone.number_masking import plain_digits
from cxcall.phone.number_spellings import MIN_NATIONAL_DIGITS, MIN_PARTIAL_DIGITS
from cxcall.phone.numbers_in_text import Certainty, dialed_part, local_digits, plain_text
from cxcall.runtime.patterns import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cxcall.sending.numbers_in_request import RequestValue

# Folded names, such as `homeareacode`; a country code changes nothing about the last digits.
_AREA = r".*(?:areaco?de?|citycode|stdcode|vorwahl).*|.*(?:area|npa|ndc|ddd|lada)|ac"
_CODE = rf"{_AREA}|.*(?:prefix|exchange|nxx).*"
_CODE_TEXT = r"(?!\+|00)([0-9 ()/-]+)(?:\.0+)?"
_LONGEST_CODE = 5


def ends_of_numbers(
    values: Iterable[RequestValue], found: Sequence[tuple[str, str, int]]
) -> list[str]:
    """Return for each number the digits that the whole number ends with; an empty text for a whole number.

    `found` are numbers with their places and certainties. A number is not whole if it shows no country code, and a code
    is in the request, or it has as few digits as a local number, or fewer and is not the only such number. The area code belongs
    to its digits if it is the only code in the same object; beside it, any digits may be a number. Digits that are too
    few to be compared, as those after an exchange, are read with the other pieces of their object in their order.
    """
    known = [(*each, _digits_without_country(each[0], each[2])) for each in found]
    places = {where: text for _, where, _, text in known if 0 < len(text) <= MIN_NATIONAL_DIGITS}
    codes: dict[str, list[str]] = defaultdict(list)
    pieces: dict[str, dict[str, str]] = defaultdict(dict)
    for each in values:
        # Parameters count as beside the members of the body.
        parent, code = each.where.rpartition("/")[0], _code(each)
        if code:
            codes[parent].append(code if compile_pattern(_AREA).fullmatch(each.name) else "")
        if code or each.where in places:
            pieces[parent][each.where] = code or places[each.where]
    fewest = 1 if codes or len(places) > 1 else MIN_PARTIAL_DIGITS
    ends = []
    for number, where, certainty, text in known:
        parent = where.rpartition("/")[0]
        own, beside = codes.get(parent, []), pieces.get(parent, {})
        digits = text or (number if certainty == Certainty.DIGITS and own else "")
        area = own[0] if len(own) == 1 else ""
        if len(digits) < fewest or not (codes or len(digits) <= MIN_NATIONAL_DIGITS):
            ends.append("")
        elif len(digits) < MIN_PARTIAL_DIGITS:
            ends.append("".join({**beside, where: digits}.values()))
        else:
            ends.append(area + digits if text or area else "")
    return ends


def _code(value: RequestValue) -> str:
    """Return the digits of an area code, or of another code, that a value is; empty for any other value."""
    if not compile_pattern(_CODE).fullmatch(value.name):
        return ""
    written = compile_pattern(_CODE_TEXT).fullmatch(plain_text(str(value.value)).strip())
    digits = plain_digits(written[1]) if written else ""
    return digits if len(digits) <= _LONGEST_CODE else ""


def _digits_without_country(number: str, certainty: int) -> str:
    """Return the digits of a dialed number; empty if it shows a country code, is an address, or is probably not dialed."""
    is_whole = "@" in number or dialed_part(number).startswith(("+", "00"))
    return "" if is_whole or certainty != Certainty.NAMED else local_digits(number)
