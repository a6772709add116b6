"""Recognize the body of an error by its words, in any API: sentences in members that only an error has."""

from __future__ import annotations

from typing import Any

from cxcall.explaining.readers.messages.client_failures import failure_kinds
from cxcall.responses.failure_words import says_nothing_wrong
from cxcall.responses.message_in_body import ERROR_NAME

_TEXT_NAMES = ("error", "message", "description", "detail")
_PLAIN_NAMES = {*_TEXT_NAMES, "ok", "success", "warning"}
"""The names of an error that has no others: `{"ok": false, "error": "no_queue"}`."""
_MOST_MEMBERS = 5


def is_plain_error(value: dict[str, Any]) -> bool:
    """Return whether an object has only the text of an error that no client reports, or a text beside a mark of failure."""
    error, marks = value.get("error"), (value.get("ok"), value.get("success"))
    is_told = isinstance(error, str) and not (says_nothing_wrong(error) or failure_kinds(error))
    is_alone = is_told and "message" not in value and True not in marks
    is_failed = is_alone or False in marks
    return is_failed and value.keys() <= _PLAIN_NAMES and any(map(value.get, _TEXT_NAMES))


def has_error_words(value: dict[str, Any]) -> bool:
    """Return whether an object has sentences in `errorSummary`, `errorMessages`, `errors`, or the `message` of its `error`."""
    inner = value.get("error")
    told = inner.get("message") if isinstance(inner, dict) else None
    is_told = _has_words(told) and not failure_kinds(str(told))
    named = (each for name, each in value.items() if ERROR_NAME.fullmatch(name) and name != "error")
    return len(value) <= _MOST_MEMBERS and (is_told or any(map(_has_words, named)))


def _has_words(value: Any) -> bool:
    """Return whether a value is a sentence, or a list or an object of nothing but texts with one."""
    if isinstance(value, str):
        return " " in value.strip()
    texts = [*value.values()] if isinstance(value, dict) else value
    is_plain = isinstance(texts, list) and all(isinstance(each, str | list) for each in texts)
    return is_plain and any(map(_has_words, texts))
