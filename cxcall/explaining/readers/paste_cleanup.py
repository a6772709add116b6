"""Remove from a pasted text what chats, mails, web pages, terminals, and editors add to requests."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from cxcall.explaining.operations.known_operations import (
    PLATFORM_NAMES,
    find_place,
    load_published_operations,
)
from cxcall.explaining.readers.request_builder import METHODS
from cxcall.runtime.patterns import is_uuid

_CODE_FENCE = re.compile(r"^[ \t]*(?:```|~~~)[^\n`]*$\n?", re.MULTILINE)
# Labels in bold or italics, texts in monospaced font, and blocks of Jira; a row of a table with method and URL.
_EMPHASIZED_LABEL = re.compile(
    r"^([ \t>-]*)(\*{1,2}|__?)([^\W\d_][\w ./-]{0,38}?)(?::\2|\2:)(?=[ \t])", re.MULTILINE
)
_METHOD = "|".join(METHODS)
_MONOSPACED = re.compile(rf"\{{\{{((?:{_METHOD}) (?:(?!\}}\}}).)*)\}}\}}")
_JIRA_BLOCK = re.compile(
    r"^[ \t]*\{(?:code|noformat)(?::[\w=|#. -]*)?\}|(?<![/\w=])\{(?:code|noformat)\}[ \t]*$",
    re.MULTILINE,
)
_TABLE_ROW = re.compile(
    rf"^[ \t]*\|\s*[`*]{{0,2}}({_METHOD})[`*]{{0,2}}\s*"
    r"\|\s*`?(https?://[^\s|`]+|/[^\s|`]+)`?\s*\|([^|\n]*)(?:\|.*)?$",
    re.MULTILINE,
)
_TWICE_QUOTED = re.compile(r"^> ?> ?", re.MULTILINE)
_QUOTE_PREFIX = re.compile(r"^(?:> ?|\| )", re.MULTILINE)
_HTML_ENTITY = re.compile(r"&(?:quot|#34|#39|apos|lt|gt|amp|nbsp);")
_HTML_END = re.compile(r"</(?:p|pre|code|blockquote|a)>", re.IGNORECASE)
_HTML_BREAK = re.compile(r"<br ?/?>|</(?:p|pre|div|li|blockquote|tr)>", re.IGNORECASE)
_HTML_TAG = re.compile(
    r"</?(?:p|pre|code|div|span|a|ul|ol|li|blockquote|b|i|strong|em|table|tr|td)(?: [^<>]*)?>",
    re.IGNORECASE,
)
_LONG_RUN = re.compile(r"(\W{1,2}?|\W\w|\w\W)\1{512,}")
# An editor's response handlers, and the file in which it keeps a response: `> {% ... %}`, `<> response.json`.
_HANDLER = re.compile(
    r"^[<>][ \t]*\{%(?:(?!^[<>][ \t]*\{%).)*?%\}[ \t]*$|^(?:>>?!?|<>) \S+\.\w+[ \t]*$",
    re.DOTALL | re.MULTILINE,
)
_COMMAND = re.compile(r"(?:^|[\s>$#%])(?:curl|wget|https?|xhs?)(?:\.exe)? \S")
_CONTINUED = re.compile(r"[\\^`][ \t]*$")
_SHELL_PROMPT = re.compile(r"(?:>>?|More\?|[dbc]?quote>|cmdand>|pipe>)(?: |$)")
# Node.js prints an error that repeats the response beside it; one with a code such as ECONNRESET is kept.
_PRINTED_ERROR = re.compile(
    r"(?<=: )\[\w*Error: (?![^\n]{0,500}\bE[A-Z]{4,})[^\[\]\n]*\](?=[\s,}])"
)
# Before lines of code that an editor or a stack trace printed.
_LINE_NUMBER = re.compile(r"^[ \t>]*(\d{1,5})[ \t]?[:|](?:[ \t]|$)", re.MULTILINE)
_QUOTE = re.compile(r"\\.|['\"]")
_PAIRS = re.compile(r"[?&]?[\w.%\[\]-]+=[^\s&]*(?:&[\w.%\[\]-]+=[^\s&]*)*&?(?:\s+HTTP/[0-9.]+)?")
_BROKEN_PAIRS = re.compile(r"\n[ \t]*[?&][\w.%\[\]-]+=|=[^\s&=]*&[ \t]*\n[ \t]*[\w.%-]+=")

# A URL that a mail, a terminal, or text recognition split into two lines.
_WRAPPED = re.compile(
    r"""(?P<start>(?:https?://[\w.:-]+)?(?P<path>/(?:platform/)?(?:api/v[0-9]|incontactapi/)[\w/.%{}~-]{0,400}))
        -?\n[ \t>|]*(?![{}]+(?:[\s"']|$))(?P<rest>[\w/.%{}~-]+)(?=[?\s"'`<>]|$)""",
    re.IGNORECASE | re.VERBOSE,
)

# In Windows PowerShell 5, `curl` and `wget` are aliases of Invoke-WebRequest; no option of curl or wget has these names.
_OF_POWERSHELL = r"-(?i:Body|ContentType|Headers|Method|Uri|UseBasicParsing)\b"
_POWERSHELL_ALIAS = re.compile(
    rf"""(?<![\w./\\-])(?:curl|wget)
    (?=(?:'[^'\n]{{0,2000}}'|"[^"\n]{{0,2000}}"|`[ \t]*\n|[ \t]++(?!{_OF_POWERSHELL})|[^'"`\s]++){{0,50}}+[ \t]*{_OF_POWERSHELL})""",
    re.VERBOSE,
)

SIGN_OFF = re.compile(
    r"(?is)(?:^|\n)[ \t]*(?:(?:many )?thanks|thank you|(?:(?:kind|best) )?regards|cheers"
    r"|(?:viele|liebe) gr\u00fc\u00dfe|mit freundlichen gr\u00fc\u00dfen|cordialement|saludos"
    r"|sent from my)\b[^\n]{0,40}(?:\n.*)?$"
)
"""The end of a letter."""


def clean_text(text: str) -> str:
    """Return a text without the additions of chats, mails, and web pages."""
    # Readers need not expect a long run of the same characters.
    text = _LONG_RUN.sub(lambda run: run[1] * 512, text.replace("\r\n", "\n"))
    if len(_HTML_ENTITY.findall(text[:4096])) > 1:
        text = html.unescape(text)
    # A page in a response stays unchanged.
    if _HTML_END.search(text) and "<html" not in text.lower():
        text = _HTML_TAG.sub("", _HTML_BREAK.sub("\n", text))
    text = _without_emphasis(_TWICE_QUOTED.sub("", text))
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    is_quoted = all(line.startswith((">", "|")) for line in lines)
    is_table = is_quoted and all(line.endswith("|") for line in lines)
    if (is_quoted and not is_table) or _is_answered_mail(lines):
        is_sent = re.search(r"^> [A-Z]+ \S+ HTTP/", text, re.MULTILINE)  # as curl shows it
        text = text if is_sent else _QUOTE_PREFIX.sub("", text)
    text = _PRINTED_ERROR.sub("null", _without_line_numbers(text))
    text = _CODE_FENCE.sub("", text).replace("```", "\n")
    text = _POWERSHELL_ALIAS.sub("Invoke-WebRequest", _HANDLER.sub("", text))
    return _join_pairs(_without_prompts(text))


def _is_answered_mail(lines: Sequence[str]) -> bool:
    """Return whether a text has one block of at least three quoted lines, and no lines as curl shows a response."""
    signs = "".join(line[0] if line[0] in "><*|" else "-" for line in lines)
    return re.fullmatch(r"-*>{3,}-*", signs) is not None


def _without_line_numbers(text: str) -> str:
    """Return a text without the numbers of successive lines."""
    numbers = [int(each) for each in _LINE_NUMBER.findall(text)]
    is_listing = len(numbers) > 1 and numbers == [*range(numbers[0], numbers[0] + len(numbers))]
    return _LINE_NUMBER.sub("", text) if is_listing else text


def _without_emphasis(text: str) -> str:
    """Return a text without the marks of Markdown and Jira around labels, requests, and blocks."""
    if "*" in text or "_" in text:
        text = _EMPHASIZED_LABEL.sub(r"\1\3:", text)
    if "{{" in text or "{code" in text or "{noformat" in text:
        text = _JIRA_BLOCK.sub("", _MONOSPACED.sub(r"\1", text))
    return _TABLE_ROW.sub(r"\1 \2 \3", text) if "|" in text else text


def _without_prompts(text: str) -> str:
    """Return a text without the prompts that a shell prints before the continuation lines of a command."""
    lines: list[str] = []
    is_open, quote = False, ""
    for line in text.split("\n"):
        prompt = _SHELL_PROMPT.match(line) if is_open else None
        content = line[prompt.end() :] if prompt else line
        if is_open or _COMMAND.search(content):
            for found in _QUOTE.findall(content):
                if found[0] != "\\":
                    quote = "" if found == quote else quote or found
            is_open = bool(quote or _CONTINUED.search(content))
        lines.append(content)
    return "\n".join(lines)


def _join_pairs(text: str) -> str:
    """Return a text with each query and form on one line; editors split them before or after `&`."""
    if not _BROKEN_PAIRS.search(text):
        return text
    lines: list[list[str]] = []
    signs: set[str] = set()  # of the line that may continue
    end = ""
    for line in text.split("\n"):
        content = line.strip()
        is_next = (content[:1] == "&" or end == "&") and "=" in signs
        is_next = is_next or (content[:1] == "?" and "/" in signs and line[:1].isspace())
        if is_next and _PAIRS.fullmatch(content):
            lines[-1][-1] = lines[-1][-1].rstrip()
            lines[-1].append(content)
        else:
            lines.append([line])
            signs = set()
        signs.update(each for each in "=/" if each in content)
        end = content[-1:]
    return "\n".join(map("".join, lines))


def join_wrapped_urls(text: str) -> str:
    """Return a text with each split path joined to one line, if only the joined path is published."""
    return _WRAPPED.sub(_join, text)


def _join(match: re.Match[str]) -> str:
    path = match["path"]
    is_split_id = is_uuid(path[path.rfind("/") + 1 :] + match["rest"].partition("/")[0])
    is_whole = path[-1] != "/" and not is_split_id and _is_published(path)
    is_wrapped = not is_whole and _is_published(path + match["rest"])
    return match["start"] + match["rest"] if is_wrapped else match[0]


def _is_published(path: str) -> bool:
    place = find_place("", path, list(map(load_published_operations, PLATFORM_NAMES)))
    return place is not None and not place.words
