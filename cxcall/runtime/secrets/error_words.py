"""Keep the words of an error in a response whose names a document declares for secrets of requests."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cxcall.runtime.secrets.secret_names import declares_error_words, is_declared_error_word
from cxcall.runtime.secrets.secrets_in_json import mask_secret_members

if TYPE_CHECKING:
    from collections.abc import Callable

_MARK = "\ua7f7"
"""A letter that texts do not have: a name that starts with it is still one word, and no name of a secret."""
_CONTAINERS = (dict, list)
_OF_ERRORS = ("error", "errors", "details")


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
