"""Read a user's document: JSON or YAML, compressed by gzip or not."""

from __future__ import annotations

from typing import Any

from cxcall.documents.json_document import DocumentError, parse_json
from cxcall.documents.text_files import LARGEST_DOCUMENT, decode
from cxcall.findings.errors import UsageError
from cxcall.findings.finding import Finding, Severity

_DUPLICATES_LISTED = 100
_DUPLICATE_FIX = "keep only one of them"


def read_document(path: str, content: bytes) -> tuple[Any, list[UsageError]]:
    """Return the parsed document in a file, and an error for each duplicate name in it, at most 100.

    Raises UsageError if it is neither JSON nor YAML.
    """
    text = _decode(path, _unpack(path, content))
    if text.lstrip("\ufeff \t\r\n")[:1] not in ("{", "["):
        return _read_yaml(path, text)
    try:
        document = parse_json(text, path)
    except DocumentError as error:
        (finding, *_) = error.findings
        place = _place(path, finding)
        message = f"`{path}` is not JSON: {finding.message}"
        raise UsageError(message, where=place, fix=finding.fix) from None
    found = [each for each in document.findings if each.severity is Severity.ERROR]
    return document.value, [
        UsageError(each.message, where=_place(path, each), fix=_DUPLICATE_FIX)
        for each in found[:_DUPLICATES_LISTED]
    ]


def _place(path: str, finding: Finding) -> str:
    excerpt = finding.excerpt
    return f"{path}:{excerpt.line}:{excerpt.column}" if excerpt else path


def _read_yaml(path: str, text: str) -> tuple[Any, list[UsageError]]:
    from cxcall.documents.yaml_document import YamlError, load_yaml

    duplicates: list[UsageError] = []

    def keep(error: YamlError) -> None:
        if len(duplicates) < _DUPLICATES_LISTED:
            place = f"{path}:{error.line}:{error.column}"
            duplicates.append(UsageError(str(error), where=place, fix=_DUPLICATE_FIX))

    try:
        return load_yaml(text, keep), duplicates
    except YamlError as error:
        raise UsageError(
            f"`{path}` is not YAML: {error}",
            where=f"{path}:{error.line}:{error.column}",
            fix="correct the document, or convert it to JSON",
        ) from None


def _decode(path: str, content: bytes) -> str:
    try:
        return decode(path, content)
    except DocumentError as error:
        (finding, *_) = error.findings
        raise UsageError(finding.message, where=path, fix=finding.fix) from None


def _unpack(path: str, content: bytes) -> bytes:
    """Return the bytes of a document; stops unpacking at the greatest size of a document."""
    if content[:2] != b"\x1f\x8b":
        return content
    import gzip
    import zlib
    from io import BytesIO

    try:
        with gzip.open(BytesIO(content)) as packed:
            unpacked = packed.read(LARGEST_DOCUMENT + 1)
    except (OSError, EOFError, zlib.error):
        problem, fix = "is a damaged gzip file", "download the file again"
    else:
        if len(unpacked) <= LARGEST_DOCUMENT:
            return unpacked
        problem = f"has more than {LARGEST_DOCUMENT >> 20} MB when it is unpacked"
        fix = "remove the parts that you do not need"
    raise UsageError(f"`{path}` {problem}", where=path, fix=fix)
