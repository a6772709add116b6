"""Decide by the name of a value whether it is a number to dial, based on the platforms' own names."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cxcall.runtime.patterns import compile_pattern, name_words

if TYPE_CHECKING:
    from collections.abc import Mapping

PHONE_FORMATS = ("e164", "phone")
"""The formats of schemas for numbers."""
_NUMBER_STARTS = tuple("+(0123456789")

# Names are compared without case and separators: `phone_number`, `PhoneNumber`, `Phone-1`.
_PHONES = r"phone|mobile|msisdn|e164|tele?fono?|handy"
_NUMBERS = r"number|nummer|num|no|nr"
PHONE_HEADINGS = rf"(?:.*(?:{_PHONES})|tel|cell)(?:{_NUMBERS})?s?|(?:number|num|(?:ruf)?nummer)s?"
"""Folded names that say nothing else than "phone number", for a column of a list of numbers."""
_NUMBER_NAMES = (
    rf".*(?:{_PHONES}|callee|dnis)(?:{_NUMBERS}|address)?s?"
    rf"|(?:tel|cell)(?:{_NUMBERS})?s?"
    r"|(?:call|callback|called|dial|dialed|destination|contact|target|to|customer|caller"
    r"|home|work|outbound|ruf|zielruf)?(?:number|nummer|num)s?"
    r"|(?:to|dest|destination|target|called|recipient|addressto|dialstring|address|tel)"
    r"(?:address|uri)?(?:es|s)?"
)
_NUMBER_WORDS = tuple(
    """
    phone mobile msisdn callee dnis e164 handy num to dest target called recipient dialstring
    address tel cell
    """.split()
)
"""Each name that `_NUMBER_NAMES` matches contains one of these."""
_DIALED_WORDS = frozenset(
    """
    to dest destination target callee called call callback dial dialed
    customer client contact consumer recipient lead patient primary main
    home work business mobile cell tel tele phone msisdn dnis e164 telefon handy rufnummer nummer
    preferred alternate alternative alt secondary personal private daytime evening
    member student guest subscriber
    number num nbr no address uri string full formatted
    """.split()
)
"""Words of names that are certainly those of the number of the person who is called."""
_MOST_MISSING = 3
"""Letters that a misspelled or shortened name may lack."""
_LONGEST_NAME = 64
"""Characters of a name that is looked at: the words of a longer one can be read in too many ways."""
_CALLER_NAMES = ("ani", "aniname", "cli")
_CALLER_OBJECTS = ("from", "callerid", "callingparty")
_CALLER_STARTS = ("from", "calling", "origin", "callerid", "callername", "calleraddress")


def is_number_name(name: str) -> bool:
    """Return whether a name says that its value is dialed, such as `phone-number` or `Mobile Phone`."""
    folded = fold_number_name(name)
    return is_folded_number_name(folded) and not is_folded_caller_name(folded)


def may_be_wrong_number(schema: Mapping[str, Any], name: str, text: str) -> bool:
    """Return whether a text has the format of a number, or its name and its start, and then other characters."""
    if schema.get("format") in PHONE_FORMATS:
        return True
    has_others = text.startswith(_NUMBER_STARTS) and text.strip("+()-0123456789 ") != ""
    return (has_others or ".0" in text) and is_number_name(name)


def is_certainly_dialed(name: str, other: str = "") -> bool:
    """Return whether a name is certainly that of the number to call: it has no other words than `other` has.

    `agentPhone`, `callerNumber`, and `excludedPhoneNumber` are also names of numbers. `phoneNumbr` lacks a letter.
    """
    from cxcall.runtime.name_similarity import is_typo

    folded, target = fold_number_name(name), fold_number_name(other)
    if is_typo(folded, target) or _lacks_letters(folded, target):
        return True
    words = {*_DIALED_WORDS, *name_words(other)}
    pattern = "|".join(sorted(map(re.escape, words), key=len, reverse=True))
    is_short = len(folded) <= _LONGEST_NAME
    return is_short and re.fullmatch(rf"(?:(?:{pattern})s?)+", folded) is not None


def _lacks_letters(name: str, other: str) -> bool:
    """Return whether a name is another one without a few letters."""
    letters = iter(other)
    return 0 < len(other) - len(name) <= _MOST_MISSING and all(each in letters for each in name)


def may_mean(name: str, other: str) -> bool:
    """Return whether a wrong name may be suggested to mean another one: certainly, if that is a number to call."""
    return not is_number_name(other) or is_certainly_dialed(name, other)


@lru_cache
def is_folded_caller_name(name: str, parent: str = "") -> bool:
    """Return whether a folded name is that of the caller's number, or that of the object that has it, such as `from`."""
    return (
        parent in _CALLER_OBJECTS
        or name in _CALLER_NAMES
        or name.startswith(_CALLER_STARTS)
        or name.endswith("from")
    )


@lru_cache
def is_folded_number_name(name: str) -> bool:
    """Return whether a folded name is that of a number, the caller's or another."""
    may_be_one = any(word in name for word in _NUMBER_WORDS)  # faster than compiling the pattern
    return may_be_one and bool(compile_pattern(_NUMBER_NAMES).fullmatch(name))


@lru_cache
def fold_number_name(name: str) -> str:
    """Return a name without case, separators, and the digits at its end."""
    folded = "".join(char for char in name.lower() if char.isascii() and char.isalnum())
    return folded if folded.endswith("e164") else folded.rstrip("0123456789")


def is_any_number_name(name: str) -> bool:
    """Return whether a name is that of a phone number, either dialed or the caller's."""
    folded = fold_number_name(name)
    is_caller = is_folded_caller_name(folded) and not folded.endswith("name")
    return is_caller or is_folded_number_name(folded)
