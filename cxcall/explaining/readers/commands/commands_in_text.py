"""Find the commands in a pasted text, and read each with the reader of its program."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from http import HTTPStatus

from cxcall.explaining.observed_request import ObservedRequest
from cxcall.explaining.readers.commands.curl import build_curl_requests
from cxcall.explaining.readers.commands.shell_text import (
    Command,
    fill_command,
    fill_variables,
    find_files,
    find_variables,
    read_here_document,
    read_piped_text,
    split_command,
)
from cxcall.explaining.readers.messages.client_failures import find_failure
from cxcall.explaining.readers.messages.responses_in_text import read_response
from cxcall.explaining.readers.paste_cleanup import is_made_typographic
from cxcall.explaining.readers.unresolved_variables import UNKNOWN, mark_unresolved
from cxcall.findings.finding import Finding, Severity
from cxcall.runtime.patterns import compile_on_use
from cxcall.runtime.text_decoding import straighten_quotes
from cxcall.transport.http_messages import HttpResponse

# In a command, an option, a quote, or a URL follows the word; in prose or code (`curl = curl_init()`), none does.
_ARGUMENT = (
    r"""(?=-{1,2}[A-Za-z]|\^?["'$]|https?:|\{|[\w-]+\.[\w.-]+[/:]|:\d*/|[\\^`][ \t]*\r?\n)"""
)
_BLANK = r"(?:[ \t]|[\\^`][ \t]*\r?\n)+"
_OPTIONS_BEFORE = (
    rf"""(?:--?[A-Za-z][\w-]*(?:[ =](?:'[^'\n]*'|"[^"\n]*"|(?!-)[^\s'"]+))?{_BLANK}){{0,12}}"""
)
COMMAND = compile_on_use(
    rf"""(?:^|(?<=[\s;&|($`!>"']))(?:
        (?P<curl>curl(?:\.exe)?){_BLANK}{_ARGUMENT}
      | (?P<wget>wget2?(?:\.exe)?){_BLANK}{_ARGUMENT}
      | (?P<httpie>https?|xhs?){_BLANK}(?={_OPTIONS_BEFORE}(?:(?i:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS){_BLANK}["']?\S*[/:.]|["']?(?:https?:|:\d*/|[\w-]+\.[\w.-]+/)))
      | (?P<postman>postman\ request){_BLANK}
      | (?P<gc>(?:\.[\\/])?gc(?:\.exe)?){_BLANK}(?=[a-z]+\ [a-z -]*(?:create|get|list|update|delete|query|move|patch|post|put)\b)
    )""",
    re.VERBOSE | re.MULTILINE,
)
_CMD_PROMPT = compile_on_use(r"(?<!PS )\b[A-Z]:\\[^>\n]*>[ \t]*\Z")
_HERE_PIPE = compile_on_use(r"<<-?[ \t]*(['\"]?\w+['\"]?)[ \t]*\|[ \t]*$")
_INPUT = compile_on_use(r"<[\w./-]*")
_MAX_BETWEEN = 1 << 16
_MAX_COMMANDS = 200
_DASHES = str.maketrans({"\u2013": "-", "\u2014": "--"})
_COMMAND_START = compile_on_use(r"\b(?:curl|wget2?|https?|xhs?)(?:\.exe)? ")
# An option after a long dash, or a curly quote after an option.
_CURLY_OPTION = compile_on_use(
    "(?:(?<=curl )|\\s-{1,2}[\\w-]{1,30}[ =]?|(?:GET|POST|PUT|PATCH|DELETE) )[\u201c\u201d\u201e\u2018\u2019]|\\s[\u2013\u2014]{1,2}[A-Za-z]"
)
# A command in a string of code or of another shell: `os.system("curl ...")`, `ssh host 'curl ...'`,
# or in prose: (curl ...).
_BRACES = r"\{(?:[^{}]|\{[^{}]{0,400}\}){0,400}\}"
_IN_BRACES = rf"\${_BRACES}"
_CONTENT = {
    '"': compile_on_use(rf'(?:[^"\\$]|\\.|{_IN_BRACES}|\$(?!{_BRACES}))*(?=")', re.DOTALL),
    "'": compile_on_use(r"(?:[^'\\]|\\.)*(?=')", re.DOTALL),
    **{
        start: compile_on_use(
            rf"(?:[^\{end}'\"\\]|\\.|'[^']*+'|\"(?:[^\"\\]|\\.)*+\")*+(?=\{end})", re.DOTALL
        )
        for start, end in ("``", "()")
    },
}
# `(cd dir && curl ...)`, but not `$(...)`.
_SUBSHELL, _MAX_SUBSHELL = compile_on_use(r"(?<!\$)\([^()\n]*&& ?\Z"), 200
# Not a name, which the command may have.
_EXPRESSION = compile_on_use(rf"(?!\$\{{[\w.]+\}}){_IN_BRACES}")
_ESCAPED = {'"': compile_on_use(r'\\(["\\])'), "'": compile_on_use(r"\\(')")}
# The quotation mark is one in the command: an option has no value yet, or a word goes on after it.
_IS_OPEN = compile_on_use(r"(?:^|\s)-{1,2}[\w-]+[= ]?\Z")
_GOES_ON = compile_on_use(r"[\w{\[$:/.-]")
_GOES_ON_IN_CODE = compile_on_use(r"\.?[\w$'\"]")
_CURLY_QUOTES = Finding.error(
    "body-malformed",
    "body",
    "the command has typographic quotes, which shells do not treat as quotes; it is read as if they were straight quotes",
    fix="replace `\u201c`, `\u201d`, `\u2018`, and `\u2019` with `\"` and `'`",
    why="word processors and chats replace straight quotes",
)
_ECHO = compile_on_use(r"Basic \$\(\s*echo (?!-n)[^|)]{1,200}\| *(?:openssl )?(?:enc )?-?base64")
_ECHOED = (
    Finding.warning(
        "credential",
        "header:Authorization",
        "`echo` writes a line end after the ID and the secret, which is encoded as a part of the secret",
        fix="use `printf %s` or `echo -n`, with `base64 -w0`; or the option `-u`",
    ),
)
_XARGS = compile_on_use(r"\bxargs\b(?:[^|]*? (?:-I ?|--replace=)([^\s'\"]+))?[^|]*$")
"""`xargs`, with what it replaces with a line that it reads; without that, it appends words to the command."""
_EMPTY_LINE = compile_on_use(r"(\n[ \t]*\n)")
_COMMENT = compile_on_use(r"^[ \t]*#.*", re.MULTILINE)


def read_commands(text: str) -> Iterator[ObservedRequest]:
    """Yield the requests of the commands in a text, each with the response below it."""
    shown = _COMMENT.sub(lambda each: "" if COMMAND.search(each[0]) else each[0], text)
    text = shown if COMMAND.search(shown) else text  # else `#` is the prompt of an administrator
    text = _without_strings(text, (each.start() for each in COMMAND.finditer(text)))
    parts = [(each, _straighten(each)) for each in _EMPTY_LINE.split(text)]
    straight = "".join(each for _, each in parts)
    changed = [each for each, plain in parts if each != plain]
    is_of_page = bool(changed) and is_made_typographic(changed[0], text)
    found = _CURLY_QUOTES._replace(severity=Severity.NOTE) if is_of_page else _CURLY_QUOTES
    findings = (found,) if changed else ()
    for request in _read_all(straight):
        yield replace(request, findings=(*request.findings, *findings))


def _read_all(text: str) -> Iterator[ObservedRequest]:
    match = COMMAND.search(text)
    written = list(find_files(text)) if match else []
    all_files = {name: content for _, name, content in written}
    variables = find_variables(text, all_files) if (match and "$" in text) or "%" in text else {}
    written = [(at, name, fill_variables(content, variables)) for at, name, content in written]
    before = 0
    for _ in range(_MAX_COMMANDS):
        if match is None:
            return
        command = fill_command(split_command(text[match.start() :]), variables)
        xargs = _XARGS.search(text[text.rfind("\n", 0, match.start()) + 1 : match.start()])
        if xargs and (slot := xargs[1]):
            words = [each.replace(slot, mark_unresolved("{line}")) for each in command.words]
            command = command._replace(words=words)
        if _CMD_PROMPT.search(text, text.rfind("\n", 0, match.start()) + 1, match.start()):
            command = command._replace(is_cmd=True)
        end = match.start() + command.end
        files = {name: content for at, name, content in written if at < end}
        piped = read_piped_text(text[before : match.start()], files)
        if here := _HERE_PIPE.search(text[before : match.start()]):
            piped, end = read_here_document(text, end, here[1])
        piped = command.here_document if piped is None else piped
        command = _with_input(command, files)
        files |= {} if piped is None else {"-": fill_variables(piped, variables)}
        following = COMMAND.search(text, end)
        after = text[end : following.start() if following else len(text)][:_MAX_BETWEEN]
        findings = _ECHOED if _ECHO.search(text, match.start(), end) else ()
        response = read_response(after)
        if (
            not before
            and response
            and not response.headers
            and response.status < HTTPStatus.MULTIPLE_CHOICES
        ):
            # Only told: what the text above says counts, too, as in `It times out: curl ... In Postman it returns 202.`
            response = read_response(f"{text[: match.start()]}\n{after}")
        failure = "" if response else find_failure(after)
        for request in _read_command(match.lastgroup or "", command, files, response, failure):
            is_cut = request.has_hidden_headers or bool(xargs and not xargs[1])
            found = (*request.findings, *findings)
            yield replace(request, findings=found, has_hidden_headers=is_cut)
        match, before = following, end


def _with_input(command: Command, files: dict[str, str]) -> Command:
    """Return a command with the name of the file behind `<` in place of `-`, the name of standard input.

    The text of the file, if it is shown, is also added to the files as that of standard input.
    """
    words = command.words
    at = next((at for at, word in enumerate(words) if _INPUT.fullmatch(word)), len(words))
    name = words[at][1:] or "".join(words[at + 1 : at + 2]) if words[at:] else ""
    if not name:
        return command
    if name in files:
        files["-"] = files[name]
    others = words[:at] + words[at + 1 + (words[at] == "<") :]
    named = {"-": name, "@-": f"@{name}"}
    return command._replace(words=[named.get(each, each) for each in others])


def _read_command(
    program: str,
    command: Command,
    files: Mapping[str, str],
    response: HttpResponse | None,
    failure: str,
) -> Iterator[ObservedRequest]:
    """Yield the requests of one command, with its response, or else why there was none."""
    if program != "curl":
        from cxcall.explaining.readers.commands import other_clients
    if program == "gc":
        yield other_clients.read_gc(command.words[1:], files, response)
        return
    if program == "httpie":
        yield other_clients.read_httpie(command.words, files.get("-"), response)
        return
    # PowerShell keeps `\"` for the program.
    if command.words[0].endswith(".exe") and not command.is_cmd:
        command = command._replace(words=[each.replace('\\"', '"') for each in command.words])
    if program == "wget":
        command = command._replace(words=other_clients.wget_as_curl(command.words))
    if program == "postman":
        command = command._replace(words=other_clients.postman_as_curl(command.words))
    origin = "wget command" if program == "wget" else "curl command"
    for request in build_curl_requests(origin, command, files, response):
        yield replace(request, failure="" if program == "wget" else failure)


def _straighten(paragraph: str) -> str:
    """Return a paragraph with plain quotes and dashes in place of typographic ones in its command."""
    command = _COMMAND_START.search(paragraph)
    if command is None or not _CURLY_OPTION.search(paragraph, command.end() - 1):
        return paragraph
    straight = straighten_quotes(paragraph[command.start() :])
    return paragraph[: command.start()] + straight.translate(_DASHES)


def _without_strings(text: str, starts: Iterable[int]) -> str:
    """Return a text with each string that is a command as lines of its own; `starts` are where commands start."""
    parts, position = [], 0
    for start in starts:
        end = _end_of_string(text, start) if start > position else 0
        if end:
            content = _unquote(text[start:end], text[start - 1])
            parts += [text[position : start - 1], "\n", content, "\n"]
            position = end + 1
    return "".join([*parts, text[position:]])


def _end_of_string(text: str, start: int) -> int:
    """Return the end of the string at whose beginning a command is; 0 if it is in none."""
    is_in_shell = _SUBSHELL.search(text, max(start - _MAX_SUBSHELL, 0), start) is not None
    before = "(" if is_in_shell else text[start - 1 : start]
    is_in_prose = before in ("`", "(")
    content = _CONTENT.get(before) if text[start - 2 : start] != "$(" else None
    found = content.match(text, start) if content else None
    if not found or not (before == "`" or "://" in found[0]) or _IS_OPEN.search(found[0]):
        return 0
    goes_on = _GOES_ON_IN_CODE if is_in_prose else _GOES_ON
    return 0 if goes_on.match(text, found.end() + 1) else found.end()


def _unquote(text: str, quote: str) -> str:
    """Return the content of a string without escapes; an expression that code inserts is a variable."""
    plain = _ESCAPED[quote].sub(r"\1", text) if quote in _ESCAPED else text
    return plain if quote == "'" else _EXPRESSION.sub(UNKNOWN, plain)
