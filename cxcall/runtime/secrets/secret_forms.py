"""The forms of secrets: those that their issuers publish, with a fixed start, and `id:secret` in a command or code."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from cxcall.runtime.patterns import compile_pattern
from cxcall.runtime.secrets.known_secrets import MASKED
from cxcall.runtime.secrets.random_texts import is_mixed, is_plain

if TYPE_CHECKING:
    from collections.abc import Iterator

# Starts of the secrets of one issuer, and the pattern of what follows: AWS, GitHub, GitLab, Slack, Google,
# Stripe, Anthropic and OpenAI, npm, PyPI, Vault, SendGrid, Shopify, DigitalOcean.
_FORMATS = (
    ("AKIA ASIA", r"[A-Z0-9]{16}(?!\w)"),
    ("ghp_ gho_ ghu_ ghs_ ghr_", r"[A-Za-z0-9]{20,}"),
    ("github_pat_", r"\w{20,}"),
    ("glpat- gldt- glrt-", r"[\w-]{16,}"),
    ("xoxa- xoxb- xoxc- xoxd- xoxe- xoxp- xoxr- xoxs- xapp-", r"[\w-]{10,}"),
    ("hooks.slack.com/services/", r"\w{8,}/\w{8,}/\w{16,}"),
    ("AIza", r"[\w-]{35}"),
    ("ya29.", r"[\w-]{20,}"),
    ("sk_live_ sk_test_ rk_live_ rk_test_ whsec_", r"[A-Za-z0-9]{16,}"),
    ("sk-", r"(?:ant|proj|svcacct)-[\w-]{20,}|[A-Za-z0-9]{32,}"),
    ("npm_", r"[A-Za-z0-9]{36}"),
    ("pypi-AgE", r"[\w-]{40,}"),
    ("hvs. hvb.", r"[\w-]{24,}"),
    ("SG.", r"[\w-]{16,}\.[\w-]{16,}"),
    ("shpat_ shpca_ shppa_ shpss_", r"[0-9a-fA-F]{32}"),
    ("dop_v1_", r"[0-9a-f]{64}"),
)
_SIGNS = "_-."
# A private key in PEM (RFC 7468), also with a mark such as `>` on each line, `+` for a space, and its end cut off.
_KEY_START, _KIND = "-----BEGIN", r"[A-Z0-9 +]{1,40}PRIVATE[ +]KEY(?:[ +]BLOCK)?-----"
_KEY_LINE = r"(?:[A-Z][A-Za-z-]{1,20}:[\s+]?[\w,-]{1,80}|[A-Za-z0-9+/]{16,}={0,2})"
_PRIVATE_KEY = (
    rf"{_KEY_START}{_KIND}(?:(?:(?!-----)[\s\S]){{1,20000}}-----END{_KIND}"
    rf"""|(?:[\s>|"'+]{{0,20}}{_KEY_LINE})+)"""
)
# A JWT is three parts of base64url, of which the first one is a JSON object: `{"` or `{` and a blank.
_MORE = r"[A-Za-z0-9_-]++"
_FOLDED = rf"(?:\s{{1,4}}{_MORE})?"
_JWT = (
    r"(?<![A-Za-z0-9_-])(?:eyJ|eyA|ewo|ewk|ew0)[A-Za-z0-9_-]{5,}+"
    rf"{_FOLDED}\.{_MORE}{_FOLDED}\.[A-Za-z0-9_-]*+"
    rf"(?:\s{{1,4}}(?=[A-Za-z_-]{{0,99}}[0-9])[A-Za-z0-9_-]{{16,}}+)?"
)

_LOGIN = r"[\w.@-]{3,100}:[^\s:]{6,200}"
LOGIN_IN_OPTION = (
    r"""((?<![\w-])(?:-[uU]|--user|--proxy-user)[ =]?["']?[^\s:"'/]{1,100}:)([^\s"'/]{4,})"""
)
# `"id:secret"`, `"id" + ":" + "secret"`, `"id:" + "secret"`.
# Starts with one of four signs, which makes the search fast.
LOGIN_IN_CODE = (
    r"[\"'`:](?:(?<!:)[\w.@-]{1,100}+:|(?<=:)[\"'`]\s{0,4}[+.,&]{1,2}\s{0,4}b?([\"'`]))"
    r"([^\s:\"'`]{6,200})(?=[\"'`])"
)
# The colon of such a login and what follows it; starts with a literal character, which makes the search faster.
COLON_IN_CODE = r":(?:(?<=[\w.@-]:)[^\s:\"'`]{6}|[\"'`]\s{0,4}[+.,&])"


def published_formats(text: str) -> Iterator[str]:
    """Yield the patterns of the formats that a text may have; each starts with a literal, which makes the search fast."""
    if "eyJ" in text or "ew" in text or "eyA" in text:
        yield _JWT
    signs = {sign for sign in ("", *_SIGNS) if sign in text}
    yield from (pattern for sign, start, pattern in _patterns() if sign in signs and start in text)


def mask_published_formats(text: str) -> str:
    """Return a text with the secrets of published formats masked."""
    for pattern in published_formats(text):
        text = compile_pattern(pattern).sub(mask_format, text)
    return text


def mask_format(match: re.Match[str]) -> str:
    """Return the mask of a secret; a placeholder without a digit, such as `ghp_your_token`, is unchanged."""
    is_placeholder = match.re.groups and not re.search("[0-9]", match[1])
    return match[0] if is_placeholder else MASKED


@cache
def _patterns() -> tuple[tuple[str, str, str], ...]:
    """Return for each format a sign that its start has, to search a long text for few starts, its start, and its pattern."""
    starts = ((start, rest) for starts, rest in _FORMATS for start in starts.split())
    of_tokens = ((each, re.escape(each), rest) for each, rest in starts)
    patterns = (
        (_KEY_START, _PRIVATE_KEY),
        *((each, rf"{form}(?<![A-Za-z0-9_]{form})({rest})") for each, form, rest in of_tokens),
    )
    return tuple(
        (next((sign for sign in _SIGNS if sign in start), ""), start, pattern)
        for start, pattern in patterns
    )


def mask_login(match: re.Match[str]) -> str:
    """Mask the secret of a login in a text that also encodes one, but no URL, header, or placeholder."""
    joined, secret = match.groups()
    start = match.start()
    is_argument = match.string[max(0, start - 2) : start].endswith(("(", "(b"))
    is_other = secret[0] in "/$%<{" or is_plain(secret)
    if is_other or not (is_argument or joined or is_mixed(secret)):
        return match[0]
    return match[0][: -len(secret)] + MASKED


def secret_of_login(value: str) -> str:
    """Return the part after the colon of a login such as `id:secret`; another value unchanged."""
    return value.rpartition(":")[2] if re.fullmatch(_LOGIN, value) else value
