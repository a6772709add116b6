"""Write the examples of docs/explain.md from real runs: python tools/explain_examples.py.

The page is checked in. A test compares its examples with the current output.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

PAGE = Path(__file__).parent.parent / "docs/explain.md"
START, END = "<!-- examples: written by tools/explain_examples.py -->", "<!-- end of examples -->"
FINDING_START, FINDING_END = "<!-- finding: example 2, with -v -->", "<!-- end of finding -->"
_SHOWN_FINDINGS = 2
_QUEUE, _CAMPAIGN = "8d2c1f7e-50f3-4c8b-9a61-0b7f3f1f2a10", "2f4a6b8c-1d3e-4f5a-8b7c-9d0e1f2a3b4c"
_API = "https://api.mypurecloud.ie/api/v2"


def _curl(path: str, body: str) -> str:
    return (
        f"curl -X POST {_API}{path} \\\n"
        f"  -H 'Authorization: Bearer '\"$TOKEN\" -H 'Content-Type: application/json' \\\n  -d '{body}'\n"
    )


def _http(request: str, body: str, response: str) -> str:
    headers = (
        "Host: api.mypurecloud.ie\nAuthorization: Bearer xxxx\nContent-Type: application/json\n"
    )
    return f"{request} HTTP/1.1\n{headers}\n{body}\n\nHTTP/1.1 {response}\n"


EXAMPLES = (
    (
        "A bare 400, and a body of another structure",
        _curl(
            f"/outbound/campaigns/{_CAMPAIGN}/executions",
            '{"contactId": "12345", "contactSpec": {"address": "+12025550123", "type": "voice"}}',
        )
        + "\nHTTP/1.1 400 Bad Request\n",
    ),
    (
        "A property under a wrong name",
        _curl(
            "/conversations/callbacks",
            f'{{"callbackNumbers": ["+12125550123"], "queue": "{_QUEUE}"}}',
        ),
    ),
    (
        "Curly quotes from a word processor, and a text in place of a list",
        _http(
            "POST /api/v2/conversations/callbacks",
            f"{{“callbackNumbers”: “+12125550123”, “queueId”: “{_QUEUE}”}}",
            "400 Bad Request",
        ),
    ),
    (
        "A body that is for another operation",
        _curl(
            "/outbound/campaigns",
            '{"name": "Spring", "columnNames": ["First", "Phone"], "phoneColumns": [{"columnName": "Phone", "type": "cell"}]}',
        ),
    ),
    (
        "A permission that the role lacks",
        _http(
            f"POST /api/v2/outbound/campaigns/{_CAMPAIGN}/start",
            "",
            "403 Forbidden\nContent-Type: application/json\n\n"
            '{"message": "Unable to perform the requested action. You must have at least one of the following '
            'permissions assigned: [outbound:campaign:start]", "code": "missing.any.permissions", "status": 403, '
            '"contextId": "5f2c1d6e-0b1a-4a43-9a50-2f6d3f1c7b90"}',
        ),
    ),
    (
        "A client's token where a user's is required",
        _http(
            "POST /api/v2/conversations/calls",
            '{"phoneNumber": "+12125550123"}',
            '400 Bad Request\nContent-Type: application/json\n\n{"code": "not.a.user", "message": "Bad Request", "status": 400}',
        ),
    ),
    (
        "An ID that is a name",
        _http(
            "POST /api/v2/conversations/callbacks",
            '{"callbackNumbers": ["+12125550123"], "queueId": "support"}',
            "400 Bad Request\nContent-Type: application/json\n\n"
            '{"message": "Value [support] is not valid for field type [UUID]. Allowable values are: ", "code": "invalid.value"}',
        ),
    ),
    (
        "A 200 with a call that was never placed",
        _http(
            f"GET /api/v2/conversations/calls/{_CAMPAIGN}",
            "",
            "200 OK\nContent-Type: application/json\n\n"
            '{"participants": [{"purpose": "customer", "state": "terminated", "disconnectType": "error", '
            '"errorInfo": {"code": "error.ininedgecontrol.connection.dialplan.notReachable"}}]}',
        ),
    ),
    (
        "A campaign that lacks what its dialing mode needs",
        _curl(
            "/outbound/campaigns",
            f'{{"name": "Spring", "dialingMode": "agentless", "contactList": {{"id": "{_QUEUE}"}}, "site": {{"id": "{_CAMPAIGN}"}}, '
            f'"callAnalysisResponseSet": {{"id": "{_CAMPAIGN}"}}, "phoneColumns": [{{"columnName": "Phone", "type": "cell"}}], '
            '"callerName": "Ada", "callerAddress": "+12125550123"}',
        ),
    ),
    (
        "A refusal without a visible cause",
        _http(
            "POST /api/v2/conversations/callbacks",
            f'{{"callbackNumbers": ["+12125550123"], "queueId": "{_QUEUE}"}}',
            '400 Bad Request\nDate: Mon, 23 Nov 2026 09:00:00 GMT\nContent-Type: application/json\n\n{"message": "Bad Request", "contextId": "c-17"}',
        ),
    ),
)


class Ended(Protocol):
    """The results of a process that has ended."""

    @property
    def returncode(self) -> int:
        """Its exit code."""

    @property
    def stdout(self) -> bytes:
        """What it printed."""


Run = Callable[[list[str], bytes], Ended]
"""Runs the arguments of a command with a text on stdin."""


def run_command(arguments: list[str], given: bytes) -> Ended:
    """Run the command of this environment."""
    words = [sys.executable, "-m", "cxcall", *arguments]
    return subprocess.run(words, input=given, capture_output=True, check=False)


def write_examples(run: Run = run_command) -> str:
    """Return the page with the current output as its examples."""
    page = PAGE.read_text("utf-8")
    ended = run(["explain", "-v", "-"], EXAMPLES[1][1].encode())
    finding = ended.stdout.decode().strip().split("\n\n")[1]
    page = _replace(page, FINDING_START, f"```text\n{finding}\n```", FINDING_END)
    parts = (
        f"### {number}. {title}\n\nBefore:\n\n```text\n{text.rstrip()}\n```\n\nAfter `cxcall explain failed.txt`:\n\n```text\n{explain(text, run)}\n```\n"
        for number, (title, text) in enumerate(EXAMPLES, 1)
    )
    return _replace(page, START, "\n" + "\n".join(parts), END)


def _replace(page: str, start: str, text: str, end: str) -> str:
    before, _, rest = page.partition(start)
    return f"{before}{start}\n{text}\n{end}{rest.partition(end)[2]}"


def explain(text: str, run: Run) -> str:
    """Return what `explain` prints for a text: the first findings, the end, and the exit code."""
    ran = run(["explain", "-"], text.encode())
    blocks = ran.stdout.decode().strip().split("\n\n")
    findings = [each for each in blocks if re.match(r"(error|warning|note)\[", each)]
    left_out = findings[_SHOWN_FINDINGS:]
    kept = [f"[... {len(left_out)} more]" if each in left_out[:1] else each for each in blocks]
    kept = [each for each in kept if each not in left_out]
    return "\n\n".join(kept) + f"\n\nexit code {ran.returncode}"


if __name__ == "__main__":
    PAGE.write_text(write_examples(), "utf-8")
