"""Read pasted curl commands: split into words as a shell does, options read as curl reads them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from urllib.parse import quote

from cxcall.contracts.operation import JSON, MULTIPART, URLENCODED
from cxcall.explaining.observed_request import ObservedRequest, SourceKind
from cxcall.explaining.readers.commands.shell_text import Command
from cxcall.explaining.readers.request_builder import (
    basic_credentials,
    build_observed_request,
    encode_parts,
    with_defaults,
)
from cxcall.explaining.readers.unresolved_variables import (
    fill_braces,
    mark_unresolved,
    may_be_more_words,
    remove_marks,
    variable_names,
)
from cxcall.findings.finding import Finding
from cxcall.transport.http_messages import HttpResponse

# `curl --help all` (8.x): options without an argument. No `--no-...` option takes one; all others do.
_FLAGS = frozenset(
    """
    anyauth append basic ca-native cert-status compressed compressed-ssh create-dirs crlf digest
    disable disable-eprt disable-epsv disallow-username-in-url doh-cert-status doh-insecure fail
    fail-early fail-with-body false-start form-escape ftp-create-dirs ftp-pasv ftp-pret
    ftp-skip-pasv-ip ftp-ssl-ccc ftp-ssl-control get globoff haproxy-protocol head http0.9 http1.0
    http1.1 http2 http2-prior-knowledge http3 http3-only ignore-content-length include insecure ipv4
    ipv6 junk-session-cookies list-only location location-trusted mail-rcpt-allowfails manual
    metalink negotiate netrc netrc-optional next ntlm ntlm-wb parallel parallel-immediate path-as-is
    post301 post302 post303 progress-bar proxy-anyauth proxy-basic proxy-ca-native proxy-digest
    proxy-http2 proxy-insecure proxy-negotiate proxy-ntlm proxy-ssl-allow-beast
    proxy-ssl-auto-client-cert proxy-tlsv1 proxytunnel raw remote-header-name remote-name
    remote-name-all remote-time remove-on-error retry-all-errors retry-connrefused sasl-ir
    show-error show-headers silent skip-existing socks5-basic socks5-gssapi socks5-gssapi-nec ssl
    ssl-allow-beast ssl-auto-client-cert ssl-no-revoke ssl-reqd ssl-revoke-best-effort sslv2 sslv3
    styled-output suppress-connect-headers tcp-fastopen tcp-nodelay tftp-no-options tlsv1 tlsv1.0
    tlsv1.1 tlsv1.2 tlsv1.3 tr-encoding trace-ids trace-time use-ascii verbose version xattr
    """.split()
)
_SHORT = dict(
    pair.split("=")
    for pair in """
    X=request H=header d=data u=user A=user-agent e=referer b=cookie G=get I=head F=form
    T=upload-file x=proxy K=config n=netrc r=range C=continue-at z=time-cond
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
_CHALLENGED = {"anyauth", "digest", "negotiate", "ntlm", "ntlm-wb"}
"""Curl sends the login of `--user` only after the server has asked for it."""
_SETS_OTHER_HEADERS = _CHALLENGED.union(
    "config range continue-at time-cond etag-compare aws-sigv4 netrc netrc-file netrc-optional".split()
)
_ENCODED = ("data-urlencode", "url-query")
_DATA = ("data", "data-ascii", "data-raw", "data-binary", "data-urlencode", "json")


def build_curl_requests(
    origin: str, command: Command, files: Mapping[str, str], response: HttpResponse | None
) -> Iterator[ObservedRequest]:
    """Yield the requests of one curl command: one for each part between `--next`; the name of standard input is `-`."""
    options = [
        option
        for name, value in _options(command.words[1:])
        for option in (
            _configured(files[value])
            if name == "config" and value in files
            else [(name, _text_of_file(name, value, files))]
        )
    ]
    options = list(_expand(options))
    starts = [index for index, (name, _) in enumerate(options) if name == "next"]
    findings = (_SINGLE_QUOTES,) if command.is_cmd and command.has_single_quotes else ()
    for start, end in zip([0, *starts], [*starts, len(options)], strict=True):
        answer = response if end == len(options) else None
        request = _build_request(origin, options[start:end], files, answer)
        if request.host or request.path or request.body:
            yield replace(request, findings=(*request.findings, *findings))


def _expand(options: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield options with the values of `--variable` in those that curl expands: `--expand-data '{{name}}'`."""
    variables = dict(
        value.split("=", 1) for name, value in options if name == "variable" and "=" in value
    )
    for name, value in options:
        is_expanded = name.startswith("expand-")
        yield name.removeprefix("expand-"), fill_braces(value, variables) if is_expanded else value


def _build_request(
    origin: str,
    options: list[tuple[str, str]],
    files: Mapping[str, str],
    response: HttpResponse | None,
) -> ObservedRequest:
    last_values = dict(options)
    data = [(name, value) for name, value in options if name in _DATA]
    # Fish substitutes the output of a command in parentheses.
    data = [(name, mark_unresolved("(...)") if value[:1] == "(" else value) for name, value in data]
    content = "".join(
        ("" if name == "json" or not index else "&") + _data_value(name, value)
        for index, (name, value) in enumerate(data)
    )
    body = content if data and "get" not in last_values else None
    uploaded = last_values.get("upload-file")
    headers = {"Accept": "*/*"}
    if body is not None:
        headers["Content-Type"] = URLENCODED
    elif "form" in last_values:
        headers["Content-Type"] = MULTIPART
        body = encode_parts(_part(*option) for option in options if option[0] in _FORM)
    if "json" in last_values:
        headers |= {"Content-Type": JSON, "Accept": JSON}
    is_post = body is not None or "form" in last_values
    method = "HEAD" if "head" in last_values else "POST" if is_post else "GET"
    if uploaded is not None:
        method, body = "PUT", files.get(uploaded)
    request = build_observed_request(
        origin,
        SourceKind.COMMAND,
        method=last_values.get("request", method),
        url=_url(options, content if data and body is None else ""),
        path=last_values.get("request-target"),
        headers=with_defaults(dict(_headers(options)), headers | _credentials(last_values)),
        body=body,
        response=response,
    )
    request = replace(request, has_hidden_headers=_has_hidden_headers(options))
    hidden = [file for name, value in data if body and (file := _file_of(name, value))]
    hidden = [uploaded] if uploaded is not None and body is None else hidden
    return replace(request, body=None, findings=(_unread_file(hidden[0]),)) if hidden else request


def _url(options: list[tuple[str, str]], data: str) -> str:
    """Return the URL of a command with the name of an uploaded file, and with the parts that options add to its query."""
    url = next((value for name, value in options if name in ("", "url")), "")
    url, sign, fragment = url.partition("#")
    path, question, shown = url.partition("?")
    url = f"{remove_marks(path)}{question}{shown}"
    uploaded = dict(options).get("upload-file", "")
    if url.endswith("/") and uploaded not in ("", "-", "."):
        url += uploaded.rpartition("/")[2]
    added = [value for name, value in options if name == "url-query"]
    parts = [each[1:] if each[:1] == "+" else _data_value("url-query", each) for each in added]
    query = data or "&".join(parts)
    return f"{url}{('&' if '?' in url else '?') if query else ''}{query}{sign}{fragment}"


def _part(option: str, value: str) -> tuple[str, str, str]:
    """Return name, text, and file of a part: `name=text`, `name=@file`, or `name=<file` with the text in a file."""
    name, _, text = value.partition("=")
    if option == "form-string":
        return name, text, ""
    text = re.split(r";(?:type|filename|headers|encoder)=", text, maxsplit=1)[0].strip('"')
    is_file = text[:1] in ("@", "<")
    return name, "" if is_file else text, text[1:] if is_file else ""


def _file_of(option: str, value: str) -> str:
    """Return the name of the file that holds the value of an option; empty if none does."""
    if option == "data-raw" or option not in (*_DATA, *_ENCODED):
        return ""
    before, sign, name = value.partition("@")
    return name if sign and (not before or (option in _ENCODED and "=" not in before)) else ""


def _text_of_file(option: str, value: str, files: Mapping[str, str]) -> str:
    """Return the value of an option, or the text of the file that it names, without line ends as curl reads it."""
    file = _file_of(option, value)
    if file not in files:
        return value
    if option in _ENCODED:
        return f"{value.partition('@')[0]}={files[file]}"
    is_whole = option in ("data-binary", "json")
    return files[file] if is_whole else files[file].replace("\n", "").replace("\r", "")


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
        elif name in ("user-agent", "referer", "cookie"):
            yield name.title(), value


def _credentials(options: Mapping[str, str]) -> dict[str, str]:
    """Return the header of the credentials that options give, which `--header` replaces."""
    if "oauth2-bearer" in options:
        return {"Authorization": f"Bearer {options['oauth2-bearer']}"}
    is_sent = "user" in options and not _CHALLENGED & options.keys()
    return {"Authorization": basic_credentials(options["user"])} if is_sent else {}


def _has_hidden_headers(options: list[tuple[str, str]]) -> bool:
    """Return whether options may set headers that the command does not show."""
    more = [value for name, value in options if name in ("", "url")][1:]  # after the URL
    more += [value.partition(":")[0] for name, value in options if name == "header"]
    return any(map(may_be_more_words, more)) or any(
        name in _SETS_OTHER_HEADERS for name, _ in options
    )


def _data_value(option: str, value: str) -> str:
    """Return the text that an option adds to the body or query; a file that is not shown is marked."""
    if file := _file_of(option, value):
        value = f"{value.partition('@')[0]}={mark_unresolved(f'@{remove_marks(file)}')}".lstrip("=")
    if option not in _ENCODED:
        return value
    name, equals, content = value.partition("=")
    content = content if equals else name
    encoded = content if variable_names(content) else quote(content, safe="")
    return f"{name}={encoded}" if equals and name else encoded


def _unread_file(name: str) -> Finding:
    place = "comes from standard input" if name == "-" else f"is in the file `{remove_marks(name)}`"
    return Finding.note(
        "not-provable",
        "body",
        f"the body {place}, which was not read",
        fix="replace the name with the content, or check the file: `cxcall validate FILE`",
        why="a pasted command must not make this program open files",
    )
