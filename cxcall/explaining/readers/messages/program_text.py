"""Tell program text, which may name an error, from the lines in which a program reports one."""

from __future__ import annotations

import re

from cxcall.runtime.patterns import compile_on_use

_LONG_STRING = compile_on_use(r"(\"{3}|'{3}).*?\1", re.DOTALL)
_QUOTED = compile_on_use(r"\"(?:[^\"\\\n]|\\.)*\"|(?<!\w)'(?:[^'\\\n]|\\.)*'")
_GROUP = compile_on_use(r"\([^()]*\)")
_NAME = r"[\"'`:]?[\w.:$]+[\"'`]?"
_OTHERS = rf"(?:\s*[,|]\s*{_NAME})"
_STATEMENT = compile_on_use(
    r"^\s*(?:except|import|using|use|from|[Tt]hrow|raise|return|rescue|if|elif|else|when|case|class|val)\b"
    r"|[!=]==?\s|\bcatch\s*\("
    # Comments, but not one with an error; a line of curl starts with `*`, too.
    r"|^\s*(?://|#)(?!\s*[\w.]{0,80}(?:Error|Exception|Timeout): )|^\s*/\*|^\s+\*\s"
    # A branch, and a member with a text as its value, but not one of an error that is printed.
    r"|^\s*(?:is )?[\w.:\"']+\s*[-=]>\s*[\"'`]"
    r"|^\s+(?![\"']?(?i:err(?:or)?(?:_?(?:message|code))?|exception|message|msg|code|reason|cause)\b)"
    r"(?:[\"']?[\w.$-]+[\"']?\s*[:=]\s*)?[\"'`][^\"'`]*[\"'`]\s*[,;)]*\s*$"
    rf"|^\s+(?:- )?{_NAME}\s*$|^\s*{_NAME}{_OTHERS}*\s*,\s*$",  # a list of names
)
# How a line starts that a program prints: with a time, a level, or the name of an error.
_REPORT = compile_on_use(
    r"\W{0,4}(?:\d{4}[-/]\d\d[-/]\d\d|\d\d:\d\d:\d\d|(?:ERROR|WARN(?:ING)?|FATAL|CRITICAL|INFO|DEBUG)\b(?! ?[=(.])"
    r"|[\w.:$\\/]*(?:[Ee]rror|Exception|Timeout)(?:: | \{|$))"
)
# An assignment of an expression, a command that prints a text, or the end of a statement.
_EXPRESSION = compile_on_use(
    r"\s[:+.]?=\s+(?:[\"'`(\[{%$]|[\w.:]+(?:[(\[{<;]|\s*$))"
    r"|\b(?:print|echo|puts|warn|die|Write-\w+)\s*[\"']|[;{]\s*$"
)
# The start of an argument, but not of the message of an error, as Python and Rust print it.
_CALL = compile_on_use(r"\b(?!\w*(?:Error|Exception|Timeout|Failure)\()\w+!?\(")
_LIST = compile_on_use(rf"[\[({{]\s*{_NAME}{_OTHERS}+,?\s*[\])}}]|\[\s*[\"'`]\w+[\"'`]\s*\]")


def without_long_strings(text: str) -> str:
    """Return a text without strings in three quotation marks, such as the documentation of a function."""
    return _LONG_STRING.sub("", text)


def is_program_text(line: str, position: int) -> bool:
    """Return whether what is at a position of a line is program text: a value, an argument, a name in a statement.

    Else a program printed the line, or a person wrote it.
    """
    if _STATEMENT.search(line):
        return True
    if _REPORT.match(line):
        return False
    if any(each.start() <= position < each.end() for each in _LIST.finditer(line)):
        return True
    before, left = line[:position], ""
    while before != left:
        before, left = _GROUP.sub("", before), before
    return bool(_CALL.search(before) or _EXPRESSION.search(_QUOTED.sub('""', line)))
