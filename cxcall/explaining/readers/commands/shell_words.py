"""Split a pasted shell command (bash, cmd, PowerShell) into words. No variable is read, and nothing is run."""

from __future__ import annotations

import re

from cxcall.explaining.readers.unresolved_variables import mark_unresolved
from cxcall.named_tuple import NamedTuple

MAX_COMMAND_LENGTH = 1 << 20
_EXPANSION = r"\$(?:\{\{[^{}\n]*\}\}|[A-Za-z_][\w:]*|[0-9@*?]|\{[^{}]*\}|\((?:[^()]|\([^()]*\))*\))"
_QUOTED_EXPANSION = rf"{_EXPANSION}|`[^`\n]+`"
# A continued line ends in a backslash, in `^` (cmd), or in a backtick (PowerShell).
_PART = re.compile(
    rf"""
      [\\^`][ \t]*(?P<continuation>\r?\n|\r)
    | (?P<blank>[ \t\r\u00a0]+)
    | (?P<end>[\n;|&])
    | <<-?[ \t]*(?P<here>'\w+'|"\w+"|[A-Za-z_]\w*)
    | \\(?P<escaped>.?)
    | \^(?P<caret>[^\w\s])
    | \$'(?P<ansi>(?:[^'\\]|\\.)*+)'?
    | (?P<expansion>{_EXPANSION})
    | '(?P<single>[^']*)'?
    | "(?P<double>(?:\\["\\$`\n]|{_QUOTED_EXPANSION}|[^"])*+)"?
    | (?P<plain>[^\s\\'"$;|`^&<]++|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_CMD_DOUBLE = re.compile(
    r'\^?"(?P<double>(?:\\\\|\^?\\\^?"|""(?!\s*(?:$|\^?\r?\n|-))|[^"])*+)"?', re.DOTALL
)
_IN_DOUBLE_QUOTES = re.compile(rf"""\\(["\\$`\n])|({_QUOTED_EXPANSION})""")
_IN_HERE_DOCUMENT = re.compile(rf"""\\([\\$`\n])|({_QUOTED_EXPANSION})""")
_IN_CMD_QUOTES = re.compile(r'\^\\\^"|\^\\"|\\\^?(["\\])|""|\^\r?\n|\^([^\w\s]|$)')
_IN_ANSI_QUOTES = re.compile(r"\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|(.))", re.DOTALL)
_ANSI_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "a": "\a", "e": "\x1b"}
_CMD = re.compile(r"""\^[ \t]*\r?\n|\^"|[\[{,:]""|""[\]},:]""")
_MAX_LOOK_AHEAD = 4096
_CMD_ONLY = re.compile(r"\^[ \t]*\r?\n")


class Command(NamedTuple):
    """A command: its words, its end in the text, its here-document, and its shell."""

    words: list[str]
    end: int
    here_document: str | None
    is_cmd: bool
    has_single_quotes: bool


def split_command(text: str) -> Command:
    """Return the first command of a text; its variables and substitutions are marked as unresolved."""
    text = text[:MAX_COMMAND_LENGTH]
    first_lines = text[:_MAX_LOOK_AHEAD]
    is_cmd = _CMD.search(first_lines) is not None
    words: list[str] = []
    word: list[str] | None = None
    label = ""
    position, end = 0, len(text)
    has_single = False
    while position < len(text):
        match = (is_cmd and _CMD_DOUBLE.match(text, position)) or _PART.match(text, position)
        if not match:
            break
        kind = match.lastgroup or ""
        if kind == "end" and (match[0] != "&" or word is None):
            end = match.start()
            break
        position = match.end()
        if kind == "here":
            label = match["here"]
        elif kind == "blank":
            if word is not None:
                words.append("".join(word))
            word = None
        elif kind != "continuation":
            has_single = has_single or kind == "single"
            word = [] if word is None else word
            word.append(_unquote(kind, match[kind], is_cmd=is_cmd))
    if word is not None:
        words.append("".join(word))
    content, end = read_here_document(text, end, label) if label else (None, end)
    is_certain = is_cmd and _CMD_ONLY.search(first_lines) is not None
    return Command(words, end, content, is_certain, has_single)


def read_here_document(text: str, end: int, label: str) -> tuple[str | None, int]:
    """Return the lines between the end of a command's line and a label, and the end of these lines."""
    start = text.find("\n", end) + 1
    closing = re.compile(rf"^[ \t]*{label.strip(chr(34) + chr(39))}[ \t]*$", re.MULTILINE).search(
        text, start
    )
    if not start or closing is None:
        return None, end
    content = text[start : closing.start()].removesuffix("\n")
    if label[0] not in "\"'":
        content = _IN_HERE_DOCUMENT.sub(_unquote_part, content)
    return content, closing.end()


def _unquote(kind: str, text: str, *, is_cmd: bool) -> str:
    if kind == "expansion":
        return _mark_expansion(text)
    if kind == "double":
        if is_cmd:
            return _IN_CMD_QUOTES.sub(
                lambda match: (
                    match[1] or match[2] or ("" if match[0] == "^" or "\n" in match[0] else '"')
                ),
                text,
            )
        return _IN_DOUBLE_QUOTES.sub(_unquote_part, text)
    if kind == "ansi":
        text = _IN_ANSI_QUOTES.sub(_decode_escape, text)
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _unquote_part(match: re.Match[str]) -> str:
    return _mark_expansion(match[2]) if match[2] else match[1].strip("\n")


def _mark_expansion(text: str) -> str:
    """Return the marked form of a variable or command substitution; a substitution with quotes is abbreviated."""
    return mark_unresolved("$(...)" if set(text) & set("\"'\\\n") else text)


def _decode_escape(match: re.Match[str]) -> str:
    digits = match[1] or match[2]
    return chr(int(digits, 16)) if digits else _ANSI_ESCAPES.get(match[3], match[3])
