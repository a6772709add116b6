"""Find a JSON body whose quotes a Windows shell has removed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cxcall.explaining.observed_request import SourceKind
from cxcall.findings.finding import Finding, Severity
from cxcall.responses.refusals.message_text import platform_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cxcall.explaining.observed_request import ObservedRequest

_STRING = re.compile(r'"(?:[^"\\]|\\.)*+"')
_BARE_NAME = re.compile(r"[{,]\s*[A-Za-z_][\w-]*\s*:")


def check_removed_quotes(request: ObservedRequest, in_body: Iterable[Finding]) -> Iterator[Finding]:
    """Yield a warning if a shell has probably removed the quotes of a JSON body; `in_body` are the findings on it."""
    body = (request.body or "").lstrip()
    if request.kind is not SourceKind.COMMAND or body[:1] not in ("{", "["):
        return
    is_malformed = any(each.code == "body-malformed" for each in in_body)
    has_lost_quotes = is_malformed and _BARE_NAME.search(_STRING.sub("", body)) is not None
    text = platform_text(request.response) if request.response else ""
    has_problem = any(each.severity is not Severity.NOTE for each in in_body)
    is_refused = '"' in body and "malformed syntax" in text and not has_problem
    if has_lost_quotes or is_refused:
        yield Finding.warning(
            "body-malformed",
            "body",
            "the shell may have removed the quotes of the body before the command sent it",
            fix='in cmd and Windows PowerShell 5.1 write each of them as `\\"`, or send a file: `-d @body.json`',
            why="both shells remove unescaped quotes from the arguments of a program",
        )
