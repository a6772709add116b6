"""Say what a failed read means: which object does not exist, by the parameters of its path, and what to do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cxcall.phone.phone_numbers import mask_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cxcall.contracts.operation import Operation
    from cxcall.findings.finding import Finding

_PARAMETER = re.compile(r"([^/{}]*)/\{([^}]+)\}")
_WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")
_FIX = (
    "check the ID, and that the host is the right region's: `cxcall config show`; an object that the token's"
    " roles and divisions do not cover is not found, either"
)


def describe_missing(operation: Operation, values: Mapping[str, str], part: str = "") -> str:
    """Return which object of the path does not exist; empty for a path without parameters.

    The last parameter is the object; the one before it, if there is one, is what it was looked for in. Of a
    `part` that is read of the object, such as its sentiment, nothing says whether the object exists.
    """
    named = [
        f"{_noun(segment, name)} `{mask_text(values[name])}`"
        for segment, name in _PARAMETER.findall(operation.path)
        if name in values
    ]
    if not named:
        return ""
    *outer, last = named
    if part:
        return f"no {part} of {last} was found"
    return f"{last} is not in {outer[-1]}" if outer else f"{last} does not exist"


def name_missing(
    findings: Iterable[Finding], operation: Operation, values: Mapping[str, str], part: str = ""
) -> tuple[Finding, ...]:
    """Return the findings on a failed read, of which one that something does not exist says what."""
    missing = describe_missing(operation, values, part)
    return tuple(
        each._replace(message=f"{missing} (HTTP 404, `{operation.name}`)", fix=_FIX)
        if each.code == "not-found" and missing
        else each
        for each in findings
    )


def after_send(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings on a read after a request was sent, whose command must not be run again for the read."""
    return [
        each._replace(fix=each.fix.replace("run it again", "read it again")) for each in findings
    ]


def _noun(segment: str, parameter: str) -> str:
    """Return what a parameter identifies: `contactListId` a contact list, `id` what its path segment names."""
    words = [word.lower() for word in _WORD.findall(parameter)]
    words = words[:-1] if words[-1:] == ["id"] else words
    return " ".join(words) or segment.rstrip("s")
