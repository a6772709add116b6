"""Mask the phone numbers in a response: those of its request in any spelling, and others that are written like one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cxcall.phone.number_masking import (
    FEWEST_DIGITS,
    international_pattern,
    literal_masker,
    mask_as_ascii,
    mask_group,
    mask_in_views,
    mask_match,
    plain_digits,
    written_numbers,
)
from cxcall.runtime.patterns import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# In a server's text, most digits are IDs and times: only the usual groups of national numbers.
_IN_GROUPS = (
    r"(?<![0-9A-Za-z+./-])(?<![0-9]:)(?:(?:1[ .-]{0,3})?(?:\([2-9][0-9]{2}\)[ .-]{0,3}[0-9]{3} ?[.-]? ?[0-9]{4}"
    r"|[2-9][0-9]{2}(?P<one> ?[.-] ?)[2-9][0-9]{2}(?P=one)[0-9]{4})|1 [2-9][0-9]{2} [2-9][0-9]{2} [0-9]{4}"
    r"|\((?:0[0-9]{1,5}\) ?[0-9](?:[ .-]?[0-9]){4,8}|[1-9][0-9]{1,2}\) ?[0-9]{3,5}[ -][0-9]{4})"
    r"|0[1-9][0-9]{1,4} ?/ ?[0-9](?:[ -]?[0-9]){4,8}"  # `0171/2345678`
    r"|0[1-9][0-9]{1,3} [0-9](?: ?[0-9]){5,11}"  # `020 7183 8750`; with other signs, it may be an ID
    r"|0[1-9] (?:[0-9]{2}(?: [0-9]{2}){3}|[0-9]{3,4} [0-9]{4})"
    r"|00[1-9][0-9]{0,2}(?P<four>[ .-])[0-9](?:(?P=four)?[0-9]){7,11})"  # `0044 20 7183 8750`
    r"(?![0-9A-Za-z]|[.-][0-9A-Za-z])"
)
_BETWEEN_DIGITS = r"[ \t().\-/_:']{0,4}"
_ECHOED_DIGITS = 8  # a number without the codes of its country and its area
_NOTHING = r"(?!)"


def mask_written_numbers(text: str) -> str:
    """Mask only the numbers with `+` or in usual groups, because in a server's text, bare digits are IDs and times."""
    return mask_as_ascii(text, _mask_ascii)


def _mask_ascii(text: str) -> str:
    if "+" in text:
        text = international_pattern().sub(mask_group, text)
    return compile_pattern(_IN_GROUPS).sub(mask_match, text)


def response_masker(sent: str, dialed: Sequence[str] = ()) -> Callable[[str], str]:
    """Return a function that masks, in a server's text, the numbers of the request in any spelling, and others.

    `sent` has all texts of the request; `dialed` are the numbers in it that a guard found, in whatever form. Digits
    alone that are not in it may be an ID, and are not masked.
    """
    digits = {plain_digits(each) for each in (*written_numbers(sent), *dialed)}
    ends = {each[-_ECHOED_DIGITS:] for each in digits if len(each) >= FEWEST_DIGITS}
    spellings = "|".join(_BETWEEN_DIGITS.join(each) for each in sorted(ends))
    echo = re.compile(
        rf"(?<![0-9])\+?\(?(?:[0-9]{_BETWEEN_DIGITS}){{0,7}}(?:{spellings})(?![0-9])"
        if ends
        else _NOTHING
    )
    mask_literals = literal_masker(dialed)
    patterns = (echo, international_pattern(), compile_pattern(_IN_GROUPS))

    def mask_ascii(text: str) -> str:
        text = echo.sub(mask_match, _mask_ascii(text))
        if not any(each in text for each in "%\\&="):
            return text
        from cxcall.runtime.text_decoding import decodings

        return mask_in_views(text, decodings(text), patterns)

    return lambda text: mask_as_ascii(mask_literals(text), mask_ascii)
