"""The syntax in which PowerShell differs from other languages: commands, URLs, strings, pipelines."""

from __future__ import annotations

import re

from cxcall.explaining.readers.code.values import ESCAPES
from cxcall.explaining.readers.unresolved_variables import mark_unresolved

DIALECT = (
    r"(?i:\b(?:Invoke-(?:RestMethod|WebRequest)|irm|iwr)\b"
    r"|^\s*\$\w+\s*=\s*(?:@[{(]|\[ordered\]|New-Object))"
)
"""The pattern of signs that a text is PowerShell code."""
DOUBLE_QUOTED = r'[^"`]*+(?:(?:`.|"")[^"`]*+)*+'
"""The pattern of the content of a string in double quotes."""
JSON_COMMAND = "convertto-json"
REQUEST_COMMANDS = ("invoke-", "irm", "iwr")
"""The start of commands that send their pipeline input as the body."""
_REQUEST = re.compile(
    r"\b(?:Invoke-(?:RestMethod|WebRequest)|irm|iwr)\b[^\n]*?https?://", re.IGNORECASE
)
_BARE_URL = re.compile(r"(?<=\s)(https?://[^\s\"'`]+)(?=\s)")
_VARIABLE = re.compile(
    r"`(.)|\$\(([^()\n]{1,200})\)|\$\{?([A-Za-z_][\w:]*(?:\.\w+)*)\}?", re.DOTALL
)


def has_request(text: str) -> bool:
    """Return whether a command in a text sends a request to a URL."""
    return _REQUEST.search(text) is not None


def quote_urls(code: str) -> str:
    """Return code with quotes around unquoted URLs, as other languages require them."""
    return _BARE_URL.sub(r"'\1'", code + "\n")


def decode_string(content: str, quote: str) -> str:
    """Return the text of a string, in which a quote is doubled."""
    if quote == "'":
        return content.replace("''", "'")
    return decode_variables(content.replace('""', '"'))


def decode_variables(content: str) -> str:
    """Return the text of a string in double quotes, with its variables marked."""
    return _VARIABLE.sub(_decode_match, content)


def _decode_match(match: re.Match[str]) -> str:
    if match[1]:
        return ESCAPES.get(match[1], match[1])
    return mark_unresolved(f"${match[2] or match[3]}")
