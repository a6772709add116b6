"""Read a response body: decompressed, limited in size, and complete."""

from __future__ import annotations

import zlib
from http.client import IncompleteRead
from typing import TYPE_CHECKING

from cxcall.documents.json_text import load_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from urllib3 import HTTPResponse

KEPT_BYTES = 1 << 20
_CHUNK = 1 << 14
_GZIP = 31  # zlib's `wbits` for a gzip header and trailer, both checked


class Body:
    """A response body, of which at most `KEPT_BYTES` are kept."""

    def __init__(self) -> None:
        self._received = bytearray()

    @property
    def content(self) -> bytes:
        """The bytes received so far, decompressed."""
        return bytes(self._received[:KEPT_BYTES])

    @property
    def is_truncated(self) -> bool:
        """Whether the server sent more than is kept."""
        return len(self._received) > KEPT_BYTES

    def read(self, raw: HTTPResponse) -> None:
        """Read to the end or to the limit; raises IncompleteRead if the body is truncated."""
        gzipped = raw.headers.get("Content-Encoding", "").strip().lower() in ("gzip", "x-gzip")
        chunks = raw.stream(_CHUNK, decode_content=False)
        for chunk in decompress(chunks) if gzipped else chunks:
            self._received += chunk
            if self.is_truncated:
                return
        has_length = raw.chunked or raw.length_remaining is not None
        if not has_length and "json" in raw.headers.get("Content-Type", "").lower():
            self._check_json()

    def _check_json(self) -> None:
        # Such a body ends with the connection: only its JSON shows whether it is complete.
        try:
            load_json(bytes(self.content))
        except RecursionError:
            return
        except ValueError:
            raise IncompleteRead(self.content) from None


def decompress(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Decompress gzip in small pieces, so that the reader can stop before a decompression bomb fills the memory.

    Raises IncompleteRead when the data ends early.
    """
    decompressor, has_data = zlib.decompressobj(_GZIP), False
    for chunk in chunks:
        rest = chunk
        while rest:
            if decompressor.eof:
                decompressor = zlib.decompressobj(_GZIP)
            has_data = True
            yield decompressor.decompress(rest, _CHUNK)
            rest = decompressor.unused_data if decompressor.eof else decompressor.unconsumed_tail
    if has_data:
        yield decompressor.flush()
        if not decompressor.eof:
            raise IncompleteRead(b"")
