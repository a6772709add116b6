"""Operations of OpenAPI 3.0 and 3.1 -> of 3.1, with nothing referred to but schemas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxcall.contracts.conversion.schemas import component_name
from cxcall.documents.json_pointer import join_pointer

if TYPE_CHECKING:
    from collections.abc import Callable

    from cxcall.contracts.conversion.schemas import Schemas
    from cxcall.contracts.conversion.source_document import SourceDocument


class OpenApi:
    """The parts of an OpenAPI 3 document that are told apart by its version."""

    def __init__(self, source: SourceDocument, schemas: Schemas) -> None:
        self._source, self._schemas = source, schemas

    def servers(self, node: dict[str, Any], at: str) -> list[dict[str, Any]]:
        """Return the servers that a document, a path or an operation names."""
        return [
            self._server(server, f"{at}/servers/{index}")
            for index, server in enumerate(
                self._source.listing(node.get("servers"), f"{at}/servers")
            )
        ]

    def _server(self, node: Any, at: str) -> dict[str, Any]:
        server = self._source.mapping(node, at)
        declared = self._source.mapping(server.get("variables"), f"{at}/variables")
        variables = {
            name: {
                **self._source.mapping(each, join_pointer(f"{at}/variables", name)),
                "default": str(each.get("default", "")),
            }
            for name, each in declared.items()
        }
        url = self._source.text(server.get("url"), f"{at}/url")
        return {
            **{key: value for key, value in server.items() if key.startswith("x-cxcall-")},
            "url": url,
            **({"variables": variables} if variables else {}),
        }

    def security_schemes(self) -> dict[str, Any]:
        """Return the security schemes by their plain names."""
        components = self._source.mapping(self._source.root.get("components"), "/components")
        at = "/components/securitySchemes"
        schemes = self._source.mapping(components.get("securitySchemes"), at)
        return {
            component_name(name): self._source.follow(scheme, join_pointer(at, name))[0]
            for name, scheme in schemes.items()
        }

    def parameter(self, node: dict[str, Any], at: str) -> dict[str, Any]:
        """Convert one parameter."""
        kept = {
            key: node[key]
            for key in ("name", "in", "required", "description", "style", "explode")
            if node.get(key) is not None
        }
        if "content" in node:
            content = self.content(node["content"], f"{at}/content")
            first: dict[str, Any] = next(iter(content.values()), {})
            return {**kept, "schema": first.get("schema", {})}
        return {**kept, "schema": self._schemas.convert(node.get("schema") or {}, f"{at}/schema")}

    def body(
        self,
        operation: dict[str, Any],
        parameters: list[tuple[dict[str, Any], str]],  # noqa: ARG002 - those of Swagger 2.0 hold it
        at: str,
    ) -> dict[str, Any]:
        """Convert what is sent; empty where nothing is."""
        if operation.get("requestBody") is None:
            return {}
        node, at = self._source.follow(operation["requestBody"], f"{at}/requestBody")
        content = self.content(node.get("content"), f"{at}/content")
        return {"required": node.get("required") is True, "content": content}

    def response(
        self,
        node: dict[str, Any],
        operation: dict[str, Any],  # noqa: ARG002 - that of Swagger 2.0 names the media types
        at: str,
    ) -> dict[str, Any]:
        """Convert one answer."""
        content = self.content(node.get("content"), f"{at}/content")
        return convert_response(self._source, node, at, self._header, content)

    def _header(self, node: Any, at: str) -> dict[str, Any]:
        header, at = self._source.follow(node, at)
        return {"schema": self._schemas.convert(header.get("schema") or {}, f"{at}/schema")}

    def content(self, value: Any, at: str) -> dict[str, Any]:
        """Convert what a body holds, by its media types."""
        return {
            media_type(name): self._media(media, join_pointer(at, name))
            for name, media in self._source.mapping(value, at).items()
        }

    def _media(self, node: Any, at: str) -> dict[str, Any]:
        media = self._source.mapping(node, at)
        found = {}
        if media.get("schema") is not None:
            found["schema"] = self._schemas.convert(media["schema"], f"{at}/schema")
        if "example" in media:
            return {**found, "example": media["example"]}
        shown = self._source.mapping(media.get("examples"), f"{at}/examples")
        for name, each in shown.items():
            example, _ = self._source.follow(each, join_pointer(f"{at}/examples", name))
            if "value" in example:
                return {**found, "example": example["value"]}
        return found


def convert_response(
    source: SourceDocument,
    node: dict[str, Any],
    at: str,
    header: Callable[[Any, str], dict[str, Any]],
    content: dict[str, Any],
) -> dict[str, Any]:
    """Return an answer with its content, converted already, and its headers, by what converts one."""
    headers = {
        name: header(each, join_pointer(f"{at}/headers", name))
        for name, each in source.mapping(node.get("headers"), f"{at}/headers").items()
    }
    said = source.text(node.get("description"), f"{at}/description")
    found = {"headers": headers, "content": content}
    return {"description": said, **{key: value for key, value in found.items() if value}}


def media_type(name: str) -> str:
    """Return a media type without its parameters; anything at all may be JSON."""
    plainly = name.partition(";")[0].strip().lower()
    return "application/json" if plainly in ("*/*", "application/*", "text/json") else plainly
