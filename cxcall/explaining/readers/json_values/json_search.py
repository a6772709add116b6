"""Find JSON values in a text, also those with small syntax errors."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from cxcall.documents.json_text import MAX_NESTING, find_json, stop_on_deep_text
from cxcall.runtime.patterns import compile_on_use

MAX_JSON_LENGTH = 1 << 18
_STEP = compile_on_use(r'"(?:[^"\\]|\\.)*+"|[{}\[\]]', re.DOTALL)
_START = compile_on_use(r"\[\s{0,99}(?=\{)|\{")
# A map as Java or Dart prints it, without quotes: the types of its values are not known.
_PRINTED_MAP = compile_on_use(r"\{\s*\w+(?:=|: (?:[^\"'\[{\s]|\[[^\"'\]\[{]))|\[\"\w+\": ")
# Spring writes `400 Bad Request on POST request for "...": [no body]` if the response is empty.
_CUT = compile_on_use(
    r"(?i)\[no body\]\s*\Z|(?:\.\.\.|\u2026)\s*[\[(<]*(?:truncated|cut)?[\])>]*\s*\Z"
)
_ARRAY_START = compile_on_use(
    r"\[(?!1\] [\"\d])(?:\s*"  # R prints `[1]` before a value
    r"""(?:["'\[{\]\u201c\u201d\u201e]|-?\d+(?:\.\d+)?\s*[,\]]|(?:true|false|null)\b|$)"""
    r"|(?![A-Za-z][\w.]*\])[^\]\n]{0,500}(?:\][ \t]*)?$)",  # or any text but a name, up to the end of the line
    re.MULTILINE,
)
_TAGS = compile_on_use(r"(?<![^\s,;|])\[(?!object )[^\"'{}\u201c\n]{1,200}+(?<=\])(?=\n|\Z)")
"""What a log has in brackets at the end of a line, such as the name of the client: no list of errors, which has quotes."""
_ENCODED_TWICE = compile_on_use(r'("(?:[^"\\]|\\.)*")\s*(?:[1-5][0-9]{2}\s*)?\Z', re.DOTALL)
"""A string of JSON, with nothing below it but the status of the response."""
_NAME = compile_on_use(r"\{[\w.-]+\}")
_JSON_PART = compile_on_use(r'"(?:[^"\\\n]|\\.)*"|[{}\[\],"]')
_JSON_START = compile_on_use(r"\s*(?:\{\s*\"|\[\s*\{)")
_MAX_MEMBERS = 16
"""Positions from the end at which a JSON text that was cut is closed."""
_MAX_CALL = 200
_ARGUMENT = compile_on_use(
    r"\b[A-Z][a-z]\w*\((?P<others>[^()]*,)?\s*(?P<name>(?!(?:json|data|body|payload|content|value)\b)\w+)\s*=\s*\Z"
)
_CALL_END = compile_on_use(r"\s*,?\s*\)")
_CODE_BEFORE = compile_on_use(r"\$\Z|\w\([^()\n]*\Z")
"""Before a brace of a template, or of an argument in a line of code, such as a stack trace has."""
_NAME_BEFORE = compile_on_use(r"[$=]\Z|\w\([^()\n]*\Z")
# A value or a type in code, whose names in JSON are not known: `Callback{`, `[]string{`, `struct {`, `new Callback {`.
_TYPED = compile_on_use(
    r"[^{\[]*?(?:\w|\bstruct(?: \w+)? |\bnew [\w.<>]+(?:\(\))? ?|= ?&?[A-Za-z][\w.:]* "
    r"|\[\]\*?[A-Za-z][\w.]*|\bmap\[\w+\][\w.]+(?:\{\})?)\{"
)
_GO_LIST = compile_on_use(r"\[\][A-Za-z][\w.]*(?:\{|[ \t]*`)")
# A map that Java printed: `{message=No such queue, code=bad.request, status=400}`.
_MAP = compile_on_use(r"\{(\w+=(?:[^{}\n]+|\{[^{}\n]*\})*+)\}")
_NAMES_ERROR = compile_on_use(r"[{ ](?:message|error)=")
_NEXT_MEMBER = compile_on_use(r", (?=\w+=)(?![^{}]{0,400}\})")
_NO_JSON = object()
_OPENING = {"}": "{", "]": "["}
_CLOSING = {"{": "}", "[": "]"}


def find_json_end(text: str, start: int) -> int:
    """Return the end of an object or array that starts at a position, by its brackets; 0 if it is not closed."""
    begin = start
    while text[begin : begin + 1].isspace():
        begin += 1
    if text[begin : begin + 1] not in ("{", "["):
        return 0
    open_brackets: list[str] = []
    for match in _STEP.finditer(text, begin, begin + MAX_JSON_LENGTH):
        step = match[0]
        if step in "{[":
            open_brackets.append(step)
        elif step in "}]":
            if not open_brackets or open_brackets.pop() != _OPENING[step]:
                return 0
            if not open_brackets:
                return match.end()
    return 0


def is_json_start(text: str) -> bool:
    """Return whether a text starts as an object or an array of JSON."""
    return text.lstrip()[:1] in ("{", "[")


def is_json_line(line: str) -> bool:
    """Return whether a line may be one of a JSON text."""
    start = line.lstrip()
    is_list = start[:1] == "[" and is_array_start(start, 0)
    return is_list or start[:1] in ("{", "}", "]", '"') or line.rstrip()[-1:] in (",", "{")


def is_json_complete(text: str, *, strict: bool = False) -> bool:
    """Return whether a text that starts like an object or array also ends like one; any other text is complete.

    With `strict`, it must be valid JSON.
    """
    if not is_json_start(text):
        return True
    if strict:
        return is_json_text(text)
    return find_json_end(text, 0) == len(text.rstrip())


def is_json_text(text: str) -> bool:
    """Return whether a text is valid JSON."""
    return find_json(text, _NO_JSON) is not _NO_JSON


def json_values(text: str) -> Iterator[tuple[int, int, Any]]:
    """Yield (start, end, value) of each JSON object or array of objects in a text.

    The search stops in a text with many opening brackets that are never closed.
    """
    decoder = json.JSONDecoder()
    try:
        stop_on_deep_text(text)
    except RecursionError:
        return
    position = failures = 0
    while failures < 64:
        found = _START.search(text, position)
        if found is None:
            return
        start = found.start()
        try:
            value, end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            failures += 1
            position = start + 1
        else:
            yield start, end, value
            position = end


def without_json(text: str, is_kept: Callable[[Any], bool] = lambda _: False) -> str:
    """Return a text with spaces in place of its JSON, except values to keep."""
    parts, position = [], 0
    for start, end, value in json_values(text):
        if not is_kept(value):
            parts += [text[position:start], " " * (end - start)]
            position = end
    return "".join([*parts, text[position:]])


def argument_of(text: str, start: int, end: int) -> tuple[int, str]:
    """Return (start, format) of what an object in a text is: `{"a": %s}` for the only argument of `Update(a={})`.

    The format is empty if the constructor has other arguments, which are not read; `%s` if the object is not in one.
    """
    call = _ARGUMENT.search(text[max(start - _MAX_CALL, 0) : start])
    if call is None:
        return start, "%s"
    is_only = not call["others"] and _CALL_END.match(text, end)
    return start - len(call[0]), f'{{"{call["name"]}": %s}}' if is_only else ""


def shown_json(text: str) -> str:
    """Return the JSON that a text starts with, without what is below it; if it was cut, with its whole members.

    A line that a mail program broke within a string is joined. Any other text is unchanged, but a map that Java printed.
    """
    if _MAP.match(text) and _NAMES_ERROR.search(text):
        return json.dumps(next(printed_maps(text)), ensure_ascii=False)
    if not _JSON_START.match(text):
        return text
    if end := find_json_end(text, 0):
        values = [text[:end], text[:end].replace("\n", " ")]
    else:
        values = _closed(text)
    return next(filter(is_json_text, values), text)


def _closed(text: str) -> list[str]:
    """Return a JSON text that was cut as it may be closed behind each of its last members, the last one first.

    If it has no whole member, it is closed within a text.
    """
    ends: deque[tuple[int, str]] = deque(maxlen=_MAX_MEMBERS)
    closing = ""
    for part in _JSON_PART.finditer(text, 0, MAX_JSON_LENGTH):
        if part[0] == '"' or len(closing) > MAX_NESTING:  # the start of a string that was cut
            break
        if part[0] in _CLOSING:
            closing = _CLOSING[part[0]] + closing
            continue
        if part[0] in _OPENING:
            if not closing.startswith(part[0]):
                break
            closing = closing[1:]
        ends.append((part.start() if part[0] == "," else part.end(), closing))
    closed = [text[:end] + each for end, each in reversed(ends)]
    return [*closed, f'{text.rstrip()}"{closing}']


def without_prose(text: str) -> str:
    """Return a text that starts with JSON without the lines below it, unless they look like JSON."""
    end = find_json_end(text, 0)
    rest = text[end:].lstrip(" \t\r")
    is_prose = rest[:1] == "\n" and rest.lstrip()[:1] not in tuple("{}[],:\"'")
    return text[:end] if end and is_prose else text


def is_printed_map(text: str) -> bool:
    """Return whether a text starts with a map that a language printed in a form other than JSON."""
    return _PRINTED_MAP.match(text) is not None


def printed_maps(text: str) -> Iterator[dict[str, str]]:
    """Yield the members of each map in a text that Java printed; the types of their values are not known."""
    for found in _MAP.finditer(text):
        yield dict(each.partition("=")[::2] for each in _NEXT_MEMBER.split(found[1]))


def is_array_start(text: str, start: int) -> bool:
    """Return whether a bracket opens an array, and not a time or a name before a line: `[10:43] name: ...`."""
    return _ARRAY_START.match(text, start) is not None


def _is_typed(text: str, first: int | None, *, is_request: bool) -> bool:
    """Return whether a text starts with a value or a type in code, with the first JSON in it; in a response, of Go."""
    typed = _TYPED.match(text)
    if typed is None:
        return False
    start = typed.end() - 1
    end = find_json_end(text, start) or len(text)
    is_within = first is None or start < first < end
    return is_within and (is_request or _GO_LIST.search(text, 0, end) is not None)


def find_body(text: str, *, is_request: bool) -> str | None:
    """Return the first object, array, or form in a text that also has other text."""
    twice = _ENCODED_TWICE.match(text) if is_request and text[:1] == '"' else None
    if twice and "{" in twice[1] and is_json_text(twice[1]):
        return str(twice[1])
    if _CUT.search(text) or (is_request and is_printed_map(text[max(text.find("{"), 0) :])):
        return None  # its end is not known
    first = next(json_values(text), None)
    if _is_typed(text, first and first[0], is_request=is_request):
        return None
    if first is not None:
        return text[first[0] : first[1]]
    no_object = _CODE_BEFORE if is_request else _NAME_BEFORE
    tags = () if is_request else _TAGS.finditer(text)
    in_tags = {at for each in tags for at in range(*each.span()) if text[at] == "["}
    for start, char in enumerate(text):
        is_name = char == "{" and (
            _NAME.match(text, start) or no_object.search(text[max(start - _MAX_CALL, 0) : start])
        )
        if (char == "{" and not is_name) or (
            char == "["
            and start not in in_tags
            and not text[start - 1 : start].isalnum()
            and is_array_start(text, start)
        ):
            end = find_json_end(text, start)
            if end:
                return text[start:end]
            return text[start:] if text[start:].rstrip()[-1:] in ("}", "]") else None
    if form := re.search(r"(?:^|\s)((?:[\w.-]+=[^\s&]*)(?:&[\w.-]+=[^\s&]*)*)(?=\s|$)", text):
        return form[1] if is_request and "grant_type" in form[1] else None
    return None
