"""Parse JSON text from others, which may be nested to any depth."""

from __future__ import annotations

import json
import re
from binascii import a2b_base64
from math import isfinite
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable

WHITE_SPACE = " \t\r\n"
MAX_NESTING = 1000
"""Levels that `json.loads` can also parse in a thread with a stack of 256 KiB. CPython 3.13 crashes beyond that."""
_FEW_CHARACTERS = 15
"""The characters of a number without an exponent that all numbers of double precision can have."""
_NO_BRACKET = r'[^"\[\]{}]*+'
_STRING = r'"[^"\\]*+(?:\\[\s\S][^"\\]*+)*+(?:"|\\?\Z)'


def load_json(
    text: str | bytes,
    parse_constant: Callable[[str], Any] | None = None,
    parse_float: Callable[[str], Any] | None = None,
    levels: int = MAX_NESTING,
) -> Any:
    """Return the value of a JSON text, as `json.loads` does.

    Raises ValueError for a text that is not JSON, and RecursionError for a text with more than `levels` levels.
    """
    decoded = (
        text.decode(json.detect_encoding(text), "surrogatepass")
        if isinstance(text, bytes)
        else text
    )
    stop_on_deep_text(decoded, levels)
    return json.loads(decoded, parse_constant=parse_constant, parse_float=parse_float)


def find_finite_json(text: str | bytes, levels: int) -> Any:
    """Return the value of a JSON text that can be written as JSON again; None for any other text, or more than `levels` levels.

    What some servers write and JSON does not have, NaN and infinities, is null, as is a number that Python reads as infinite.
    """
    try:
        return load_json(text, lambda _name: None, _finite_number, levels)
    except (ValueError, RecursionError):
        return None


def _finite_number(text: str) -> float | None:
    number = float(text)
    return number if isfinite(number) else None


def find_json(text: str | bytes, default: Any, *, is_strict: bool = False) -> Any:
    """Return the value of a JSON text, and `default` for any other text; with `is_strict`, NaN is not JSON."""
    try:
        return load_json(text, refuse_constant if is_strict else None)
    except (ValueError, RecursionError):
        return default


def loses_digits(text: str, number: float) -> bool:
    """Return whether a number that a text is read as differs from the text in the digits that are written."""
    if len(text) <= _FEW_CHARACTERS and "e" not in text.lower():
        return False
    from decimal import Decimal, InvalidOperation

    try:
        exact = Decimal(text)
    except InvalidOperation:
        # An exponent of very many digits: the number is zero, or is read as zero.
        return not set("123456789").isdisjoint(text.lower().partition("e")[0])
    digits = "".join(map(str, exact.as_tuple().digits)).rstrip("0")
    return Decimal(f"{number:.{max(len(digits), 1)}g}") != exact


def exact_number(text: str, number: float) -> int | float:
    """Return a number that was read from a text, as an integer if it is whole and would lose digits."""
    if not (number and number.is_integer() and loses_digits(text, number)):
        return number
    from decimal import Decimal

    exact = Decimal(text)
    return int(exact) if exact == int(exact) else number


def read_token_claims(token: str) -> dict[str, Any] | None:
    """Return the claims of a JSON Web Token without verifying them; None if it is not one."""
    part = token.partition(".")[2].partition(".")[0].replace("-", "+").replace("_", "/")
    try:
        claims = load_json(a2b_base64(part + "=" * (-len(part) % 4)))
    except (ValueError, RecursionError):
        return None
    return claims if isinstance(claims, dict) else None


def refuse_constant(name: str) -> NoReturn:
    """Raise ValueError for NaN or an infinity, which Python writes and JSON does not have."""
    raise ValueError(name)


def as_text(value: Any) -> str:
    """Return a text unchanged, and any other value as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def as_cell(value: Any) -> str:
    """Return a value as text for a cell or a field, empty for null."""
    return "" if value is None else as_text(value)


def stop_on_deep_text(text: str, levels: int = MAX_NESTING) -> None:
    """Raise RecursionError if a JSON text has more than `levels` levels; takes time proportional to its length."""
    if text.count("[") + text.count("{") <= levels:
        return
    depth = 0
    for bracket in re.findall(rf"{_NO_BRACKET}(?:{_STRING}{_NO_BRACKET})*+([\[\]{{}}]|\Z)", text):
        if bracket in ("[", "{"):
            depth += 1
            if depth > levels:
                raise RecursionError(f"more than {levels} levels")
        else:
            depth -= 1
