"""OpenAPI 3.1 documents -> operations: the one source of what can be sent, and how it is checked."""

from __future__ import annotations

from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cxcall.contracts import json_schema
from cxcall.contracts.openapi_document import ParsedDocument
from cxcall.contracts.parameters import Alternative, Flag, Parameter, join_base, server_url, target
from cxcall.documents.json_pointer import split_pointer
from cxcall.findings.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cxcall.contracts.json_schema import JsonSchema
    from cxcall.contracts.openapi_document import OpenApiDocument, OperationEntry

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
    def rings(self) -> bool:
        """Whether accepting this request can make a phone ring."""
        return bool(self.declared.get("x-cxcall-rings", False))

    @property
    def is_read(self) -> bool:
        """Whether sending it changes nothing, so that it may be sent again at will."""
        return self.method in ("GET", "HEAD", "OPTIONS") and not self.rings

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


class Contract:
    """An OpenAPI 3.1 document, as JSON text, parsed, or in parts, and the operations that it declares."""

    def __init__(self, name: str, document: Mapping[str, Any] | str | OpenApiDocument) -> None:
        self.name = name
        self.document = document
        self._made: dict[Any, Operation] = {}

    @cached_property
    def parts(self) -> OpenApiDocument:
        """The document, as it is read."""
        document = self.document
        return ParsedDocument(document) if isinstance(document, str | dict) else document  # type: ignore[return-value]

    @cached_property
    def declared(self) -> Mapping[str, Any]:
        """What is declared for the whole document."""
        return self.parts.head

    @cached_property
    def operations(self) -> tuple[Operation, ...]:
        """Every operation that has an `operationId`, in the document's order."""
        return self._operations(self.parts.entries())

    def named(self, name: str) -> tuple[Operation, ...]:
        """Return the operation of that name, without a look at the others; empty where there is none."""
        return self._operations(self.parts.named(name))

    def commanded(self, name: str = "") -> tuple[Operation, ...]:
        """Return the operations that have a command of their own, or that may have the one of that name."""
        return self._operations(self.parts.commanded(name))

    def likely(self, names: Sequence[str], *, is_array: bool) -> tuple[Operation, ...]:
        """Return the operations that a body with these names may be for, or is near to."""
        return self._operations(self.parts.likely(names, is_array=is_array))

    def _operations(self, entries: Iterator[OperationEntry]) -> tuple[Operation, ...]:
        # One object for each operation: its compiled schemas are kept with it.
        return tuple(self._made.setdefault(each[:2], Operation(self, *each)) for each in entries)

    @property
    def _server(self) -> Mapping[str, Any]:
        return dict((self.declared.get("servers") or [{}])[0])

    @property
    def regions(self) -> Mapping[str, str]:
        """Region name -> domain, as far as the contract knows them; the list is open."""
        return dict(self._server.get("x-cxcall-regions", {}))

    def base_url(self, domain: str = "") -> str:
        """Return the server's URL, its variables by default; a region's domain is for the first one."""
        return server_url(self._server, domain)

    def resolve(self, node: Mapping[str, Any]) -> dict[str, Any]:
        """Follow `$ref` inside this document; what stands beside the `$ref` wins (OpenAPI 3.1)."""
        resolved = dict(node)
        while "$ref" in resolved:
            target = self.parts.target(resolved.pop("$ref"))
            resolved = {**target, **resolved}
        return resolved

    def closed(self, node: JsonSchema) -> JsonSchema:
        """Return a schema with the component schemas it reaches beside it, and none else."""
        reached = json_schema.referenced_schemas(self.parts.target, node)
        return {**node, "components": {"schemas": reached}} if reached else dict(node)


@cache
def load_shipped_contracts() -> tuple[Contract, ...]:
    """Return the contracts shipped in the package, in the order of their names."""
    return tuple(
        Contract(path.stem, path.read_text("utf-8"))
        for path in sorted(Path(__file__).parent.glob("*.json"))
    )


def find_platform_contract(platform: str) -> Contract:
    """Return the first shipped contract of a platform; of all, where none is named."""
    shipped = load_shipped_contracts()
    matches = (each for each in shipped if each.declared.get("x-cxcall-platform") == platform)
    return next(matches, shipped[0]) if platform else shipped[0]


def load(path: str) -> Contract:
    """Read a user's own contract: OpenAPI 3.0, 3.1 or Swagger 2.0 in JSON, converted at its first use.

    What is no read may ring a phone, unless the document holds `x-cxcall-rings: false` for it.
    Raises UsageError when it is no such document.
    """
    from cxcall.contracts.cached_document import open_document

    return Contract(path, open_document(path))


def load_contracts(path: str | None = None) -> tuple[Contract, ...]:
    """Return every contract that is known, the user's own (at `path`) first."""
    return ((load(path),) if path else ()) + load_shipped_contracts()


def operations(path: str | None = None) -> tuple[Operation, ...]:
    """Return every operation that is known; those of the user's own contract (at `path`) first."""
    return tuple(entry for known in load_contracts(path) for entry in known.operations)


def find_command_operations(name: str = "", path: str | None = None) -> tuple[Operation, ...]:
    """Return the operations behind the command `name`, or any; what declares none is not even parsed."""
    found = (entry for known in load_contracts(path) for entry in known.commanded(name))
    return tuple(entry for entry in found if name in ("", entry.command))


def command_names() -> list[str]:
    """Return the names of the commands that the shipped contracts declare, in their order."""
    return list(dict.fromkeys(entry.command for entry in find_command_operations()))


def named(name: str, path: str | None = None) -> Operation:
    """Return the operation called `name`, as `find` does; contracts without that name are not parsed."""
    found = (entry for known in load_contracts(path) for entry in known.named(name))
    return next(found, None) or find(name, operations(path))


def find(name: str, known: tuple[Operation, ...]) -> Operation:
    """Return the operation called `name`; raises UsageError with the nearest names otherwise."""
    if found := next((entry for entry in known if entry.name == name), None):
        return found
    from difflib import get_close_matches

    close = get_close_matches(name, [operation.name for operation in known], n=1)
    fix = f"did you mean `{close[0]}`?" if close else "see `cxcall operations`"
    raise UsageError(f"no operation is called `{name}`", where="operation", fix=fix)
