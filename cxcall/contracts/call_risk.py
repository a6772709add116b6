"""Decide which operations of a user's document may place a call.

A document can declare that an operation places a call, or that it does not: unless a shipped contract for the same route or
name, or the operation's own name, path, summary, or parameters indicate one. docs/own-documents.md#risk has the rule.
"""

from __future__ import annotations

import re
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from cxcall.contracts.acting_words import (
    changes_do_not_call_list,
    names_call,
    only_reads,
    post_only_reads,
)
from cxcall.contracts.component_references import find_users, with_users
from cxcall.contracts.json_schema import SCHEMAS, held_schemas, nested_schemas
from cxcall.contracts.openapi_document import COMMAND, READS, RISK, RISK_WITH, values_with_risk
from cxcall.contracts.request_url import path_of_url, server_url
from cxcall.named_tuple import NamedTuple
from cxcall.phone.number_property_names import PHONE_FORMATS, is_number_name
from cxcall.runtime.host_spellings import VENDOR_DOMAINS
from cxcall.runtime.patterns import compile_on_use

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from cxcall.contracts.contract import Contract
    from cxcall.contracts.conversion.convert import ConvertedDocument
    from cxcall.contracts.json_schema import JsonSchema

_READ_METHODS = ("GET", "HEAD", "OPTIONS", "TRACE")
_PARAMETER = compile_on_use(r"\{[^{}/]*\}")
# In any version and case: docs/platforms/nice-cxone.md#base-url-and-versions.
_ACD_BASE = compile_on_use(r"^/incontactapi/services/[^/]+", re.IGNORECASE)
_MIN_COMMON_SEGMENTS = 2
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
        names = declared.get("operationId", ""), declared.get(COMMAND, {}).get("name")
        segments = tuple(filter(None, _ACD_BASE.sub("", whole).split("/")))
        return cls(method, segments, frozenset(filter(None, names)), f"{base}/{path}", server)

    def may_equal(self, other: Route) -> bool:
        """Return whether a request can match both routes.

        One of them may lack the base path of the other, but `/bells/{}` is not `/campaigns/{}/executions`: no name is the same.
        """
        common = min(len(self.segments), len(other.segments))
        is_whole = len(self.segments) == len(other.segments)
        if self.method != other.method or not (is_whole or common >= _MIN_COMMON_SEGMENTS):
            return False
        pairs = [*zip(self.segments[-common:], other.segments[-common:], strict=True)]
        is_any = {"{}"} in map(set, zip(*pairs, strict=True))  # `/{}/{}` is any route
        is_similar = is_whole or is_any or any(a == b != "{}" for a, b in pairs)
        return is_similar and all(a == b or "{}" in a or "{}" in b for a, b in pairs)


def set_call_risk(converted: ConvertedDocument, shipped: tuple[Contract, ...]) -> None:
    """Set for each operation of a converted document whether it may place a call."""
    server = server_url((converted.head.get("servers") or [{}])[0])
    known, schemas = shipped_routes(shipped), converted.schemas
    own = [name for name, schema in schemas.items() if _has_number(schema, ())]
    with_number = with_users(find_users(schemas), own)
    for each in converted.operations:
        route, declared = Route.of(*each, server), each.declared
        decide = partial(can_place_call, route, shipped=known, with_number=with_number)
        is_call = decide(declared)
        # A GET whose document says that it places no call may start something else.
        if route.method in _READ_METHODS and RISK in declared and not is_call:
            declared[READS] = not decide({**declared, RISK: None})
        declared[RISK] = is_call


def can_place_call(
    route: Route,
    declared: Mapping[str, Any],
    shipped: ShippedRoutes,
    with_number: Collection[str] = (),
) -> bool:
    """Return whether an operation of a user's document may place a call.

    `declared` has `x-cxcall-rings` only if the document has it; `with_number` are the schemas of which a value may
    have a number to dial.
    """
    stated = declared.get(RISK)
    equal = shipped.equal.get(route[:2])
    is_similar = any(equal) if equal else any(map(route.may_equal, shipped.calls))
    if is_similar or stated is True or not shipped.names.isdisjoint(route.names):
        return True
    if shipped.serves(route) and (equal or _is_published_read(route)):
        return False
    has_number = _takes_number(declared, with_number)
    texts = (str(declared.get(each, "")) for each in ("operationId", "summary"))
    words, is_denied = [*texts, *route.segments], stated is False
    is_call = has_number or names_call(words, route.path, declared, is_denied=is_denied)
    if route.method in _READ_METHODS:
        is_read = only_reads(route.path, declared, has_number=has_number)
    else:
        is_search = route.method == "POST" and post_only_reads(route.path, declared)
        is_read = not is_call and (is_search or _is_published_read(route))
        is_call = is_call or changes_do_not_call_list(route.path)
    return not is_read and (stated is None or is_call)


class ShippedRoutes:
    """The routes of the shipped operations: whether each can place a call, and the names of operations that can."""

    def __init__(self, contracts: Iterable[Contract]) -> None:
        self.equal: dict[tuple[str, tuple[str, ...]], list[bool]] = {}
        self.names: set[str] = set()
        self.calls: list[Route] = []
        self._domains = {*VENDOR_DOMAINS}
        for known in contracts:
            self._domains |= {
                _shared_domain(each) for each in known.regions.values() if "." in each
            }
            marked = (each for word in (RISK, RISK_WITH) for each in known.find_extended(word))
            calls = {
                each.name: each.command
                for each in marked
                if each.can_place_call or values_with_risk(each.declared)
            }
            for method, path, name in known.routes:
                route = Route.of(method, path, {}, "")
                self.equal.setdefault(route[:2], []).append(name in calls)
                if name in calls:
                    self.names |= {name, calls[name]} - {""}
                    self.calls.append(route)

    def serves(self, route: Route) -> bool:
        """Return whether a route is of a vendor's own API: by its host, or by the base path of CXone.

        Another vendor may have an operation at the same path that does something else.
        """
        host = re.split("[:/?#]", route.server.lower().partition("://")[2], maxsplit=1)[0]
        is_cxone = _ACD_BASE.match("/".join(("", *_normal_segments(route.path))))
        return bool(is_cxone) or host.endswith(tuple(f".{each}" for each in self._domains))


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


def _takes_number(declared: Mapping[str, Any], with_number: Collection[str]) -> bool:
    """Return whether a parameter, or a member of the body at any depth, is a number to dial."""
    parameters = declared.get("parameters", ())
    for each in parameters:
        is_time = each.get("schema", {}).get("format") in ("date", "date-time")  # `from` and `to`
        if is_number_name(str(each.get("name", ""))) and not is_time:
            return True
    holders = (*parameters, declared.get("requestBody", {}))
    return any(
        _has_number(schema, with_number) for each in holders for schema in held_schemas(each)
    )


def _has_number(schema: JsonSchema, with_number: Collection[str]) -> bool:
    """Return whether a schema is that of a number, at any depth, or refers to one of the components in `with_number`."""
    return any(
        node.get("format") in PHONE_FORMATS
        or any(map(is_number_name, node.get("properties", ())))
        or node.get("$ref", "").removeprefix(SCHEMAS) in with_number
        for node in nested_schemas(schema)
    )


def _shared_domain(domain: str) -> str:
    """Return the domain that a region shares with others: `pure.cloud` for `usw2.pure.cloud`."""
    label, _, parent = domain.partition(".")
    return parent if label[-1:].isdigit() else domain


def _is_published_read(route: Route) -> bool:
    """Return whether a vendor publishes a route for which each permission only reads."""
    return route.segments in _published_reads(route.method)


@cache
def _published_reads(method: str) -> frozenset[tuple[str, ...]]:
    """Return the paths that a vendor publishes for a method, and for which each permission only reads."""
    found = set()
    for file in (Path(__file__).parent / "published").glob("*.tsv"):
        lines = file.read_text("utf-8").splitlines()
        for line in (each for each in lines if each.startswith(f"{method}\t")):
            _, path, permissions = line.split("\t")
            actions = {each.rpartition(":")[2] for each in permissions.split()}
            if actions and actions <= READ_ACTIONS:
                found.add(Route.of(method, path, {}, "").segments)
    return frozenset(found)
