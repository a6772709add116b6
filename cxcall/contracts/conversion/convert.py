"""A user's OpenAPI 3.0, 3.1 or Swagger 2.0 document -> our own form: OpenAPI 3.1, bodies as JSON Schema 2020-12.

Every reference but those to schemas is resolved; every schema that is referred to is a component.
Every operation has a name that stays the same (`operationId`, or else its method and path), and a
statement about its risk (`x-cxcall-rings`) only if the document makes one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from cxcall.contracts.call_risk import RISK
from cxcall.contracts.conversion.openapi3 import OpenApi
from cxcall.contracts.conversion.schemas import Dialect, Schemas, component_name
from cxcall.contracts.conversion.source_document import SourceDocument
from cxcall.contracts.conversion.swagger2 import Swagger
from cxcall.contracts.parameters import METHODS, server_url
from cxcall.documents.json_pointer import join_pointer
from cxcall.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cxcall.contracts.json_schema import JsonSchema

_SLOT = re.compile(r"\{([^{}]*)\}")
_PLATFORM_KEYS = ("x-cxcall-platform", "x-cxcall-rate")
_SEPARATE_HEADERS = ("accept", "content-type", "authorization")
"""Headers that OpenAPI says nothing of where they stand among parameters."""


class ConvertedOperation(NamedTuple):
    """One operation as our own form declares it."""

    method: str
    path: str
    declaration: dict[str, Any]


class Converted(NamedTuple):
    """A document in our own form: all but paths and schemas (`head`), its operations, its schemas by name."""

    head: dict[str, Any]
    operations: list[ConvertedOperation]
    schemas: dict[str, JsonSchema]

    def as_document(self) -> dict[str, Any]:
        """Return it as one OpenAPI 3.1 document."""
        paths: dict[str, Any] = {}
        for method, path, declaration in self.operations:
            paths.setdefault(path, {})[method.lower()] = declaration
        components = {**self.head.get("components", {}), "schemas": self.schemas}
        return {**self.head, "paths": paths, "components": components}


def convert(document: Any, name: str) -> Converted:
    """Convert a parsed document that is called `name`.

    Raises UsageError, with the JSON pointer, where it is none or refers to what it does not hold.
    """
    source = SourceDocument(name, document if isinstance(document, dict) else {})
    dialect = _dialect(source, document)
    schemas = Schemas(source, dialect)
    parts = (Swagger if dialect is Dialect.SWAGGER else OpenApi)(source, schemas)
    operations = _assign_names(list(_Operations(source, parts)))
    return Converted(_head(source, parts), operations, schemas.components())


def _dialect(source: SourceDocument, document: Any) -> Dialect:
    if isinstance(document, dict):
        version = str(document.get("openapi", document.get("swagger", "")))
        for dialect in Dialect:
            if re.fullmatch(rf"{re.escape(dialect.value)}(\..*)?", version):
                return dialect
    raise source.fault(
        "",
        f"`{source.name}` is no OpenAPI 3.0 or 3.1 and no Swagger 2.0 document",
        'its root must be an object with `"openapi": "3.1.0"`, `"openapi": "3.0.3"` or `"swagger": "2.0"`',
    )


def _head(source: SourceDocument, parts: Swagger | OpenApi) -> dict[str, Any]:
    """Convert what holds for the whole document."""
    root = source.root
    info = source.mapping(root.get("info"), "/info")
    said = {key: source.text(info.get(key), f"/info/{key}") for key in ("title", "version")}
    head = {
        "openapi": "3.1.0",
        "info": said,
        **{key: value for key, value in root.items() if key.startswith("x-cxcall-")},
        "servers": parts.servers(root, ""),
        "components": {"securitySchemes": parts.security_schemes()},
    }
    if root.get("security") is not None:
        head["security"] = _security(source, root["security"], "/security")
    return head


def _security(source: SourceDocument, value: Any, at: str) -> list[dict[str, list[str]]]:
    """Convert the alternatives, each the scopes by their scheme."""
    found = []
    for index, node in enumerate(source.listing(value, at)):
        place = f"{at}/{index}"
        entry = source.mapping(node, place)
        found.append(
            {
                component_name(name): [
                    str(scope) for scope in source.listing(scopes, join_pointer(place, name))
                ]
                for name, scopes in entry.items()
            }
        )
    return found


class _Operations:
    """Every operation of a document, converted, in the document's order."""

    def __init__(self, source: SourceDocument, parts: Swagger | OpenApi) -> None:
        self._source, self._parts = source, parts
        self._stated_risk = source.root.get(RISK)

    def __iter__(self) -> Iterator[ConvertedOperation]:
        source = self._source
        paths = source.root.get("paths")
        if not isinstance(paths, dict):
            raise source.misplaced(paths, dict, "/paths")
        for path, node in paths.items():
            if path.startswith("x-"):
                continue
            item, at = source.follow(node, join_pointer("/paths", path))
            for method in METHODS:
                if item.get(method) is not None:
                    declaration = self._operation(path, item, method, at)
                    yield ConvertedOperation(method.upper(), path, declaration)

    def _operation(self, path: str, item: dict[str, Any], method: str, at: str) -> dict[str, Any]:
        source, parts, place = self._source, self._parts, f"{at}/{method}"
        node = source.mapping(item[method], place)
        parameters = self._parameters(node, item, at, place)
        outside = [each for each in parameters if each[0]["in"] not in ("body", "formData")]
        converted = {
            "operationId": source.text(node.get("operationId"), f"{place}/operationId"),
            "summary": source.text(node.get("summary"), f"{place}/summary"),
            "description": source.text(node.get("description"), f"{place}/description"),
            **_permissions(node),
            **{key: value for key, value in node.items() if key.startswith("x-cxcall-")},
            "servers": parts.servers(node, place) or parts.servers(item, at),
            "parameters": _with_slots(path, [parts.parameter(*each) for each in outside]),
            "requestBody": parts.body(node, parameters, place),
        }
        found = {key: value for key, value in converted.items() if value}
        if node.get("security") is not None:
            found["security"] = _security(source, node["security"], f"{place}/security")
        stated = node.get(RISK, self._stated_risk)
        found.pop(RISK, None)
        if isinstance(stated, bool):
            found[RISK] = stated
        found["responses"] = self._responses(node, place)
        return found

    def _parameters(
        self, node: dict[str, Any], item: dict[str, Any], at: str, place: str
    ) -> list[tuple[dict[str, Any], str]]:
        """Return the parameters of an operation, and of its path where it has not the same one."""
        source, found = self._source, {}
        for holder, above in ((item, f"{at}/parameters"), (node, f"{place}/parameters")):
            for index, entry in enumerate(source.listing(holder.get("parameters"), above)):
                parameter, where = source.follow(entry, f"{above}/{index}")
                name = source.text(parameter.get("name"), f"{where}/name")
                kind = source.text(parameter.get("in"), f"{where}/in")
                if not name or not kind:
                    raise source.fault(
                        where, "a parameter has no `name` or no `in`", "give it both, or remove it"
                    )
                if kind != "header" or name.lower() not in _SEPARATE_HEADERS:
                    found[name, kind] = parameter, where
        return list(found.values())

    def _responses(self, node: dict[str, Any], place: str) -> dict[str, Any]:
        source, above = self._source, f"{place}/responses"
        found = {}
        for status, entry in source.mapping(node.get("responses"), above).items():
            if not status.startswith("x-"):
                response, at = source.follow(entry, join_pointer(above, status))
                found[status] = self._parts.response(response, node, at)
        return found or {"default": {"description": ""}}


def _with_slots(path: str, parameters: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the parameters with one for every slot of the path, and for none that is not there."""
    slots = dict.fromkeys(_SLOT.findall(path))
    found = [
        {**each, "required": True} if each["in"] == "path" else each
        for each in parameters
        if each["in"] != "path" or each["name"] in slots
    ]
    declared = {each["name"] for each in found if each["in"] == "path"}
    return found + [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in slots
        if name not in declared
    ]


def _permissions(node: dict[str, Any]) -> dict[str, Any]:
    """Return the alternatives of `x-inin-requires-permissions`: any one permission, or all together."""
    told = node.get("x-inin-requires-permissions")
    names = told.get("permissions") if isinstance(told, dict) else None
    if not isinstance(told, dict) or not isinstance(names, list) or not names:
        return {}
    needed = [str(name) for name in names]
    is_any = str(told.get("type", "")).upper() == "ANY"
    return {"x-cxcall-permissions": [[name] for name in needed] if is_any else [needed]}


def _assign_names(operations: list[ConvertedOperation]) -> list[ConvertedOperation]:
    """Give every operation a name of its own, and the same one whatever else the document holds."""
    taken: set[str] = set()
    for method, path, declaration in operations:
        name = re.sub(r"[^\w.:-]+", "-", declaration.get("operationId", "")).strip("-")
        if not name or name in taken:
            name = component_name(f"{method.lower()} {path}")
        number, base = 1, name
        while name in taken:
            number += 1
            name = f"{base}-{number}"
        taken.add(name)
        declaration["operationId"] = name
    return operations


def add_shipped_server(
    head: dict[str, Any], shipped: Iterable[Mapping[str, Any]]
) -> dict[str, Any]:
    """Give a document of a server that a shipped one is of, too, the platform and the regions of that.

    So a vendor's own document, which names one region's host, is for every region.
    """
    url = server_url(next(iter(head["servers"]), {})).lower().rstrip("/")
    for known in shipped:
        (server, *_) = known["servers"]
        for domain in server.get("x-cxcall-regions", {}).values():
            if server_url(server, domain).lower() == url:
                first = next(iter(server["variables"]))
                variables = {**server["variables"], first: {"default": domain}}
                told = {key: known[key] for key in _PLATFORM_KEYS if key in known}
                return {**head, **told, "servers": [{**server, "variables": variables}]}
    return head
