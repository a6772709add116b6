"""Find and mask the likely secrets in a JSON value, by the names of its members and by their form.

The words of an error in a response stay, also if a document declares their names for secrets of requests.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cxcall.runtime.secrets.known_secrets import MASKED
from cxcall.runtime.secrets.likely_secrets import is_likely_secret, mask_likely_secrets
from cxcall.runtime.secrets.secret_names import declares_error_words, is_declared_error_word

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_CONTAINERS = (dict, list)
_MARK = "\ua7f7"
"""A letter that texts do not have: a name that starts with it is still one word, and no name of a secret."""
_OF_ERRORS = ("error", "errors", "details")


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


def mask_response_text(text: str, mask: Callable[[str], str]) -> str:
    """Return a response's body, masked, in which `message` and the like of an error are not names of secrets."""
    return mask(with_open_errors(text)).replace(_MARK, "")


def mask_response_members(value: Any) -> Any:
    """Return a response's value of JSON, masked in the same way by the names of its members."""
    if not declares_error_words():
        return mask_secret_members(value)
    text = json.dumps(mask_secret_members(_mark(value)), ensure_ascii=False)
    return json.loads(text.replace(_MARK, ""))


def with_open_errors(text: str) -> str:
    """Return a body of JSON with other names for the words of its errors; any other text unchanged."""
    if not declares_error_words():
        return text
    try:
        value = json.loads(text) if text.lstrip()[:1] in ("{", "[") else None
        marked = _mark(value)
    except (ValueError, RecursionError):
        return text
    return text if marked == value else json.dumps(marked, ensure_ascii=False)


def _mark(value: Any) -> Any:
    if isinstance(value, list):
        return [_mark(each) for each in value]
    if not isinstance(value, dict):
        return value
    marked = {}
    for name, member in value.items():
        is_word = is_declared_error_word(name) and not isinstance(member, _CONTAINERS)
        marked[f"{_MARK}{name}" if is_word else name] = (
            _mark(member) if name.lower() in _OF_ERRORS else member
        )
    return marked
