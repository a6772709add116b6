"""Read commands of HTTPie."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from cxcall.documents.json_text import load_json
from cxcall.explaining.observed_request import SourceKind
from cxcall.explaining.readers.request_builder import (
    METHODS,
    basic_credentials,
    build_observed_request,
    encode_parts,
    with_defaults,
)
from cxcall.explaining.readers.unresolved_variables import mark_unresolved, remove_marks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.explaining.observed_request import ObservedRequest
    from cxcall.transport.http_messages import HttpResponse

# Separators with `@` take their value from a file. A header that ends with `;` is sent without a value.
_ITEM = re.compile(r"((?:[^\\:=@;]|\\.)+?)(:=@|==@|=@|:@|:=|==|=|:|@|;$)(.*)", re.DOTALL)
# From the help of HTTPie 3.2.
_SHORT = {
    "-a": "--auth",
    "-A": "--auth-type",
    "-p": "--print",
    "-o": "--output",
    "-s": "--style",
}
_OPTIONS_WITH_VALUES = frozenset(
    """
    --auth --auth-type --raw --boundary --pretty --style --format-options --response-charset --response-mime
    --print --history-print --output --session --session-read-only --proxy --max-redirects --max-headers
    --timeout --verify --ssl --ciphers --cert --cert-key --cert-key-pass --default-scheme
    """.split()
)


class _Httpie:
    """The parts of a command of HTTPie while its words are read."""

    def __init__(self) -> None:
        self.method = self.url = ""
        self.headers: dict[str, str] = {}
        self.members: dict[str, Any] = {}
        self.query: list[tuple[str, str]] = []
        self.files: list[tuple[str, str]] = []
        self.is_form = self.is_multipart = False
        self.values: dict[str, str] = {}

    def take_option(self, word: str, rest: Iterator[str]) -> None:
        """Read an option and its value: the next word, the text after `=`, or the rest of a short option."""
        name, sign, value = word.partition("=")
        if not word.startswith("--") and word[:2] in _SHORT:
            name, sign, value = _SHORT[word[:2]], word[2:], word[2:].removeprefix("=")
        if name in ("--form", "-f"):
            self.is_form = True
        elif name == "--multipart":
            self.is_multipart = True
        elif name in _OPTIONS_WITH_VALUES:
            self.values[name] = value if sign else next(rest, "")

    def add_credentials(self) -> None:
        """Add the header of `--auth` and `--auth-type` in place of a header item, except for a digest."""
        auth, kind = self.values.get("--auth"), self.values.get("--auth-type", "basic")
        if auth is not None and kind in ("basic", "bearer"):
            header = f"Bearer {auth}" if kind == "bearer" else basic_credentials(auth)
            kept = {k: v for k, v in self.headers.items() if k.lower() != "authorization"}
            self.headers = {**kept, "Authorization": header}

    def take_word(self, word: str) -> None:
        """Read the method, the URL, or an item."""
        if not self.url and not self.method and word.upper() in METHODS:
            self.method = word.upper()
        elif not self.url:
            self.url = f"localhost{word}" if word.startswith(":") else word
        elif (item := _ITEM.fullmatch(word)) and item[2] == "@":
            self.files.append((item[1], item[3]))
        elif item:
            _add_item(item, self.headers, self.members, self.query)


def read_httpie(
    words: list[str], piped: str | None, response: HttpResponse | None
) -> ObservedRequest:
    """Return the request of `http POST URL name=value`; the body is piped, or consists of members."""
    found = _Httpie()
    rest = iter(words[1:])
    for word in rest:
        if word.startswith("-"):
            found.take_option(word, rest)
        else:
            found.take_word(word)
    found.add_credentials()
    body: Any = found.values.get("--raw", piped)
    kind = "application/json"
    if found.is_multipart or (found.is_form and found.files):
        fields = [(name, value, "") for name, value in found.members.items()]
        body = encode_parts([*fields, *((name, "", path) for name, path in found.files)])
        kind = "multipart/form-data"
    elif found.members:
        body = urlencode(found.members) if found.is_form else found.members
        kind = "application/x-www-form-urlencoded" if found.is_form else kind
    is_json = body is not None and not (found.is_form or found.is_multipart)
    defaults = {"Accept": "application/json, */*;q=0.5" if is_json else "*/*"}
    defaults |= {} if body is None else {"Content-Type": kind}
    url = found.url + (
        ("&" if "?" in found.url else "?") + urlencode(found.query) if found.query else ""
    )
    scheme = "https" if words[0] in ("https", "xhs") else "http"
    return build_observed_request(
        "HTTPie command",
        SourceKind.COMMAND,
        method=found.method or ("GET" if body is None else "POST"),
        url=url if "://" in url else f"{scheme}://{url}",
        headers=with_defaults(found.headers, defaults),
        body=body,
        response=response,
    )


def _add_item(
    item: re.Match[str],
    headers: dict[str, str],
    members: dict[str, Any],
    query: list[tuple[str, str]],
) -> None:
    name, sign, value = re.sub(r"\\(.)", r"\1", item[1]), item[2], item[3]
    if sign.endswith("@"):  # the file is not shown
        sign, value = sign[:-1], mark_unresolved(f"@{value}")
    if sign in (":", ";"):
        headers[name] = value
    elif sign == "==":
        query.append((name, remove_marks(value)))
    else:
        content: Any = value
        if sign == ":=":
            try:
                content = load_json(value)
            except (ValueError, RecursionError):
                content = value
        *parents, last = [each.rstrip("]") for each in name.split("[")]
        target = members
        for parent in parents:
            target = (
                target.setdefault(parent, {})
                if isinstance(target.get(parent, {}), dict)
                else target
            )
        target[last] = content
