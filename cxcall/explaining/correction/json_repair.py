"""Read the body of a request, and repair its syntax if it is almost JSON, so that the rest of it can be checked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from copy import deepcopy
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs

from cxcall.documents.json_document import Document, DocumentError, parse_json
from cxcall.documents.json_pointer import has_value
from cxcall.explaining.observed_request import ObservedRequest
from cxcall.findings.finding import Finding
from cxcall.payloads.payload import Payload, set_value
from cxcall.runtime.patterns import compile_on_use
from cxcall.runtime.text_decoding import DOUBLE_QUOTES, SINGLE_QUOTES

_STRAIGHT = str.maketrans({**dict.fromkeys(DOUBLE_QUOTES, '"'), "\u00a0": " "})
_STRAIGHT_SINGLE = str.maketrans(dict.fromkeys(f"{SINGLE_QUOTES}'", '"'))
_CURLY = compile_on_use(f"[{DOUBLE_QUOTES}{SINGLE_QUOTES}]")
# A string, or a comment outside of strings, as JavaScript and `jsonc` have them. No string starts at an escaped quote:
# in JSON whose quotes are all escaped, a search from each of them to the end would take quadratic time.
_STRING_OR_COMMENT = compile_on_use(r'((?<!\\)"(?:[^"\\\n]|\\.)*")|//[^\n]*|/\*.*?\*/', re.DOTALL)
_JSON_STRING = compile_on_use(r'(?<!\\)"(?:[^"\\]|\\.)*"', re.DOTALL)
# A line end or tab, or the backslash of an escape that JSON does not have.
_NOT_IN_STRING = compile_on_use(r'[\x00-\x1f]|\\(?!["\\/bfnrtu])')
_STRING_OR_BRACKET = compile_on_use(r'"(?:[^"\\]|\\.)*(?:"|\\?\Z)|[{}\[\]]')
_FORM = compile_on_use(r"[\w.%\[\]-]+=[^\s{]*")
_CLOSERS = {"{": "}", "[": "]"}
_TRAILING_COMMA = compile_on_use(r",(?=\s*[}\]])")
_TOKEN = compile_on_use(r'(?<!\\)"(?:[^"\\\n]|\\.)*"|[^\s"{}\[\],:]+|[{}\[\],:]')
# Python's names of JSON values, between the punctuation of JSON.
_PYTHON_WORD = compile_on_use(r"(?<=[:,\[\s])(?:True|False|None)(?=\s*[,}\]])")
_JSON_WORDS = {"True": "true", "False": "false", "None": "null"}


@lru_cache(maxsize=1)
def parse_repaired(text: str) -> tuple[Document | None, tuple[Finding, ...]]:
    """Return the repaired body, and the findings on its JSON syntax; None if it cannot be repaired.

    A repair keeps the length if possible, so that lines and columns match the original text. The checks of
    one request share the result, which they must not change.
    """
    try:
        return parse_json(text, "body"), ()
    except DocumentError as error:
        findings = error.findings
    others: dict[str, Finding] = {}
    for repaired in _repairs(text):
        try:
            document = parse_json(repaired, "body")
        except DocumentError as error:
            others |= {each.message: each for each in error.findings}
            continue
        others.pop(findings[0].message, None)
        return document, (_describe(text, repaired, findings[0]), *others.values())
    return None, findings


def repair_body(request: ObservedRequest) -> tuple[Payload | None, tuple[Finding, ...]]:
    """Return the body, with null for unknown values, and the findings on its JSON syntax.

    The payload is None if there is no body, or if it cannot be read.
    """
    if not request.body:
        return None, ()
    document, findings = parse_repaired(request.body)
    if document is None:
        return None, findings
    value = deepcopy(document.value) if request.unknown else document.value
    for pointer in request.unknown:
        if pointer[:1] in ("", "/") and has_value(value, pointer):
            value = set_value(value, pointer, None, "") if pointer else None
    return Payload(value, document), (*findings, *document.findings)


def body_value(request: ObservedRequest) -> Any:
    """Return the parsed body; None if there is none, or if it cannot be read."""
    payload, _ = repair_body(request)
    return payload.value if payload else None


def read_leniently(text: str) -> Any:
    """Return the value of a body that is defective JSON, truncated JSON, or a form; None for any other text."""
    document, _ = parse_repaired(text)
    if document is not None:
        return document.value
    if looks_like_form(text):
        members = parse_qs(text.strip(), keep_blank_values=True)
        return {name: each if len(each) > 1 else each[0] for name, each in members.items()}
    for kept in (text, text.rpartition(",")[0]):
        with suppress(DocumentError):
            return parse_json(_close(kept), "body").value
    return None


def looks_like_form(text: str) -> bool:
    """Return whether a body is a form: `name=value&name=value`."""
    return _FORM.fullmatch(text.strip()) is not None


def _close(text: str) -> str:
    """Return a text with the open string and brackets at its end closed."""
    text, ends = text.rstrip().rstrip(","), []
    for match in _STRING_OR_BRACKET.finditer(text):
        if match[0] in _CLOSERS:
            ends.append(_CLOSERS[match[0]])
        elif match[0] in ends[-1:]:
            ends.pop()
        elif match.end() == len(text) and (len(match[0]) == 1 or not match[0].endswith('"')):
            ends.append('"')
    return text + "".join(reversed(ends))


def _repairs(text: str) -> Iterator[str]:
    yield _JSON_STRING.sub(lambda match: _NOT_IN_STRING.sub(" ", match[0]), text)
    repaired = text.translate(_STRAIGHT)
    yield repaired
    repaired = _STRING_OR_COMMENT.sub(
        lambda match: match[1] or re.sub(r"\S", " ", match[0]), repaired
    )
    yield repaired
    repaired = _TRAILING_COMMA.sub(" ", repaired)
    yield repaired
    yield _add_comma(repaired)
    yield _PYTHON_WORD.sub(
        lambda match: _JSON_WORDS[match[0]], repaired.translate(_STRAIGHT_SINGLE)
    )


def _add_comma(text: str) -> str:
    """Return a text with the missing comma before the name of a member; unchanged if more than one is missing."""
    tokens = list(_TOKEN.finditer(text))
    ends = [
        value.end()
        for value, name, colon in zip(tokens, tokens[1:], tokens[2:], strict=False)
        if value[0] not in "{[,:" and name[0][0] == '"' and colon[0] == ":"
    ]
    if len(ends) != 1:
        return text
    before, after = text[: ends[0]], text[ends[0] :]
    return f"{before},{after[after.startswith((chr(32), chr(9))) :]}"


def _describe(text: str, repaired: str, finding: Finding) -> Finding:
    """Return the finding on a repair: one for all curly quotes, otherwise the message of the parser."""
    curly = [match.start() for match in _CURLY.finditer(text) if repaired[match.start()] == '"']
    if not curly:
        return finding
    quote = text[curly[0]]
    return finding._replace(
        message=f'the body has curly quotes, such as `{quote}`, in {len(curly)} places, where JSON requires `"`',
        fix='replace each of them with a straight quote, `"`',
        why="word processors, chats, and web pages change quotes; JSON (RFC 8259) allows only straight quotes",
    )
