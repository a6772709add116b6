"""Join the chunks of a body that a dump of a connection shows as they were sent (RFC 9112, section 7.1)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_SIZE = re.compile(r"[0-9A-Fa-f]{1,8}(?:;.*)?")


def join_chunks(text: str, headers: Mapping[str, str]) -> str:
    """Return a body without the sizes of its chunks; unchanged if no header says that it has chunks, or it shows no sizes."""
    names = {name.lower(): value.lower() for name, value in headers.items()}
    lines = [line.strip("\r") for line in text.strip().split("\n")]
    is_chunked = "chunked" in names.get("transfer-encoding", "")
    if not is_chunked or len(lines) < 2 or not _SIZE.fullmatch(lines[0].strip()):
        return text
    return "".join(line for line in lines if not _SIZE.fullmatch(line.strip()))
