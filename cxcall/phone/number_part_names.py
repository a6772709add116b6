"""Decide by the name of a value which part of a phone number it is, such as an area code."""

from __future__ import annotations

from functools import lru_cache

from cxcall.named_tuple import NamedTuple
from cxcall.phone.number_property_names import is_folded_caller_name, is_folded_number_name
from cxcall.runtime.patterns import compile_pattern

COUNTRY, AREA, PREFIX, EXCHANGE, NUMBER = range(5)
# Of folded names, such as `homeAreaCode`.
_FORMS = {
    COUNTRY: (
        r".*?country(?:calling|dial(?:ing)?|phone)?(?:code|prefix)?"
        r"|.*?(?:dial|dialing|calling|isd)code|.*?cc"
    ),
    AREA: r".*?(?:area|city|npa|std)(?:code|prefix)?|.*?vorwahl|ac|ndc|code",
    PREFIX: r".*prefix",  # an area code, what follows it, or what is dialed before it
    EXCHANGE: r".*?(?:exchange|nxx|centraloffice)(?:code)?",
    NUMBER: r".*?(?:line|subscriber|local|station)(?:number|nummer|num|no|part)?|sn",
}
# A city, an area, and a code may be something else than an area code, and a line or a station may be that of an agent.
_CERTAIN = (
    r".*?(?:area|std)(?:code|prefix)|.*?npa(?:code|prefix)?|.*?vorwahl|ndc"
    r"|.*?(?:subscriber|local)(?:number|nummer|num|no|part)?"
)
_CALLING_CODE = "callingcode"
"""The end of the name of a country's code, which begins like that of a caller's number."""
_GENERIC = ("value", "text", "raw", "digits", "number")
"""Names that say less than that of the object that has them."""


class PartName(NamedTuple):
    """What the name of a value says: which part of a number it is, if any.

    `is_certain` is True for the name of an area code, and of a number without one; `is_dialed` for that of a dialed number.
    """

    kind: int | None
    is_certain: bool = False
    is_dialed: bool = False


@lru_cache(maxsize=1024)
def read_part_name(name: str, parent: str) -> PartName:
    """Return what a folded name says, or else that of its object; `{"area": {"code": "202"}}` has an area code."""
    names = [name]
    if name in _GENERIC and parent:
        names = [name, parent + name, parent]
    elif name == "code":
        names = [parent + name, name]
    found = (read for each in names if (read := _read(each)).kind is not None)
    part = next(found, PartName(None))
    return part._replace(is_dialed=part.is_dialed and not is_folded_caller_name("", parent))


def _read(name: str) -> PartName:
    if is_folded_caller_name(name) and not name.endswith(_CALLING_CODE):
        return PartName(None)
    if "e164" not in name:
        name = "".join(each for each in name if not each.isdecimal())  # as in `phone1Number`
    is_certain = compile_pattern(_CERTAIN).fullmatch(name) is not None
    if is_folded_number_name(name):
        return PartName(NUMBER, is_certain, is_dialed=True)
    found = (kind for kind, form in _FORMS.items() if compile_pattern(form).fullmatch(name))
    return PartName(next(found, None), is_certain)
