"""Convert operations of Swagger 2.0 to OpenAPI 3.1, where body, form, and headers have other places."""

from __future__ import annotations

from typing import Any

from cxcall.contracts.conversion.openapi3_parts import (
    BODY_PLACES,
    OpenApi3,
    media_type,
    with_ranges,
)
from cxcall.contracts.operation import JSON, MULTIPART, URLENCODED
from cxcall.contracts.parameter_styles import STYLES
from cxcall.contracts.request_url import path_of_url

_STYLES: dict[str, dict[str, Any]] = {
    "multi": {"style": "form", "explode": True},
    "csv": {"style": "form", "explode": False},
    "ssv": {"style": "spaceDelimited", "explode": False},
    "pipes": {"style": "pipeDelimited", "explode": False},
    "tsv": {"style": "tabDelimited", "explode": False},
}
_OUTER = ("name", "in", "required", "description", "collectionFormat", "allowEmptyValue", "schema")
_FLOWS = {
    "implicit": "implicit",
    "password": "password",
    "application": "clientCredentials",
    "accessCode": "authorizationCode",
}


class Swagger2(OpenApi3):
    """The parts of a Swagger 2.0 document, which OpenAPI 3 has elsewhere."""

    in_body = BODY_PLACES

    def servers(self, node: dict[str, Any], at: str) -> list[dict[str, Any]]:
        """Return the only server, with `https` if it is among the schemes; operations have no servers."""
        if at:
            return []
        schemes = self._source.listing(node.get("schemes"), "/schemes")
        host = self._source.text(node.get("host"), "/host")
        base = path_of_url(self._source.text(node.get("basePath"), "/basePath"))
        scheme = "https" if "https" in schemes or not schemes else str(schemes[0])
        return [{"url": f"{scheme}://{host}{base}" if host else base or "/"}]

    def _declared_schemes(self) -> tuple[Any, str]:
        return self._source.root.get("securityDefinitions"), "/securityDefinitions"

    def _scheme(self, node: Any, at: str) -> dict[str, Any]:
        node = self._source.mapping(node, at)
        kind = node.get("type")
        if kind == "basic":
            return {"type": "http", "scheme": "basic"}
        if kind != "oauth2":
            return {key: node[key] for key in ("type", "name", "in") if key in node}
        urls = {key: node[key] for key in ("authorizationUrl", "tokenUrl") if key in node}
        flow = _FLOWS.get(str(node.get("flow")), "implicit")
        return {"type": kind, "flows": {flow: {**urls, "scopes": node.get("scopes") or {}}}}

    def parameter(self, node: dict[str, Any], at: str) -> dict[str, Any]:
        """Convert one parameter of the path, the query string, or the headers."""
        kept: dict[str, Any] = {
            key: node[key] for key in ("name", "in", "required", "description") if key in node
        }
        schema = self._inner_schema(node, at)
        if schema.get("type") == "array":
            style, place = _style(node), node["in"]
            is_usual = style["style"] == "form" and place != "query"
            kept |= {"style": "simple"} if is_usual else style
            if kept["style"] not in STYLES[place]:
                message = f"the form `{node['collectionFormat']}` of a list is not supported in the {place}"
                raise self._source.fault(f"{at}/collectionFormat", message, "use `csv`")
        return {**kept, "schema": schema}

    def body(
        self, operation: dict[str, Any], parameters: list[tuple[dict[str, Any], str]], at: str
    ) -> dict[str, Any]:
        """Convert the body parameter, or the form parameters; empty if there are none."""
        names = self._media_types("consumes", operation, at)
        for node, place in parameters:
            if node.get("in") == "body":
                schema = self._schemas.convert(node.get("schema") or {}, f"{place}/schema")
                media = {"schema": schema}
                content = dict.fromkeys(names or [JSON], media)
                consumed = operation.get("consumes") or self._source.root.get("consumes") or ()
                content = with_ranges(content, consumed)
                return {"required": node.get("required") is True, "content": content}
        fields = [each for each in parameters if each[0].get("in") == "formData"]
        return self._form(fields, names) if fields else {}

    def _form(self, fields: list[tuple[dict[str, Any], str]], names: list[str]) -> dict[str, Any]:
        needed = [node["name"] for node, _ in fields if node.get("required") is True]
        schema = {
            "type": "object",
            "properties": {node["name"]: self._field(node, place) for node, place in fields},
            **({"required": needed} if needed else {}),
        }
        styles = {node["name"]: _style(node) for node, _ in fields if node.get("type") == "array"}
        media = {"schema": schema, **({"encoding": styles} if styles else {})}
        has_file = any(node.get("type") == "file" for node, _ in fields)
        forms = [name for name in names if name in (URLENCODED, MULTIPART)]
        forms = forms or [MULTIPART if has_file else URLENCODED]
        return {"required": bool(needed), "content": dict.fromkeys(forms, media)}

    def _field(self, node: dict[str, Any], at: str) -> dict[str, Any]:
        description = {"description": node["description"]} if "description" in node else {}
        return {**self._inner_schema(node, at), **description}

    def _inner_schema(self, node: dict[str, Any], at: str) -> dict[str, Any]:
        """Return the schema that is written among the members of a parameter or a header."""
        inner = {key: value for key, value in node.items() if key not in _OUTER}
        return self._schemas.convert(inner, at)

    def _media_types(self, key: str, operation: dict[str, Any], at: str) -> list[str]:
        """Return the media types of an operation, or else of the document."""
        own = operation.get(key)
        place = f"/{key}" if own is None else f"{at}/{key}"
        names = self._source.listing(self._source.root.get(key) if own is None else own, place)
        return list(dict.fromkeys(media_type(str(name)) for name in names))

    def _header(self, node: Any, at: str) -> dict[str, Any]:
        return {"schema": self._inner_schema(self._source.mapping(node, at), at)}

    def _response_content(
        self, node: dict[str, Any], operation: dict[str, Any], at: str
    ) -> dict[str, Any]:
        shown = self._source.mapping(node.get("examples"), f"{at}/examples")
        examples = {media_type(name): {"example": value} for name, value in shown.items()}
        if node.get("schema") is None:
            return examples
        schema = {"schema": self._schemas.convert(node["schema"], f"{at}/schema")}
        names = self._media_types("produces", operation, at) or [JSON]
        return {name: {**schema, **examples.get(name, {})} for name in names}


def _style(node: dict[str, Any]) -> dict[str, Any]:
    """Return how the items of an array are separated."""
    return _STYLES.get(str(node.get("collectionFormat")), _STYLES["csv"])
