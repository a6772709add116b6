"""Mask phone numbers that a person typed in the wrong place of a command line, or in a variable."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cxcall.phone.number_masking import mask_number, mask_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_WHOLE_NUMBER = r"[+(]?[0-9][0-9 ().\-/]{5,30}"


def mask_typed_numbers(arguments: Iterable[str]) -> Callable[[str], str]:
    """Return a function that masks in a text each argument or option value that is a phone number."""
    values = (word.rpartition("=")[2].lstrip("-") for word in arguments)
    numbers = {each for each in values if re.fullmatch(_WHOLE_NUMBER, each)}
    numbers = {each for each in numbers if mask_text(each) != each}

    def mask_numbers(text: str) -> str:
        for number in numbers:
            text = text.replace(number, mask_number(number))
        return text

    return mask_numbers
