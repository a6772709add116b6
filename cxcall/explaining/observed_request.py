"""A request as somebody made it, and the answer that it got, as far as the source tells."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cxcall.findings.finding import Finding
    from cxcall.transport.messages import Headers, HttpResponse


@dataclass(frozen=True)
class ObservedRequest:
    """One request that was made, and what came of it. None means that the source is silent.

    `path` starts with `/` and is as written, without the query; `query` holds decoded pairs in
    their order. `body` is the text that was sent, JSON or not. `headers` holds what the source
    shows, which may not be all. `findings` are what the reading itself found wrong. In an exchange
    `null_means_unknown`: a member that is null is one that the source did not know. `unknown` names
    the variables whose values the source does not show, by their place: a JSON pointer (empty for
    the whole body) or `header:NAME`.
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
    null_means_unknown: bool = False
    unknown: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def is_unobserved(self, finding: Finding) -> bool:
        """Tell whether a finding judges what the source does not show; that a name is there, it shows."""
        where = finding.where
        return any(
            (where == place and finding.code != "property-unknown")
            or where.startswith(f"{place}/")
            or (where == "body" and not place)
            for place in self.unknown
        )


# A name is some 200 letters at most: bodies of megabytes hold strings in which none begins or ends.
_SECRET = re.compile(
    r"""("[^"]{0,200}(?:secret|passw|token|api[-_]?key|credential)[^"]{0,200}"\s*:\s*)"(?:[^"\\]|\\.)*"|"""
    r"""((?:client_secret|password|refresh_token|access_token|code)=)[^&\s]*""",
    re.IGNORECASE,
)
_WORDS = ("secret", "passw", "token", "key", "credential", "code=")
_SHORTEST = 8


def without_secrets(attempt: ObservedRequest) -> ObservedRequest:
    """Return an attempt whose bodies hold no secret: by the names of members, and by the token itself."""
    sent = attempt.headers.get("Authorization", "") if attempt.headers else ""
    value = sent.rpartition(" ")[2]
    response = attempt.response
    if response is not None:
        answered = response.body.decode("utf-8", "replace")
        if len(value) >= _SHORTEST:
            answered = answered.replace(value, "****")
        response = response._replace(body=_hidden(answered).encode("utf-8", "replace"))
    body = attempt.body
    return replace(attempt, body=None if body is None else _hidden(body), response=response)


def _hidden(text: str) -> str:
    folded = text.casefold()
    if not any(word in folded for word in _WORDS):
        return text
    return _SECRET.sub(lambda found: f'{found[1]}"****"' if found[1] else f"{found[2]}****", text)
