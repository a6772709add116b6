"""Read what only PowerShell has: commands that send a request, their pipeline input, and `ConvertTo-Json`."""

from __future__ import annotations

import re
from typing import Any

from cxcall.explaining.readers.code.token_tree import is_token
from cxcall.explaining.readers.code.values import interpolated_text

_COMMAND = r"\b(?:Invoke-(?:RestMethod|WebRequest)|irm|iwr)\b"
# The last command before a URL: a search from each one to the end of the line would take quadratic time.
_REQUEST = re.compile(rf"(?i){_COMMAND}(?:(?!{_COMMAND})[^\n])*?https?://")
_BARE_URL = re.compile(r"(?<=\s)(https?://[^\s\"'`]+)(?=\s)")
PIPED_INTO = ("invoke-", "irm", "iwr")
"""The start of commands that send their pipeline input as the body."""
_DEPTH = re.compile(r"-?d(?:e(?:p(?:th?)?)?)?$", re.IGNORECASE)
_DEFAULT_DEPTH = 2


def is_powershell_request(text: str) -> bool:
    """Return whether a text has a command that sends a request to a URL."""
    return _REQUEST.search(text) is not None


def quote_urls(code: str) -> str:
    """Return PowerShell code with its bare URLs in quotes, as other languages require them; other code unchanged."""
    return _BARE_URL.sub(r"'\1'", code + "\n") if is_powershell_request(code) else code


def as_converted_to_json(value: Any, options: list[Any]) -> Any:
    """Return a value as `ConvertTo-Json` prints it, which converts objects below its depth (2 by default) to text."""
    named = [
        at for at, each in enumerate(options) if is_token(each, "word") and _DEPTH.match(each.value)
    ]
    depth = options[named[0] + 1 : named[0] + 2] if named else []
    if named and not (depth and is_token(depth[0], "number")):
        return value
    levels = int(depth[0].value) if depth else _DEFAULT_DEPTH
    # A list at the top may not be a level.
    return _as_printed(value, levels + isinstance(value, list))


def _as_printed(value: Any, levels: int) -> Any:
    if isinstance(value, dict):
        inner = {name: _as_printed(each, levels - 1) for name, each in value.items()}
        return inner if levels >= 0 else "System.Collections.Hashtable"
    if isinstance(value, list):
        items = [_as_printed(each, levels - 1) for each in value]
        return items if levels >= 0 else " ".join(map(interpolated_text, items))
    return value
