"""Remove from a pasted text what chats, mails, web pages, terminals, and editors add to requests."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile
from urllib.parse import unquote

from cxcall.explaining.operations.known_operations import is_published_path
from cxcall.explaining.readers.line_numbers import without_line_numbers
from cxcall.explaining.readers.request_builder import METHODS
from cxcall.runtime.patterns import UUID_FORM, compile_on_use, is_uuid
from cxcall.runtime.text_decoding import straighten_quotes

_CODE_FENCE = compile_on_use(
    r"^[ \t]*(?:```|~~~)[ \t]*[\w+#./:-]*[ \t]*$\n?", re.MULTILINE, needs=("```", "~~~")
)
# Labels in bold or italics.
_EMPHASIZED_LABEL = compile_on_use(
    r"^([ \t>-]*)(\*{1,2}|__?)([^\W\d_][\w ./-]{0,38}?)(?::\2|\2:)(?=[ \t])",
    re.MULTILINE,
    needs=(":*", ":_", "*:", "_:"),
)
_METHOD = "|".join(METHODS)
_TWICE_QUOTED = compile_on_use(r"^> ?>(?!> \w+(?: = |[.(])) ?", re.MULTILINE, needs=(">>", "> >"))
_QUOTE_PREFIX = compile_on_use(r"^(?:> ?|\| )", re.MULTILINE)
_HTML_ENTITY = compile_on_use(r"&(?:quot|#34|#39|apos|lt|gt|amp|nbsp);", needs=("&",))
_HTML_END = compile_on_use(r"</(?:p|pre|code|blockquote|a)>", re.IGNORECASE, needs=("</",))
_HTML_BREAK = compile_on_use(r"<br ?/?>|</(?:p|pre|div|li|blockquote|tr)>", re.IGNORECASE)
_HTML_TAG = compile_on_use(
    r"</?(?:p|pre|code|div|span|a|ul|ol|li|blockquote|b|i|strong|em|table|tr|td)(?: [^<>]*)?>",
    re.IGNORECASE,
)
_LONG_RUN = compile_on_use(r"(\W{1,2}?|\W\w|\w\W)\1{512,}")
# An editor's response handlers, and the file in which it keeps a response: `> {% ... %}`, `<> response.json`.
_HANDLER = compile_on_use(
    r"^[<>][ \t]*\{%(?:(?!^[<>][ \t]*\{%).)*?%\}[ \t]*$|^(?:>>?!?|<>) \S+\.\w+[ \t]*$",
    re.DOTALL | re.MULTILINE,
    needs=("{%", ">"),
)
_COMMAND = compile_on_use(r"(?:^|[\s>$#%])(?:curl|wget|https?|xhs?)(?:\.exe)? \S")
_CONTINUED = compile_on_use(r"[\\^`][ \t]*$")
_SHELL_PROMPT = compile_on_use(r"(?:>>?|More\?|[dbc]?quote>|cmdand>|pipe>)(?: |$)")
# Node.js prints an error that repeats the response beside it; one with a code such as ECONNRESET is kept.
_PRINTED_ERROR = compile_on_use(
    r"(?<=: )\[\w*Error: (?![^\n]{0,500}\bE[A-Z]{4,})[^\[\]\n]*\](?=[\s,}])", needs=("Error: ",)
)
# Before all lines of a message: a time, the name of a container, or the mark of an added line.
_LOG_PREFIX = compile_on_use(r"\D*0[0-]*[T ]?00:00.*|.*\| ?|\+")
_JSON_BRACKET = compile_on_use(r"^[ \t]*[{}\[\]],?[ \t]*$", re.MULTILINE)
# A body in the log of Spring: `Writing [{...}] as "application/json"`.
_SPRING_BODY = compile_on_use(
    r"\bWriting \[\"?((?:(?!Writing \[)[\s\S]){0,65536}?)\"?\] (?:as \"|with )[^\n]*",
    needs=("Writing [",),
)
# PHP's report of an error of curl, with a link to the list of errors.
_PHP_ERROR = compile_on_use(
    r"\bcURL error (\d+): ([^\n]*?)(?: \(see https?://curl[^\s)]*\)|$)",
    re.MULTILINE,
    needs=("cURL error",),
)
# An entry of Postman's console: method and URL before an object with the parts of the exchange.
_CONSOLE_ENTRY = compile_on_use(
    rf"^({_METHOD}) (https?://[^\s\"]+): \{{(?=\s*\"(?:Network|Request ))",
    re.MULTILINE,
    needs=('"Network', '"Request '),
)
# JSON that Terraform breaks into the lines of a box.
_BOXED_JSON = compile_on_use(
    r'^([ \t]*\u2502) \{"[^\n]*(?:\n\1 (?!\{")[^\n]+)+?\}$', re.MULTILINE, needs=('\u2502 {"',)
)
# A text in an object that Python 2 printed: `{u'name': u'value'}`.
_PYTHON_2_TEXT = compile_on_use(
    r"(?<=[{\[ ])u((['\"])(?:(?!\2)[^\\\n]|\\.)*\2)(?=[:,\]}])", needs=("u'", 'u"')
)
_PSEUDO_HEADER = compile_on_use(
    r"^:(authority|method|path|scheme):?[ \t]*\n?[ \t]*(\S+)[ \t]*(?:\n|\Z)",
    re.MULTILINE,
    needs=(":authority", ":method", ":path", ":scheme"),
)
# A link of chats and mails; a string of a body, which is also JSON in a command, is matched whole, and stays as it was sent.
_STRING = r"""(?<=[:,\[{])\s*(?:\\"(?:(?!\\").)*\\"|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')"""
_LINK = compile_on_use(rf"({_STRING})|<(https?://[^\s<>|]+)(?:\|[^<>\n]*)?>")
_DIGIT = compile_on_use("[0-9]")
_MIN_LINES = 3
_QUOTE = compile_on_use(r"\\.|['\"]")
# The parts of a command that a shell reads before it ends, or before an open quotation mark.
_OPEN_QUOTE = compile_on_use(
    r"""(?:\\.|'[^']*'|"(?:\\.|[^"\\])*"|[^'"\\])*+(?P<quote>['"])?""", re.DOTALL
)
_SPLIT_REQUEST = compile_on_use(rf"\b((?:{_METHOD})(?: request)? to):?[ \t]*\n[ \t]*(?=https?://)")
"""`We do a POST to`, with the URL on the next line."""
_OPTION = compile_on_use(r"[ \t]*--?[A-Za-z]")
_OPTION_AT_END = compile_on_use(r"\s--?[A-Za-z][\w-]*$")
_VALUE = compile_on_use(rf"[ \t]*(?:['\"]|{_METHOD}\b)")
_MAX_COMMAND = 1 << 14
# A line that editors begin before or after the `&` of a query or a form.
_BROKEN_PAIRS = compile_on_use(
    r"(?<![ \t])[ \t]*+\n[ \t]*(?=[?&][\w.%\[\]-]+=)|(?<=[^\s&]&)[ \t]*\n[ \t]*(?=[\w.%\[\]-]+=)"
)

# A URL that a mail, a terminal, or text recognition split into two lines.
_WRAPPED = compile_on_use(
    r"""(?P<start>(?:https?://[\w.:-]+)?(?P<path>/(?:platform/)?(?:api/v[0-9]|incontactapi/)[\w/.%{}~-]{0,400}))
        -?\n[ \t>|]*(?![{}]+(?:[\s"']|$))(?P<rest>[\w/.%{}~-]+)(?=[?\s"'`<>]|$)""",
    re.IGNORECASE | re.VERBOSE,
)

# What may follow a published path that ends in `/`: an ID, a word, or more segments; not a status or a date.
_SEGMENTS = compile_on_use(rf"{UUID_FORM}|[0-9]{{4,}}|[^0-9]+|.+/.+", re.IGNORECASE)
_SHORT_ID = compile_on_use(r"[0-9]{1,2}|[016-9][0-9]{2}")
"""An ID of NICE CXone that is no status."""
# In Markdown, and of mail programs that check links. A string is matched whole, as in `_LINK`.
_MARKDOWN_LINK = compile_on_use(
    rf"({_STRING})|\[([^\[\]\n]+)\]\((https?://[^\s()]+)(?:\([^\s()]*\)[^\s()]*)?\)"
)
_SHOWN_TARGET = compile_on_use(
    rf"[`*_ ]*(?:(?:{_METHOD})[`*_]*[ \t]+[`*_]*([^\s`*]*/[^\s`*]*)|((?:https?:/)?/[^\s`*]*))"
)
_SAFE_LINK = compile_on_use(
    r"https://[\w.-]{1,80}\.safelinks\.protection\.outlook\.com/[\w/-]{0,80}\?url=([^\s&\"'<>]+)[^\s\"'<>()\[\]]*",
    needs=(".safelinks.",),
)

# In Windows PowerShell 5, `curl` and `wget` are aliases of Invoke-WebRequest; no option of curl or wget has these names.
_OF_POWERSHELL = r"-(?i:Body|ContentType|Headers|Method|Uri|UseBasicParsing)\b"
_POWERSHELL_ALIAS = compile_on_use(
    rf"""(?<![\w./\\-])(?:curl|wget)
    (?=(?:'[^'\n]{{0,2000}}'|"[^"\n]{{0,2000}}"|`[ \t]*\n|[ \t]++(?!{_OF_POWERSHELL})|[^'"`\s]++){{0,50}}+[ \t]*{_OF_POWERSHELL})""",
    re.VERBOSE,
)

_UPSTREAM = compile_on_use(r", upstream: \"[^\"\n]*\"", needs=(", upstream: ",))
"""The server behind a gateway in an error of nginx, which is not the target of a client."""
_APOSTROPHE = compile_on_use(r"[A-Za-z]\u2019[a-z]", needs=("\u2019",))
SIGN_OFF = compile_on_use(
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
        from html import unescape

        text = unescape(text)
    # A page in a response stays unchanged.
    if _HTML_END.search(text) and "<html" not in text.lower():
        text = _HTML_TAG.sub("", _HTML_BREAK.sub("\n", text))
    text = _EMPHASIZED_LABEL.sub(r"\1\3:", _without_log_prefix(_TWICE_QUOTED.sub("", text)))
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    is_quoted = all(line.startswith((">", "|")) for line in lines)
    is_table = is_quoted and all(line.endswith("|") for line in lines)
    if (is_quoted and not is_table) or _is_answered_mail(lines):
        is_sent = re.search(r"^> [A-Z]+ \S+ HTTP/", text, re.MULTILINE)  # as curl shows it
        text = text if is_sent else _QUOTE_PREFIX.sub("", text)
    text = _SPLIT_REQUEST.sub(r"\1 ", text)
    text = _PYTHON_2_TEXT.sub(r"\1", text)
    text = _BOXED_JSON.sub(lambda box: box[0].replace(f"\n{box[1]}", ""), text)
    text = _PRINTED_ERROR.sub("null", without_line_numbers(text))
    text = _CODE_FENCE.sub("", text).replace("```", "\n")
    text = _PHP_ERROR.sub(r"\ncurl: (\1) \2", _with_request_line(text))
    text = _CONSOLE_ENTRY.sub(r'{"method": "\1", "url": "\2",', text)
    text = _SPRING_BODY.sub(_label_body, text)
    text = _LINK.sub(r"\1\2", text) if "<http" in text else text
    text = _UPSTREAM.sub("", text)
    text = _POWERSHELL_ALIAS.sub("Invoke-WebRequest", _HANDLER.sub("", text))
    paragraphs = _without_prompts(text).split("\n\n")
    return _BROKEN_PAIRS.sub("", "\n\n".join(map(_join_wrapped, paragraphs)))


def is_made_typographic(part: str, text: str) -> bool:
    """Return whether a page made the quotes of a part of a text typographic: all of the text, and an apostrophe in the rest."""
    is_curly = '"' in straighten_quotes(part) and '"' not in part
    is_whole = is_curly and '"' not in text and "'" not in part
    return is_whole and _APOSTROPHE.search(text.replace(part, "")) is not None


def _with_request_line(text: str) -> str:
    """Return a text with a request line and `Host` in place of the pseudo-headers of HTTP/2, as browsers copy them."""
    values = dict(_PSEUDO_HEADER.findall(text))
    if not {"method", "path"} <= values.keys():
        return text
    host = f"Host: {values['authority']}\n" if "authority" in values else ""
    start = f"{values['method']} {values['path']} HTTP/2\n{host}"
    first = _PSEUDO_HEADER.search(text)
    at = first.start() if first else 0
    return text[:at] + start + _PSEUDO_HEADER.sub("", text[at:])


def _label_body(logged: re.Match[str]) -> str:
    """Return a body with a label that other readers know; nothing for one of which the log has only the start."""
    return "" if logged[1].endswith("(truncated)...") else f"Request body: {logged[1]}"


def _is_answered_mail(lines: Sequence[str]) -> bool:
    """Return whether a text has one block of at least three quoted lines, and no lines as curl shows a response."""
    signs = "".join(line[0] if line[0] in "><*|" else "-" for line in lines)
    return re.fullmatch(r"-*>{3,}-*", signs) is not None


def _without_log_prefix(text: str) -> str:
    """Return a text without what a log or a diff writes before each line, if JSON is on several of these lines."""
    lines = text.split("\n")
    folded = [_DIGIT.sub("0", line.rstrip()) for line in lines if line.strip()]
    low, high = (min(folded), max(folded)) if len(folded) > _MIN_LINES else ("", "")
    prefix = "".join(
        each for each, _ in takewhile(lambda pair: pair[0] == pair[1], zip(low, high, strict=False))
    )
    if any(each[len(prefix) :][:1].isalnum() for each in folded):
        prefix = re.sub(r"\w+$", "", prefix)  # without the same letters of all messages
    if not _LOG_PREFIX.fullmatch(prefix):
        return text
    rest = "\n".join(line[len(prefix) :].removeprefix(" ") for line in lines)
    return rest if _JSON_BRACKET.search(rest) else text


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


def _join_wrapped(paragraph: str) -> str:
    """Return a paragraph with a command on one line if a mail program broke it, which leaves no sign of the shell."""
    lines = paragraph.split("\n")
    first = next((at for at, line in enumerate(lines) if _COMMAND.search(line)), len(lines))
    command, *rest = lines[first:] or [""]
    is_wrapped, end = False, first + 1
    for line in rest:
        shown = _OPEN_QUOTE.match(command) if len(command) < _MAX_COMMAND else None
        is_in_quotes = shown is None or shown["quote"] is not None or _CONTINUED.search(command)
        is_option = _OPTION.match(line) or (_OPTION_AT_END.search(command) and _VALUE.match(line))
        if not (is_in_quotes or is_option):
            break
        is_wrapped = is_wrapped or not is_in_quotes
        command += (" " if is_wrapped else "\n") + line.lstrip()
        end += 1
    return "\n".join([*lines[:first], command, *lines[end:]]) if is_wrapped else paragraph


def restore_urls(text: str) -> str:
    """Return a text with plain URLs in place of links; a split path is joined if only the joined path is published."""
    text = _SAFE_LINK.sub(lambda link: unquote(link[1]), text)
    if "](http" in text:  # a string of JSON is matched, too, so that a link in it stays
        text = _MARKDOWN_LINK.sub(_plain_url, text)
    return _WRAPPED.sub(_join, text)


def _plain_url(link: re.Match[str]) -> str:
    """Return the URL or path that a link shows, perhaps behind a method, or else its address.

    Documentation may be linked from a path, but an address that is the path behind a host has the host, too.
    """
    string, shown, address = link.groups()
    target = _SHOWN_TARGET.match(shown or "")
    if string or target is None:
        return f"{string or address}"
    path = target[1] or target[2]
    before, found, rest = address.rpartition(path)
    is_end = bool(found) and not rest and before.count("/") <= len("//") and "?" not in before
    if not (is_end or path.endswith(("...", "\u2026"))):
        return f"{shown}"
    start, end = target.span(1 if target[1] else 2)
    return f"{shown[:start]}{address}{shown[end:]}"


def _join(match: re.Match[str]) -> str:
    path, rest = match["path"], match["rest"]
    is_split_id = is_uuid(path[path.rfind("/") + 1 :] + rest.partition("/")[0])
    is_whole = not is_split_id and is_published_path(path)
    text, end = match.string, match.end()
    is_line = text[end : end + 1] in ("", "\n") and not text.endswith("POST ", 0, match.start())
    is_segment = _SEGMENTS.fullmatch(rest) or (is_line and _SHORT_ID.fullmatch(rest))
    if is_whole and path[-1] == "/" and is_segment:
        is_whole = not is_published_path(path + rest.lower())
    is_sentence = rest[0].isupper() and text.startswith(" ", end)
    is_wrapped = not (is_whole or is_sentence) and is_published_path(path + rest)
    return match["start"] + rest if is_wrapped else match[0]
