"""Read a user's document: JSON or YAML, compressed by gzip or not."""

from __future__ import annotations

from typing import Any

from cxcall.documents.json_document import DocumentError, parse
from cxcall.documents.text_files import decode
from cxcall.findings.errors import UsageError

LARGEST = 1 << 29
"""Bytes of a document that are read, once it is unpacked."""


def read_document(path: str, content: bytes) -> Any:
    """Return the parsed document in a file; raises UsageError if it is neither JSON nor YAML."""
    text = _decode(path, _unpack(path, content))
    if text.lstrip("\ufeff \t\r\n")[:1] not in ("{", "["):
        return _read_yaml(path, text)
    try:
        return parse(text, path).value
    except DocumentError as error:
        (finding, *_) = error.findings
        place = f":{finding.excerpt.line}:{finding.excerpt.column}" if finding.excerpt else ""
        raise _unusable(
            f"{path}{place}", f"`{path}` is not JSON: {finding.message}", finding.fix
        ) from None


def _read_yaml(path: str, text: str) -> Any:
    from cxcall.documents.yaml_document import YamlError, load_yaml

    try:
        return load_yaml(text)
    except YamlError as error:
        raise _unusable(
            f"{path}:{error.line}:{error.column}",
            f"`{path}` is not YAML: {error}",
            "correct the document, or convert it to JSON",
        ) from None


def _decode(path: str, content: bytes) -> str:
    try:
        return decode(path, content)
    except DocumentError as error:
        (finding, *_) = error.findings
        raise _unusable(path, finding.message, finding.fix) from None


def _unusable(where: str, message: str, fix: str) -> UsageError:
    return UsageError(message, where=where, fix=fix)


def _unpack(path: str, content: bytes) -> bytes:
    """Return the bytes of a document; nothing is unpacked beyond what a document may hold."""
    if content[:2] != b"\x1f\x8b":
        return content
    import gzip
    import zlib
    from io import BytesIO

    try:
        with gzip.open(BytesIO(content)) as packed:
            unpacked = packed.read(LARGEST + 1)
    except (OSError, EOFError, zlib.error):
        raise _unusable(
            path, f"`{path}` is compressed by gzip, and damaged", "get the file once more"
        ) from None
    if len(unpacked) > LARGEST:
        raise _unusable(
            path, f"`{path}` holds more than {LARGEST >> 20} MB", "cut it down to what is needed"
        )
    return unpacked
