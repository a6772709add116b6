"""Show a request with names of variables in place of its credentials: as text, or as a curl command."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cxcall.transport.http_messages import HttpRequest

TOKEN = (("header", "Authorization", "Bearer $CXCALL_ACCESS_TOKEN"),)
"""The place, the name, and the variable of a token. The place of Basic credentials is `user`."""

_CONFIRMATION = "printf 'This can place a real call. Type yes to send it: ' && read -r answer && [ \"$answer\" = yes ] &&"


def show_credentials(
    request: HttpRequest, credentials: Sequence[tuple[str, str, str]] = TOKEN
) -> HttpRequest:
    """Return a request as it is sent, with a variable in place of each of its `credentials`."""
    url, headers = request.url, dict[str, str]()
    for place, name, variable in credentials:
        if place == "query":
            url = f"{url}{'&' if '?' in url else '?'}{quote(name, safe='')}={variable}"
        elif place == "cookie":
            before = f"{headers['Cookie']}; " if "Cookie" in headers else ""
            headers["Cookie"] = f"{before}{name}={variable}"
        else:
            headers[name] = f"Basic base64({variable})" if place == "user" else variable
    return request._replace(url=url, headers={**headers, **request.headers})


def curl(request: HttpRequest, credentials: Sequence[tuple[str, str, str]] = TOKEN) -> str:
    """Return the request as a curl command for a POSIX shell, with its credentials as environment variables.

    curl reads them from its input, because other users of the machine see the arguments of a process.
    """
    import shlex

    url, private = _configuration(request.url, credentials)
    names = {name.lower() for place, name, _ in credentials if place in ("header", "user")}
    target = f" {shlex.quote(url)}" if url else ""
    words = [f"curl --include --request {shlex.quote(request.method)}{target}"]
    words += [
        f"--header {shlex.quote(f'{name}: {value}')}"
        for name, value in request.headers.items()
        if name.lower() not in names
    ]
    if request.body is not None:
        words.append(f"--data-raw {shlex.quote(request.body.decode('utf-8', 'replace'))}")
    if private:
        words.append("\n".join(["--config - <<END", *private, "END"]))
    return " \\\n  ".join(words)


def _configuration(url: str, credentials: Sequence[tuple[str, str, str]]) -> tuple[str, list[str]]:
    """Return the URL, or "" if a credential is a part of it, and the lines of curl's configuration with credentials."""
    keys, lines = "", []
    for place, name, variable in credentials:
        if place == "query":
            keys += f"{'&' if '?' in url + keys else '?'}{quote(name, safe='')}={variable}"
        elif place == "cookie":
            lines.append(f'cookie = "{_in_document(name)}={variable}"')
        else:
            value = f"Basic {_base64(variable)}" if place == "user" else variable
            lines.append(f'header = "{_in_document(name)}: {value}"')
    return ("", [f'url = "{_in_document(url)}{keys}"', *lines]) if keys else (url, lines)


def _base64(variable: str) -> str:
    return f"$(printf %s \"{variable}\" | base64 | tr -d '\\n')"


def with_confirmation(command: str) -> str:
    """Return a command for a POSIX shell that runs only after a person typed `yes`."""
    return f"{_CONFIRMATION}\n{command}"


def _in_document(text: str) -> str:
    """Return a text for use between double quotes in a configuration of curl, in a here-document of a shell."""
    quoted = "".join(f"\\{char}" if char in '"\\' else char for char in text)
    return "".join(f"\\{char}" if char in "\\$`" else char for char in quoted)
