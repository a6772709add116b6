"""Print a request as a curl command."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cxcall.transport.messages import (
        HttpRequest,
    )


def curl(request: HttpRequest) -> str:
    """Return the request as a curl command for a POSIX shell, with the token as an environment variable."""
    import shlex

    words = [
        f"curl --include --request {shlex.quote(request.method)} {shlex.quote(request.url)}",
        '--header "Authorization: Bearer $CXCALL_ACCESS_TOKEN"',
    ]
    words += [
        f"--header {shlex.quote(f'{name}: {value}')}"
        for name, value in request.headers.items()
        if name.lower() != "authorization"
    ]
    if request.body is not None:
        words.append(f"--data-raw {shlex.quote(request.body.decode('utf-8', 'replace'))}")
    return " \\\n  ".join(words)
