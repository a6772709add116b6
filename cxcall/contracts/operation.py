"""One operation of a contract: everything that its document declares about it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from cxcall.contracts import json_schema
from cxcall.contracts.parameters import Alternative, Flag, Parameter, join_base, server_url, target
from cxcall.documents.json_pointer import split_pointer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cxcall.contracts.contract import Contract
    from cxcall.contracts.json_schema import JsonSchema

_PLACES_KEPT = 4096


class Operation:
    """One method and path template, with all that is declared about it; there is one for each."""

    def __init__(
        self, contract: Contract, method: str, path: str, declared: Mapping[str, Any]
    ) -> None:
        self.contract = contract
        self.method = method
        self.path = path
        self.declared = declared
        self._places: dict[str, Any] = {}

    @property
    def name(self) -> str:
        """The `operationId`: what the operation is called on the command line."""
        return str(self.declared["operationId"])

    @property
    def summary(self) -> str:
        """What it does, in one sentence."""
        return str(self.declared.get("summary", ""))

    @property
    def description(self) -> str:
        """What else there is to know."""
        return str(self.declared.get("description", ""))

    @property
    def platform(self) -> str:
        """`genesys-cloud` or `nice-cxone`."""
        return str(self.contract.declared.get("x-cxcall-platform", ""))

    @property
    def provenance(self) -> str:
        """`published` (in the vendor's own list) or `community` (reported by users, not in it)."""
        return str(self.declared.get("x-cxcall-provenance", "published"))

    @property
    def rate(self) -> str:
        """How many requests the platform takes, such as `300/m` (`x-cxcall-rate`)."""
        return str(self.contract.declared.get("x-cxcall-rate", "300/m"))

    @property
    def can_place_call(self) -> bool:
        """Whether accepting this request can place a call (`x-cxcall-rings`)."""
        return bool(self.declared.get("x-cxcall-rings", False))

    @property
    def is_read(self) -> bool:
        """Whether sending it changes nothing, so that it may be sent again at will."""
        return self.method in ("GET", "HEAD", "OPTIONS") and not self.can_place_call

    @property
    def is_for_login(self) -> bool:
        """Whether it grants a token (`x-cxcall-grants`): what is sent to it are secrets."""
        return bool(self.declared.get("x-cxcall-grants"))

    @property
    def is_public(self) -> bool:
        """Whether it takes no token: its `security` is declared, and empty."""
        return self.declared.get("security") == []

    @property
    def nearest(self) -> tuple[Alternative, ...]:
        """The published operations for the same purpose, where this one is not published."""
        return tuple(Alternative(**entry) for entry in self.declared.get("x-cxcall-nearest", ()))

    @property
    def standing(self) -> str:
        """Where an unpublished operation stands, and what to take instead; empty for a published one."""
        if self.provenance == "published":
            return ""
        instead = "; or ".join(f"{entry}, to {entry.summary}" for entry in self.nearest)
        return (
            "This route is reported by users; not documented by the vendor. "
            f"Published for the same purpose: {instead}."
        )

    @property
    def engagement_id(self) -> tuple[str, ...]:
        """Where the engagement ID is found, in order: `header:NAME` and `body:/pointer`."""
        return tuple(self.declared.get("x-cxcall-engagement-id", ()))

    @property
    def scopes(self) -> tuple[frozenset[str], ...]:
        """The alternatives, any of which satisfies the operation; empty when none is declared."""
        declared = self.declared.get("security", self.contract.declared.get("security", ()))
        return tuple(
            frozenset(scope for names in entry.values() for scope in names) for entry in declared
        )

    @property
    def permissions(self) -> tuple[frozenset[str], ...]:
        """The alternatives, any of which is enough; empty when none is declared."""
        return tuple(map(frozenset, self.declared.get("x-cxcall-permissions", ())))

    @property
    def token_kinds(self) -> tuple[str, ...]:
        """The grants whose tokens the operation takes; empty when nothing is declared of it."""
        return tuple(self.declared.get("x-cxcall-token", ()))

    @property
    def server(self) -> str:
        """The address of a server of its own, its variables by default; empty when it has none."""
        return server_url((self.declared.get("servers") or [{}])[0])

    @property
    def base_path(self) -> str:
        """The path of the operation's server, before its own: a template, often empty."""
        servers = self.declared.get("servers") or self.contract.declared.get("servers") or [{}]
        host, slashes, rest = str(servers[0].get("url", "")).partition("//")
        return f"/{rest.partition('/')[2]}".rstrip("/") if slashes else host.rstrip("/")

    @property
    def command(self) -> str:
        """The name of the operation's own command; empty when only `send` reaches it."""
        return str(self.declared.get("x-cxcall-command", {}).get("name", ""))

    @property
    def route(self) -> str:
        """What tells this operation from the others behind the same command."""
        return str(self.declared.get("x-cxcall-command", {}).get("route", ""))

    @property
    def flags(self) -> tuple[Flag, ...]:
        """The flags of the operation's own command, in their order."""
        declared = self.declared.get("x-cxcall-command", {}).get("flags", {})
        return tuple(Flag.of(name, flag) for name, flag in declared.items())

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """The values of the path and the query string."""
        declared = (self.contract.resolve(entry) for entry in self.declared.get("parameters", ()))
        return tuple(Parameter.of(entry, self.contract.closed) for entry in declared)

    @property
    def _media(self) -> dict[str, Any]:
        body = self.contract.resolve(self.declared.get("requestBody", {}))
        return dict(body.get("content", {}).get("application/json", {}))

    @property
    def needs_body(self) -> bool:
        """Whether it is not to be sent without a body."""
        body = self.contract.resolve(self.declared.get("requestBody", {}))
        return self.takes_body and bool(body.get("required", False))

    @cached_property
    def takes_body(self) -> bool:
        """Whether a JSON body is declared."""
        return "schema" in self._media

    @property
    def declared_body_schema(self) -> JsonSchema:
        """The schema of the body as the document declares it; `{}` without one."""
        return dict(self._media.get("schema", {}))

    @cached_property
    def body_schema(self) -> JsonSchema:
        """The JSON Schema 2020-12 of the body, self-contained: only what it refers to comes along."""
        return self.contract.closed(self.declared_body_schema)

    @property
    def example(self) -> Any:
        """A body that is valid, for `--skeleton`, the help and the sandbox's own tests."""
        return self._media.get("example")

    def schema_at(self, pointer: str) -> JsonSchema:
        """Return the schema of the value at `pointer` in the body; `{}` where nothing is declared."""
        if (known := self._places.get(pointer)) is None:
            node = self.declared_body_schema
            if pointer:
                above = self.schema_at(pointer.rpartition("/")[0])
                node = json_schema.member_schema(above, split_pointer(pointer)[-1])
            known = json_schema.merged_schema(self.contract.resolve, node)
            if len(self._places) < _PLACES_KEPT:
                self._places[pointer] = known
        return known

    @cached_property
    def pointers(self) -> tuple[str, ...]:
        """The place of every property that the body's schema declares, outermost first."""
        return tuple(
            json_schema.property_pointers(self.contract.resolve, self.declared_body_schema)
        )

    @property
    def size(self) -> int:
        """How many properties its body has, at any depth."""
        return len(self.pointers)

    def url(self, base_url: str, values: Mapping[str, str]) -> str:
        """Return the absolute URL: every path and query parameter filled in, percent-encoded."""
        base = join_base(base_url, self.server or self.contract.base_url())
        return base + target(self.path, self.parameters, values)
