"""Hide the secrets of a payload in a finding's quotations: in its line, its message, and its correction."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from cxcall.runtime.secrets.known_secrets import MASKED
from cxcall.runtime.secrets.likely_secrets import find_likely_secrets, is_likely_secret
from cxcall.runtime.secrets.secret_names import is_named_as_secret

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from cxcall.findings.finding import Finding

_LITERAL = r"`[^`]*`"
_FEWEST = 4
"""The fewest characters of a secret that is also searched within other words."""


def blank(text: str) -> str:
    """Return as many asterisks as a text has characters, so that columns stay correct."""
    return "*" * len(text)


def blank_spans(text: str, values: Iterable[tuple[str, int, int]]) -> str:
    """Return a JSON text with asterisks in place of each secret; its `values` are (name, start, end), in order."""
    parts: list[str] = []
    end = 0
    for name, start, stop in values:
        if is_named_as_secret(name) and is_likely_secret(name, json.loads(text[start:stop])):
            quotes = int(text[start] == '"')
            parts += [text[end : start + quotes], blank(text[start + quotes : stop - quotes])]
            end = stop - quotes
    return "".join([*parts, text[end:]])


def blank_secrets(line: str) -> str:
    """Return a line with asterisks in place of each likely secret."""
    for secret in find_likely_secrets(line):
        for form in {secret, json.dumps(secret)[1:-1]}:
            if len(form) >= _FEWEST:
                line = line.replace(form, blank(form))
            else:
                line = line.replace(f'"{form}"', f'"{blank(form)}"')
    return line


def quoted_secrets(finding: Finding) -> set[str]:
    """Return the likely secrets in what a finding quotes, by their form."""
    texts = (finding.message, finding.fix)
    quoted = {each for text in texts for each in re.findall(_LITERAL, text)}
    return {secret for each in quoted for secret in _secrets_in(each[1:-1])}


@lru_cache(maxsize=256)
def _secrets_in(literal: str) -> list[str]:
    """Return the likely secrets in a quoted text; cached, because most findings quote the same names."""
    return find_likely_secrets(literal)


def hide_secrets(finding: Finding, secrets: Collection[str]) -> Finding:
    """Return a finding without these secrets in its message, its reason, and its correction."""

    def hide(match: re.Match[str]) -> str:
        literal = match[0][1:-1]
        for secret in secrets:
            if secret == literal or len(secret) >= _FEWEST:
                literal = literal.replace(secret, MASKED)
        return f"`{literal}`"

    def hide_all(text: str) -> str:
        return re.sub(_LITERAL, hide, text)

    if not any(each in text for each in secrets for text in (finding.message, finding.fix)):
        return finding
    return finding._replace(
        message=hide_all(finding.message), fix=hide_all(finding.fix), why=hide_all(finding.why)
    )
