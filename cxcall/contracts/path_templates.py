"""The templates of paths and servers: the values of their parameters in a path, and the hosts that a server stands for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from cxcall.runtime.host_spellings import STANDARD_PORTS

if TYPE_CHECKING:
    from collections.abc import Mapping


SLOT = re.compile(r"\{([^{}]*)\}")
"""A parameter in the template of a path, or a variable in that of a server; the group is its name."""
_LITERAL = r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*"


def is_mixed_segment(template: str) -> bool:
    """Return whether a segment of a template has a parameter and other text, such as `{from}..{to}`."""
    return "{" in template and not SLOT.fullmatch(template)


def slot_names(template: str) -> list[str]:
    """Return the names of the parameters in a segment of a template, or in a template."""
    return SLOT.findall(template)


def has_needed_escapes(template: str) -> bool:
    """Return whether the text between the parameters of a path has only characters of a URL (RFC 3986, section 3.3)."""
    return re.fullmatch(_LITERAL, SLOT.sub("", template)) is not None


def slot_values(template: str, segment: str) -> dict[str, str]:
    """Return the values of the parameters in a segment; empty if it has none, or does not fit the template.

    Each value ends at the first text that follows its parameter, which may be percent-encoded; only a parameter alone
    may be empty.
    """
    if not is_mixed_segment(template):
        return dict.fromkeys(slot_names(template), segment)
    decoded = quote(unquote(segment), safe=SLOT.sub("", template)) if "%" in segment else segment
    return _split(template, segment) or _split(template, decoded)


def _split(template: str, segment: str) -> dict[str, str]:
    start, *rest = SLOT.split(template)
    if not segment.startswith(start):
        return {}
    values, at = dict[str, str](), len(start)
    last = len(rest) // 2 - 1
    for index, (name, text) in enumerate(zip(rest[::2], rest[1::2], strict=True)):
        end = len(segment.removesuffix(text)) if index == last else segment.find(text, at + 1)
        if end <= at or not segment.startswith(text, end):
            return {}
        values[name], at = segment[at:end], end + len(text)
    return values


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
