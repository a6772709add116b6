"""JSON Lines of any length -> verdicts: cut into parts, and the lines of a part judged at once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from cxcall.documents.json_document import BLANK, DocumentError, parse
from cxcall.documents.text_files import refuse_wide, undecodable
from cxcall.findings.exit_codes import ExitCode
from cxcall.findings.finding import Excerpt
from cxcall.mould import NUMBERS, Moulds
from cxcall.phone.numbering_plans import undialable
from cxcall.validation.payload_check import (
    PayloadChecker,
    PayloadVerdict,
    VerdictRun,
    unreadable_verdict,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import BufferedReader

PART = 1 << 19
_BLANK = BLANK.encode()
_LINE = re.compile(rb"[^\n]*\n")


class LineBlock(NamedTuple):
    """Whole lines of a file: where they stand in it, or (of what can be read but once) the lines themselves."""

    first_line: int
    offset: int
    size: int
    content: bytes | None

    def read(self, path: str) -> bytes:
        """Return the lines."""
        if self.content is not None:
            return self.content
        with open(path, "rb") as file:  # noqa: PTH123 - a path as given
            file.seek(self.offset)
            return file.read(self.size)


def split_blocks(
    file: BufferedReader, name: str, start: bytes = b"", *, rereadable: bool
) -> Iterator[LineBlock]:
    """Cut a file into parts at the ends of lines, as they come; `start` is what was read of it already.

    Raises DocumentError where it is UTF-16 or UTF-32.
    """
    line, offset = 1, 0
    while content := start or whole_lines(file, at_once=not rereadable):
        start = b""
        if not offset:
            refuse_wide(name, content[:4])
        yield LineBlock(line, offset, len(content), None if rereadable else content)
        line += content.count(b"\n")
        offset += len(content)


def whole_lines(file: BufferedReader, *, at_once: bool) -> bytes:
    """Read whole lines, as many as make a part; `at_once` no more than a pipe has already."""
    content = file.read1(PART) if at_once else file.read(PART)
    return content if content[-1:] in (b"\n", b"") else content + file.readline()


class JsonLinesChecker:
    """The check of the lines of one file; it learns as it goes what need not be checked in full."""

    def __init__(self, name: str, judge: PayloadChecker) -> None:
        self.name, self.judge = name, judge
        self.moulds = Moulds(judge.known, judge.named)

    def __call__(self, part: LineBlock) -> list[PayloadVerdict | VerdictRun]:
        """Return the verdicts on the lines of a part, in their order; blank lines have none."""
        text = part.read(self.name)
        if not text.endswith(b"\n"):
            text += b"\n"
        return list(self._verdicts(text, part.first_line))

    def _verdicts(self, text: bytes, line: int) -> Iterator[PayloadVerdict | VerdictRun]:
        at, is_utf8 = 0, _is_utf8(text)
        while at < len(text):
            end, operations = self.moulds.fitting(text, at) if is_utf8 else (at, ())
            if end > at:
                count = text.count(b"\n", at, end)
                yield from self._stretch(text, at, end, line, count, operations)
            else:
                count, end = 1, text.index(b"\n", at) + 1
                if found := self._in_full(text[at:end], line):
                    yield found
            line, at = line + count, end

    def _stretch(
        self, text: bytes, at: int, end: int, line: int, count: int, operations: tuple[str, ...]
    ) -> Iterator[PayloadVerdict | VerdictRun]:
        """Yield the verdicts on lines that fit a mould: those whose numbers nobody can have are looked at."""
        # A plus sign alone is looked for first: that is ten times as fast where there is none.
        has_numbers = text.find(b"+", at, end) >= 0 and text.find(b'"+', at, end) >= 0
        wrong = undialable(NUMBERS.findall(text, at, end)) if has_numbers else ()
        if not wrong:
            yield self._valid(line, count, operations)
            return
        count = 0
        for each in _LINE.findall(text, at, end):
            if wrong.isdisjoint(NUMBERS.findall(each)):
                count += 1
                continue
            if count:
                yield self._valid(line, count, operations)
            line, count = line + count, 0
            if found := self._in_full(each, line):
                yield found
            line += 1
        if count:
            yield self._valid(line, count, operations)

    def _valid(self, line: int, count: int, operations: tuple[str, ...]) -> VerdictRun:
        first = PayloadVerdict(
            self.name, line, operations, valid=True, findings=(), exit_code=ExitCode.OK,
            assigned=self.judge.assigned,
        )  # fmt: skip
        return VerdictRun(first, count)

    def _in_full(self, raw: bytes, line: int) -> PayloadVerdict | None:
        """Judge one line by itself; None where it is blank."""
        if not raw.strip(_BLANK):
            return None
        raw = raw.rstrip(b"\r\n")
        try:
            document = parse(_decoded(raw, self.name, line), self.name, line)
        except DocumentError as error:
            return unreadable_verdict(self.name, error, line)
        found = self.judge.document(document, line)
        if found.valid and not found.findings:
            self.moulds.learn(raw, document.value, found.operations)
        return found


def _is_utf8(text: bytes) -> bool:
    try:
        return text.isascii() or bool(text.decode())
    except UnicodeDecodeError:
        return False


def _decoded(raw: bytes, name: str, line: int) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        said = f"byte 0x{raw[error.start]:02x} stands in line {line}"
        (found,) = undecodable(name, said, "LATIN1").findings
        column = len(raw[: error.start].decode()) + 1
        place = Excerpt(name, line, column, raw.decode("utf-8", "replace"))
        raise DocumentError(found._replace(excerpt=place)) from None
