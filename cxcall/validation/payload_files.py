"""Check payload files: find the operation that each payload matches, and its errors."""

from __future__ import annotations

import os
from contextlib import closing
from io import BufferedReader, BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from cxcall.documents.json_document import BOM, DocumentError, parse_json
from cxcall.documents.json_text import find_json
from cxcall.documents.paths import absolute_path
from cxcall.documents.text_files import (
    STDIN,
    decode,
    encoding_error,
    open_bytes,
    read_line,
    read_rest,
    read_text,
    refuse_other_encoding,
)
from cxcall.findings.errors import CxcallError, UsageError
from cxcall.findings.finding import Finding, add_notice
from cxcall.named_tuple import NamedTuple
from cxcall.runtime.operating_system import count_cores
from cxcall.validation.folder_files import (
    LINES,
    TABLES,
    expand_pattern,
    find_payload_files,
)
from cxcall.validation.payload_check import PayloadChecker, unreadable_verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence

    from cxcall.contracts.operation import Operation
    from cxcall.validation.pattern_file import OperationPatterns
    from cxcall.validation.payload_check import PayloadVerdict, VerdictRun

Piece = TypeVar("Piece")

_NONE_ASSIGNED = Finding.note(
    "usage",
    "--assigned",
    "no file was checked, because no pattern assigns one to an operation",
    fix='write a pattern under `[tool.cxcall.operations]`, such as `"payloads/**/*.json" = "execute"`',
)
_ALONE_SECONDS = 0.1  # seconds: shorter work is not worth the start of a process


class Validation(NamedTuple):
    """How payload files are checked: as `named`, as the operation assigned to the path, or as those that match.

    `jobs` is the number of processes that share a long file; None means one for each core when it is faster,
    and a single one for a pipe, so that the verdict on a line does not wait for others.
    `on_progress` is called with the number of bytes that were checked since the last call. `contents` are
    read in place of the files of these names.
    """

    known: Sequence[Operation]
    named: Operation | None = None
    assignment: OperationPatterns | None = None
    strict: bool = False
    jobs: int | None = None
    on_progress: Callable[[int], None] = lambda _: None
    contents: Mapping[str, bytes] = MappingProxyType({})

    def run(self, files: Sequence[str]) -> Generator[PayloadVerdict | VerdictRun, None, None]:
        """Check every payload of every file, folder, and pattern once; an unreadable one does not hide the others.

        Raises CxcallError if a process that shared the work was killed.
        """
        done: set[str] = set()
        for file in files:
            try:
                paths = [file] if file in self.contents else self._expand_files(file)
            except UsageError as error:
                yield _unreadable(file, error)
                continue
            for path in paths:
                try:
                    whole = os.path.normpath(path if path == STDIN else absolute_path(path))
                    if whole in done:  # links stay as they are named
                        continue
                    done.add(whole)
                    yield from _require_payload(path, self._of_file(path))
                except (DocumentError, UsageError) as error:
                    yield _unreadable(path, error)

    def assigned_files(self, files: Sequence[str]) -> list[str]:
        """Return the files, also of folders and patterns, that the project assigns to an operation."""
        paths = (path for file in files for path in self._expand_files(file, only_assigned=True))
        found = [path for path in paths if self._is_assigned(path)]
        if not found:
            add_notice(_NONE_ASSIGNED)
        return found

    def _is_assigned(self, path: str) -> bool:
        return bool(self.assignment and self.assignment.of(path))

    def _expand_files(self, file: str, *, only_assigned: bool = False) -> list[str]:
        """Return the payload files of a folder or a pattern, sorted; a file stands for itself.

        A notice names what is not read of a folder, unless `only_assigned` files are to be read.
        """
        if file == STDIN or not Path(file).is_dir():
            is_pattern = any(sign in file for sign in "*?[") and not Path(file).exists()
            return expand_pattern(file) if is_pattern else [file]
        return find_payload_files(file, self._is_assigned, with_notices=not only_assigned)

    def _is_file(self, path: str) -> bool:
        """Return whether a path names a file that can be read again, unlike a pipe."""
        return path not in (STDIN, *self.contents) and Path(path).is_file()

    def _payload_checker(self, path: str) -> PayloadChecker:
        """Return the checker of the payloads of one file."""
        patterns = None if self.named or path == STDIN else self.assignment
        assigned = patterns.of(path) if patterns else None
        named = self.named or (assigned.operation if assigned else None)
        return PayloadChecker(self.known, named, assigned, self.strict)

    def _of_file(self, path: str) -> Iterator[PayloadVerdict | VerdictRun]:
        if path in self.contents:
            content = self.contents[path]
            if _starts_as_lines(content):
                yield from self._of_lines(path, BufferedReader(BytesIO(content)))
            else:
                yield from self._of_document(path, content)
        elif path == STDIN:
            with open_bytes(STDIN) as stdin:
                yield from self._of_stdin(stdin)
        elif path.lower().endswith((*LINES, *TABLES)):
            with open_bytes(path, may_be_pipe=True) as file:
                check = self._of_lines if path.lower().endswith(LINES) else self._of_table
                yield from check(path, file)
        else:
            yield from self._of_document(path)

    def _of_document(self, path: str, data: bytes | None = None) -> Iterator[PayloadVerdict]:
        try:
            text = read_text(path) if data is None else decode(path, data)
            yield self._payload_checker(path).check_document(parse_json(text, path))
        except DocumentError as error:
            yield unreadable_verdict(path, error)

    def _of_stdin(self, file: BufferedReader) -> Iterator[PayloadVerdict | VerdictRun]:
        """Check JSON Lines or one document, which the start of the stream distinguishes."""
        from cxcall.validation.json_lines import read_whole_lines

        start = read_whole_lines(file, STDIN, at_once=True)
        while b"\n" not in start.strip() and (more := read_line(file, STDIN)):
            start += more
        if _starts_as_lines(start):
            yield from self._of_lines(STDIN, file, start)
        elif _may_be_table(start):
            yield _malformed(
                STDIN,
                "stdin has no JSON; tables are read only from files",
                "if this is a table, write it to a file whose name ends in `.csv` or `.tsv`, and check that file",
            )
        else:
            yield from self._of_document(STDIN, start + read_rest(file, STDIN))

    def _of_lines(
        self, path: str, file: BufferedReader, start: bytes = b""
    ) -> Iterator[PayloadVerdict | VerdictRun]:
        from cxcall.validation import json_lines

        is_file = self._is_file(path)
        blocks = json_lines.split_blocks(file, path, start, at_once=not is_file)
        check = json_lines.JsonLinesChecker(path, self._payload_checker(path))
        to_send = json_lines.LineBlock.without_lines if is_file else None
        expected = os.fstat(file.fileno()).st_size // json_lines.BLOCK_SIZE if is_file else 0
        yield from self._share_work(
            path, blocks, check, lambda block: block.size, to_send, expected
        )

    def _of_table(self, path: str, file: BufferedReader) -> Iterator[PayloadVerdict | VerdictRun]:
        from cxcall.validation.csv_files import CsvChecker, find_missing_parameters, open_csv_file

        refuse_other_encoding(path, file.peek())
        try:
            sheet = open_csv_file(file, path)
            checker = self._payload_checker(path)
            if sheet.is_empty and checker.named is None:
                return  # its operation is unknown
            operation = checker.named or sheet.operation(self.known)
            table = sheet.header.table(operation)
            for note in () if sheet.is_empty else find_missing_parameters(table):
                add_notice(note)
            check = CsvChecker(table, checker._replace(named=operation))
            yield from self._share_work(path, sheet.pieces(), check, lambda piece: len(piece[1]))
        except UnicodeDecodeError as error:
            problem = f"it contains byte 0x{error.object[error.start]:02x}"
            raise encoding_error(path, problem, error.object[error.start :]) from None

    def _share_work(
        self,
        path: str,
        pieces: Iterator[Piece],
        work: Callable[[Piece], Sequence[PayloadVerdict | VerdictRun]],
        size: Callable[[Piece], int],
        to_send: Callable[[Piece], Piece] | None = None,
        expected: int = 0,
    ) -> Iterator[PayloadVerdict | VerdictRun]:
        """Yield the verdicts on the pieces of one file; uses more processes if it takes longer.

        `to_send` returns the part of a piece that another process needs, by default the whole piece.
        """
        from cxcall.runtime.garbage_collection import collect_garbage
        from cxcall.runtime.parallel_work import WorkerLostError, share_work

        collect_garbage()
        jobs = self.jobs or (count_cores() if self._is_file(path) else 1)
        seconds = -1 if self.jobs else _ALONE_SECONDS
        shared = share_work(
            work, pieces, jobs, alone_seconds=seconds, to_send=to_send, expected=expected
        )
        try:
            with closing(shared):
                for piece, verdicts in shared:
                    yield from verdicts
                    self.on_progress(size(piece))
        except WorkerLostError:
            raise CxcallError(
                Finding.error(
                    "fault",
                    "--jobs",
                    "a worker process ended unexpectedly; the check was not finished",
                    fix="run it again with `--jobs 1`; if memory is short, the system ends processes",
                    why="the payloads that the process was checking have no result",
                )
            ) from None


def _require_payload(
    path: str, verdicts: Iterator[PayloadVerdict | VerdictRun]
) -> Iterator[PayloadVerdict | VerdictRun]:
    """Yield the verdicts on a file; if there are none, yield one that says so."""
    entry = None
    for entry in verdicts:
        yield entry
    if entry is None:
        shown = "--skeleton --csv" if path.lower().endswith(TABLES) else "--skeleton"
        fix = f"a sample: `cxcall operations NAME {shown}`"
        yield _malformed(path, f"`{path}` contains no payload", fix)


def _unreadable(file: str, error: CxcallError) -> PayloadVerdict:
    """Return the verdict on a missing file; its name may be a phone number that was typed in the wrong place."""
    from cxcall.phone.typed_numbers import mask_typed_numbers

    mask, verdict = mask_typed_numbers([file]), unreadable_verdict(file, error)
    findings = tuple(each.map_texts(mask) for each in verdict.findings)
    return verdict._replace(file=mask(file), findings=findings)


def _starts_as_lines(start: bytes) -> bool:
    """Return whether a text starts with a JSON document on one line, followed by another one."""
    lines = (line for line in start.removeprefix(BOM.encode()).splitlines() if line.strip())
    first, second = next(lines, b""), next(lines, b"").lstrip()
    starts = (b"{", b"[")
    may_be_lines = first.lstrip().startswith(starts) and second.startswith(starts)
    return may_be_lines and find_json(first, None) is not None


def _may_be_table(start: bytes) -> bool:
    """Return whether the first line of a text has separators, and nothing that only JSON has."""
    head = start.partition(b"\n")[0]
    return any(map(head.count, (b",", b";", b"\t"))) and not any(
        map(head.count, (b"{", b"[", b":"))
    )


def _malformed(path: str, message: str, fix: str) -> PayloadVerdict:
    error = DocumentError(Finding.error("body-malformed", "body", message, fix))
    return unreadable_verdict(path, error)
