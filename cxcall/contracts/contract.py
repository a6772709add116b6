"""Load OpenAPI 3.1 documents, and find the operations that they declare."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cxcall.contracts import json_schema
from cxcall.contracts.openapi_document import (
    COMMAND,
    MASKED_NAMES,
    PROBLEMS,
    RENAMED,
    ParsedDocument,
)
from cxcall.contracts.operation import Operation
from cxcall.findings.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cxcall.contracts.json_schema import JsonSchema
    from cxcall.contracts.openapi_document import OpenApiDocument, OperationEntry


class Contract:
    """An OpenAPI 3.1 document (JSON text, parsed, or cached) and the operations that it declares."""

    def __init__(
        self,
        name: str,
        document: dict[str, Any] | bytes | OpenApiDocument,
        *,
        is_shipped: bool = False,
    ) -> None:
        self.name = name
        self.is_shipped = is_shipped
        self.parts: OpenApiDocument = (
            ParsedDocument(document) if isinstance(document, bytes | dict) else document
        )
        """The document, whose parts are read when they are needed."""
        self._operation_objects: dict[Any, Operation] = {}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Set the state that another process had, which also masks the secrets that the document declares."""
        self.__dict__.update(state)
        self.with_masked_secrets()

    def with_masked_secrets(self) -> Contract:
        """Return this contract; what it declares as secret is masked from now on in all that is shown."""
        if names := None if self.is_shipped else self.declared.get(MASKED_NAMES):
            from cxcall.runtime.secrets.secret_names import declare_secret_names

            declare_secret_names(names)
        return self

    @cached_property
    def declared(self) -> Mapping[str, Any]:
        """The members of the document except operations and schemas."""
        return self.parts.head

    @cached_property
    def operations(self) -> tuple[Operation, ...]:
        """The operations that have an `operationId`, in the order of the document."""
        return self.keep_operations(self.parts.entries())

    def find_by_name(self, name: str) -> tuple[Operation, ...]:
        """Return the operations called `name`; reads no others."""
        return self.keep_operations(self.parts.find_by_name(name))

    def find_extended(self, extension: str, name: str = "") -> tuple[Operation, ...]:
        """Return the operations with an extension, or, with `name`, only those where the extension has that name."""
        return self.keep_operations(self.parts.find_extended(extension, name))

    def find_likely(self, names: Sequence[str], *, is_array: bool) -> tuple[Operation, ...]:
        """Return the operations whose bodies may have properties with these names."""
        return _find_likely(self, tuple(names), is_array=is_array)

    def keep_operations(self, entries: Iterator[OperationEntry]) -> tuple[Operation, ...]:
        """Return the operations of some entries, always as the same objects, because these keep compiled schemas."""
        return tuple(
            self._operation_objects.get(each[:2])
            or self._operation_objects.setdefault(each[:2], Operation(self, *each))
            for each in entries
        )

    @property
    def platform(self) -> str:
        """`genesys-cloud`, `nice-cxone`, or empty for the user's own platform."""
        return str(self.declared.get("x-cxcall-platform", ""))

    @cached_property
    def routes(self) -> list[tuple[str, str, str]]:
        """Method, path with the base path of its server, and name of each operation."""
        from cxcall.contracts.request_url import path_of_url

        base = self.base_url()
        if isinstance(self.parts, ParsedDocument) or not self.is_shipped:
            servers = {each.name: each.server or base for each in self.operations}
            return [(m, path_of_url(servers[n]) + path, n) for m, path, n in self.parts.routes()]
        start = path_of_url(base)
        return [(m, start + path, n) for m, path, n in self.parts.routes()]

    @property
    def _server(self) -> Mapping[str, Any]:
        return dict((self.declared.get("servers") or [{}])[0])

    @property
    def regions(self) -> Mapping[str, str]:
        """Region name -> domain, for the regions that the document lists; there may be others."""
        return dict(self._server.get("x-cxcall-regions", {}))

    @property
    def has_server_variables(self) -> bool:
        """Whether the server's URL has variables."""
        return bool(self._server.get("variables"))

    def base_url(self, domain: str = "") -> str:
        """Return the server's URL; `domain` replaces the default of its first variable."""
        from cxcall.contracts.request_url import server_url

        return server_url(self._server, domain)

    @property
    def problems(self) -> list[dict[str, Any]]:
        """The problems of a user's document: `where`, `message`, `fix`, and the unusable `operations`."""
        return list(self.declared.get(PROBLEMS, ()))

    def stop_on_problem(self, name: str) -> None:
        """Raise UsageError if the operation called `name` is declared but unusable."""
        for each in self.problems:
            if name in each["operations"]:
                message = f"`{name}` cannot be used: {each['message']}"
                raise UsageError(message, where=each["where"], fix=each["fix"])

    def stop_on_shared_name(self, name: str) -> None:
        """Raise UsageError if an operation of this document and a shipped one were both called `name`."""
        new, owner = self.declared.get(RENAMED, {}).get(name, ("", ""))
        if new:
            raise UsageError(
                f"`{name}` is ambiguous: a shipped operation and one of `{self.name}` have this name",
                where="operation",
                fix=f"write `{new}` for that of the document, or `{owner}:{name}` for the shipped one",
            )

    def resolve(self, node: Mapping[str, Any]) -> dict[str, Any]:
        """Follow `$ref` inside this document; members beside the `$ref` take precedence (OpenAPI 3.1)."""
        resolved = dict(node)
        while "$ref" in resolved:
            target = self.parts.target(resolved.pop("$ref"))
            resolved = {**target, **resolved}
        return resolved

    def bundle_schema(self, node: JsonSchema) -> JsonSchema:
        """Return a schema together with the component schemas that it refers to."""
        reached = json_schema.referenced_schemas(self.parts.target, node)
        return {**node, "components": {"schemas": reached}} if reached else dict(node)


@lru_cache(maxsize=64)  # the bodies in a file mostly have the same names
def _find_likely(
    contract: Contract, names: tuple[str, ...], *, is_array: bool
) -> tuple[Operation, ...]:
    return contract.keep_operations(contract.parts.find_likely(names, is_array=is_array))


@cache
def load_shipped_contracts() -> tuple[Contract, ...]:
    """Return the contracts shipped in the package, in the order of their names."""
    folder = Path(__file__).parent
    names = sorted(name for name in os.listdir(folder) if name.endswith(".json"))  # noqa: PTH208 - a path for each file takes time
    return tuple(
        Contract(name.removesuffix(".json"), _open_shipped(folder / name), is_shipped=True)
        for name in names
    )


def _open_shipped(file: Path) -> bytes | OpenApiDocument:
    if file.with_suffix(".index").exists():
        from cxcall.contracts.indexed_document import ShippedDocument

        return ShippedDocument(file)
    return file.read_bytes()


def find_platform_contract(platform: str) -> Contract:
    """Return the first shipped contract of a platform, or of any if `platform` is empty."""
    shipped = load_shipped_contracts()
    matches = (each for each in shipped if each.platform == platform)
    return next(matches, shipped[0]) if platform else shipped[0]


def operation_at(operation: Operation, base_url: str, values: Mapping[str, str]) -> Operation:
    """Return an operation with a base URL.

    It counts as one that can place a call if its route at that URL may be a shipped route that can. The path
    with `values` counts, too, if a value has a slash: many servers decode `%2F` and use another route.
    """
    from cxcall.contracts.request_url import has_path_slash, target

    path, has_slash = operation.path, has_path_slash(operation.parameters, values)
    if has_slash:
        path = target(path, operation.parameters, values)
    contract = operation.contract
    is_declared = contract.is_shipped or base_url == contract.base_url()
    is_known = operation.can_place_call or (is_declared and not has_slash)
    if is_known or not _may_be_shipped_call(operation.method, path, base_url):
        return operation
    return operation.as_call


@lru_cache(maxsize=256)
def _may_be_shipped_call(method: str, path: str, base_url: str) -> bool:
    """Return whether a path below a base URL may lead to a shipped operation that can place a call.

    A proxy may have its own path before that of the platform.
    """
    from cxcall.contracts.call_risk import Route

    route = Route.of(method, path, {}, base_url)
    for known in load_shipped_contracts():
        for other_method, other_path, name in known.routes:
            if other_method != method:
                continue
            other = Route.of(method, other_path, {}, "")
            is_long_enough = len(route.segments) >= len(other.segments)
            if (
                is_long_enough
                and route.may_equal(other)
                and known.find_by_name(name)[0].can_place_call
            ):
                return True
    return False


def load_user_contract(path: str) -> Contract:
    """Return the contract in a user's file: OpenAPI 3.0, 3.1, 3.2, or Swagger 2.0 in JSON or YAML.

    `cxcall/contracts/call_risk.py` decides which of its operations may place a call.
    Raises UsageError if the file is not such a document.
    """
    from cxcall.contracts.cached_document import open_document

    return Contract(path, open_document(path, _convert)).with_masked_secrets()


def _convert(path: str, content: bytes) -> Contract:
    """Return the converted contract of a user's file."""
    from cxcall.contracts.call_risk import set_call_risk
    from cxcall.contracts.conversion.convert import add_shipped_server, convert
    from cxcall.contracts.conversion.shared_names import rename_shared
    from cxcall.contracts.document_file import read_document

    document, faults = read_document(path, content)
    converted, shipped = convert(document, path, faults), load_shipped_contracts()
    head = add_shipped_server(converted.head, [each.declared for each in shipped])
    converted = converted._replace(head=head)
    set_call_risk(converted, shipped)  # by the names in the document
    return Contract(path, rename_shared(converted, path, shipped).as_document())


def load_contracts(path: str | None = None) -> tuple[Contract, ...]:
    """Return the user's contract at `path`, if there is one, and the shipped ones."""
    return ((load_user_contract(path),) if path else ()) + load_shipped_contracts()


class Catalog(Sequence[Operation]):
    """A sequence of the operations of several contracts, in their order, each read when it is needed."""

    def __init__(self, contracts: Sequence[Contract]) -> None:
        self.contracts = contracts

    @cached_property
    def _all(self) -> tuple[Operation, ...]:
        return tuple(operation for known in self.contracts for operation in known.operations)

    def __getitem__(self, index: Any) -> Any:
        return self._all[index]

    def __len__(self) -> int:
        return len(self._all)

    def find_operation(self, name: str) -> Operation:
        """Return the operation called `name`, or `CONTRACT:NAME` for one of a shipped contract.

        Raises UsageError for a name that no operation has, with the most similar one, and for a name that an operation of
        the user's document shares with a shipped one.
        """
        if not isinstance(name, str):  # from a program
            raise UsageError(
                f"a value of the type `{type(name).__name__}` is not the name of an operation",
                where="operation",
                fix="give a name that `cxcall operations` lists",
            )
        for known in self.contracts:
            if not known.is_shipped:
                known.stop_on_problem(name)
                known.stop_on_shared_name(name)
        for known in self.contracts:  # documents without that name are not parsed
            for found in known.find_by_name(name):
                return found
        owner, _, own_name = name.partition(":")
        for known in self.contracts if own_name else ():
            if known.is_shipped and known.name == owner:
                for found in known.find_by_name(own_name):
                    return found
        from cxcall.contracts.unknown_operations import suggest_operation

        fix = suggest_operation(name, self)
        raise UsageError(f"unknown operation `{name}`", where="operation", fix=fix)

    def find_likely(self, body: Any) -> tuple[Operation, ...]:
        """Return the operations that a body may be for, by its property names; may return others, too."""
        sample = body[0] if isinstance(body, list) and body else body
        names = tuple(sample) if isinstance(sample, dict) else ()
        return tuple(
            operation
            for known in self.contracts
            for operation in known.find_likely(names, is_array=isinstance(body, list))
        )


def load_catalog(path: str | None = None) -> Catalog:
    """Return the operations of all contracts, those of the user's contract at `path` first."""
    return Catalog(load_contracts(path))


def load_operation(name: str, path: str | None = None) -> Operation:
    """Return the operation called `name`; raises UsageError with the nearest name if there is none."""
    return load_catalog(path).find_operation(name)


def find_command_operations(name: str = "") -> tuple[Operation, ...]:
    """Return the operations of the command `name`, or of all commands; others are not parsed."""
    return find_extended_operations(COMMAND, name)


def find_extended_operations(extension: str, name: str = "") -> tuple[Operation, ...]:
    """Return the shipped operations with an extension, or, with `name`, only those where it has that name."""
    return tuple(
        entry
        for known in load_shipped_contracts()
        for entry in known.find_extended(extension, name)
    )
