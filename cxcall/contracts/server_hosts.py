"""Find the hosts that the server of a document stands for, with each value that its variables may have."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from cxcall.contracts.path_templates import SLOT
from cxcall.runtime.host_spellings import STANDARD_PORTS

if TYPE_CHECKING:
    from collections.abc import Mapping

_FIXED_DOMAIN = re.compile(r"[a-z0-9-]\.[a-z0-9-]", re.IGNORECASE)
_STANDARD = "|".join(map(str, STANDARD_PORTS.values()))


def host_pattern(server: Mapping[str, Any]) -> re.Pattern[str] | None:
    """Return the pattern of the hosts of a server, with or without a standard port; None if its URL is relative.

    A variable without an `enum` may have any value if the rest of the host is a domain, as in `{tenant}.example.com`.
    """
    netloc = str(server.get("url", "")).partition("//")[2].partition("/")[0].rpartition("@")[2]
    variables = server.get("variables", {})
    name, _, port = netloc.partition(":")
    if not name:
        return None
    is_open = _FIXED_DOMAIN.search(SLOT.sub("", name)) is not None
    ports = _values(port, variables, "[0-9]+") if port else _STANDARD
    is_optional = any(re.fullmatch(ports, each) for each in _STANDARD.split("|"))
    hosts = _values(name, variables, "[^.:/@]+" if is_open else "")
    return re.compile(f"{hosts}(?::(?:{ports})){'?' * is_optional}", re.IGNORECASE)


def _values(template: str, variables: Mapping[str, Any], others: str) -> str:
    """Return the expression of a text with variables; `others` is that of values that an open variable may have."""
    first, *rest = SLOT.split(template)
    parts = [re.escape(first)]
    for name, text in zip(rest[::2], rest[1::2], strict=True):
        declared = variables.get(name, {})
        listed = declared.get("enum")
        known = [str(declared.get("default", "")), *(listed if isinstance(listed, list) else [])]
        choices = [
            *(re.escape(str(each)) for each in known),
            *[others] * bool(others and not listed),
        ]
        parts += [f"(?:{'|'.join(choices)})", re.escape(text)]
    return "".join(parts)
