"""Read pasted curl commands: split into words as a shell does, options read as curl reads them."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote

from cxcall.explaining.readers.http_message import read_response
from cxcall.explaining.readers.request_builder import build_observed_request
from cxcall.explaining.readers.unresolved_variables import mark_unresolved, remove_marks
from cxcall.findings.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.explaining.observed_request import ObservedRequest
    from cxcall.transport.messages import HttpResponse

COMMAND = re.compile(r"(?:^|(?<=[\s;&|($`]))curl(?:\.exe)?\s")
# `curl --help all` (8.x): options without an argument, as is every `--no-...`; all others take one.
_FLAGS = {
    "anyauth", "append", "basic", "ca-native", "cert-status", "compressed", "compressed-ssh", "create-dirs", "crlf",
    "digest", "disable", "disable-eprt", "disable-epsv", "disallow-username-in-url", "doh-cert-status",
    "doh-insecure", "fail", "fail-early", "fail-with-body", "false-start", "form-escape", "ftp-create-dirs",
    "ftp-pasv", "get", "globoff", "head", "http0.9", "http1.0", "http1.1", "http2", "http2-prior-knowledge", "http3",
    "http3-only", "ignore-content-length", "include", "insecure", "ipv4", "ipv6", "junk-session-cookies", "list-only",
    "location", "location-trusted", "manual", "negotiate", "netrc", "netrc-optional", "next", "ntlm", "parallel",
    "parallel-immediate", "path-as-is", "post301", "post302", "post303", "progress-bar", "proxy-insecure",
    "proxytunnel", "raw", "remote-header-name", "remote-name", "remote-name-all", "remote-time", "remove-on-error",
    "retry-all-errors", "retry-connrefused", "sasl-ir", "show-error", "show-headers", "silent", "ssl", "ssl-reqd",
    "sslv2", "sslv3", "styled-output", "tcp-fastopen", "tcp-nodelay", "tlsv1", "tlsv1.0", "tlsv1.1", "tlsv1.2",
    "tlsv1.3", "tr-encoding", "trace-ids", "trace-time", "use-ascii", "verbose", "version", "xattr",
}  # fmt: skip
_SHORT = {
    "X": "request", "H": "header", "d": "data", "u": "user", "A": "user-agent", "e": "referer", "b": "cookie", "G": "get",
    "I": "head", "F": "form", "x": "proxy",
}  # fmt: skip
_SHORT_WITH_ARGUMENT = set("AbcCdDeEFhHKmoPQrtTuUwxXyYz")
_DATA = ("data", "data-ascii", "data-raw", "data-binary", "data-urlencode", "json")
_EXPANSION = r"\$(?:[A-Za-z_]\w*|[0-9@*?#]|\{[^{}]*\}|\((?:[^()]|\([^()]*\))*\))"
_QUOTED_EXPANSION = rf"{_EXPANSION}|`[^`\n]+`"
# A continued line ends in a backslash, or in `^` (cmd) or a backtick (PowerShell).
_PART = re.compile(
    rf"""
      [\\^`](?P<continuation>\r?\n|\r)
    | (?P<blank>[ \t\r]+)
    | (?P<end>[\n;|&])
    | \\(?P<escaped>.?)
    | \$'(?P<ansi>(?:[^'\\]|\\.)*+)'?
    | (?P<expansion>{_EXPANSION.replace("#", "[#]")})
    | '(?P<single>[^']*)'?
    | "(?P<double>(?:\\["\\$`\n]|{_QUOTED_EXPANSION.replace("#", "[#]")}|[^"])*+)"?
    | (?P<plain>[^\s\\'"$;|`^&]++|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_IN_DOUBLE_QUOTES = re.compile(rf"""\\(["\\$`\n])|({_QUOTED_EXPANSION})""")
_IN_ANSI_QUOTES = re.compile(r"\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|(.))", re.DOTALL)
_ANSI_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "a": "\a", "e": "\x1b"}
_MAX_COMMAND_LENGTH = 1 << 20


def read_curl(text: str) -> Iterator[ObservedRequest]:
    """Yield the requests of the curl commands in a text, up to the first one with a response below it."""
    command = COMMAND.search(text)
    while command:
        text = text[command.start() :]
        words, end = split_words(text[:_MAX_COMMAND_LENGTH])
        text = text[end:]
        response = read_response(text)
        yield _build_request(words[1:], response)
        command = None if response else COMMAND.search(text)


def split_words(text: str) -> tuple[list[str], int]:
    """Split the first command of a text into words as a shell does; return them and where it ends.

    Variables and command substitutions are marked as unresolved: nothing is looked up or run.
    """
    words: list[str] = []
    word: list[str] | None = None
    end = len(text)
    for match in _PART.finditer(text):
        kind = match.lastgroup or ""
        if kind == "end" and (match[0] != "&" or word is None):
            end = match.start()
            break
        if kind == "blank" and word is not None:
            words.append("".join(word))
            word = None
        elif kind not in ("blank", "continuation"):
            word = [*(word or []), _unquote(kind, match[kind])]
    return words + ([] if word is None else ["".join(word)]), end


def _unquote(kind: str, text: str) -> str:
    if kind == "expansion":
        return _mark_expansion(text)
    if kind == "double":
        return _IN_DOUBLE_QUOTES.sub(
            lambda match: _mark_expansion(match[2]) if match[2] else match[1].strip("\n"), text
        )
    if kind == "ansi":
        text = _IN_ANSI_QUOTES.sub(_decode_escape, text)
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _mark_expansion(text: str) -> str:
    """Return the marked form of a variable or command substitution; one with quotes is abbreviated."""
    return mark_unresolved("$(...)" if set(text) & set("\"'\\\n") else text)


def _decode_escape(match: re.Match[str]) -> str:
    digits = match[1] or match[2]
    return chr(int(digits, 16)) if digits else _ANSI_ESCAPES.get(match[3], match[3])


def _build_request(words: list[str], response: HttpResponse | None) -> ObservedRequest:
    options = list(_options(words))
    last_values = dict(options)
    data = [(name, value) for name, value in options if name in _DATA]
    content = "&".join(_data_value(name, value) for name, value in data)
    body = content if data and "get" not in last_values else None
    headers = {"Accept": "*/*"}
    if body is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    if "json" in last_values:
        headers |= {"Content-Type": "application/json", "Accept": "application/json"}
    url = remove_marks(next((value for name, value in options if name in ("", "url")), ""))
    if data and body is None:
        url += ("&" if "?" in url else "?") + content
    is_post = body is not None or "form" in last_values
    method = "HEAD" if "head" in last_values else "POST" if is_post else "GET"
    request = build_observed_request(
        "curl command",
        method=last_values.get("request", method),
        url=url,
        headers=headers | dict(_headers(options)),
        body=body,
        response=response,
    )
    files = [value for name, value in data if value.startswith("@") and name != "data-raw"]
    return replace(request, body=None, findings=(_unread_file(files[0]),)) if files else request


def _options(words: list[str]) -> Iterator[tuple[str, str]]:
    """Yield (long name, argument); a URL has an empty name. `-sXPOST` is `-s -X POST`."""
    rest = iter(words)
    for word in rest:
        if word.startswith("--") and len(word) > len("--"):
            name = word[2:]
            is_flag = name in _FLAGS or name.startswith("no-")
            yield name, "" if is_flag else next(rest, "")
        elif word.startswith("-") and len(word) > 1:
            yield from _short_options(word[1:], rest)
        elif word:
            yield "", word


def _short_options(letters: str, rest: Iterator[str]) -> Iterator[tuple[str, str]]:
    for index, letter in enumerate(letters):
        name = _SHORT.get(letter, letter)
        if letter in _SHORT_WITH_ARGUMENT:
            yield name, letters[index + 1 :] or next(rest, "")
            return
        yield name, ""


def _headers(options: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for name, value in options:
        if name == "header":
            header, _, content = value.partition(":")
            yield header.strip(), content.strip()
        elif name == "user":
            pair = remove_marks(value).encode("utf-8", "replace")
            yield "Authorization", f"Basic {b64encode(pair).decode()}"
        elif name == "oauth2-bearer":
            yield "Authorization", f"Bearer {value}"
        elif name in ("user-agent", "referer", "cookie"):
            yield name.title(), value


def _data_value(option: str, value: str) -> str:
    if option != "data-urlencode":
        return value
    name, equals, content = remove_marks(value).partition("=")
    encoded = quote(content or name, safe="")
    return f"{name}={quote(content, safe='')}" if equals and name else encoded


def _unread_file(name: str) -> Finding:
    return Finding.note(
        "not-provable",
        "body",
        f"the body is in the file `{remove_marks(name).removeprefix('@')}`, which was not read",
        fix="replace the name with the content, or check the file: `cxcall validate FILE`",
        why="a pasted command must not make this program open files",
    )
