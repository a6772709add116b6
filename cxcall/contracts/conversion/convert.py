"""Convert a user's OpenAPI 3.0, 3.1, 3.2, or Swagger 2.0 document to cxcall's form: OpenAPI 3.1.

Bodies have schemas of JSON Schema 2020-12. All references except those to schemas are resolved; every
schema that is referred to is a component.
Every operation has a name that stays the same (`operationId`, or else its method and path), and a
statement about its risk (`x-cxcall-rings`) only if the document makes one.

An error does not make the rest unusable: an operation is left out only if its own request is invalid, and
every error is in the problems of the document (`x-cxcall-problems`).
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from cxcall.contracts.component_references import find_users, with_users
from cxcall.contracts.conversion.ignored_members import usable_extensions
from cxcall.contracts.conversion.openapi3_parts import OpenApi3, read_parameters, with_path_slots
from cxcall.contracts.conversion.password_names import find_password_names
from cxcall.contracts.conversion.references import SourceDocument
from cxcall.contracts.conversion.schemas import Schemas, component_name, unique
from cxcall.contracts.conversion.swagger2_parts import Swagger2
from cxcall.contracts.json_schema import held_schemas, references_in
from cxcall.contracts.openapi_document import (
    LEFT_OUT,
    MASKED_NAMES,
    PROBLEMS,
    RISK,
    SHARED_NAME,
    OperationEntry,
    operations_of,
)
from cxcall.contracts.parameters import METHODS
from cxcall.contracts.path_templates import has_needed_escapes
from cxcall.contracts.request_url import server_url
from cxcall.documents.json_pointer import join_pointer
from cxcall.findings.errors import UnusableDocumentError, UsageError
from cxcall.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from cxcall.contracts.json_schema import JsonSchema

_PLATFORM_KEYS = ("x-cxcall-platform", "x-cxcall-rate")


class ConvertedDocument(NamedTuple):
    """A document in cxcall's form: all except paths and schemas (`head`), its operations, its schemas by name."""

    head: dict[str, Any]
    operations: list[OperationEntry]
    schemas: dict[str, JsonSchema]

    def as_document(self) -> dict[str, Any]:
        """Return it as one OpenAPI 3.1 document."""
        paths: dict[str, Any] = {}
        for method, path, declared in self.operations:
            item = paths.setdefault(path, {})
            if method.lower() in METHODS:
                item[method.lower()] = declared
            else:
                item.setdefault("additionalOperations", {})[method] = declared
        components = {**self.head.get("components", {}), "schemas": self.schemas}
        return {**self.head, "paths": paths, "components": components}


def convert(document: Any, name: str, faults: Iterable[UsageError] = ()) -> ConvertedDocument:
    """Convert a parsed document called `name`; the `faults` of its text are added to its problems.

    Raises UsageError, with the JSON pointer, if it is not an OpenAPI document or has no usable operation
    because of an error.
    """
    source = SourceDocument(name, document if isinstance(document, dict) else {})
    version = _version(source, document)
    schemas = Schemas(source, is_old=version in ("2.0", "3.0"))
    parts = (Swagger2 if version == "2.0" else OpenApi3)(source, schemas)
    found = list(_Operations(source, parts))
    operations = _usable_operations(source, found)
    components = schemas.components()
    operations = _without_faults(source, operations, schemas.faults, components)
    head = _head(source, parts)
    if source.problems and not operations:
        raise UnusableDocumentError(source.problems)
    for fault in faults:
        source.add_problem(fault)
    usable = {each.declared["operationId"] for each in operations}
    routes = [(method, path, declared["operationId"]) for (method, path, declared), _ in found]
    left_out = [each for each in routes if each[2] not in usable]
    head |= {PROBLEMS: source.problems, **({LEFT_OUT: left_out} if left_out else {})}
    if secrets := find_password_names(operations, components):
        head[MASKED_NAMES] = secrets
    return ConvertedDocument(head, operations, components)


def _usable_operations(
    source: SourceDocument, found: Sequence[tuple[OperationEntry, UsageError | None]]
) -> list[OperationEntry]:
    """Name all operations, record the errors of unusable ones, and return the usable ones."""
    _assign_names(source, [entry for entry, _ in found])
    for entry, error in found:
        if error:
            source.add_problem(error, entry.declared["operationId"])
    return [entry for entry, error in found if error is None]


def _without_faults(
    source: SourceDocument,
    operations: list[OperationEntry],
    faults: Mapping[str, UsageError],
    components: Mapping[str, JsonSchema],
) -> list[OperationEntry]:
    """Record the errors of components, and return the operations whose requests do not refer to an invalid one."""
    if not faults:
        return operations
    users, unusable = find_users(components), set[str]()
    used = {each.declared["operationId"]: _request_components(each.declared) for each in operations}
    for name, error in faults.items():
        invalid = with_users(users, [name])
        found = [each for each, names in used.items() if not names.isdisjoint(invalid)]
        source.add_problem(error, *found)
        unusable.update(found)
    return [each for each in operations if each.declared["operationId"] not in unusable]


def _request_components(declared: Mapping[str, Any]) -> set[str]:
    """Return the names of the components that the parameters and the body of an operation refer to themselves."""
    holders = [*declared.get("parameters", ()), declared.get("requestBody", {})]
    return references_in({"allOf": [schema for each in holders for schema in held_schemas(each)]})


def _version(source: SourceDocument, document: Any) -> str:
    """Return the version of a document's format, `2.0` to `3.2`; raises UsageError for any other document."""
    if isinstance(document, dict):
        version = str(document.get("openapi", document.get("swagger", "")))
        if found := re.match(r"(2\.0|3\.[012])(?:\..*)?\Z", version):
            return found[1]
    raise source.fault(
        "",
        f"`{source.name}` is not an OpenAPI 3.0, 3.1, or 3.2 or Swagger 2.0 document",
        'its root must be an object with `"openapi": "3.1.0"`, `"openapi": "3.0.3"`, or `"swagger": "2.0"`',
    )


def _head(source: SourceDocument, parts: OpenApi3) -> dict[str, Any]:
    """Convert the members that apply to the whole document."""
    root = source.root
    declared = root.get("info")
    info = declared if isinstance(declared, dict) else {}
    head: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {key: str(info.get(key) or "") for key in ("title", "version")},
        **usable_extensions(source, "document", root, ""),
        "servers": [],
        "components": {"securitySchemes": parts.security_schemes()},
    }
    with source.tolerate():
        head["servers"] = parts.servers(root, "")
    if root.get("security") is not None:
        head["security"] = _security(source, root["security"], "/security")
    return head


def _security(source: SourceDocument, value: Any, at: str) -> list[dict[str, list[str]]]:
    """Convert the alternatives; each maps a scheme to its scopes."""
    found = []
    for index, node in enumerate(source.listing(value, at)):
        place = f"{at}/{index}"
        entry = source.mapping(node, place)
        found.append(
            {
                name: [str(scope) for scope in source.listing(scopes, join_pointer(place, name))]
                for name, scopes in entry.items()
            }
        )
    return found


class _Operations:
    """The converted operations of a document, in its order; an unusable one has only its name, and its error."""

    def __init__(self, source: SourceDocument, parts: OpenApi3) -> None:
        self._source, self._parts = source, parts
        self._stated_risk = source.root.get(RISK)

    def __iter__(self) -> Iterator[tuple[OperationEntry, UsageError | None]]:
        source = self._source
        paths = source.root.get("paths")
        if not isinstance(paths, dict):
            raise source.wrong_kind_error(paths, dict, "/paths")
        for path, node in paths.items():
            if not path.startswith("x-"):
                with source.tolerate():
                    item, at = source.follow(node, join_pointer("/paths", path))
                    yield from self._of_path(path, item, at)

    def _of_path(
        self, path: str, item: dict[str, Any], at: str
    ) -> Iterator[tuple[OperationEntry, UsageError | None]]:
        for method, node in operations_of(item):
            place = join_pointer(at, method.lower() if method.lower() in item else method)
            fault = None
            try:
                declared = self._operation(path, item, node, (at, place))
            except UsageError as error:
                name, fault = node.get("operationId") if isinstance(node, dict) else "", error
                declared = {"operationId": name if isinstance(name, str) else ""}
            yield OperationEntry(method.upper(), path, declared), fault

    def _operation(
        self, path: str, item: dict[str, Any], node: Any, places: tuple[str, str]
    ) -> dict[str, Any]:
        source, parts, (at, place) = self._source, self._parts, places
        if not path.startswith("/"):  # it would become a part of the host before it
            message = f"the path `{path}` does not begin with a slash"
            raise source.fault(at, message, f"write `/{path}`")
        if not has_needed_escapes(path):
            message = f"the path `{path}` has characters that a URL cannot have"
            raise source.fault(at, message, "percent-encode them, such as a blank as `%20`")
        node = source.mapping(node, place)
        parameters = read_parameters(source, node, item, places, parts.in_body)
        outside = [each for each in parameters if each[0]["in"] not in parts.in_body]
        converted = {
            "operationId": source.text(node.get("operationId"), f"{place}/operationId"),
            "summary": str(node.get("summary") or ""),
            "description": str(node.get("description") or ""),
            "tags": _tags(node),
            **_permissions(node),
            **usable_extensions(source, "operation", node, place),
            "servers": parts.servers(node, place) or parts.servers(item, at),
            "parameters": with_path_slots(
                path, [each for found in outside if (each := self._supported(*found))]
            ),
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

    def _supported(self, node: dict[str, Any], at: str) -> dict[str, Any] | None:
        """Convert a parameter; None, with a problem, for an optional one that is not supported."""
        try:
            return self._parts.parameter(node, at)
        except UsageError as error:
            if node.get("required") is True or node.get("in") == "path":
                raise
            self._source.add_problem(error)
            return None

    def _responses(self, node: dict[str, Any], place: str) -> dict[str, Any]:
        """Convert the responses; an invalid response keeps only its status."""
        source, above = self._source, f"{place}/responses"
        found: dict[str, Any] = {}
        with source.tolerate():
            for status, entry in source.mapping(node.get("responses"), above).items():
                if not status.startswith("x-"):
                    found[status] = {"description": ""}
                    with source.tolerate():
                        response, at = source.follow(entry, join_pointer(above, status))
                        found[status] = self._parts.response(response, node, at)
        return found or {"default": {"description": ""}}


def _tags(node: dict[str, Any]) -> list[str]:
    tags = node.get("tags")
    return [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []


def _permissions(node: dict[str, Any]) -> dict[str, Any]:
    """Return the alternatives of `x-inin-requires-permissions`: any one permission, or all of them."""
    declared = node.get("x-inin-requires-permissions")
    names = declared.get("permissions") if isinstance(declared, dict) else None
    if not isinstance(declared, dict) or not isinstance(names, list) or not names:
        return {}
    needed = [str(name) for name in names]
    is_any = str(declared.get("type", "")).upper() == "ANY"
    return {"x-cxcall-permissions": [[name] for name in needed] if is_any else [needed]}


def _assign_names(source: SourceDocument, operations: Sequence[OperationEntry]) -> None:
    """Give every operation a unique name: its `operationId`, or its method and path if another one has the same."""
    names = [
        re.sub(r"[^\w.:-]+", "-", declared.get("operationId", "")).strip("-")
        for *_, declared in operations
    ]
    shared = {name for name, count in Counter(names).items() if name and count > 1}
    taken: set[str] = {*names} - shared
    for name, (method, path, declared) in zip(names, operations, strict=True):
        if name and name not in shared:
            declared["operationId"] = name
            continue
        own = unique(component_name(f"{method.lower()} {path}"), taken)
        declared["operationId"] = own
        if name:
            declared[SHARED_NAME] = name
            at = f"{join_pointer('/paths', path)}/{method.lower()}/operationId"
            message = (
                f"several operations are called `{name}`, so {method} {path} is called `{own}`"
            )
            source.report(at, message, f"write `{own}`, or correct the `operationId`")


def add_shipped_server(
    head: dict[str, Any], shipped: Iterable[Mapping[str, Any]]
) -> dict[str, Any]:
    """If a document has the server of a shipped one, add the platform and the regions of the shipped one.

    So a vendor's own document, which names the host of one region, applies to every region.
    """
    url = server_url(next(iter(head["servers"]), {})).lower().rstrip("/")
    for known in shipped:
        (server, *_) = known["servers"]
        for domain in server.get("x-cxcall-regions", {}).values():
            if server_url(server, domain).lower() == url:
                first = next(iter(server["variables"]))
                variables = {**server["variables"], first: {"default": domain}}
                platform = {key: known[key] for key in _PLATFORM_KEYS if key in known}
                return {**head, **platform, "servers": [{**server, "variables": variables}]}
    return head
