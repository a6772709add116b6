"""Follow what the pipes of PowerShell make of a value before it is sent."""

from __future__ import annotations

import re
from typing import Any

from cxcall.explaining.readers.code.token_tree import Group, is_token
from cxcall.explaining.readers.code.values import CodeCall, interpolated_text
from cxcall.runtime.patterns import compile_on_use

PIPED_INTO = ("invoke-", "irm", "iwr")
"""The start of commands of PowerShell that send their pipeline input as the body."""
PIPED_JSON = "| ConvertTo-Json"
"""The name of a call that prints a list of one item as this item."""
ADDED_BRACKETS = compile_on_use(
    r"[\"']\[(?:\$\w+\])?[\"']|(\$\w+)\s*\+=\s[^\n]{0,500}\n\s*\1\s*\+=", re.IGNORECASE
)
"""Code that writes the brackets itself, `"[$json]"`, or adds two items one after the other."""
_DEPTH = compile_on_use(r"-?d(?:e(?:p(?:th?)?)?)?$", re.IGNORECASE)
_DEFAULT_DEPTH = 2


def as_piped_json(value: Any, piped: list[Any], options: list[Any]) -> CodeCall:
    """Return the call of `ConvertTo-Json` in a pipe, which converts objects below its depth (2 by default) to text.

    The pipe passes on the items of a list, so that a list of one is printed as its item.
    """
    written = piped[0].items if len(piped) == 1 and isinstance(piped[0], Group) else []
    is_one = [isinstance(each, Group) and each.opening for each in written] == ["@{"]
    words = [each.value.lower() if is_token(each, "word") else "" for each in options]
    is_array = "-asarray" in words
    if isinstance(value, list) and len(value) == 1 and is_one and not is_array:
        value = value[0]
    named = [at for at, word in enumerate(words) if _DEPTH.match(word)]
    depth = options[named[0] + 1 : named[0] + 2] if named else []
    if not named or (depth and is_token(depth[0], "number")):
        levels = int(depth[0].value) if depth else _DEFAULT_DEPTH
        # A list at the top may not be a level.
        value = _as_printed(value, levels + isinstance(value, list))
    return CodeCall("ConvertTo-Json" if is_array else PIPED_JSON, [(None, value)])


def _as_printed(value: Any, levels: int) -> Any:
    if isinstance(value, dict):
        inner = {name: _as_printed(each, levels - 1) for name, each in value.items()}
        return inner if levels >= 0 else "System.Collections.Hashtable"
    if isinstance(value, list):
        items = [_as_printed(each, levels - 1) for each in value]
        return items if levels >= 0 else " ".join(map(interpolated_text, items))
    return value
