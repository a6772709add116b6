"""Decide which operations of a user's document may place a call.

A document can declare that an operation places a call. It can declare that an operation does not place a
call only if nothing else indicates a call: neither a shipped contract for the same route or name, nor the
name, path, summary, or parameters. Any other operation may place a call, unless it only reads, or creates
something that is not called by itself, such as a contact list.
"""

from __future__ import annotations

import re
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from cxcall.contracts import post_requests
from cxcall.contracts.acting_words import dials, is_passive
from cxcall.contracts.do_not_call_effects import changes_do_not_call_list
from cxcall.contracts.get_requests import get_only_reads
from cxcall.contracts.openapi_document import values_with_risk
from cxcall.contracts.request_url import path_of_url, server_url
from cxcall.contracts.selected_functions import selects_call
from cxcall.named_tuple import NamedTuple
from cxcall.phone.number_property_names import PHONE_FORMATS, is_number_name
from cxcall.runtime.host_spellings import VENDOR_DOMAINS
from cxcall.runtime.patterns import name_words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from cxcall.contracts.contract import Contract
    from cxcall.contracts.conversion.convert import ConvertedDocument
    from cxcall.contracts.json_schema import JsonSchema

RISK = "x-cxcall-rings"
_READS = "x-cxcall-reads"
_READ_METHODS = ("GET", "HEAD", "OPTIONS", "TRACE")
_PARAMETER = re.compile(r"\{[^{}/]*\}")
# In any version and case: docs/platforms/nice-cxone.md#base-url-and-versions.
_ACD_BASE = re.compile(r"^/incontactapi/services/[^/]+", re.IGNORECASE)
_MIN_COMMON_SEGMENTS = 2
_CALLING_WORDS = frozenset(
    """
    call calls calling callback callbacks dial dials ring rings originate click2call clicktocall
    phone talk voice
    """.split()
)
READ_ACTIONS = frozenset(("view", "search", "readonly"))


class Route(NamedTuple):
    """A method, the lower-case segments of a path with `{}` for each parameter, and names of the operation."""

    method: str
    segments: tuple[str, ...]
    names: frozenset[str]
    path: str = ""
    server: str = ""

    @classmethod
    def of(cls, method: str, path: str, declared: Mapping[str, Any], server: str) -> Route:
        """Return the route of a declared operation; `server` is the URL that precedes its path."""
        own = declared.get("servers") or [{}]
        server = str(own[0].get("url", "") or server)
        base = path_of_url(server)
        whole = "/".join(("", *_normal_segments(f"{base}/{path}")))
        names = declared.get("operationId", ""), declared.get("x-cxcall-command", {}).get("name")
        segments = tuple(filter(None, _ACD_BASE.sub("", whole).split("/")))
        return cls(method, segments, frozenset(filter(None, names)), f"{base}/{path}", server)

    def may_equal(self, other: Route) -> bool:
        """Return whether a request can match both routes; one of them may lack the base path of the other."""
        common = min(len(self.segments), len(other.segments))
        is_whole = len(self.segments) == len(other.segments)
        if self.method != other.method or not (is_whole or common >= _MIN_COMMON_SEGMENTS):
            return False
        pairs = zip(self.segments[-common:], other.segments[-common:], strict=True)
        return all(a == b or "{}" in a or "{}" in b for a, b in pairs)


def set_call_risk(converted: ConvertedDocument, shipped: tuple[Contract, ...]) -> None:
    """Set for each operation of a converted document whether it may place a call."""
    server = server_url((converted.head.get("servers") or [{}])[0])
    known, schemas = shipped_routes(shipped), converted.schemas
    routes = [Route.of(*each, server) for each in converted.operations]
    others = {each[:2] for each in routes}
    for route, (*_, declared) in zip(routes, converted.operations, strict=True):
        is_object = _is_object(route.segments, others)
        decide = partial(can_place_call, route, shipped=known, schemas=schemas, is_object=is_object)
        is_call = decide(declared)
        # A GET whose document says that it places no call may start something else.
        if route.method in _READ_METHODS and RISK in declared and not is_call:
            declared[_READS] = not decide({**declared, RISK: None})
        declared[RISK] = is_call


def _is_object(segments: tuple[str, ...], others: Collection[tuple[str, tuple[str, ...]]]) -> bool:
    """Return whether other methods create the object at a path in the path above, change it, or delete it."""
    changes = any((method, segments) in others for method in ("PUT", "PATCH", "DELETE"))
    return segments[-1:] == ("{}",) and (changes or ("POST", segments[:-1]) in others)


def can_place_call(
    route: Route,
    declared: Mapping[str, Any],
    shipped: ShippedRoutes,
    schemas: Mapping[str, JsonSchema] | None = None,
    *,
    is_object: bool = False,
) -> bool:
    """Return whether an operation of a user's document may place a call.

    `declared` has `x-cxcall-rings` only if the document has it; `schemas` are the referenced schemas by name. `is_object`
    says that the path is one of an object that other methods create, change, or delete.
    """
    stated = declared.get(RISK)
    is_vendors = shipped.serves(route)
    equal = shipped.equal.get(route[:2])
    is_similar = any(equal) if equal else any(map(route.may_equal, shipped.calls(route.method)))
    if is_similar or not shipped.names.isdisjoint(route.names):
        return True
    if stated is True:
        return True
    if is_vendors and (equal or _is_published_read(route)):
        return False
    has_number = _takes_number(declared, schemas or {})
    if _is_harmless(route, declared, has_number=has_number, is_object=is_object):
        return False
    return stated is None or has_number or _names_call(route, declared)


class ShippedRoutes:
    """The routes of the shipped operations: whether each can place a call, and the names of operations that can."""

    def __init__(self, contracts: Iterable[Contract]) -> None:
        self.equal: dict[tuple[str, tuple[str, ...]], list[bool]] = {}
        self.names: set[str] = set()
        self._calls: dict[str, list[Route]] = {}
        self._domains = {*VENDOR_DOMAINS}
        for known in contracts:
            base = known.base_url()
            self._domains |= {
                _shared_domain(each) for each in known.regions.values() if "." in each
            }
            for each in known.operations:
                route, risk = (
                    Route.of(each.method, each.path, each.declared, base),
                    each.can_place_call or bool(values_with_risk(each.declared)),
                )
                self.equal.setdefault(route[:2], []).append(risk)
                if risk:
                    self.names |= route.names
                    self._calls.setdefault(route.method, []).append(route)

    def calls(self, method: str) -> list[Route]:
        """Return the routes with a method that can place a call."""
        return self._calls.get(method, [])

    def serves(self, route: Route) -> bool:
        """Return whether a route is of a vendor's own API: by its host, or by the base path of CXone.

        Another vendor may have an operation at the same path that does something else.
        """
        host = re.split("[:/?#]", route.server.lower().partition("://")[2], maxsplit=1)[0]
        is_cxone = "/".join(("", *_normal_segments(route.path)))
        return bool(_ACD_BASE.match(is_cxone)) or host.endswith(
            tuple(f".{each}" for each in self._domains)
        )


@cache
def shipped_routes(contracts: tuple[Contract, ...]) -> ShippedRoutes:
    """Return the routes of the shipped contracts; cached, because they do not change."""
    return ShippedRoutes(contracts)


def _normal_segments(path: str) -> tuple[str, ...]:
    """Return the segments of a path as a server may read them, in lower case, with `{}` for each parameter.

    A query, matrix parameters, empty segments, dot segments, and escapes lead to the same operation.
    """
    plain = _PARAMETER.sub("{}", path).partition("?")[0].partition("#")[0]
    plain = "/".join(each.partition(";")[0] for each in plain.split("/"))
    segments: list[str] = []
    for segment in unquote(unquote(plain)).lower().replace("\\", "/").split("/"):
        if segment == "..":
            del segments[-1:]
        elif segment not in ("", "."):
            segments.append(segment)
    return tuple(segments)


def _is_harmless(
    route: Route, declared: Mapping[str, Any], *, has_number: bool, is_object: bool
) -> bool:
    """Return whether an operation only reads, or creates an object that is not called by itself, as far as is known.

    An operation that takes a number, or is below a path of calls, is not harmless unless it is a read.
    """
    if route.method in _READ_METHODS:
        return not post_requests.does_more(declared) and get_only_reads(
            route.path, declared, has_number=has_number, is_object=is_object
        )
    if has_number or _names_call(route, declared):
        return False
    if _is_published_read(route):
        return True
    noun = "".join(route.segments[-2:-1] if route.segments[-1:] == ("{}",) else route.segments[-1:])
    # An agent's queue, or what a dialer works through: `/queue` adds to it.
    is_queue = noun == "queues" and not post_requests.fills_queue(route.path, declared)
    if is_queue or is_passive(noun):
        # Without a do-not-call list, its people may be called.
        is_lifted = route.method == "DELETE" and changes_do_not_call_list(route.path)
        return not (is_lifted or post_requests.does_more(declared))
    return route.method == "POST" and post_requests.post_only_reads(route.path, declared)


def _dials(route: Route, *texts: str) -> bool:
    """Return whether a text, or a segment of the path, says that something is dialed."""
    return any(dials(name_words(text)) for text in (*texts, *route.segments))


def _names_call(route: Route, declared: Mapping[str, Any]) -> bool:
    """Return whether the name, the path, the query, or the summary of an operation says that it calls."""
    texts = (declared.get("operationId", ""), declared.get("summary", ""), *route.segments)
    words = {word for text in texts for word in name_words(str(text))}
    is_named = bool(_CALLING_WORDS & words - _noun_words(route))
    return is_named or _dials(route, *map(str, texts[:2])) or selects_call(route.path, declared)


def _takes_number(declared: Mapping[str, Any], schemas: Mapping[str, JsonSchema]) -> bool:
    """Return whether a parameter, or a member of the body at any depth, is a number to dial."""
    media = [*declared.get("requestBody", {}).get("content", {}).values()]
    for each in declared.get("parameters", ()):
        media += [each, *each.get("content", {}).values()]
        is_time = each.get("schema", {}).get("format") in ("date", "date-time")  # `from` and `to`
        if is_number_name(str(each.get("name", ""))) and not is_time:
            return True
    return any(_has_number(each.get("schema", {}), schemas) for each in media)


def _has_number(schema: Any, schemas: Mapping[str, JsonSchema]) -> bool:
    """Return whether a schema, or one that it refers to, is that of a number; it may refer to thousands."""
    seen: set[str] = set()
    waiting = [schema]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting.extend(node)
        if not isinstance(node, dict):
            continue
        properties = node.get("properties")
        is_number = isinstance(properties, dict) and any(map(is_number_name, properties))
        if is_number or node.get("format") in PHONE_FORMATS:
            return True
        name = str(node.get("$ref", "")).rpartition("/")[2]
        if name and name not in seen:
            seen.add(name)
            waiting.append(schemas.get(name, {}))
        waiting.extend(node.values())
    return False


def _noun_words(route: Route) -> set[str]:
    """Return the calling words that are part of a passive noun at the end of a path, as in `call-lists`."""
    found = [each for each in route.segments[-2:] if is_passive(each)]
    return {word for each in found for word in name_words(each)}


def _shared_domain(domain: str) -> str:
    """Return the domain that a region shares with others: `pure.cloud` for `usw2.pure.cloud`."""
    label, _, parent = domain.partition(".")
    return parent if label[-1:].isdigit() else domain


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
