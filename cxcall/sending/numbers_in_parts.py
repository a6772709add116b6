"""Find phone numbers whose parts are separate values of a request, such as `areaCode` and `number`.

Which values belong together, and in which order a platform dials them, cannot be known from names. So cxcall does not join
them: such a number is not whole, and no guard says that it was checked.
"""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING

from cxcall.phone.number_property_names import is_folded_caller_name, is_folded_number_name
from cxcall.phone.numbers_in_text import DIALABLE, dialed_part, local_digits
from cxcall.runtime.patterns import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cxcall.sending.numbers_in_request import RequestValue

CODE, NUMBER, LOCAL = range(3)
# Of folded names, such as `homeAreaCode`, after those of a country's code, which belongs before a whole number.
_COUNTRY = r".*?country(?:calling|dial(?:ing)?|phone)?(?:code|prefix)?"
_FORMS = {
    CODE: (
        r".*?(?:area|city|npa|std)(?:code|prefix)?|.*?vorwahl|ac|ndc|code|.*prefix"
        r"|.*?(?:exchange|nxx|centraloffice)(?:code)?"
    ),
    LOCAL: (
        r".*?(?:subscriber|local|line|station)(?:number|nummer|num|no|part)?"
        r"|.*?(?:suffix|extension|ext)"
    ),
}
_GENERIC = ("value", "text", "raw", "digits", "number")
"""Names that say less than that of the object that has them."""
_DASHES = "[\u2010-\u2015\u2212\uff0d]"
_CODE_TEXT = r"[0-9() .\-/]+"
_LONGEST_LOCAL = 9
"""The number of digits of a phone number that may lack its area code."""
_SHORTEST_WITH_TRUNK = 8
"""The digits of a number that is whole if it starts with the `0` that is dialed before an area code."""
_LONGEST_LINE = 4
"""The digits of what rather is a house or an extension, unless no other value is dialed."""


def find_places_of_parts(values: Iterable[RequestValue]) -> dict[str, bool]:
    """Return the places of numbers that lack what another value has, such as their area code.

    The value is True if a number is dialed there, whatever else is dialed; False for what may be an extension.
    """
    has_code = False
    found: dict[str, int] = {}
    lists: dict[tuple[str, str], list[str]] = defaultdict(list)
    for each in values:
        kind = _kind(each.name, each.parent)
        text = compile_pattern(_DASHES).sub("-", dialed_part(_as_text(each)))
        if kind is None or not any(map(str.isdecimal, text)):
            continue
        if kind == CODE:
            has_code = has_code or compile_pattern(_CODE_TEXT).fullmatch(text) is not None
            continue
        if not compile_pattern(DIALABLE).fullmatch(text):
            continue
        digits = local_digits(text)
        lists[each.where.rpartition("/")[0], each.name].append(each.where)
        if not is_whole(text, digits):
            found[each.where] = len(digits)
    parts = {
        place
        for places in lists.values()
        if len(places) > 1 and any(found.get(each, 99) <= _LONGEST_LINE for each in places)
        for place in places
    }
    return {
        place: length > _LONGEST_LINE
        for place, length in found.items()
        if has_code or place in parts
    }


def is_whole(text: str, digits: str) -> bool:
    """Return whether a number has its area code: it is long, or starts with what is dialed before such a code."""
    has_trunk = digits.startswith("0") and len(digits) >= _SHORTEST_WITH_TRUNK
    return has_trunk or text.lstrip(" (").startswith("+") or len(digits) > _LONGEST_LOCAL


def _as_text(each: RequestValue) -> str:
    is_whole_float = isinstance(each.value, float) and each.value.is_integer()
    return f"{each.value:.0f}" if is_whole_float else str(each.value).removesuffix(".0")


@lru_cache(maxsize=1024)
def _kind(name: str, parent: str) -> int | None:
    """Return what a folded name says, or else that of its object; `{"area": {"code": "202"}}` has an area code."""
    if is_folded_caller_name("", parent):
        return None
    names = [name]
    if name in _GENERIC and parent:
        names = [name, parent + name, parent]
    elif name == "code":
        names = [parent + name, name]
    return next((kind for each in names if (kind := _kind_of(each)) is not None), None)


def _kind_of(name: str) -> int | None:
    if "e164" not in name:
        name = "".join(each for each in name if not each.isdecimal())  # as in `phone1Number`
    if compile_pattern(_COUNTRY).fullmatch(name) or is_folded_caller_name(name):
        return None
    forms = (kind for kind, form in _FORMS.items() if compile_pattern(form).fullmatch(name))
    return NUMBER if is_folded_number_name(name) else next(forms, None)
