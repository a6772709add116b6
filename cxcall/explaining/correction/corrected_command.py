"""Write the command that sends a corrected request, for bash, cmd.exe, or PowerShell, with a JSON body on stdin."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cxcall.contracts.parameters import unique_flags
from cxcall.runtime.patterns import compile_on_use

if TYPE_CHECKING:
    from cxcall.explaining.correction.corrected_request import CorrectedRequest

_MAX_SEARCH = 1 << 16
_COMMAND = r"^[^\n]*\b(?:curl(?:\.exe)?|wget|https?|cxcall|gc)[ \t][^\n]*"
# The prompt of cmd; a command with a caret at the end of its line or before a quote, or with a variable.
_CMD = compile_on_use(
    rf"""^[ \t]*[A-Z]:\\[^\n>]*>[ \t]*\S
      | {_COMMAND}(?:(?<=[ \t])\^[ \t]*$ | \^" | %(?![0-9A-F]{{2}}%)[A-Z_]\w+%)""",
    re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)
# A PowerShell command, its prompt, an environment variable; a command with a backtick at the end of
# its line, or `curl.exe`, because `curl` is another command there.
_POWERSHELL = compile_on_use(
    rf"""\bInvoke-(?:RestMethod|WebRequest)\b | ^[ \t]*(?:\$\w+[ \t]*=[ \t]*)?(?:irm|iwr)[ \t]
      | ^[ \t]*PS[ ](?:[A-Z]:|[/~])[^\n>]*> | \$env:\w | \bcurl\.exe[ \t]
      | {_COMMAND}(?<=[ \t])`[ \t]*\n[ \t]*-""",
    re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)
_LONGEST_CMD_LINE = 8000
"""Characters; cmd.exe accepts 8,191 in a line."""


def find_shell_form(text: str) -> str:
    """Return the format of a request for the shell of a pasted text: `cmd`, `powershell`, or else `send`."""
    start = text[:_MAX_SEARCH].replace("\r\n", "\n")
    if _CMD.search(start):
        return "cmd"
    return "powershell" if _POWERSHELL.search(start) else "send"


def command_words(request: CorrectedRequest) -> list[str]:
    """Return the command `cxcall send --dry-run`, with the body on stdin."""
    flags = {flag.parameter: flag.name for flag in unique_flags(request.operation.parameters)}
    words = ["cxcall", "send", request.name or request.operation.name]
    words += ["--contract", request.contract_file] if request.contract_file else []
    for name, value in request.values.items():
        is_safe = name in flags and not value.startswith("-")
        words += [f"--{flags[name]}", value] if is_safe else ["--param", f"{name}={value}"]
    contract, server = request.operation.contract, request.operation.server
    if contract.is_shipped or request.base_url != (server or contract.base_url()):
        words += ["--base-url", request.base_url]
    return [*words, *(["--file", "-"] * request.operation.takes_body), "--dry-run"]


def json_text(body: Any, *, indent: int | None = 2, is_ascii: bool = False) -> str:
    """Return a body as JSON, with escapes for what a terminal would not show."""
    text = json.dumps(body, ensure_ascii=is_ascii, indent=indent)
    shown = (
        each if each.isprintable() or each == "\n" else json.dumps(each)[1:-1] for each in text
    )
    return "".join(shown)


def for_bash(words: Sequence[str], body: Any, *, has_body: bool) -> str:
    """Return a command for a POSIX shell; the body is a here-document."""
    command = shlex.join(words)
    return f"{command} <<'JSON'\n{json_text(body)}\nJSON" if has_body else command


def for_powershell(words: Sequence[str], body: Any, *, has_body: bool) -> str:
    """Return a command for PowerShell; the body is a here-string, in ASCII for Windows PowerShell."""
    command = " ".join(map(_quote_powershell, words))
    return f"@'\n{json_text(body, is_ascii=True)}\n'@ | {command}" if has_body else command


def _quote_powershell(word: str) -> str:
    """Quote a word; PowerShell ends a single-quoted string at curly quotation marks, too."""
    if re.fullmatch(r"[A-Za-z0-9_./:=-]+", word):
        return word
    return "'" + re.sub("(['\u2018-\u201b])", r"\1\1", word) + "'"


def for_cmd(words: Sequence[str], body: Any, *, has_body: bool) -> str:
    """Return a command for cmd.exe; the body is one line of ASCII, or in body.json if it is too long."""
    command = " ".join(map(_quote_cmd, words))
    if not has_body:
        return command
    # In quotation marks, cmd changes only these characters; JSON can escape both in strings.
    text = json_text(body, indent=None, is_ascii=True)
    text = re.sub(r"\\.|%|!", _escape_for_cmd, text)
    line = f"echo {text}| {command}"
    if len(line) <= _LONGEST_CMD_LINE:
        return line
    return command.replace("--file -", "--file body.json")


def _escape_for_cmd(match: re.Match[str]) -> str:
    character = match[0].removeprefix("\\")
    return f"\\u{ord(character):04x}" if character in '"%!' else match[0]


def _quote_cmd(word: str) -> str:
    """Quote a word for the C runtime of Windows, and then for cmd.exe if it has a character that cmd expands.

    Source:
    https://learn.microsoft.com/archive/blogs/twistylittlepassagesallalike/everyone-quotes-command-line-arguments-the-wrong-way
    """
    if re.fullmatch(r"[A-Za-z0-9_./:=@+-]+", word):
        return word
    quoted = re.sub(r'(\\*)("|$)', lambda match: match[1] * 2 + ('\\"' if match[2] else ""), word)
    quoted = f'"{quoted}"'
    return re.sub(r'([()%!^"<>&|])', r"^\1", quoted) if re.search('[%!"]', word) else quoted
