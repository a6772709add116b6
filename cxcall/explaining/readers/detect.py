"""What a person has of a failed request -> attempts; the kind of text is recognised by itself."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from cxcall.documents.json_document import BOM
from cxcall.documents.text_files import read_text
from cxcall.explaining.readers.json_exchange import is_exchange, read_exchange
from cxcall.explaining.readers.unresolved_variables import MARKS
from cxcall.findings.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.explaining.observed_request import ObservedRequest

KINDS = "a curl command, a HAR file, a JSON exchange, an HTTP message, or a Python `requests` call"
_FENCE = re.compile(r"^\s*(```|~~~)[^\n]*\n|\n\s*(```|~~~)\s*$")
_CURL = re.compile(r"(^|[\s;&|($`])curl(\.exe)?\s", re.MULTILINE)
_MESSAGE = re.compile(r"^[>*< ]*([A-Z]{3,7} \S+ HTTP/|HTTP/[0-9.]+ [0-9]{3})", re.MULTILINE)
_SNIPPET = re.compile(
    r"\b(requests|session|httpx|client|s)\.(post|get|put|patch|delete|request)\s*\("
)


def read_path(path: str, *, entry: int | None = None) -> Iterator[ObservedRequest]:
    """Read a file, or stdin for `-`; `entry` counts the entries of a HAR file from 1.

    Raises UsageError where it is none of the kinds that are known.
    """
    return read(read_text(path), path, entry=entry)


def read(text: str, name: str, *, entry: int | None = None) -> Iterator[ObservedRequest]:
    """Read the attempts in a text. Nothing in it is run, opened or fetched."""
    if not text.isascii():  # half characters can be in no request
        text = text.encode("utf-8", "replace").decode().translate(MARKS)
    text = _FENCE.sub("", text.removeprefix(BOM).strip())
    values = _json_values(text)
    if values is not None:
        del text  # it may be long, and is needed no more
        yield from _of_json(values, name, entry)
        return
    if _CURL.search(text):
        from cxcall.explaining.readers.curl import read_curl

        yield from read_curl(text)
    elif _MESSAGE.search(text):
        from cxcall.explaining.readers.http_message import read_message

        yield from read_message(text)
    elif _SNIPPET.search(text):
        from cxcall.explaining.readers.python_snippet import read_snippet

        yield from read_snippet(text)
    else:
        raise _none(name)


def _json_values(text: str) -> list[Any] | None:
    """Return the JSON values of a text: one, or one a line; None where it is no JSON."""
    if text[:1] not in ("{", "["):
        return None
    try:
        return [json.loads(text)]
    except (ValueError, RecursionError):
        pass
    try:
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    except (ValueError, RecursionError):
        return None


def _of_json(values: list[Any], name: str, entry: int | None) -> Iterator[ObservedRequest]:
    if len(values) == 1 and isinstance(values[0], dict) and "log" in values[0]:
        from cxcall.explaining.readers.har import read_har

        yield from read_har(values[0], name, entry)
        return
    listed = values[0] if len(values) == 1 and isinstance(values[0], list) else values
    if not listed or not all(is_exchange(value) for value in listed):
        raise _none(name)
    for number, value in enumerate(listed, 1):
        several = f" {number}" if len(listed) > 1 else ""
        yield read_exchange(value, f"exchange{several}")


def _none(name: str) -> UsageError:
    return UsageError(
        f"`{name}` is no request that can be read",
        where=name,
        fix=f"give {KINDS}; for the body alone there is `cxcall validate`",
    )
