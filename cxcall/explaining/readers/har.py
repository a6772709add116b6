"""A HAR 1.2 file, as browsers and proxies save it."""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from cxcall.explaining.readers.json_exchange import observed_request_of, response_of
from cxcall.findings.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cxcall.explaining.observed_request import ObservedRequest


def read_har(
    value: Mapping[str, Any], name: str, entry: int | None = None
) -> Iterator[ObservedRequest]:
    """Yield the entries of a HAR file, or the one asked for; raises UsageError where there is none."""
    log = value["log"]
    entries = log.get("entries") if isinstance(log, dict) else None
    if not isinstance(entries, list) or not entries:
        raise UsageError(f"`{name}` is a HAR file without entries", where=name, fix="save it again")
    if entry is not None and not 1 <= entry <= len(entries):
        raise UsageError(
            f"`{name}` has no entry {entry}",
            where="--entry",
            fix=f"they count from 1 to {len(entries)}",
        )
    for number, each in enumerate(entries, 1):
        if entry in (None, number) and isinstance(each, dict):
            yield _entry(each, f"entry {number} of {len(entries)}")


def _entry(each: Mapping[str, Any], origin: str) -> ObservedRequest:
    asked, answered = _dict(each.get("request")), _dict(each.get("response"))
    content = _dict(answered.get("content"))
    return observed_request_of(
        origin,
        method=asked.get("method"),
        url=asked.get("url"),
        headers=asked.get("headers"),
        body=_posted(_dict(asked.get("postData"))),
        response=response_of(
            answered.get("status") or None,
            answered.get("headers"),
            _decoded(content),
            str(answered.get("statusText", "")),
        ),
    )


def _dict(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _posted(data: Mapping[str, Any]) -> str | None:
    if isinstance(data.get("text"), str):
        return str(data["text"])
    params = data.get("params")
    if not isinstance(params, list) or not params:
        return None
    return urlencode(
        [(each.get("name", ""), each.get("value", "")) for each in params if isinstance(each, dict)]
    )


def _decoded(content: Mapping[str, Any]) -> str | None:
    text = content.get("text")
    if not isinstance(text, str):
        return None
    if content.get("encoding") != "base64":
        return text
    try:
        return b64decode(text).decode("utf-8", "replace")
    except ValueError:
        return text
