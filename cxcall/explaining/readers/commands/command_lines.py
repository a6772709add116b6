"""Read pasted commands: curl, wget, HTTPie, the Postman CLI, and `gc`, the command line of Genesys Cloud."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from cxcall.explaining.readers.commands.curl import build_curl_requests
from cxcall.explaining.readers.commands.gc import read_gc
from cxcall.explaining.readers.commands.httpie import read_httpie
from cxcall.explaining.readers.commands.shell_variables import fill_command, find_variables
from cxcall.explaining.readers.commands.shell_words import read_here_document, split_command
from cxcall.explaining.readers.json_values.json_search import is_json
from cxcall.explaining.readers.messages.client_failures import find_failure
from cxcall.explaining.readers.messages.responses import object_text, read_response
from cxcall.explaining.readers.request_builder import METHODS
from cxcall.findings.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.explaining.observed_request import ObservedRequest
    from cxcall.explaining.readers.commands.shell_words import Command

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
_STRAIGHT = str.maketrans(
    {
        **dict.fromkeys("\u201c\u201d\u201e", '"'),
        **dict.fromkeys("\u2018\u2019", "'"),
        "\u2013": "-",
        "\u2014": "--",
    }
)
_COMMAND_START = re.compile(r"\b(?:curl|wget2?|https?|xhs?)(?:\.exe)? ")
# An option behind a long dash, or a curly quote behind an option.
_CURLY_OPTION = re.compile(
    "(?:(?<=curl )|\\s-{1,2}[\\w-]{1,30}[ =]?|(?:GET|POST|PUT|PATCH|DELETE) )[\u201c\u201d\u201e\u2018]|\\s[\u2013\u2014]{1,2}[A-Za-z]"
)
_EMPTY_LINE = re.compile(r"(\n[ \t]*\n)")
# The end of a curl command.
_OPTIONS = re.compile(r"-(?:[XHdu] |-(?:request|header|data\S*|url) ).*https?://", re.DOTALL)
# Options of other programs that curl has, too; of wget, all others that take a value are without a meaning here.
_AS_CURL = {
    "postman": {
        "--body": "--data-raw",
        "-d": "--data-raw",
        "-f": "--form",
        "--timeout": "--max-time",
    },
    "wget": {
        "--method": "--request",
        "--header": "--header",
        "--body-data": "--data-raw",
        "--post-data": "--data-raw",
        "--body-file": "--data-binary",
        "--post-file": "--data-binary",
        "-O": "-o",
        **dict.fromkeys(
            tuple(
                """
                --output-document --timeout --user --password --user-agent --http-user
                --http-password --tries --input-file --output-file
                """.split()
            ),
            "--max-time",
        ),
    },
}
_MAX_BETWEEN = 1 << 16
_MAX_COMMANDS = 200


def read_commands(text: str) -> Iterator[ObservedRequest]:
    """Yield the requests of the commands in a text, each with the response below it."""
    if _OPTIONS.match(text):
        text = f"curl {text}"
    straight = "".join(map(_straighten, _EMPTY_LINE.split(text)))
    findings = (_curly_quotes(),) if straight != text else ()
    for request in _read_all(straight):
        yield replace(request, findings=(*request.findings, *findings))


def _straighten(paragraph: str) -> str:
    """Return a paragraph with plain quotes and dashes in its command, if they are curly there."""
    command = _COMMAND_START.search(paragraph)
    if command is None or not _CURLY_OPTION.search(paragraph, command.end() - 1):
        return paragraph
    return paragraph[: command.start()] + paragraph[command.start() :].translate(_STRAIGHT)


def _read_all(text: str) -> Iterator[ObservedRequest]:
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
        yield from _read_command(match.lastgroup or "", command, piped, after)
        match, before = following, end


def _read_command(
    program: str, command: Command, piped: str | None, after: str
) -> Iterator[ObservedRequest]:
    """Yield the requests of one command; `after` is the text below it."""
    response = read_response(after)
    if program == "gc":
        yield read_gc(command.words[1:], piped, response)
        return
    if program == "httpie":
        content = command.here_document if piped is None else piped
        yield read_httpie(command.words, content, response)
        return
    if program in _AS_CURL:
        command = command._replace(words=_as_curl(program, command.words))
    origin = "wget command" if program == "wget" else "curl command"
    failure = "" if response or program == "wget" else find_failure(after)
    for request in build_curl_requests(origin, command, piped, response):
        yield replace(request, failure=failure)


def _piped_text(before: str) -> str | None:
    """Return what `echo` or `printf` pipes into the command that follows a text."""
    before = before[-(1 << 18) :]
    pipe = before.rstrip(" \t\r\n\\").endswith("|")
    if pipe and (made := _JQ.search(before)):
        return _evaluate_jq(split_command(before[made.start() :]).words)
    start = max(before.rfind(f"{name} ") for name in ("echo", "printf", "cat")) if pipe else -1
    first = min(
        (
            at
            for name in ("echo '", 'echo "', "printf '", 'printf "')
            if (at := before.find(name)) >= 0
        ),
        default=start,
    )
    if first < 0:
        return None
    command = split_command(before[first:])
    words = [each for each in command.words[1:] if not each.startswith("-")]
    text = command.here_document if command.here_document is not None else " ".join(words)
    return text.replace("%%", "%").replace("\\\\", "\\") if command.words[0] == "printf" else text


def _evaluate_jq(words: list[str]) -> str | None:
    """Return the object that `jq -n --arg name value '{...}'` makes, as far as it is literal."""
    program = next((each for each in reversed(words) if each[:1] in ("{", "[")), "")
    for index, word in enumerate(words[:-2]):
        if word in ("--arg", "--argjson"):
            name, value = words[index + 1 : index + 3]
            argument = value if word == "--argjson" else json.dumps(value)
            program = re.sub(rf"\${re.escape(name)}\b", argument.replace("\\", r"\\"), program)
    return object_text(program) or None


def _as_curl(program: str, words: list[str]) -> list[str]:
    """Return the words of a command of wget or the Postman CLI as those of curl."""
    names, curl = _AS_CURL[program], ["curl"]
    rest = iter(words[2 if program == "postman" else 1 :])
    for word in rest:
        name, equals, value = word.partition("=")
        if program == "postman" and word.upper() in METHODS and len(curl) == 1:
            curl += ["-X", word]
        elif program == "postman" or not word.startswith("--"):
            curl.append(names.get(word, word))
        elif name in names:
            value = value if equals else next(rest, "")
            curl += [names[name], f"@{value}" if name.endswith("-file") else _as_meant(value)]
    return curl


def _as_meant(body: str) -> str:
    r"""Return a body with `\n` between its members as line ends, as generators of commands write it."""
    if "\\n" not in body or body.lstrip()[:1] not in ("{", "[") or is_json(body):
        return body
    lines = re.sub(r"(?<=[\[{,\]}\"\w])\\n(?= *[\"\[{\]}\w-])", "\n", body)
    return lines if is_json(lines) else body


def _curly_quotes() -> Finding:
    return Finding.error(
        "body-malformed",
        "body",
        "the command has typographic quotes, which shells do not treat as quotes; it is read as if they were straight quotes",
        fix="replace `\u201c`, `\u201d`, `\u2018`, and `\u2019` with `\"` and `'`",
        why="word processors and chats replace straight quotes",
    )
