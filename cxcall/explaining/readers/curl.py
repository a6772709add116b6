"""A pasted curl command: its words as a shell parts them, its options as curl takes them."""

from __future__ import annotations

import re
from base64 import b64encode
from typing import TYPE_CHECKING
from urllib.parse import quote

from cxcall.explaining.readers.json_exchange import observed_request_of
from cxcall.explaining.readers.unresolved_variables import mark_unresolved, plain
from cxcall.findings.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.explaining.observed_request import ObservedRequest
    from cxcall.transport.messages import HttpResponse

# `curl --help all` (8.x): options that take no argument; every other long option takes one.
_FLAGS = {
    "anyauth", "append", "basic", "ca-native", "cert-status", "compressed", "compressed-ssh", "create-dirs", "crlf",
    "digest", "disable", "disable-eprt", "disable-epsv", "disallow-username-in-url", "doh-cert-status", "doh-insecure",
    "fail", "fail-early", "fail-with-body", "false-start", "form-escape", "ftp-create-dirs", "ftp-pasv", "get", "globoff",
    "head", "http0.9", "http1.0", "http1.1", "http2", "http2-prior-knowledge", "http3", "http3-only", "ignore-content-length",
    "include", "insecure", "ipv4", "ipv6", "junk-session-cookies", "list-only", "location", "location-trusted", "manual",
    "negotiate", "netrc", "netrc-optional", "next", "no-alpn", "no-buffer", "no-clobber", "no-keepalive", "no-npn",
    "no-progress-meter", "no-sessionid", "ntlm", "parallel", "parallel-immediate", "path-as-is", "post301", "post302",
    "post303", "progress-bar", "proxy-insecure", "proxytunnel", "raw", "remote-header-name", "remote-name",
    "remote-name-all", "remote-time", "remove-on-error", "retry-all-errors", "retry-connrefused", "sasl-ir", "show-error",
    "show-headers", "silent", "ssl", "ssl-reqd", "sslv2", "sslv3", "styled-output", "tcp-fastopen", "tcp-nodelay", "tlsv1",
    "tlsv1.0", "tlsv1.1", "tlsv1.2", "tlsv1.3", "tr-encoding", "trace-ids", "trace-time", "use-ascii", "verbose", "version", "xattr",
}  # fmt: skip
_SHORT = {
    "X": "request", "H": "header", "d": "data", "u": "user", "A": "user-agent", "e": "referer", "b": "cookie", "G": "get",
    "I": "head", "F": "form", "x": "proxy",
}  # fmt: skip
_SHORT_WITH_ARGUMENT = set("AbcCdDeEFhHKmoPQrtTuUwxXyYz")
_DATA = ("data", "data-ascii", "data-raw", "data-binary", "data-urlencode", "json")
_ESCAPES = {
    "n": "\n",
    "t": "\t",
    "r": "\r",
    "\\": "\\",
    "'": "'",
    '"': '"',
    "0": "\0",
    "a": "\a",
    "e": "\x1b",
}
# What a shell puts something in place of, unless it stands in single quotes.
_EXPANDED = re.compile(
    r"\$(?:[A-Za-z_]\w*|[0-9@*?#]|\{[^{}]*\}|\((?:[^()]|\([^()]*\))*\))|`[^`\n]+`"
)
_PROMPT = re.compile(r"^\s*(?:[\w@.:~/-]*[$#%>]\s+)?(?=curl\b)")
_MOST = 1 << 20


def read_curl(text: str) -> Iterator[ObservedRequest]:
    """Yield the requests of the curl commands in a text; an answer shown below the last is its own."""
    start = re.search(r"(?:^|(?<=[\s;&|($`]))curl(?:\.exe)?\s", text)
    rest = text[start.start() :] if start else text
    words, end = split_words(rest[:_MOST])
    response, reason = _shown_below(rest[end:])
    yield _request(words[1:], response)
    following = re.search(r"(?:^|\n)[^\n]*?\bcurl(?:\.exe)?\s", rest[end:])
    if following and not reason:
        yield from read_curl(rest[end:][following.start() :].lstrip("\n"))


def _shown_below(text: str) -> tuple[HttpResponse | None, bool]:
    from cxcall.explaining.readers.http_message import read_response

    found = read_response(text)
    return found, found is not None


def split_words(text: str) -> tuple[list[str], int]:
    """Part the first command of a text into words as a shell would; returns them and where it ended.

    What a shell would put something in place of is not known: nothing is looked up or run.
    """
    words: list[str] = []
    word: list[str] | None = None
    at = 0
    while at < len(text):
        char = text[at]
        if char in "\\^`" and text[at + 1 : at + 2] in ("\n", "\r"):
            at += 3 if text[at + 1 : at + 3] == "\r\n" else 2
        elif char in " \t\r":
            words += [] if word is None else ["".join(word)]
            word, at = None, at + 1
        elif char in "\n;|&" and not (char == "&" and word):
            break
        elif char == "\\":
            word = [*(word or []), text[at + 1 : at + 2]]
            at += 2
        elif char == "$" and text[at + 1 : at + 2] == "'":
            found, at = _ansi(text, at + 2)
            word = [*(word or []), found]
        elif char == "$" and (variable := _EXPANDED.match(text, at)):
            word, at = [*(word or []), _variable(variable)], variable.end()
        elif char in "'\"":
            found, at = _quoted(text, at + 1, char)
            word = [*(word or []), found]
        else:
            end = _plain_end(text, at)
            word = [*(word or []), text[at:end]]
            at = end
    words += [] if word is None else ["".join(word)]
    return words, at


_PLAIN = re.compile(r"[^\s\\'\"$;|`^&]+")


def _plain_end(text: str, at: int) -> int:
    found = _PLAIN.match(text, at)
    return found.end() if found else at + 1


def _quoted(text: str, at: int, mark: str) -> tuple[str, int]:
    """Read up to the closing quote; in double ones a backslash escapes what it escapes there."""
    out: list[str] = []
    while at < len(text) and text[at] != mark:
        if (
            mark == '"'
            and text[at] == "\\"
            and text[at + 1 : at + 2] in ('"', "\\", "$", "`", "\n")
        ):
            out.append("" if text[at + 1] == "\n" else text[at + 1])
            at += 2
        elif mark == '"' and (variable := _EXPANDED.match(text, at)):
            out.append(_variable(variable))
            at = variable.end()
        else:
            stop = re.compile(r'["\\$`]' if mark == '"' else r"['\\]").search(text, at + 1)
            end = stop.start() if stop else len(text)
            out.append(text[at:end])
            at = end
    return "".join(out), at + 1


def _variable(found: re.Match[str]) -> str:
    """Return what stands for a variable, or for a command in its place; what holds quotes is cut short."""
    return mark_unresolved("$(...)" if set(found[0]) & set("\"'\\\n") else found[0])


def _ansi(text: str, at: int) -> tuple[str, int]:
    r"""Read the rest of `$'...'`, with its escapes: \n, \', \x41, é."""
    out: list[str] = []
    while at < len(text) and text[at] != "'":
        if text[at] != "\\":
            out.append(text[at])
            at += 1
            continue
        number = re.compile(r"\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4}))").match(text, at)
        if number:
            out.append(chr(int(number[1] or number[2], 16)))
            at = number.end()
        else:
            out.append(_ESCAPES.get(text[at + 1 : at + 2], text[at + 1 : at + 2]))
            at += 2
    return "".join(out).encode("utf-16", "surrogatepass").decode("utf-16", "replace"), at + 1


def _request(words: list[str], response: HttpResponse | None) -> ObservedRequest:
    options = list(_options(words))
    names = {name for name, _ in options}
    data = [(name, value) for name, value in options if name in _DATA]
    headers = {"Accept": "*/*"}
    if data and "get" not in names:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    if "json" in names:
        headers |= {"Content-Type": "application/json", "Accept": "application/json"}
    headers |= dict(_headers(options))
    body = _body(data) if data and "get" not in names else None
    url = plain(next((value for name, value in options if name in ("", "url")), ""))
    if data and "get" in names:
        url += ("&" if "?" in url else "?") + (_body(data) or "")
    default = (
        "HEAD" if "head" in names else "POST" if body is not None or "form" in names else "GET"
    )
    method = next((value for name, value in reversed(options) if name == "request"), default)
    found = observed_request_of(
        "curl command", method=method, url=url, headers=headers, body=body, response=response
    )
    unread = [value for name, value in data if value.startswith("@") and name != "data-raw"]
    if not unread:
        return found
    from dataclasses import replace

    return replace(found, body=None, findings=(_not_read(unread[0]),))


def _options(words: list[str]) -> Iterator[tuple[str, str]]:
    """Yield (long name, argument); a URL has an empty name. `-sXPOST` is `-s -X POST`."""
    rest = iter(words)
    for word in rest:
        if word.startswith("--") and len(word) > len("--"):
            name = word[2:]
            is_flag = name in _FLAGS or name.startswith("no-")
            yield name, "" if is_flag else next(rest, "")
        elif word.startswith("-") and len(word) > 1:
            yield from _short(word[1:], rest)
        elif word:
            yield "", word


def _short(letters: str, rest: Iterator[str]) -> Iterator[tuple[str, str]]:
    for place, letter in enumerate(letters):
        name = _SHORT.get(letter, letter)
        if letter in _SHORT_WITH_ARGUMENT:
            yield name, letters[place + 1 :] or next(rest, "")
            return
        yield name, ""


def _headers(options: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for name, value in options:
        if name == "header":
            key, _, content = value.partition(":")
            yield key.strip(), content.strip()
        elif name == "user":
            yield (
                "Authorization",
                f"Basic {b64encode(plain(value).encode('utf-8', 'replace')).decode()}",
            )
        elif name == "oauth2-bearer":
            yield "Authorization", f"Bearer {value}"
        elif name in ("user-agent", "referer", "cookie"):
            yield name.title(), value


def _body(data: list[tuple[str, str]]) -> str | None:
    parts = [_encoded(value) if name == "data-urlencode" else value for name, value in data]
    return "&".join(parts)


def _encoded(value: str) -> str:
    name, equals, content = plain(value).partition("=")
    return (
        f"{name}={quote(content, safe='')}" if equals and name else quote(content or name, safe="")
    )


def _not_read(name: str) -> Finding:
    return Finding(
        Severity.NOTE,
        "not-provable",
        "body",
        f"the body is in the file `{plain(name).removeprefix('@')}`, which was not read",
        fix="put its content in place of the name, or check it: `cxcall validate FILE`",
        why="a pasted command must not make this program open files",
    )
