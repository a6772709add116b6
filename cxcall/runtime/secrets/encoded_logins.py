"""Recognize `id:secret` in text: a login that a command or code encodes in base64, or that is the value of a name."""

from __future__ import annotations

import re

from cxcall.runtime.secrets.known_secrets import MASKED
from cxcall.runtime.secrets.random_texts import is_mixed, is_plain

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


def mask_option(match: re.Match[str]) -> str:
    """Mask the secret of a login in an option such as `-u id:secret`."""
    return match[1] + MASKED


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
