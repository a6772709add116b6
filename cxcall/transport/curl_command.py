"""Show a request with names of variables in place of its credentials: as text, or as a curl command."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cxcall.transport.http_messages import HttpRequest

TOKEN = (("header", "Authorization", "Bearer $CXCALL_ACCESS_TOKEN"),)
"""The place, the name, and the variable of a token. The place of Basic credentials is `user`."""
KEY = "$CXCALL_API_KEY"
_CONTROL = r"[\x00-\x08\x0b-\x1f\x7f]"

_CONFIRMATION = "printf 'This can place a real call. Type yes to send it: ' && read -r answer && [ \"$answer\" = yes ] &&"


def named_key(name: str) -> str:
    """Return what stands for one key if the variable has the form `NAME=VALUE,NAME=VALUE`."""
    return f"{KEY}[{name}]"


def with_credential_variables(
    request: HttpRequest, credentials: Sequence[tuple[str, str, str]] = TOKEN
) -> HttpRequest:
    """Return a request as it is sent, with a variable in place of each of its `credentials`."""
    url, headers = request.url, dict[str, str]()
    for place, name, variable in credentials:
        if place == "query":
            url = f"{url}{'&' if '?' in url else '?'}{quote(name, safe='')}={variable}"
        elif place != "cookie":
            headers[name] = f"Basic base64({variable})" if place == "user" else variable
    cookies = [f"{name}={variable}" for place, name, variable in credentials if place == "cookie"]
    headers |= request.headers
    if cookies:
        headers["Cookie"] = "; ".join([*_own_cookies(request), *cookies])
    return request._replace(url=url, headers=headers)


def _own_cookies(request: HttpRequest) -> list[str]:
    """Return the header `Cookie` of a request, to which the keys in cookies are added."""
    return [request.headers["Cookie"]] if "Cookie" in request.headers else []


def curl(request: HttpRequest, credentials: Sequence[tuple[str, str, str]] = TOKEN) -> str:
    """Return the request as a curl command for a POSIX shell, with its credentials as environment variables.

    curl reads them from its input, because other users of the machine see the arguments of a process.
    """
    import shlex

    url, private = _configuration(request, credentials)
    names = {
        "cookie" if place == "cookie" else name.lower()
        for place, name, _ in credentials
        if place != "query"
    }
    target = f" {shlex.quote(url)}" if url else ""
    words = [f"curl --include --request {shlex.quote(request.method)}{target}"]
    words += [
        f"--header {shlex.quote(f'{name}: {value}')}"
        for name, value in request.headers.items()
        if name.lower() not in names
    ]
    if request.body is not None:
        words.append(f"--data-raw {_quote_body(request.body.decode('utf-8', 'replace'))}")
    if private:
        words.append("\n".join(["--config - <<END", *private, "END"]))
    return " \\\n  ".join(words)


def _quote_body(text: str) -> str:
    """Return a body as a word of a shell; one with control characters, such as a multipart form, with escapes for them."""
    import shlex

    if not re.search(_CONTROL, text):
        return shlex.quote(text)
    quoted = re.sub(r"[\\']", r"\\\g<0>", text).replace("\r", "\\r")
    escaped = re.sub(_CONTROL, lambda match: f"\\x{ord(match[0]):02x}", quoted)
    return f"$'{escaped}'"


def _configuration(
    request: HttpRequest, credentials: Sequence[tuple[str, str, str]]
) -> tuple[str, list[str]]:
    """Return the URL, or "" if a credential is a part of it, and the lines of curl's configuration with credentials."""
    url, keys, lines, cookies = request.url, "", [], []
    for place, name, variable in credentials:
        value = _expansion(place, name, variable)
        if place == "query":
            keys += f"{'&' if '?' in url + keys else '?'}{quote(name, safe='')}={value}"
        elif place == "cookie":
            cookies.append(f"{_in_document(name)}={value}")
        else:
            lines.append(f'header = "{_in_document(name)}: {value}"')
    if cookies:
        cookies = [*map(_in_document, _own_cookies(request)), *cookies]
        lines.append(f'cookie = "{"; ".join(cookies)}"')
    return ("", [f'url = "{_in_document(url)}{keys}"', *lines]) if keys else (url, lines)


def _expansion(place: str, name: str, variable: str) -> str:
    """Return what a shell replaces with the value of a credential in a here-document."""
    import shlex

    value = variable
    if place == "user":
        return f"Basic $(printf %s \"{variable}\" | base64 | tr -d '\\n')"
    if variable == named_key(name):
        option = "-i " if place == "header" else ""
        start = shlex.quote("^" + re.sub(r"[.*[\\^$]", r"\\\g<0>", name) + "=")
        lines = f"printf '%s\\n' \"{KEY}\" | tr , '\\n'"
        value = f"$({lines} | grep {option}{start} | cut -d= -f2-)"
    if place == "query":
        codes = f"printf %s \"{value}\" | od -An -v -tx1 | tr -d ' \\n'"
        value = f"$({codes} | sed 's/../%&/g')"
    return value


def with_confirmation(command: str) -> str:
    """Return a command for a POSIX shell that runs only after a person typed `yes`."""
    return f"{_CONFIRMATION}\n{command}"


def _in_document(text: str) -> str:
    """Return a text for use between double quotes in a configuration of curl, in a here-document of a shell."""
    quoted = "".join(f"\\{char}" if char in '"\\' else char for char in text)
    return "".join(f"\\{char}" if char in "\\$`" else char for char in quoted)
