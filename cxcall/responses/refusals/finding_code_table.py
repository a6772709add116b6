"""The meaning of refusals: the finding code and the advice for a status, a platform's code, or a phrase."""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from pathlib import Path

from cxcall.named_tuple import NamedTuple


class Advice(StrEnum):
    """Advice for any request; `refused_request.py` words some of it for the one that was refused."""

    NEW_TOKEN = "get a new token, for example with `cxcall auth token`"  # noqa: S105 - advice
    ASK_FOR_RIGHT = "ask an administrator which permission the role of the client or user needs"
    LOG_IN = "use a token of a user: `cxcall auth login --with-token`"
    CHECK_CLIENT = "check the ID, the secret, and the registration of the client, and use the token endpoint of its region"
    LOOK = "read its current state, then send a request that is allowed in it"
    REPEAT_READS = "wait, then repeat it if it only reads; give the time and the correlation ID to the platform's support"
    CHECK_BODY = "check the body offline: `cxcall validate FILE`"
    CHECK_IDS = "check the IDs, and that the host is that of your region: `cxcall config show`"
    WAIT = "wait, then send it again"
    SEND_JSON = "send `Content-Type: application/json`"
    SEND_TOKEN = "send `Authorization: Bearer <token>`"  # noqa: S105 - an instruction
    SEND_NAMED_HEADER = "send the header that the response names"


class Meaning(StrEnum):
    """What a refusal of a token means, as long as it is not known whether a token was sent."""

    NO_TOKEN_SENT = "no token was sent"  # noqa: S105 - a message
    NOT_ACCEPTED = "the API does not accept the token: it may be expired, revoked, or malformed"
    # RFC 9110, section 15.5.2, and RFC 6750, section 3.1, say nothing else about a 401.
    NOT_AUTHENTICATED = (
        "the request has no valid token: it may be missing, expired, revoked, or of another region"
    )


# In patterns of words, so that the token of a page or of a device is not taken for credentials.
_BEFORE_CREDENTIALS = (
    "valid|the|your|this|an?|access|auth\\w*|bearer|security|session|api|jwt|oauth2?|client|user"
)
_PARTS = {
    "{AUTH}": f"(?:(?:{_BEFORE_CREDENTIALS}) )*",
    "{OF_AUTH}": rf"(?:^|[.:;,!(] ?|\b(?:{_BEFORE_CREDENTIALS}|of|or) )",
}
# Whole words only: neither a part of a word, nor of the name of a header or property, nor a segment of a place.
_WORD_START, _WORD_END = r"(?<![\w/$-])(?<!\w\.)", r"(?![\w-]|\.(?-i:[a-z]))"


class Cause(NamedTuple):
    """The finding code for a status, a code, or a phrase, what it means, and what to do; `more` follows the advice."""

    code: str
    meaning: str
    fix: str
    more: str = ""


NO_CAUSE = Cause("not-provable", "", "contact the platform's support")
COMPRESSED = Cause(
    "not-provable",
    "the body of the response is compressed, so that its reason is not shown",
    "let the client decode the body (curl: `--compressed`), and explain the request with it",
)
NO_TOKEN = Cause(
    "credential", "the token endpoint does not accept these credentials", Advice.CHECK_CLIENT
)


@cache
def load_causes(kind: str) -> dict[str, Cause]:
    """Return the causes by what they are compared with, in order.

    `kind` is `status`, `code` (patterns of the platforms' codes), or `words` (patterns of whole words in messages
    without a code; a phrase such as "invalid request" explains nothing).
    """
    rows = Path(__file__).with_suffix(".tsv").read_text("utf-8").splitlines()
    cells = (row.split("\t") for row in rows if row.startswith(f"{kind}\t"))
    return {
        _pattern_of_words(compared) if kind == "words" else compared: _read_cause(*cause)
        for _, compared, *cause in cells
    }


def _read_cause(code: str, meaning: str, fix: str) -> Cause:
    """Return a cause of the table, in which `{NAME}` is a common meaning or advice."""
    name, _, more = fix[1:].partition("}") if fix[:1] == "{" else ("", "", "")
    meaning = Meaning[meaning[1:-1]] if meaning[:1] == "{" else meaning
    return Cause(code, meaning, Advice[name] if name else fix, more)


def _pattern_of_words(pattern: str) -> str:
    for name, part in _PARTS.items():
        pattern = pattern.replace(name, part)
    return f"{_WORD_START}(?:{pattern}){_WORD_END}"


def cause_of_status(status: int) -> Cause | None:
    """Return the cause that a status names, if neither code nor message is more exact; None if it names none."""
    return load_causes("status").get(str(status))
