"""Decide which operations of a user's document may place a call.

A document may raise this risk and never lower it below what a shipped contract declares for the same
operation. What nothing is known about may place a call, unless it only reads, or creates something
that is not called by itself, such as a contact list.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cxcall.contracts.parameters import server_url
from cxcall.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cxcall.contracts.contract import Contract
    from cxcall.contracts.conversion.convert import Converted

RISK = "x-cxcall-rings"
_READ_METHODS = ("GET", "HEAD", "OPTIONS", "TRACE")
_PARAMETER = re.compile(r"\{[^{}/]*\}")
# In any version and case: docs/platforms/nice-cxone.md#base-url-and-versions.
_ACD_BASE = re.compile(r"^/incontactapi/services/[^/]+", re.IGNORECASE)
_MIN_COMMON_SEGMENTS = 2
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")
_CALLING_WORDS = frozenset(
    ("call", "calls", "calling", "callback", "callbacks", "dial", "dials", "ring", "rings",
     "originate", "click2call", "clicktocall", "phone", "talk", "voice")
)  # fmt: skip
# A GET is a read, unless its name or the end of its path says otherwise, as in `GET /click-to-call`.
_CALLING_VERBS = frozenset(("call", "dial", "ring", "originate", "click"))
_CALLING_ENDS = frozenset(("dial", "originate", "clickcall", "clicktocall"))
_READ_VERBS = frozenset(
    ("get", "list", "search", "query", "find", "fetch", "retrieve", "count", "preview", "validate",
     "export")
)  # fmt: skip
READ_ACTIONS = frozenset(("view", "search", "readonly"))
# Things that nobody is called from until something else is started with them.
_PASSIVE_NOUNS = frozenset(
    ("contactlist", "calllist", "callinglist", "dnclist", "donotcalllist", "contactlistfilter",
     "filter", "user", "queue", "role", "tag", "label", "note", "comment", "report", "export",
     "template", "permission", "division", "disposition", "wrapupcode")
)  # fmt: skip


class Route(NamedTuple):
    """A method, the lower-case segments of a path with `{}` for each parameter, and names of the operation."""

    method: str
    segments: tuple[str, ...]
    names: frozenset[str]

    @classmethod
    def of(cls, method: str, path: str, declared: Mapping[str, Any], server: str) -> Route:
        """Return the route of a declared operation; `server` is the URL that precedes its path."""
        own = declared.get("servers") or [{}]
        host, slashes, rest = str(own[0].get("url", "") or server).partition("//")
        base = f"/{rest.partition('/')[2]}" if slashes else host
        whole = _ACD_BASE.sub("", base.rstrip("/") + path).lower()
        names = declared.get("operationId", ""), declared.get("x-cxcall-command", {}).get("name")
        segments = tuple(_PARAMETER.sub("{}", whole).strip("/").split("/"))
        return cls(method, segments, frozenset(filter(None, names)))

    def may_equal(self, other: Route) -> bool:
        """Return whether a request can fit both routes; one of them may lack the base path of the other."""
        common = min(len(self.segments), len(other.segments))
        is_whole = len(self.segments) == len(other.segments)
        if self.method != other.method or not (is_whole or common >= _MIN_COMMON_SEGMENTS):
            return False
        pairs = zip(self.segments[-common:], other.segments[-common:], strict=True)
        return all(a == b or "{}" in a or "{}" in b for a, b in pairs)


def set_call_risk(converted: Converted, shipped: Iterable[Contract]) -> None:
    """Declare of each operation of a converted document whether it may place a call."""
    server = server_url((converted.head.get("servers") or [{}])[0])
    known = shipped_routes(shipped)
    for method, path, declared in converted.operations:
        route = Route.of(method, path, declared, server)
        declared[RISK] = can_place_call(route, declared, known)


def can_place_call(
    route: Route, declared: Mapping[str, Any], shipped: Sequence[tuple[Route, bool]]
) -> bool:
    """Return whether an operation of a user's document may place a call.

    `declared` holds `x-cxcall-rings` only if the document does. `shipped` has the routes of the shipped
    operations, each with whether it can place a call.
    """
    stated = declared.get(RISK)
    equal = [risk for known, risk in shipped if known[:2] == route[:2]]
    similar = equal or [risk for known, risk in shipped if risk and known.may_equal(route)]
    if any(similar) or any(risk for known, risk in shipped if known.names & route.names):
        return True
    if isinstance(stated, bool):
        return stated
    return not equal and not _is_harmless(route, declared)


def shipped_routes(contracts: Iterable[Contract]) -> list[tuple[Route, bool]]:
    """Return the route of every operation of the shipped contracts, with whether it can place a call."""
    return [
        (Route.of(each.method, each.path, each.declared, known.base_url()), each.can_place_call)
        for known in contracts
        for each in known.operations
    ]


def _is_harmless(route: Route, declared: Mapping[str, Any]) -> bool:
    """Return whether an operation, by all that is known of it, reads or creates what is not called."""
    name, summary = str(declared.get("operationId", "")), str(declared.get("summary", ""))
    is_calling = bool(_CALLING_WORDS & {*_words(name), *_words(summary)} - _noun_words(route))
    if route.method in _READ_METHODS:
        return _verb(name) not in _CALLING_VERBS and _fold(route.segments[-1]) not in _CALLING_ENDS
    if _is_published_read(route):
        return True
    noun = route.segments[-2:-1] if route.segments[-1] == "{}" else route.segments[-1:]
    if _fold("".join(noun)) in _PASSIVE_NOUNS:
        return not is_calling
    verbs = {_verb(summary), _verb(summary).removesuffix("s")}
    return route.method == "POST" and bool(verbs & _READ_VERBS) and not is_calling


def _noun_words(route: Route) -> set[str]:
    """Return the calling words that are part of a passive noun at the end of a path, as in `call-lists`."""
    found = [each for each in route.segments[-2:] if _fold(each) in _PASSIVE_NOUNS]
    return {word for each in found for word in _words(each)}


def _fold(noun: str) -> str:
    return re.sub(r"[^a-z]", "", noun).removesuffix("s")


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]


def _verb(text: str) -> str:
    return next(iter(_words(text)), "")


def _is_published_read(route: Route) -> bool:
    """Return whether the vendor publishes the operation, and every permission for it only reads."""
    permissions = _published_permissions().get(route[:2], ())
    return bool(permissions) and all(
        each.rpartition(":")[2] in READ_ACTIONS for each in permissions
    )


@cache
def _published_permissions() -> dict[tuple[str, tuple[str, ...]], tuple[str, ...]]:
    found = {}
    for file in sorted((Path(__file__).parent / "published").glob("*.tsv")):
        for line in file.read_text("utf-8").splitlines():
            method, _, rest = line.partition("\t")
            path, _, permissions = rest.partition("\t")
            if path and not line.startswith("#"):
                names = tuple(filter(None, permissions.split()))
                found[Route.of(method, path, {}, "")[:2]] = names
    return found
