"""Split a pasted shell command (bash, cmd, PowerShell) into words, and fill in what its script shows. Nothing is run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice, takewhile

from cxcall.documents.json_text import find_json
from cxcall.explaining.readers.json_values.json_search import find_json_end
from cxcall.explaining.readers.json_values.request_objects import is_error_body
from cxcall.explaining.readers.unresolved_variables import mark_unresolved, replace_variables
from cxcall.named_tuple import NamedTuple
from cxcall.runtime.patterns import compile_on_use

MAX_COMMAND_LENGTH = 1 << 20
_EXPANSION = r"\$(?:\{\{[^{}\n]*\}\}|[A-Za-z_][\w:]*|[0-9@*?]|\{[^{}]*\}|\((?:[^()]|\([^()]*\))*\))"
_QUOTED_EXPANSION = rf"{_EXPANSION}|`[^`\n]+`"
# A continued line ends in a backslash, in `^` (cmd), or in a backtick (PowerShell).
_PART = compile_on_use(
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
_CMD_DOUBLE = compile_on_use(
    r'\^?"(?P<double>(?:\\\\|\^?\\\^?"|""(?!\s*(?:$|\^?\r?\n|-))|[^"])*+)"?', re.DOTALL
)
_IN_DOUBLE_QUOTES = compile_on_use(rf"""\\(["\\$`\n])|({_QUOTED_EXPANSION})""")
_IN_HERE_DOCUMENT = compile_on_use(rf"""\\([\\$`\n])|({_QUOTED_EXPANSION})""")
_IN_CMD_QUOTES = compile_on_use(r'\^\\\^"|\^\\"|\\\^?(["\\])|""|\^\r?\n|\^([^\w\s]|$)')
_IN_ANSI_QUOTES = compile_on_use(r"\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|(.))", re.DOTALL)
_ANSI_ESCAPES = dict(zip("ntr0abefv", "\n\t\r\0\a\b\x1b\f\v", strict=True))
_CMD = compile_on_use(r"""\^[ \t]*\r?\n|\^"|[\[{,:]""|""[\]},:]""")
# In prose, behind a command: `curl ... -d '{}'. Any ideas?`, but not an ellipsis.
_SENTENCE_END = compile_on_use(r"(?<!\.)[.,:](?=\s*(?:\Z|\n)|[ \t]+[A-Za-z(])")
_MAX_LOOK_AHEAD = 4096
_CMD_ONLY = compile_on_use(r"\^[ \t]*\r?\n")
# bash, zsh, and cmd write `name=value`, fish `set name value`.
_SET = compile_on_use(
    r"""(?:^|[;&|])[ \t]*(?:\$[ \t]+)?(?:(?:export|local|readonly|declare|typeset|set)[ \t]+(?:-\w+[ \t]+)*)?
    (?P<name>[A-Za-z_]\w*)(?:=|(?<=[ \t]\w)[ \t]+|[ \t]+(?=['"]))(?=\S)""",
    re.MULTILINE | re.VERBOSE,
)
_DIRECTIVE = compile_on_use("%[%ds]")
_ASSIGNMENT = compile_on_use(r"[A-Za-z_]\w*=")
_WRITE = compile_on_use(
    r"(?:^|(?<=[\s;&|({$]))(?P<command>(?:cat|echo|printf|tee)[ \t]+\S)", re.MULTILINE
)
# A file with its content below it: `$ cat body.json`, `My body.json:`; not a command with options.
_SHOWN_FILE = compile_on_use(
    r"^(?![^\n]{0,160} -{1,2}\w)(?:[^<\n]{0,80}[$>#%] )?"
    r"[\w *`'\"(-]{0,60}?(?<![\w/.-])(?P<name>[\w.~/\\-]{1,80}\.\w{2,5})[*`'\"):]*[ \t]*\n"
    r"(?=\s{0,80}[{\[])",
    re.MULTILINE,
)
_CONTINUATION = compile_on_use(r"\\[ \t]*\r?\n")
_PIPELINE = compile_on_use(r"\s*+(?:\|\s*+[^|;\n]*+)+")
_CAT = compile_on_use(r"\$\([ \t]*cat[ \t]*<<-?[ \t]*(['\"]?\w+['\"]?)[^\n]*")
_CMD_NAME = compile_on_use(r"%(\w+)%")
_MAX_PIPED = 20
_MAX_VARIABLES = 500
_MAX_VALUE = 1 << 16
_MAX_FILLED = 1 << 22


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
            if kind == "plain" and _ends_sentence(text, match, word):
                word[-1], end = word[-1][:-1], position
                break
    if word is not None:
        words.append("".join(word))
    content, end = read_here_document(text, end, label) if label else (None, end)
    is_certain = is_cmd and _CMD_ONLY.search(first_lines) is not None
    return Command(words, end, content, is_certain, has_single)


def _ends_sentence(text: str, part: re.Match[str], word: list[str]) -> bool:
    """Return whether a part of a word of a command ends in a sign of prose, behind a URL or a closing quote."""
    if _SENTENCE_END.match(text, part.end() - 1) is None:
        return False
    is_behind_quote = len(part[0]) == 1 and text[part.start() - 1] in "'\""
    return is_behind_quote or "://" in "".join(word)


def read_here_document(text: str, end: int, label: str) -> tuple[str | None, int]:
    """Return the lines between the end of a command's line and a label, and the end of these lines."""
    start, name = text.find("\n", end) + 1, label.strip("\"'")
    closing = re.compile(rf"^[ \t]*{name}[ \t]*$", re.MULTILINE).search(text, start)
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
            return _IN_CMD_QUOTES.sub(_unquote_cmd_part, text)
        return _IN_DOUBLE_QUOTES.sub(_unquote_part, text)
    if kind == "ansi":
        text = _IN_ANSI_QUOTES.sub(_decode_escape, text)
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _unquote_cmd_part(match: re.Match[str]) -> str:
    is_removed = match[0] == "^" or "\n" in match[0]
    return match[1] or match[2] or ("" if is_removed else '"')


def _unquote_part(match: re.Match[str]) -> str:
    return _mark_expansion(match[2]) if match[2] else match[1].strip("\n")


def _mark_expansion(text: str) -> str:
    """Return the marked form of a variable or substitution; one with quotes, or with signs of a URL, is abbreviated."""
    is_long = set(text) & set("\"'\\\n") or (text[:2] == "$(" and set(text) & set("+&#%"))
    return mark_unresolved("$(...)" if is_long else text)


def _decode_escape(match: re.Match[str]) -> str:
    digits = match[1] or match[2]
    return chr(int(digits, 16)) if digits else _ANSI_ESCAPES.get(match[3], match[3])


def find_variables(text: str, files: Mapping[str, str]) -> dict[str, str]:
    """Return the values of the variables that a script sets itself, and of `$(cat FILE)` for the files that it writes."""
    found = {f"(cat {name})": content for name, content in files.items()}
    for match in _assignments(text):
        if here := _CAT.match(text, match.end()):
            content, _ = read_here_document(text, match.end(), here[1])
            words = [content] if content is not None else []
        else:
            value = text[match.end() : match.end() + _MAX_VALUE]
            words = split_command(value).words
        words[:1] = [f"{match['name']}={word}" for word in words[:1]]
        for word in takewhile(_ASSIGNMENT.match, words):
            name, _, value = word.partition("=")
            if len(filled := fill_variables(value, found)) <= _MAX_VALUE:
                found[name] = filled
    return found


def _assignments(text: str) -> Iterator[re.Match[str]]:
    """Yield the first assignment of each line and, behind a separator that is in no quotes, of each other command."""
    line = start = -1
    for match in islice(_SET.finditer(text), _MAX_VARIABLES):
        above, position = text.rfind("\n", 0, match.start()) + 1, match.start()
        line, start = above, start if line == above else above
        while start < position:
            start += split_command(text[start : start + _MAX_VALUE]).end
            start += start < position
        if start == position:
            yield match


def find_files(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield the place, name, and text of each file that a script writes: `cat > FILE <<END`, `echo TEXT > FILE`.

    A file that a text shows anywhere is at the start: `cat FILE` with an object below it.
    """
    for match in islice(_WRITE.finditer(text), _MAX_VARIABLES):
        command = split_command(text[match.start("command") : match.start() + _MAX_VALUE])
        at = next((at for at, word in enumerate(command.words) if word[:1] == ">"), -1)
        if command.words[0] == "tee" and command.words[1:]:
            at, name = -1, command.words[-1]
        elif at > 0 and command.words[at] != ">>":
            name = command.words[at][1:] or "".join(command.words[at + 1 : at + 2])
        else:
            continue
        content = _printed(command._replace(words=command.words[:at]))
        if name and content is not None:
            yield match.start(), name, content
    for shown in islice(_SHOWN_FILE.finditer(text), _MAX_PIPED):
        content = text[shown.end() : find_json_end(text, shown.end())].strip()
        if content and not is_error_body(find_json(content, None)):
            yield 0, shown["name"], content


def fill_command(command: Command, variables: Mapping[str, str]) -> Command:
    """Return a command with the values of known variables; unchanged if the values are too long in total."""
    if not variables:
        return command
    content, words, room = command.here_document, [], _MAX_FILLED
    for word in command.words:
        words.append(fill_variables(word, variables))
        room -= len(words[-1])
        if room < 0:
            return command
    filled = content if content is None else fill_variables(content, variables)
    return command._replace(words=words, here_document=filled)


def fill_variables(text: str, variables: Mapping[str, str]) -> str:
    """Return a text with the values of known variables."""
    marked = _CMD_NAME.sub(
        lambda found: mark_unresolved(found[0]) if found[1] in variables else found[0], text
    )
    return replace_variables(marked, lambda name: variables.get(name.strip("${}%")))


def read_piped_text(before: str, files: Mapping[str, str]) -> str | None:
    """Return the text that `echo`, `printf`, or `cat` pipes into the command after a text."""
    before = before[-(1 << 18) :]
    if not before.rstrip(" \t\r\n\\").endswith("|"):
        return None
    for match in list(_WRITE.finditer(before))[-_MAX_PIPED:]:
        command = split_command(before[match.start("command") :])
        rest = _CONTINUATION.sub(" ", before[match.start("command") + command.end :])
        if _PIPELINE.fullmatch(rest):
            text = _printed(command)
            name = "".join(command.words[1:2])
            return files.get(name, mark_unresolved(f"$(cat {name})")) if text is None else text
    return None


def _printed(command: Command) -> str | None:
    """Return the text that `echo`, `printf`, or `cat` with a here-document prints; None for the content of a file."""
    words = [each for each in command.words[1:] if not each.startswith("-")]
    if command.here_document is not None or command.words[0] not in ("echo", "printf"):
        return command.here_document
    if command.words[0] == "echo" or not words:
        return " ".join(words)
    values = iter(words[1:])
    text = _DIRECTIVE.sub(lambda each: "%" if each[0] == "%%" else next(values, ""), words[0])
    return text.replace("\\\\", "\\")
