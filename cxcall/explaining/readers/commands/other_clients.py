"""Read commands of other clients: wget and the Postman CLI as those of curl, `gc`, and HTTPie."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from cxcall.contracts.operation import JSON, MULTIPART, URLENCODED
from cxcall.documents.json_text import find_json
from cxcall.explaining.observed_request import ObservedRequest, SourceKind
from cxcall.explaining.operations.known_operations import GENESYS, load_published_operations
from cxcall.explaining.readers.json_values.json_search import is_json_start, is_json_text
from cxcall.explaining.readers.request_builder import (
    METHODS,
    basic_credentials,
    build_observed_request,
    encode_parts,
    first_words,
    with_defaults,
)
from cxcall.explaining.readers.unresolved_variables import (
    mark_unresolved,
    may_be_more_words,
    remove_marks,
)
from cxcall.runtime.patterns import compile_on_use
from cxcall.transport.http_messages import HttpResponse

# No other option of wget with a value changes the request.
_WGET_OPTIONS = first_words(
    """
    -o -O
    --request --method
    --header --header
    --config --config --execute -e
    --data-raw --body-data --post-data
    --data-binary --body-file --post-file
    --max-time --output-document --timeout --user --password --user-agent --http-user
    --max-time --http-password --tries --input-file --output-file
    """
)
_POSTMAN_OPTIONS = {
    "--body": "--data-raw",
    "-d": "--data-raw",
    "-f": "--form",
    "--timeout": "--max-time",
}
_GC_METHODS = first_words(
    """
    POST create query post
    GET get list
    PUT update put
    DELETE delete
    PATCH patch
    """
)
# Separators with `@` take their value from a file. A header that ends with `;` is sent without a value.
_ITEM = compile_on_use(r"((?:[^\\:=@;]|\\.)+?)(:=@|==@|=@|:@|:=|==|=|:|@|;$)(.*)", re.DOTALL)
# From the help of HTTPie 3.2.
_SHORT = {"-a": "--auth", "-A": "--auth-type", "-p": "--print", "-o": "--output", "-s": "--style"}
_OPTIONS_WITH_VALUES = frozenset(
    """
    --auth --auth-type --raw --boundary --pretty --style --format-options --response-charset --response-mime
    --print --history-print --output --session --session-read-only --proxy --max-redirects --max-headers
    --timeout --verify --ssl --ciphers --cert --cert-key --cert-key-pass --default-scheme
    """.split()
)


def wget_as_curl(words: list[str]) -> list[str]:
    """Return the words of a wget command as those of a curl command."""
    curl = ["curl"]
    rest = iter(words[1:])
    for word in rest:
        name, equals, value = word.partition("=")
        if not word.startswith("--"):
            curl.append(_WGET_OPTIONS.get(word, word))
        elif name in _WGET_OPTIONS:
            value = value if equals else next(rest, "")
            value = f"@{value}" if name.endswith("-file") else _as_meant(value)
            curl += [_WGET_OPTIONS[name], value]
    return curl


def _as_meant(body: str) -> str:
    r"""Return a body with line ends in place of the `\n` that command generators write between members."""
    if "\\n" not in body or not is_json_start(body) or is_json_text(body):
        return body
    lines = re.sub(r"(?<=[\[{,\]}\"\w])\\n(?= *[\"\[{\]}\w-])", "\n", body)
    return lines if is_json_text(lines) else body


def postman_as_curl(words: list[str]) -> list[str]:
    """Return the words of a Postman CLI command as those of a curl command."""
    curl = ["curl"]
    for word in words[2:]:
        if word.upper() in METHODS and len(curl) == 1:
            curl += ["-X", word]
        else:
            curl.append(_POSTMAN_OPTIONS.get(word, word))
    return curl


def read_gc(
    words: list[str], files: Mapping[str, str], response: HttpResponse | None
) -> ObservedRequest:
    """Return the request of `gc outbound campaigns create -d BODY`: the words of a path, then a method."""
    names: list[str] = []
    values: list[str] = []
    options: dict[str, str] = {}
    rest = iter(words)
    for word in rest:
        if word.startswith("-"):
            name, equals, value = word.lstrip("-").partition("=")
            options[name] = value if equals else next(rest, "")
        elif values or (names and names[-1] in _GC_METHODS):
            values.append(word)
        else:
            names.append(word)
    verb = names[-1] if names and names[-1] in _GC_METHODS else "get"
    path = _gc_path(_GC_METHODS[verb], [each for each in names if each not in _GC_METHODS], values)
    source = options.get("f") or options.get("file") or "-"
    body = options["d"] if is_json_start(options.get("d", "")) else files.get(source)
    return build_observed_request(
        "gc command",
        SourceKind.COMMAND,
        method=_GC_METHODS[verb],
        path=path,
        body=body,
        response=response,
        null_means_unknown=True,
    )


def _gc_path(method: str, names: list[str], values: list[str]) -> str:
    """Return the path of the operation with these words and as many parameters, filled with the values."""
    for operation in load_published_operations(GENESYS).operations:
        segments = operation.path.removeprefix("/api/v2/").split("/")
        words = [each for each in segments if each[:1] != "{"]
        if operation.method == method and words == names and len(segments) == len(names + values):
            rest = iter(values)
            filled = (each if each[:1] != "{" else next(rest) for each in segments)
            return "/".join(["/api/v2", *filled])
    return "/".join(["/api/v2", *names, *values])


class _Items:
    """The parts of a request that the items of a command give, such as `name=value`."""

    def __init__(self) -> None:
        self.headers: dict[str, str] = {}
        self.members: dict[str, Any] = {}
        self.query: list[tuple[str, str]] = []
        self.files: list[tuple[str, str]] = []

    def add(self, item: re.Match[str]) -> None:
        """Add the part that an item gives; `name[inner]=value` is a member of an object."""
        name, sign, value = re.sub(r"\\(.)", r"\1", item[1]), item[2], item[3]
        if sign == "@":
            self.files.append((item[1], value))
            return
        if sign.endswith("@"):  # the file is not shown
            sign, value = sign[:-1], mark_unresolved(f"@{value}")
        if sign in (":", ";"):
            self.headers[name] = value
        elif sign == "==":
            self.query.append((name, remove_marks(value)))
        else:
            *parents, last = [each.rstrip("]") for each in name.removesuffix("[]").split("[")]
            target = self.members
            for parent in parents:
                inner = target.setdefault(parent, {})
                target = inner if isinstance(inner, dict) else target
            content = find_json(value, value) if sign == ":=" else value
            target[last] = [*target.get(last, ()), content] if name.endswith("[]") else content


def _split_options(words: list[str]) -> tuple[dict[str, str], list[str]]:
    """Return the options with their values (after a blank, `=`, or a short option), and the other words."""
    options: dict[str, str] = {}
    others: list[str] = []
    rest = iter(words)
    for word in rest:
        name, sign, value = word.partition("=")
        if word[:2] in _SHORT:
            name, sign, value = _SHORT[word[:2]], word[2:], word[2:].removeprefix("=")
        if word[:1] != "-":
            others.append(word)
        else:
            is_flag = name not in _OPTIONS_WITH_VALUES
            options[name] = "" if is_flag else value if sign else next(rest, "")
    return options, others


def read_httpie(
    words: list[str], piped: str | None, response: HttpResponse | None
) -> ObservedRequest:
    """Return the request of `http POST URL name=value`; the body is piped, or consists of members."""
    options, others = _split_options(words[1:])
    method = others.pop(0).upper() if others and others[0].upper() in METHODS else ""
    url = others.pop(0) if others else ""
    url = f"localhost{url}" if url.startswith(":") else url
    items = _Items()
    for item in filter(None, map(_ITEM.fullmatch, others)):
        items.add(item)
    auth, scheme = options.get("--auth"), options.get("--auth-type", "basic")
    headers = items.headers
    if auth is not None and scheme in ("basic", "bearer"):  # not for a digest
        value = f"Bearer {auth}" if scheme == "bearer" else basic_credentials(auth)
        headers = with_defaults({"Authorization": value}, headers)
    is_form, is_multipart = bool({"--form", "-f"} & options.keys()), "--multipart" in options
    body: Any = options.get("--raw", piped)
    kind = JSON
    if is_multipart or (is_form and items.files):
        fields = [(name, value, "") for name, value in items.members.items()]
        body = encode_parts([*fields, *((name, "", path) for name, path in items.files)])
        kind = MULTIPART
    elif items.members:
        body = urlencode(items.members) if is_form else items.members
        kind = URLENCODED if is_form else kind
    is_json = body is not None and not (is_form or is_multipart)
    defaults = {"Accept": "application/json, */*;q=0.5" if is_json else "*/*"}
    defaults |= {} if body is None else {"Content-Type": kind}
    url += ("&" if "?" in url else "?") + urlencode(items.query) if items.query else ""
    default_scheme = "https" if words[0] in ("https", "xhs") else "http"
    request = build_observed_request(
        "HTTPie command",
        SourceKind.COMMAND,
        method=method or ("GET" if body is None else "POST"),
        url=url if "://" in url else f"{default_scheme}://{url}",
        headers=with_defaults(headers, defaults),
        body=body,
        response=response,
    )
    has_session = bool({"--session", "--session-read-only"} & options.keys())
    # An item of a list, such as `[0]=a`, is not a placeholder.
    names = [_ITEM.sub(r"\1", each).lstrip("[") for each in others]
    is_cut = any(map(may_be_more_words, names))
    return replace(request, has_hidden_headers=has_session or is_cut)
