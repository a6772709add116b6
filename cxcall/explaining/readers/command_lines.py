"""Read pasted commands: curl, wget, HTTPie, the Postman CLI, and `gc`, the command line of Genesys Cloud."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from cxcall.documents.json_text import load_json
from cxcall.explaining.readers.client_failures import find_failure
from cxcall.explaining.readers.curl import build_curl_requests
from cxcall.explaining.readers.json_search import is_json
from cxcall.explaining.readers.request_builder import METHODS, build_observed_request, encode_parts
from cxcall.explaining.readers.responses import object_text, read_response
from cxcall.explaining.readers.shell_variables import fill_command, find_variables
from cxcall.explaining.readers.shell_words import read_here_document, split_command
from cxcall.explaining.readers.unresolved_variables import remove_marks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.explaining.observed_request import ObservedRequest
    from cxcall.transport.messages import HttpResponse

# The word in prose or code (`curl = curl_init()`) is no command: an option, a quote, or a URL follows the command.
_ARGUMENT = (
    r"""(?=-{1,2}[A-Za-z]|\^?["'$]|https?:|\{|[\w-]+\.[\w.-]+[/:]|:\d*/|[\\^`][ \t]*\r?\n)"""
)
_BLANK = r"(?:[ \t]|[\\^`][ \t]*\r?\n)+"
COMMAND = re.compile(
    rf"""(?:^|(?<=[\s;&|($`!>"']))(?:
        (?P<curl>curl(?:\.exe)?){_BLANK}{_ARGUMENT}
      | (?P<wget>wget2?(?:\.exe)?){_BLANK}{_ARGUMENT}
      | (?P<httpie>https?|xhs?){_BLANK}(?=(?:-{{1,2}}[a-z][\w-]*(?:[ =][\w:./-]+)?[ \t]+){{0,8}}(?i:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)[ \t]+\S*[/:.]|(?:--?[a-z]+[ \t]+){{0,8}}["']?(?:https?:|:\d*/|[\w-]+\.[\w.-]+/))
      | (?P<postman>postman\ request){_BLANK}
      | (?P<gc>(?:\.[\\/])?gc(?:\.exe)?){_BLANK}(?=[a-z]+\ [a-z -]*(?:create|get|list|update|delete|query|move|patch|post|put)\b)
    )""",
    re.VERBOSE | re.MULTILINE,
)
_CMD_PROMPT = re.compile(r"(?<!PS )\b[A-Z]:\\[^>\n]*>[ \t]*\Z")
_JQ = re.compile(r"\bjq[ \t]+(?=[^|\n]*-n|[^|\n]*--null-input)")
_HERE_PIPE = re.compile(r"<<-?[ \t]*(['\"]?\w+['\"]?)[ \t]*\|[ \t]*$")
_ITEM = re.compile(r"((?:[^\\:=@]|\\.)+?)(:=|==|=|:|@)(.*)", re.DOTALL)
_GC_METHODS = {"create": "POST", "get": "GET", "list": "GET", "update": "PUT", "delete": "DELETE", "query": "POST", "patch": "PATCH", "post": "POST", "put": "PUT"}  # fmt: skip
_HTTPIE_VALUES = ("--timeout", "--session", "--proxy", "--verify", "-A", "--auth-type", "--print", "-p", "-o", "--output", "--max-redirects")  # fmt: skip
_MAX_BETWEEN = 1 << 16
_MAX_COMMANDS = 200


def read_commands(text: str) -> Iterator[ObservedRequest]:
    """Yield the requests of the commands in a text, each with the response below it."""
    match = COMMAND.search(text)
    variables = find_variables(text) if (match and "$" in text) or "%" in text else {}
    before = 0
    for _ in range(_MAX_COMMANDS):
        if match is None:
            return
        command = fill_command(split_command(text[match.start() :]), variables)
        if _CMD_PROMPT.search(text, text.rfind("\n", 0, match.start()) + 1, match.start()):
            command = command._replace(is_cmd=True)
        end = match.start() + command.end
        piped = _piped_text(text[before : match.start()])
        if here := _HERE_PIPE.search(text[before : match.start()]):
            piped, end = read_here_document(text, end, here[1])
        following = COMMAND.search(text, end)
        after = text[end : following.start() if following else len(text)][:_MAX_BETWEEN]
        response = read_response(after)
        program = match.lastgroup or ""
        if program in ("curl", "postman"):
            words = _as_curl(command.words) if program == "postman" else command.words
            failure = "" if response else find_failure(after)
            for request in build_curl_requests(command._replace(words=words), piped, response):
                yield replace(request, failure=failure)
        elif program == "wget":
            yield _read_wget(command.words[1:], response)
        elif program == "httpie":
            yield _read_httpie(
                command.words, piped if piped is not None else command.here_document, response
            )
        else:
            yield _read_gc(command.words[1:], piped, response)
        match, before = following, end


def _piped_text(before: str) -> str | None:
    """Return what `echo` or `printf` pipes into the command that follows a text."""
    before = before[-(1 << 18) :]
    pipe = before.rstrip(" \t\r\n\\").endswith("|")
    if pipe and (made := _JQ.search(before)):
        return _made_by_jq(split_command(before[made.start() :]).words)
    start = max(before.rfind(f"{name} ") for name in ("echo", "printf", "cat")) if pipe else -1
    first = min((at for name in ("echo '", 'echo "', "printf '", 'printf "') if (at := before.find(name)) >= 0), default=start)  # fmt: skip
    if first < 0:
        return None
    command = split_command(before[first:])
    words = [each for each in command.words[1:] if not each.startswith("-")]
    text = command.here_document if command.here_document is not None else " ".join(words)
    return text.replace("%%", "%").replace("\\\\", "\\") if command.words[0] == "printf" else text


def _made_by_jq(words: list[str]) -> str | None:
    """Return the object that `jq -n --arg name value '{...}'` makes, as far as it is literal."""
    program = next((each for each in reversed(words) if each[:1] in ("{", "[")), "")
    for index, word in enumerate(words[:-2]):
        if word in ("--arg", "--argjson"):
            name, value = words[index + 1 : index + 3]
            made = value if word == "--argjson" else json.dumps(value)
            program = re.sub(rf"\${re.escape(name)}\b", made.replace("\\", r"\\"), program)
    return object_text(program) or None


def _as_curl(words: list[str]) -> list[str]:
    """Return the words of `postman request METHOD URL ...` as those of curl."""
    rest = words[2:]
    method = [rest.pop(0)] if rest and rest[0].upper() in METHODS else []
    names = {
        "--body": "--data-raw",
        "-d": "--data-raw",
        "--form": "--form",
        "-f": "--form",
        "--timeout": "--max-time",
    }
    return [
        "curl",
        *(["-X", method[0]] if method else []),
        *(names.get(each, each) for each in rest),
    ]


def _read_wget(words: list[str], response: HttpResponse | None) -> ObservedRequest:
    options: dict[str, str] = {}
    headers: dict[str, str] = {}
    url = ""
    rest = iter(words)
    takes_value = ("method", "header", "body-data", "post-data", "output-document", "timeout", "user", "password", "user-agent", "http-user", "http-password", "post-file", "body-file", "tries", "input-file", "output-file")  # fmt: skip
    for word in rest:
        name, equals, value = word.removeprefix("--").partition("=")
        if word.startswith("--"):
            value = value if equals else next(rest, "") if name in takes_value else ""
            if name == "header":
                header, _, content = value.partition(":")
                headers[header.strip()] = content.strip()
            options[name] = value
        elif word.startswith("-"):
            if word in ("-O", "-o", "-T", "-t", "-U"):
                next(rest, "")
        else:
            url = word
    body = options.get("body-data", options.get("post-data"))
    if body is not None and not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    method = options.get("method") or (
        "POST" if "post-data" in options or "post-file" in options else "GET"
    )
    return build_observed_request("wget command", method=method, url=url, headers=headers, body=_as_meant(body), response=response)  # fmt: skip


def _as_meant(body: str | None) -> str | None:
    r"""Return a body with `\n` between its members as line ends, as generators of commands write it."""
    if body is None or "\\n" not in body or body.lstrip()[:1] not in ("{", "["):
        return body
    if is_json(body):
        return body
    lines = re.sub(r"(?<=[\[{,\]}\"\w])\\n(?= *[\"\[{\]}\w-])", "\n", body)
    return lines if is_json(lines) else body


class _Httpie:
    """The parts of a command of HTTPie while its words are read."""

    def __init__(self) -> None:
        self.method = self.url = ""
        self.headers: dict[str, str] = {}
        self.members: dict[str, Any] = {}
        self.query: list[tuple[str, str]] = []
        self.files: list[tuple[str, str]] = []
        self.is_form = self.is_multipart = False
        self.raw: str | None = None

    def take_option(self, word: str, rest: Iterator[str]) -> None:
        """Take over an option and its value."""
        if word in ("--form", "-f"):
            self.is_form = True
        elif word == "--multipart":
            self.is_multipart = True
        elif word in ("-a", "--auth"):
            pair = remove_marks(next(rest, "")).encode("utf-8", "replace")
            self.headers["Authorization"] = f"Basic {b64encode(pair).decode()}"
        elif word.startswith("--raw"):
            self.raw = word.partition("=")[2] or next(rest, "")
        elif word in _HTTPIE_VALUES:
            next(rest, "")

    def take_word(self, word: str) -> None:
        """Take over the method, the URL, or an item."""
        if not self.url and not self.method and word.upper() in METHODS:
            self.method = word.upper()
        elif not self.url:
            self.url = f"localhost{word}" if word.startswith(":") else word
        elif (item := _ITEM.fullmatch(word)) and item[2] == "@":
            self.files.append((item[1], item[3]))
        elif item:
            _add_item(item, self.headers, self.members, self.query)


def _read_httpie(
    words: list[str], piped: str | None, response: HttpResponse | None
) -> ObservedRequest:
    found = _Httpie()
    rest = iter(words[1:])
    for word in rest:
        if word.startswith("-"):
            found.take_option(word, rest)
        else:
            found.take_word(word)
    body: Any = piped if found.raw is None else found.raw
    kind = "application/json"
    if found.is_multipart or (found.is_form and found.files):
        fields = [(name, value, "") for name, value in found.members.items()]
        body = encode_parts([*fields, *((name, "", path) for name, path in found.files)])
        kind = "multipart/form-data"
    elif found.members:
        body = urlencode(found.members) if found.is_form else found.members
        kind = "application/x-www-form-urlencoded" if found.is_form else kind
    if body is not None and not any(name.lower() == "content-type" for name in found.headers):
        found.headers["Content-Type"] = kind
    is_json = body is not None and not (found.is_form or found.is_multipart)
    found.headers.setdefault("Accept", "application/json, */*;q=0.5" if is_json else "*/*")
    url = found.url + (
        ("&" if "?" in found.url else "?") + urlencode(found.query) if found.query else ""
    )
    scheme = "https" if words[0] in ("https", "xhs") else "http"
    return build_observed_request(
        "HTTPie command",
        method=found.method or ("GET" if body is None else "POST"),
        url=url if "://" in url else f"{scheme}://{url}",
        headers=found.headers,
        body=body,
        response=response,
    )


def _add_item(item: re.Match[str], headers: dict[str, str], members: dict[str, Any], query: list[tuple[str, str]]) -> None:  # fmt: skip
    name, sign, value = re.sub(r"\\(.)", r"\1", item[1]), item[2], item[3]
    if sign == ":":
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


def _read_gc(words: list[str], piped: str | None, response: HttpResponse | None) -> ObservedRequest:
    """Return the request of `gc outbound campaigns create -d BODY`: its words are the path, the last one is the method."""
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
    body = (
        options.get("d", options.get("directory"))
        if options.get("d", "")[:1] in ("{", "[")
        else piped
    )
    return build_observed_request("gc command", method=_GC_METHODS[verb], path=path, body=body, response=response, null_means_unknown=True)  # fmt: skip


def _gc_path(method: str, names: list[str], values: list[str]) -> str:
    """Return the path of the operation with these words and as many parameters, filled with the values."""
    from cxcall.explaining.published_operations import GENESYS, load_published_operations

    for operation in load_published_operations(GENESYS).operations:
        segments = operation.path.removeprefix("/api/v2/").split("/")
        words = [each for each in segments if each[:1] != "{"]
        if operation.method == method and words == names and len(segments) == len(names + values):
            rest = iter(values)
            return "/api/v2/" + "/".join(
                each if each[:1] != "{" else next(rest) for each in segments
            )
    return "/".join(["/api/v2", *names, *values])
