"""Report that the prose of a text names another platform than that of the request's path."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from cxcall.explaining.checks.url.host_check import platform_of_host, platform_of_path
from cxcall.explaining.operations.known_operations import CXONE, GENESYS, PLATFORM_NAMES
from cxcall.findings.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cxcall.explaining.observed_request import ObservedRequest

# Not in a host, a path, or an identifier, which only the code that sends the request names so.
_START, _END = r"(?<![\w./@-])", r"(?![\w./@-]*[\w/@])"
_NAMES = {
    CXONE: re.compile(rf"{_START}(?:NICE[ -]?)?(?:CXone|in ?Contact){_END}", re.IGNORECASE),
    GENESYS: re.compile(rf"{_START}(?:Genesys(?: Cloud)?|PureCloud){_END}", re.IGNORECASE),
}


def with_named_platform(
    requests: Iterable[ObservedRequest], text: str
) -> Iterator[ObservedRequest]:
    """Yield the requests of a text, each with a finding if the text names only the other platform.

    It is a note if the host belongs to the platform of the path: the text may be about both.
    """
    named = [platform for platform, names in _NAMES.items() if names.search(text)]
    for request in requests:
        own = platform_of_path(request.path)
        if len(named) == 1 and own and named[0] != own:
            found = _finding(named[0], own, is_certain=not platform_of_host(request.host))
            request = replace(request, findings=(*request.findings, found))  # noqa: PLW2901
        yield request


def _finding(named: str, own: str, *, is_certain: bool) -> Finding:
    return Finding(
        Severity.WARNING if is_certain else Severity.NOTE,
        "platform-mismatch",
        "path",
        f"the text names {PLATFORM_NAMES[named]}, but the path belongs to {PLATFORM_NAMES[own]}",
        fix="find out which platform your organization uses; they do not share tokens or paths",
    )
