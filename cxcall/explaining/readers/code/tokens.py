"""Split code of any language into tokens, and decode its string literals."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from cxcall.explaining.readers.json_values.json_search import (
    find_json_end,
    is_json_complete,
    is_json_start,
)
from cxcall.explaining.readers.unresolved_variables import mark_unresolved
from cxcall.named_tuple import NamedTuple
from cxcall.runtime.patterns import compile_on_use

MAX_CODE_LENGTH = 1 << 18
ESCAPES = dict(zip("ntr0bfaev", "\n\t\r\0\b\f\a\x1b\v", strict=True))
"""The characters that escaped letters stand for."""
_HERE_DOCUMENT = compile_on_use(r"""<<[<~-]?[ \t]*(["']?)([A-Za-z_]\w*)\1[^\n]*\n""")
_TOKEN = compile_on_use(
    r"""
      (?P<blank>[ \t\r\f\v\u00a0]+|[\\`^][ \t]*\r?\n)
    | (?P<newline>\n)
    | (?P<comment>(?<![:\w"'])//[^\n]*|/\*[^*]*+\*++(?:[^/*][^*]*+\*++){0,400}+/|\(\*[^*\n]*\*\)|\#(?=[\s!])[^\n]*|^[ \t]*(?:--|;;)[ \t][^\n]*)
    | (?P<here>@"[ \t]*\r?\n|@'[ \t]*\r?\n)
    | (?P<prefix>(?:[rRbBfFuU]{1,2}|\${2,4}(?=")|@\$|\$@|\$|@|s|R|L|N|u8|~[sS]|b)?)(?P<quote>\"{3}|'{3}|r?\#{1,4}"|["']|`(?!(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)\s+\w))
    | (?P<heredoc><<[<~-]?[ \t]*["']?[A-Za-z_]\w*+["']?+(?!>>)[^\n]*\n)
    | (?P<number>-?(?<![0-9])(?:0x[0-9a-fA-F]+|[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)[LlfFdDuUmM]?\b(?![\w-]))
    | (?P<generic>::<[A-Za-z_][\w:<>,\ ]*>(?=\()|(?<=\w)<>(?=\()|(?<=\w)<[A-Za-z?][\w.?\[\]]*(?:(?:[ ]*,[ ]*|<)[A-Za-z?][\w.?\[\]]*){0,8}>{1,3}(?=[\s({\[)>;,.]|$))
    | (?P<word>[$@]?(?:[^\W\d]|\\(?=[A-Z]))(?:\w|-(?=[A-Za-z])|\\(?=[A-Za-z])|!(?=[({\[])|\?(?=\())*|\$[0-9]+\b|\$\{\w+\}|-(?=[A-Za-z])[A-Za-z]\w+|:[A-Za-z](?:\w|-(?=\w))*(?![:\w]))
    | (?P<bracket>[@%\#]?[({\[]|[)}\]])
    | (?P<operator>=>|->|:=|<-|::|\.\.|\+\+|<>|==|!=|<=|>=|\+=|&&|\|\||\|>|\?\.|<<|>>=|>>|.)
    """,
    re.VERBOSE | re.MULTILINE,
)
_ESCAPE = compile_on_use(
    r"\\(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|x([0-9a-fA-F]{2})"
    r"|\r?\n|(.))",
    re.DOTALL,
)
# Signs of languages whose literals have a meaning of their own.
_DIALECTS = {
    name: compile_on_use(pattern, re.MULTILINE)
    for name, pattern in {
        "powershell": (
            r"(?i:\b(?:Invoke-(?:RestMethod|WebRequest)|irm|iwr)\b"
            r"|^[^\S\n]*\$\w+\s*=\s*(?:@[{(]|\[ordered\]|New-Object))"
        ),
        "dart": r"\bUri\.(?:parse|https?)\(|^import 'package:",
        "raw single quotes": r"<\?php|^[^\S\n]*\$\w+\s*=|->\w+\(|\bputs\b|^[^\S\n]*require '|\bend\s*$|\bmy \$",
        "basic": (
            r"^[^\S\n]*(?:Dim|Set|Private|Public|End) \w|\bCreateObject\(|\bAs (?:String|Object|New)\b"
            r"|\bChr\(34\)|& \"{3}\w|(?<![@$\w\"])\"\{\"\"\w+\"\"\s*:"
        ),
        "colon calls": r"\blocal \w[\w, ]{0,80}=",  # Lua: `module:function(...)`
    }.items()
}
_POWERSHELL_VARIABLE = compile_on_use(
    r"`(.)|\$\(([^()\n]{1,200})\)|\$\{?([A-Za-z_][\w:]*(?:\.\w+)*)\}?", re.DOTALL
)
_ENDS_IN_VARIABLE = compile_on_use(r"\$\w+\Z")  # a scope of PowerShell: `$env:NAME`
_ENDS_IN_KEY = compile_on_use(r"[{,]\s*(?:\w+|\"\w+\"|'\w+')[ \t]+\Z")
_TEXT_START = compile_on_use(r"[\w/{$\"']|\+[0-9]")
_MAX_FAILURES = 8
_IN_BRACES = r"\{\{|\}\}|\{([^{}\n]{1,200})\}"

# Raw strings: `R"(...)"` of C++, `[[...]]` of Lua.
_RAW_LITERAL = compile_on_use(
    r'\bR"(\w{0,16})\(((?:(?!\)\1").)*)\)\1"|\[(=*)\[\s*(\{(?:(?!\]\3\]|\[\[).)*\})\s*\]\3\]',
    re.DOTALL,
)
# An encoder of Go writes JSON to a buffer: `json.NewEncoder(&buffer).Encode(value)`.
_GO_ENCODER = compile_on_use(
    r"(?:\bif[ \t]+)?(?:\b\w+[ \t]*:?=[ \t]*)?\bjson\.NewEncoder\(&?(\w+)\)\.Encode\("
)
_BASIC_LINE_END = compile_on_use(r"&[ \t]+_[ \t]*\n\s*")


class CodeToken(NamedTuple):
    """A token; `value` is the decoded text of a string. `line` counts from 0."""

    kind: str
    value: str
    line: int


def with_plain_literals(text: str) -> str:
    """Return a text with raw literals and the encoder of Go as usual ones, and the continued lines of Basic as one."""
    text = _GO_ENCODER.sub(r"\1 = json.Marshal(", _BASIC_LINE_END.sub("& ", text))
    return _RAW_LITERAL.sub(lambda found: json.dumps(found[2] or found[4]), text)


def scan(text: str) -> Iterator[CodeToken]:
    """Yield the tokens of code in any language: string, word, number, bracket, operator, newline."""
    text = text[:MAX_CODE_LENGTH]
    reader = _LiteralReader(text)
    position = line = 0
    while match := _TOKEN.match(text, position):
        kind = match.lastgroup or ""
        position, value = match.end(), match[0]
        started = line
        if kind == "word" and value[0] == ":" and reader.is_after_key(match.start()):
            kind, value, position = "operator", ":", match.start() + 1
        if kind in ("quote", "here", "heredoc"):
            kind = "operator"
            if (literal := reader.read(match)) is not None:
                kind, (value, position) = "string", literal
        line += text.count("\n", match.start(), position)
        if kind not in ("blank", "comment", "generic"):
            yield CodeToken(kind, value, started)


class _LiteralReader:
    """Reads the literals of one text; gives up a kind if several do not end, because each scans all text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._dialects = {name for name, pattern in _DIALECTS.items() if pattern.search(text)}
        if "powershell" in self._dialects:
            self._dialects.add("raw single quotes")
        self._failures: dict[str, int] = {}

    def read(self, match: re.Match[str]) -> tuple[str, int] | None:
        """Return the decoded value and the end of the literal that starts at a match; None if it does not end."""
        kind = match.lastgroup or ""
        key = kind if kind == "heredoc" else match[0]
        if self._failures.get(key, 0) > _MAX_FAILURES:
            return None
        literal = {"heredoc": self._read_here_document, "here": self._read_here_string}.get(
            kind, self._read_quoted
        )(match)
        if literal is None:
            self._failures[key] = self._failures.get(key, 0) + 1
        return literal

    def is_after_key(self, start: int) -> bool:
        """Return whether a colon separates a key from its value, `{name:value}`, and does not start a symbol."""
        if not start or "colon calls" in self._dialects:
            return False
        before = self._text[start - 1]
        if not before.isspace():
            is_variable = "powershell" in self._dialects and _ENDS_IN_VARIABLE.search(
                self._text, max(start - 40, 0), start
            )
            return not is_variable and (before.isalnum() or before in "_\"'`)]}")
        return _ENDS_IN_KEY.search(self._text, max(start - 100, 0), start) is not None

    def _read_here_document(self, match: re.Match[str]) -> tuple[str, int] | None:
        opening = _HERE_DOCUMENT.match(match[0])
        if opening is None:
            return None
        ending = re.compile(rf"^[ \t]*{opening[2]}\b", re.MULTILINE)
        end = ending.search(self._text, match.end())
        if end is None:
            return None
        lines = self._text[match.end() : end.start()].removesuffix("\n")
        variables = r"#\{([^{}\n]+)\}|\$\{([^{}\n]+)\}|\$([A-Za-z_]\w*)"
        return lines if opening[1] == "'" else _mark(lines, variables), end.end()

    def _read_here_string(self, match: re.Match[str]) -> tuple[str, int] | None:
        quote = match[0][1]
        end = self._text.find(f"\n{quote}@", match.end())
        if end < 0:
            return None
        content = self._text[match.end() : end]
        return _decode_powershell(content) if quote == '"' else content, end + 3

    def _read_quoted(self, match: re.Match[str]) -> tuple[str, int] | None:
        text, start, quote, prefix = self._text, match.end(), match["quote"], match["prefix"]
        if "basic" in self._dialects and quote == '"""':
            start, quote = start - 2, '"'  # a quote in a text: `"""name"":1"`
        is_in_word = match.start() > 0 and text[match.start() - 1].isalnum()
        if quote == "'" and is_in_word:
            return None  # an apostrophe
        end = _find_end(text, start, quote, prefix, self._dialects)
        closing = quote[::-1].rstrip("r") if "#" in quote else quote
        value = "" if end < 0 else _decode(text[start:end], quote, prefix, self._dialects)
        is_whole = end >= 0 and (len(quote) > 1 or is_json_complete(value))
        follows = text[end + 1 : end + 2] if end >= 0 else "x"
        is_whole = is_whole or not (follows.isalnum() or follows in ('"', "\\", ":", "_"))
        if not is_whole and (whole := self._find_json_literal(start, quote)) > max(end, 0):
            return text[start:whole], text.index(quote, whole) + 1
        return None if end < 0 else (value, end + len(closing))

    def _find_json_literal(self, start: int, quote: str) -> int:
        """Return the end of JSON with unescaped quotes in a literal; 0 if there is none."""
        if self._failures.get("json", 0) > _MAX_FAILURES:
            return 0
        end = find_json_end(self._text, start)
        if end and self._text[end : end + 200].lstrip()[:1] == quote:
            return end
        self._failures["json"] = self._failures.get("json", 0) + 1
        return 0


def _find_end(text: str, start: int, quote: str, prefix: str, dialects: set[str]) -> int:
    """Return the end of the content of a literal; -1 if it does not end."""
    if "#" in quote:
        return text.find(quote[::-1].rstrip("r"), start)
    if len(quote) > 1:
        # A possessive group would not end at the quotation marks before Python 3.11.5, which skips what failed in it.
        content = rf"[^\\{quote[0]}]*+(?:(?:\\.|{quote[0]}(?!{quote[1:]}))[^\\{quote[0]}]*+)*"
    elif _is_verbatim(quote, prefix, dialects):
        content = rf"[^{quote}]*+(?:{quote}{quote}[^{quote}]*+)*+"
    elif "powershell" in dialects and quote == '"':
        content = r'[^"`]*+(?:(?:`.|"")[^"`]*+)*+'
    else:
        content = rf"[^{quote}\\]*+(?:\\.[^{quote}\\]*+)*+"
    found = re.compile(content, re.DOTALL).match(text, start)
    end = found.end() if found else len(text)
    if not text.startswith(quote, end):
        return -1
    if "\n" not in text[start:end] or is_json_start(text[start:end]):
        return end
    may_have_lines = quote != "'" or "raw single quotes" in dialects
    # A mark in prose that is not closed: what is read as its end starts a text.
    is_start = _TEXT_START.match(text, end + 1) is not None
    return end if may_have_lines and not is_start else -1


def _is_verbatim(quote: str, prefix: str, dialects: set[str]) -> bool:
    if "powershell" in dialects:
        return quote == "'"
    if "basic" in dialects and quote == '"':
        return True
    return "@" in prefix


def _decode(content: str, quote: str, prefix: str, dialects: set[str]) -> str:
    lower = prefix.lower()
    if "powershell" in dialects and len(quote) == 1:
        if quote == "'":
            return content.replace("''", "'")
        return _decode_powershell(content.replace('""', '"'))
    if "#" in quote or lower in ("r", "rb", "br"):
        return content
    if lower in ("$$", "$$$"):  # C#: in a `$$` string, `{{name}}` is a variable
        count = len(lower)
        return _mark(content, rf"\{{{{{count}}}([^{{}}\n]{{1,200}})\}}{{{count}}}")
    if _is_verbatim(quote, prefix, dialects):
        value = content.replace('""', '"')
        return _mark(value, _IN_BRACES) if "$" in prefix else value
    if quote in ("'", "'''") and "raw single quotes" in dialects:
        plain = re.sub(r"\\([\\'])", r"\1", content)
        if is_json_complete(plain) and not is_json_complete(plain, strict=True):
            return _unescape(content)  # generators write `\n` here as if it were an escape
        return plain
    has_escapes = "${" in content or "\\`" in content
    if quote == "`" and not has_escapes and is_json_complete(content, strict=True):
        return content  # the raw literal of Go
    content = _mark(content, r"(?<!\\)\\\(([^()\n]{1,200})\)")  # Swift: `\(name)`
    return _mark_variables(_unescape(content), quote, prefix, dialects)


def _mark_variables(value: str, quote: str, prefix: str, dialects: set[str]) -> str:
    """Return a decoded literal with marks on the variables that its language inserts."""
    if "f" in prefix.lower() or prefix == "$":
        return _mark(value, _IN_BRACES)
    if quote != "'":
        value = _mark(value, r"#\{([^{}\n]{1,200})\}|\$\{([^{}\n]{1,200})\}")
    if quote in ('"', '"""') or (quote != "`" and "dart" in dialects):
        value = _mark(value, r"\$([A-Za-z_]\w*)")
    return value


def _decode_powershell(content: str) -> str:
    """Return the text of a string in double quotes of PowerShell, with its variables marked."""

    def decode(match: re.Match[str]) -> str:
        escaped = ESCAPES.get(match[1], match[1])
        return escaped or mark_unresolved(f"${match[2] or match[3]}")

    return _POWERSHELL_VARIABLE.sub(decode, content)


def _unescape(content: str) -> str:
    return _ESCAPE.sub(_decode_escape, content) if "\\" in content else content


def _decode_escape(match: re.Match[str]) -> str:
    digits = match[1] or match[2] or match[3] or match[4]
    if digits:
        code = int(digits, 16)
        return chr(code) if code < 0x110000 else match[0]
    return ESCAPES.get(match[5], match[5]) if match[5] else ""


def _mark(text: str, pattern: str) -> str:
    """Mark the variables in a text; `{{` and `}}` are single braces."""

    def replace(match: re.Match[str]) -> str:
        name = next(filter(None, match.groups()), None)
        return mark_unresolved(f"{{{name.strip()}}}") if name else match[0][0]

    return re.sub(pattern, replace, text)
