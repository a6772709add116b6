"""Files of JSON Lines to validate, and a command that checks them beside the test."""

from __future__ import annotations

import json
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from helpers.command import CONTACT, CXCALL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpers.command import Cxcall

GOOD = {"contactId": CONTACT, "reasonCode": "follow_up"}
KINDS = [
    json.dumps(GOOD),
    json.dumps(GOOD | {"reasonCode": "a second try, after the first was not answered"}),
    json.dumps(
        {
            "contactId": CONTACT,
            "contactSpec": {"contactId": CONTACT, "contactData": {"phoneNumber": "+12125550123"}},
        }
    ),
    json.dumps(
        {
            "contactId": CONTACT,
            "contactSpec": {"contactId": CONTACT, "contactData": {"phoneNumber": "+1234567890"}},
        }
    ),
    json.dumps(GOOD | {"contactId": "12345"}),
    json.dumps(GOOD | {"reasonCode": "your-reason"}),
    '{"contactId": "broken',
    "",
]
EVERY_KIND = [0, 1, 0, 2, 2, 2, 0, 1, 3, 0, 2, 4, 1, 5, 6, 7]
PADDED = " " * 200
WIDE = " " * 10_000
"""Blanks that make a hundred lines more than one piece of work."""


def lines(count: int, kinds: list[int] = EVERY_KIND, end: str = PADDED) -> str:
    """Return JSON Lines that end in blanks."""
    return "".join(f"{KINDS[kinds[at % len(kinds)]]}{end}\n" for at in range(count))


@contextmanager
def begin(cxcall: Cxcall, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """Start a command in its own process group, and end it with the block."""
    with subprocess.Popen(
        [str(CXCALL), *arguments],
        cwd=cxcall.folder,
        env=cxcall.environment,
        start_new_session=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def in_line(verdict: dict[str, Any], file: str, line: int) -> dict[str, Any]:
    """Return a verdict on a file of one line as that on a line of another file."""
    place = {"file": file, "line": line}
    findings = [each | (place if each["line"] else {}) for each in verdict["findings"]]
    return verdict | place | {"findings": findings}
