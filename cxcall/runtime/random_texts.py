"""Distinguish random texts, such as keys and tokens, from words, dates, and placeholders."""

from __future__ import annotations

import re

from cxcall.runtime.patterns import AFTER_DOLLAR, IN_ANGLES, IN_BRACES, IN_PERCENTS, compile_pattern

_MIN_RANDOM = 8
_LONG_RANDOM = 16
_FEWEST_CHANGES = 3

_DATE = (
    r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}"
    r"(?:[T ][0-9]{2}:?[0-9]{2}(?::?[0-9]{2}(?:[.,][0-9]+)?)?)?"
    r"(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
)
_UNFILLED = f"{IN_ANGLES}|{IN_BRACES}|{AFTER_DOLLAR}|{IN_PERCENTS}|true|false|null|none"
_RANDOM = r"[A-Za-z0-9+_~.-][A-Za-z0-9+/_~.-]*={0,2}"


def is_random(value: str) -> bool:
    """Return whether a text looks random: its letters and digits alternate unlike those of a word or a plain ID."""
    if len(value) < _MIN_RANDOM or not compile_pattern(_RANDOM).fullmatch(value):
        return False
    changes = len(re.findall(r"(?<=[A-Za-z])[0-9]|(?<=[0-9])[A-Za-z]", value))
    if changes >= _FEWEST_CHANGES:
        return True
    return len(value) >= _LONG_RANDOM and bool(re.search(r"[A-Za-z][0-9]+[A-Za-z]", value))


def is_plain(value: str) -> bool:
    """Return whether a value is a date, true or false, or a placeholder such as `<token>` or `$TOKEN`."""
    return bool(
        compile_pattern(_DATE).fullmatch(value) or compile_pattern(_UNFILLED).fullmatch(value)
    )


def is_credential(text: str) -> bool:
    """Return whether a text that follows a scheme such as `Basic` is a credential, and not prose."""
    return is_random(text.replace("%", "")) or (len(text) >= _LONG_RANDOM and not text.isalpha())


def is_mixed(value: str) -> bool:
    """Return whether a text has both letters and digits, which words rarely have."""
    return bool(re.search(r"[A-Za-z]", value) and re.search(r"[0-9]", value))
