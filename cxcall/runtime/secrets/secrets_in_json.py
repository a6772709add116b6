"""Find and mask the likely secrets in a JSON value, by the names of its members and by their form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxcall.runtime.secrets.known_secrets import MASKED
from cxcall.runtime.secrets.likely_secrets import (
    NUMBER_WORDS,
    is_likely_secret,
    mask_likely_secrets,
)
from cxcall.runtime.secrets.secret_names import plain_words

if TYPE_CHECKING:
    from collections.abc import Iterator


def is_secret_member(name: str, value: Any) -> bool:
    """Return whether a text or a number is likely a secret, because of the name of its member."""
    if isinstance(value, str):
        return is_likely_secret(name, value)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and not NUMBER_WORDS.isdisjoint(plain_words(name)[-1:])


def mask_secret_members(value: Any, name: str = "") -> Any:
    """Return a copy of a JSON value with each likely secret masked; `name` is that of its member.

    Each item of a list has the name of the list.
    """
    if isinstance(value, dict):
        return {each: mask_secret_members(member, each) for each, member in value.items()}
    if isinstance(value, list):
        return [mask_secret_members(item, name) for item in value]
    if name and is_secret_member(name, value):
        return MASKED
    return mask_likely_secrets(value) if isinstance(value, str) else value


def secret_members(value: Any, name: str = "") -> Iterator[str]:
    """Yield the values, as text, that `mask_secret_members` masks because of a name."""
    if isinstance(value, dict | list):
        named = value.items() if isinstance(value, dict) else ((name, item) for item in value)
        for each, member in named:
            yield from secret_members(member, each)
    elif name and is_secret_member(name, value):
        yield str(value)
