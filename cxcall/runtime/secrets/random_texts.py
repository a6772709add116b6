"""Distinguish random texts, such as keys and tokens, from words, dates, and placeholders."""

from __future__ import annotations

import re

from cxcall.runtime.patterns import (
    AFTER_DOLLAR,
    IN_ANGLES,
    IN_BRACES,
    IN_PERCENTS,
    compile_pattern,
    is_uuid,
)

_MIN_RANDOM = 8
_LONG_RANDOM = 16
_FEWEST_CHANGES = 3
_MOST_PER_CHANGE = 10
"""The most characters of a random text per change between letters and digits; `getApiV2Users` has fewer changes."""

_LONG = (
    r"eyJ[\w.-]{37,}|(?=[^A-Z]*[A-Z])(?=[^a-z]*[a-z])[\w.+-]{40,}(?<!\.[A-Za-z]\w)(?<!\.[A-Za-z]\w{2})"
    r"(?<!\.[A-Za-z]\w{3})={0,2}|[0-9a-f]{40,}|[0-9A-F]{40,}"
)
_WORD = r"[A-Z]?[a-z]{3,}|[A-Z]{4,}"
_MOST_IN_WORDS = 0.75
"""The largest share of the letters of a random text that may be in words; of the name of a file or an operation, more are."""
_DATE = (
    r"[0-9]{4}-?(?:0[1-9]|1[0-2])-?(?:0[1-9]|[12][0-9]|3[01])"
    r"(?:[T ][0-9]{2}:?[0-9]{2}(?::?[0-9]{2}(?:[.,][0-9]+)?)?)?"
    r"(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
)
_UNFILLED = f"{IN_ANGLES}|{IN_BRACES}|{AFTER_DOLLAR}|{IN_PERCENTS}|true|false|null|none"
_RANDOM = r"[A-Za-z0-9+_~.-][A-Za-z0-9+/_~.-]*={0,2}"


def is_random(value: str) -> bool:
    """Return whether a text looks random: its letters and digits alternate unlike those of a word or a plain ID."""
    if len(value) < _MIN_RANDOM or not compile_pattern(_RANDOM).fullmatch(value):
        return False
    if _changes(value) >= _FEWEST_CHANGES:
        return True
    return len(value) >= _LONG_RANDOM and bool(re.search(r"[A-Za-z][0-9]+[A-Za-z]", value))


def _changes(value: str) -> int:
    """Return how often a letter follows a digit, or the reverse."""
    return len(re.findall(r"(?<=[A-Za-z])[0-9]|(?<=[0-9])[A-Za-z]", value))


def is_long_token(value: str) -> bool:
    """Return whether a text looks like an access token: a JWT, or long and random; no name, ID, or path of a file does."""
    is_long = bool(compile_pattern(_LONG).fullmatch(value))
    letters, in_words = re.sub(r"[\W\d_]", "", value), "".join(re.findall(_WORD, value))
    is_hex = bool(re.fullmatch(r"[\da-fA-F]+", value))
    is_name = not is_hex and len(in_words) > len(letters) * _MOST_IN_WORDS
    return is_long and not is_name and _changes(value) * _MOST_PER_CHANGE >= len(value)


def is_like_key(value: str) -> bool:
    """Return whether a text looks like a key or token, and not like a UUID or the name of an operation."""
    is_long = len(value) >= _LONG_RANDOM and _changes(value) * _MOST_PER_CHANGE >= len(value)
    return is_long and is_random(value) and not is_uuid(value)


def is_plain(value: str) -> bool:
    """Return whether a value is a date, true or false, or a placeholder such as `<token>` or `$TOKEN`."""
    return bool(
        compile_pattern(_DATE).fullmatch(value) or compile_pattern(_UNFILLED).fullmatch(value)
    )


def is_credential(text: str) -> bool:
    """Return whether a text that follows a scheme such as `Basic` is a credential, and not prose."""
    return is_random(text.replace("%", "")) or (len(text) >= _LONG_RANDOM and not text.isalpha())


def is_distinctive(text: str) -> bool:
    """Return whether a secret cannot also be a word or a plain ID, so that it is masked wherever it is repeated."""
    has_sign = len(text) >= _MIN_RANDOM and bool(re.search(r"[^\w.\s-]", text))
    return is_credential(text) or (has_sign and is_mixed(text))


def is_mixed(value: str) -> bool:
    """Return whether a text has both letters and digits, which words rarely have."""
    return bool(re.search(r"[A-Za-z]", value) and re.search(r"[0-9]", value))
