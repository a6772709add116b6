"""A request as somebody made it, and the answer that it got, as far as the source tells."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cxcall.errors import Finding
    from cxcall.transport import Headers, HttpResponse


@dataclass(frozen=True)
class Attempt:
    """One request that was made, and what came of it. None means that the source is silent.

    `path` starts with `/` and is as written, without the query; `query` holds decoded pairs in
    their order. `body` is the text that was sent, JSON or not. `headers` holds what the source
    shows, which may not be all. `findings` are what the reading itself found wrong. In an exchange
    `null_is_silence`: a member that is null is one that the source did not know.
    """

    origin: str
    method: str | None = None
    scheme: str | None = None
    host: str | None = None
    path: str | None = None
    query: tuple[tuple[str, str], ...] = ()
    headers: Headers | None = field(default=None, repr=False)
    body: str | None = field(default=None, repr=False)
    response: HttpResponse | None = None
    findings: tuple[Finding, ...] = ()
    null_is_silence: bool = False
