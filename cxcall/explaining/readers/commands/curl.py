"""Read pasted curl commands: split into words as a shell does, options read as curl reads them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote

from cxcall.explaining.observed_request import ObservedRequest, SourceKind
from cxcall.explaining.readers.commands.shell_text import Command
from cxcall.explaining.readers.request_builder import (
    basic_credentials,
    build_observed_request,
    encode_parts,
    with_defaults,
)
from cxcall.explaining.readers.unresolved_variables import (
    mark_unresolved,
    may_be_more_words,
    remove_marks,
)
from cxcall.findings.finding import Finding
from cxcall.transport.http_messages import HttpResponse

# `curl --help all` (8.x): options without an argument. No `--no-...` option takes one; all others do.
_FLAGS = frozenset(
    """
    anyauth append basic ca-native cert-status compressed compressed-ssh create-dirs crlf digest
    disable disable-eprt disable-epsv disallow-username-in-url doh-cert-status doh-insecure fail
    fail-early fail-with-body false-start form-escape ftp-create-dirs ftp-pasv get globoff head
    http0.9 http1.0 http1.1 http2 http2-prior-knowledge http3 http3-only ignore-content-length
    include insecure ipv4 ipv6 junk-session-cookies list-only location location-trusted manual
    negotiate netrc netrc-optional next ntlm parallel parallel-immediate path-as-is post301 post302
    post303 progress-bar proxy-insecure proxytunnel raw remote-header-name remote-name
    remote-name-all remote-time remove-on-error retry-all-errors retry-connrefused sasl-ir
    show-error show-headers silent ssl ssl-reqd sslv2 sslv3 styled-output tcp-fastopen tcp-nodelay
    tlsv1 tlsv1.0 tlsv1.1 tlsv1.2 tlsv1.3 tr-encoding trace-ids trace-time use-ascii verbose version
    xattr
    """.split()
)
_SHORT = dict(
    pair.split("=")
    for pair in """
    X=request H=header d=data u=user A=user-agent e=referer b=cookie G=get I=head F=form
    x=proxy K=config r=range C=continue-at z=time-cond
    """.split()
)
_SHORT_WITH_ARGUMENT = set("AbcCdDeEFhHKmoPQrtTuUwxXyYz")
_FORM = ("form", "form-string")
_SINGLE_QUOTES = Finding.error(
    "body-malformed",
    "body",
    "the command is written for cmd, where single quotes do not quote: headers and body arrive with a single quote, or are split at spaces",
    fix='write `"` around each argument and `\\"` in it, or put the body into a file: `-d @body.json`',
    source="how cmd and curl for Windows split a command line",
)
_SETS_OTHER_HEADERS = ("config", "range", "continue-at", "time-cond", "etag-compare", "aws-sigv4")
_DATA = ("data", "data-ascii", "data-raw", "data-binary", "data-urlencode", "json")


def build_curl_requests(
    origin: str, command: Command, piped: str | None, response: HttpResponse | None
) -> Iterator[ObservedRequest]:
    """Yield the requests of one curl command: one for each part between `--next`."""
    content = command.here_document if piped is None else piped
    options = [
        option
        for each in _options(command.words[1:])
        for option in (_configured(content) if each == ("config", "-") and content else [each])
    ]
    starts = [index for index, (name, _) in enumerate(options) if name == "next"]
    findings = (_SINGLE_QUOTES,) if command.is_cmd and command.has_single_quotes else ()
    for start, end in zip([0, *starts], [*starts, len(options)], strict=True):
        answer = response if end == len(options) else None
        request = _build_request(origin, options[start:end], content, answer)
        if request.host or request.path or request.body:
            yield replace(request, findings=(*request.findings, *findings))


def _build_request(
    origin: str, options: list[tuple[str, str]], piped: str | None, response: HttpResponse | None
) -> ObservedRequest:
    last_values = dict(options)
    data = [(name, _option_value(name, value, piped)) for name, value in options if name in _DATA]
    # Fish substitutes the output of a command in parentheses.
    data = [(name, mark_unresolved("(...)") if value[:1] == "(" else value) for name, value in data]
    content = "&".join(_data_value(name, value) for name, value in data)
    body = content if data and "get" not in last_values else None
    headers = {"Accept": "*/*"}
    if body is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    elif "form" in last_values:
        headers["Content-Type"] = "multipart/form-data"
        body = encode_parts(_part(*option) for option in options if option[0] in _FORM)
    if "json" in last_values:
        headers |= {"Content-Type": "application/json", "Accept": "application/json"}
    url = remove_marks(next((value for name, value in options if name in ("", "url")), ""))
    if data and body is None:
        url += ("&" if "?" in url else "?") + content
    is_post = body is not None or "form" in last_values
    method = "HEAD" if "head" in last_values else "POST" if is_post else "GET"
    request = build_observed_request(
        origin,
        SourceKind.COMMAND,
        method=last_values.get("request", method),
        url=url,
        headers=with_defaults(dict(_headers(options)), headers),
        body=body,
        response=response,
    )
    request = replace(request, has_hidden_headers=_has_hidden_headers(options))
    files = [value for name, value in data if value.startswith("@") and name != "data-raw"]
    return replace(request, body=None, findings=(_unread_file(files[0]),)) if files else request


def _part(option: str, value: str) -> tuple[str, str, str]:
    """Return name, text, and file of a part: `name=text`, `name=@file`, or `name=<file` with the text in a file."""
    name, _, text = value.partition("=")
    if option == "form-string":
        return name, text, ""
    text = re.split(r";(?:type|filename|headers|encoder)=", text, maxsplit=1)[0].strip('"')
    is_file = text[:1] in ("@", "<")
    return name, "" if is_file else text, text[1:] if is_file else ""


def _option_value(option: str, value: str, content: str | None) -> str:
    """Return the value of an option; for `@-`, the command's input without line ends, as curl reads it."""
    if value != "@-" or content is None:
        return value
    is_whole = option in ("data-binary", "json")
    return content if is_whole else content.replace("\n", "").replace("\r", "")


def _options(words: list[str]) -> Iterator[tuple[str, str]]:
    """Yield (long name, argument); a URL has an empty name. `-sXPOST` is `-s -X POST`."""
    rest = iter(words)
    for word in rest:
        if word.startswith("--") and len(word) > len("--"):
            name, equals, value = word[2:].partition("=")
            if equals and name not in _FLAGS and len(name) > 2:
                yield name, value
                continue
            is_flag = name in _FLAGS or name.startswith("no-")
            yield name, "" if is_flag else next(rest, "")
        elif word.startswith("-") and len(word) > 1:
            yield from _short_options(word[1:], rest)
        elif word:
            yield "", word


def _configured(content: str) -> Iterator[tuple[str, str]]:
    """Yield the options in a configuration, one in each line: `header = "Name: value"`."""
    for line in content.splitlines():
        name, _, value = re.sub(r"[ \t]*[=: \t][ \t]*", "=", line.strip(), count=1).partition("=")
        if name[:1] not in ("", "#"):
            is_quoted = len(value) > 1 and value[0] == value[-1] == '"'
            unquoted = re.sub(r"\\(.)", r"\1", value[1:-1]) if is_quoted else value
            yield _SHORT.get(name.lstrip("-"), name.lstrip("-")), unquoted


def _short_options(letters: str, rest: Iterator[str]) -> Iterator[tuple[str, str]]:
    for index, letter in enumerate(letters):
        name = _SHORT.get(letter, letter)
        if letter in _SHORT_WITH_ARGUMENT:
            yield name, letters[index + 1 :] or next(rest, "")
            return
        yield name, ""


def _headers(options: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for name, value in options:
        if name == "header" and value[:1] != "@":
            header, _, content = value.partition(":")
            yield header.strip(" ;"), content.strip()
        elif name == "user":
            yield "Authorization", basic_credentials(value)
        elif name == "oauth2-bearer":
            yield "Authorization", f"Bearer {value}"
        elif name in ("user-agent", "referer", "cookie"):
            yield name.title(), value


def _has_hidden_headers(options: list[tuple[str, str]]) -> bool:
    """Return whether options may set headers that the command does not show."""
    more = [value for name, value in options if name in ("", "url")][1:]  # after the URL
    more += [value.partition(":")[0] for name, value in options if name == "header"]
    return any(map(may_be_more_words, more)) or any(
        name in _SETS_OTHER_HEADERS or name.startswith("expand-") for name, _ in options
    )


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
