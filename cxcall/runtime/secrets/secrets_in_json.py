"""Find and mask the likely secrets in a JSON value, by the names of its members and by their form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxcall.runtime.secrets.known_secrets import MASKED
from cxcall.runtime.secrets.likely_secrets import is_likely_secret, mask_likely_secrets

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_CONTAINERS = (dict, list)


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
    for name, leaf, _ in named_leaves(value):
        if is_likely_secret(name, leaf):
            yield str(leaf)


def named_leaves(value: Any) -> Iterator[tuple[str, Any, bool]]:
    """Yield (name, value, is that of a header) for each text, number, and null in a JSON value.

    An item has the name of its list. What is below a name such as `requestHeaders` is a header.
    """
    rest: list[tuple[str, Any, bool]] = [("", {"": value}, False)]
    while rest:
        name, value, is_header = rest.pop()
        is_below_header = is_header or "eader" in name
        if isinstance(value, dict):
            for own, member in _named_members(value):
                if isinstance(member, _CONTAINERS):
                    rest.append((own, member, is_below_header))
                else:
                    yield own, member, is_below_header
        else:
            for item in value:
                if _is_pair(item):
                    yield *item, is_below_header
                elif isinstance(item, _CONTAINERS):
                    rest.append((name, item, is_header))
                else:
                    yield name, item, is_header


def _named_members(value: dict[str, Any]) -> Iterable[tuple[str, Any]]:
    """Return (name, member) of each; of `{"name": "token", "value": "x"}`, the value has the name `token`."""
    pair = value.get("name", value.get("key")) if "value" in value else None
    if not isinstance(pair, str):
        return value.items()
    return [(pair if name == "value" else name, member) for name, member in value.items()]


def _is_pair(item: Any) -> bool:
    """Return whether an item of a list is a name and its value, as in `[["token", "x"]]`."""
    return isinstance(item, list) and [*map(type, item)] == [str, str]
