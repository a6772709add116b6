"""Recognize what a text holds (curl, HAR, JSON, HTTP, Python), and read its requests."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from cxcall.documents.json_document import BOM
from cxcall.documents.json_text import load_json
from cxcall.documents.text_files import read_text
from cxcall.explaining.readers.curl import COMMAND, read_curl
from cxcall.explaining.readers.json_exchange import is_exchange, read_exchange
from cxcall.explaining.readers.unresolved_variables import remove_marks
from cxcall.findings.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.explaining.observed_request import ObservedRequest

FORMATS = (
    "a curl command, a HAR file, a JSON exchange, an HTTP message, or a Python `requests` call"
)
_CODE_FENCE = re.compile(r"^\s*(```|~~~)[^\n]*\n|\n\s*(```|~~~)\s*$")
_HTTP = re.compile(r"^[>*< ]*([A-Z]{3,7} \S+ HTTP/|HTTP/[0-9.]+ [0-9]{3})", re.MULTILINE)
_PYTHON = re.compile(
    r"\b(requests|session|httpx|client|s)\.(post|get|put|patch|delete|request)\s*\("
)


def read_path(path: str, *, entry: int | None = None) -> Iterator[ObservedRequest]:
    """Yield the requests in a file, or in stdin (`-`); `entry` selects one of a HAR file, from 1.

    Raises UsageError where the text has no known format.
    """
    return read(read_text(path), path, entry=entry)


def read(text: str, name: str, *, entry: int | None = None) -> Iterator[ObservedRequest]:
    """Yield the requests in a text. Nothing in it is run, opened, or fetched."""
    if not text.isascii():  # no request can hold a lone surrogate
        text = remove_marks(text.encode("utf-8", "replace").decode())
    text = _CODE_FENCE.sub("", text.removeprefix(BOM).strip())
    values = _json_values(text)
    if values is not None:
        del text  # frees the memory of a long text while its requests are explained
        yield from _read_json(values, name, entry)
    elif COMMAND.search(text):
        yield from read_curl(text)
    elif _HTTP.search(text):
        from cxcall.explaining.readers.http_message import read_messages

        yield from read_messages(text)
    elif _PYTHON.search(text):
        from cxcall.explaining.readers.python_snippet import read_snippet

        yield from read_snippet(text)
    else:
        raise _unknown_format(name)


def _json_values(text: str) -> list[Any] | None:
    """Return the JSON values of a text: one, or one per line; None where it is not JSON."""
    if text[:1] not in ("{", "["):
        return None
    try:
        return [load_json(text)]
    except (ValueError, RecursionError):
        pass
    try:
        return [load_json(line) for line in text.splitlines() if line.strip()]
    except (ValueError, RecursionError):
        return None


def _read_json(values: list[Any], name: str, entry: int | None) -> Iterator[ObservedRequest]:
    if len(values) == 1 and isinstance(values[0], dict) and "log" in values[0]:
        from cxcall.explaining.readers.har import read_har

        yield from read_har(values[0], name, entry)
        return
    exchanges = values[0] if len(values) == 1 and isinstance(values[0], list) else values
    if not exchanges or not all(is_exchange(value) for value in exchanges):
        raise _unknown_format(name)
    for number, value in enumerate(exchanges, 1):
        yield read_exchange(value, f"exchange {number}" if len(exchanges) > 1 else "exchange")


def _unknown_format(name: str) -> UsageError:
    return UsageError(
        f"cannot parse `{name}` as an HTTP request",
        where=name,
        fix=f"give {FORMATS}; to check only a body, use `cxcall validate`",
    )
