"""Remove the numbers that editors, stack traces, and pages print before the lines of code or JSON."""

from __future__ import annotations

import re

from cxcall.runtime.patterns import compile_on_use

_LINE_NUMBER = compile_on_use(r"^[ \t>]*(\d{1,5})[ \t]?[:|](?:[ \t]|$)", re.MULTILINE)
_NUMBERED = compile_on_use(r"[ \t]*(\d{1,5})(?:[ \t](.*))?")
_LINE_OF_CODE = compile_on_use(r"[{}\[\]();][,;]?[ \t]*$")
_MIN_LINES = 3


def without_line_numbers(text: str) -> str:
    """Return a text without the numbers of successive lines, which no sign follows if they are all its lines or code."""
    numbers = [int(each) for each in _LINE_NUMBER.findall(text)]
    if len(numbers) > 1 and numbers == [*range(numbers[0], numbers[0] + len(numbers))]:
        return _LINE_NUMBER.sub("", text)
    lines = text.split("\n")
    found = [_NUMBERED.fullmatch(line) for line in lines]
    start, count = 0, text.strip().count("\n") + 1
    for end in range(1, len(lines) + 1):
        before, line = found[end - 1], found[end] if end < len(lines) else None
        if before and line and int(line[1]) == int(before[1]) + 1:
            continue
        contents = [each[2] or "" for each in found[start:end] if each]
        is_all = end - start == count
        is_code = len(contents) >= _MIN_LINES and any(map(_LINE_OF_CODE.search, contents))
        if len(contents) > 1 and (is_all or is_code):
            lines[start:end] = contents
        start = end
    return "\n".join(lines)
