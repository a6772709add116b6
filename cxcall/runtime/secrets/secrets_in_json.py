"""Find and mask the likely secrets in a JSON value, by the names of its members and by their form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxcall.runtime.secrets.known_secrets import MASKED
from cxcall.runtime.secrets.likely_secrets import is_likely_secret, mask_likely_secrets

if TYPE_CHECKING:
    from collections.abc import Iterator


def mask_secret_members(value: Any, name: str = "") -> Any:
    """Return a copy of a JSON value with each likely secret masked; `name` is that of its member."""
    if isinstance(value, dict):
        pairs = zip(value, _named_members(value), strict=True)
        return {key: mask_secret_members(member, own) for key, (own, member) in pairs}
    if isinstance(value, list):
        return [mask_secret_members(item, name) for item in value]
    if name and is_likely_secret(name, value):
        return MASKED
    return mask_likely_secrets(value) if isinstance(value, str) else value


def secret_members(value: Any) -> Iterator[str]:
    """Yield the values, as text, that `mask_secret_members` masks because of a name."""
    for names, leaf in named_leaves(value):
        if names and is_likely_secret(names[-1], leaf):
            yield str(leaf)


def named_leaves(value: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield (names above it, value) for each text, number, and null in a JSON value; an item has the name of its list."""
    rest: list[tuple[tuple[str, ...], Any]] = [((), value)]
    while rest:
        names, value = rest.pop()
        if isinstance(value, dict):
            rest.extend(((*names, name), each) for name, each in _named_members(value))
        elif isinstance(value, list):
            rest.extend(
                ((*names, each[0]), each[1]) if _is_pair(each) else (names, each) for each in value
            )
        else:
            yield names, value


def _named_members(value: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield (name, member); of `{"name": "token", "value": "x"}`, the value has the name `token`."""
    pair = value.get("name", value.get("key"))
    for name, member in value.items():
        yield (pair if name == "value" and isinstance(pair, str) else name), member


def _is_pair(item: Any) -> bool:
    """Return whether an item of a list is a name and its value, as in `[["token", "x"]]`."""
    return isinstance(item, list) and [*map(type, item)] == [str, str]
