"""Join URLs that a mail, a terminal, or a recognized picture broke into two lines."""

from __future__ import annotations

import re

from cxcall.explaining.published_operations import (
    PLATFORM_NAMES,
    find_place,
    load_published_operations,
)

_WRAPPED = re.compile(
    r"""(?P<start>(?:https?://[\w.:-]+)?(?P<path>/(?:platform/)?(?:api/v[0-9]|incontactapi/)[\w/.%{}~-]*))
        -?\n[ \t>|]*(?![{}]+(?:[\s"']|$))(?P<rest>[\w/.%{}~-]+)(?=[?\s"'`<>]|$)""",
    re.IGNORECASE | re.VERBOSE,
)


def join_wrapped_urls(text: str) -> str:
    """Return a text in which a path is in one line if only the whole of it is published."""
    return _WRAPPED.sub(_join, text)


def _join(match: re.Match[str]) -> str:
    path = match["path"]
    is_whole = path[-1] != "/" and _is_published(path)
    is_wrapped = not is_whole and _is_published(path + match["rest"])
    return match["start"] + match["rest"] if is_wrapped else match[0]


def _is_published(path: str) -> bool:
    place = find_place("", path, list(map(load_published_operations, PLATFORM_NAMES)))
    return place is not None and not place.path.words
