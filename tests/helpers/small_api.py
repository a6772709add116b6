"""The same small API in two older dialects: Swagger 2.0 and OpenAPI 3.0."""

from __future__ import annotations

import json
from typing import Any

LEAD = {
    "type": "object",
    "required": ["rank"],
    "properties": {
        "id": {"type": "string", "readOnly": True},
        "rank": {"type": "integer", "minimum": 0, "exclusiveMinimum": True},
        "label": {"type": "string"},
        "owner": {"$ref": "LEAD"},
    },
}
GROUP = {
    "allOf": [
        {"$ref": "LEAD"},
        {"type": "object", "required": ["volume"], "properties": {"volume": {"type": "number"}}},
    ]
}
STYLES: dict[str, dict[str, Any]] = {
    "csv": {"explode": False},
    "pipes": {"style": "pipeDelimited"},
    "ssv": {"style": "spaceDelimited", "explode": False},
}
PERMISSIONS = {"type": "ANY", "permissions": ["lead:call:add", "lead:call:all"]}


def add_prefix(node: Any, prefix: str) -> Any:
    """Point every `$ref` to the place of schemas in a dialect."""
    text = json.dumps(node).replace('"$ref": "', f'"$ref": "{prefix}')
    return json.loads(text)


def swagger() -> dict[str, Any]:
    """Return a document in Swagger 2.0."""
    lead = {**LEAD["properties"], "label": {"type": "string", "x-nullable": True}}  # type: ignore[dict-item]
    body = {"in": "body", "name": "body", "required": True}
    group = {**body, "schema": {"$ref": "GROUP"}}
    many = {"in": "query", "name": "many", "type": "array", "items": {"type": "string"}}
    document = {
        "swagger": "2.0",
        "info": {"title": "Leads", "version": "1"},
        "host": "leads.example.com",
        "basePath": "/base/v1/",
        "schemes": ["http", "https"],
        "consumes": ["application/json"],
        "paths": {
            "/leads/{leadId}": {
                "parameters": [
                    {"in": "path", "name": "leadId", "type": "string", "required": True}
                ],
                "get": {
                    "operationId": "getLead",
                    "parameters": [
                        {**many, "name": "one", "collectionFormat": "csv"},
                        {**many, "collectionFormat": "multi"},
                        {**many, "name": "piped", "collectionFormat": "pipes"},
                        {**many, "name": "spaced", "collectionFormat": "ssv"},
                    ],
                    "responses": {"200": {"description": "It.", "schema": {"$ref": "LEAD"}}},
                },
                "post": {
                    "operationId": "callLead",
                    "parameters": [{**body, "schema": {"$ref": "LEAD"}}],
                    "responses": {"202": {"description": "Accepted."}},
                    "x-inin-requires-permissions": PERMISSIONS,
                },
            },
            "/groups": {
                "post": {
                    "operationId": "addGroup",
                    "parameters": [group],
                    "responses": {"201": {"description": "Added."}},
                },
                "put": {"parameters": [group], "responses": {"200": {"description": "Put."}}},
            },
            "/forms": {
                "post": {
                    "operationId": "sendForm",
                    "consumes": ["application/x-www-form-urlencoded"],
                    "parameters": [
                        {"in": "formData", "name": "a", "type": "string", "required": True}
                    ],
                    "responses": {"200": {"description": "Taken."}},
                }
            },
        },
        "definitions": {"LEAD": {**LEAD, "properties": lead}, "GROUP": GROUP},
    }
    found: dict[str, Any] = add_prefix(document, "#/definitions/")
    return found


def openapi() -> dict[str, Any]:
    """Return the same document in OpenAPI 3.0."""
    old = swagger()
    lead = {**LEAD["properties"], "label": {"type": "string", "nullable": True}}  # type: ignore[dict-item]
    paths = json.loads(json.dumps(old["paths"]).replace("#/definitions/", ""))
    for item in paths.values():
        for operation in (item[method] for method in ("get", "post", "put") if method in item):
            operation["parameters"] = [
                {key: each[key] for key in ("in", "name", "required") if key in each}
                | {"schema": {key: each[key] for key in ("type", "items") if key in each}}
                | STYLES.get(each.get("collectionFormat", ""), {})
                for each in operation.get("parameters", ())
                if each["in"] == "query"
            ]
            operation["responses"] = {
                status: {"description": "-"} for status in operation["responses"]
            }
        for each in item.get("parameters", ()):
            each["schema"] = {"type": each.pop("type")}
    for path, method, name in (
        ("/leads/{leadId}", "post", "LEAD"),
        ("/groups", "post", "GROUP"),
        ("/groups", "put", "GROUP"),
    ):
        content = {"application/json": {"schema": {"$ref": name}}}
        paths[path][method]["requestBody"] = {"required": True, "content": content}
    form = {
        "schema": {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}}
    }
    paths["/forms"]["post"]["requestBody"] = {
        "required": True,
        "content": {"application/x-www-form-urlencoded": form},
    }
    document = {
        "openapi": "3.0.3",
        "info": old["info"],
        "servers": [{"url": "https://leads.example.com/base/v1"}],
        "paths": paths,
        "components": {"schemas": {"LEAD": {**LEAD, "properties": lead}, "GROUP": GROUP}},
    }
    found: dict[str, Any] = add_prefix(document, "#/components/schemas/")
    return found
