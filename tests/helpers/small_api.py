"""The same small API in two older dialects: Swagger 2.0 and OpenAPI 3.0."""

from __future__ import annotations

import json
from typing import Any

BELL = {
    "type": "object",
    "required": ["tone"],
    "properties": {
        "id": {"type": "string", "readOnly": True},
        "tone": {"type": "integer", "minimum": 0, "exclusiveMinimum": True},
        "label": {"type": "string"},
        "inner": {"$ref": "BELL"},
    },
}
TOWER = {
    "allOf": [
        {"$ref": "BELL"},
        {"type": "object", "required": ["height"], "properties": {"height": {"type": "number"}}},
    ]
}
STYLES: dict[str, dict[str, Any]] = {
    "csv": {"explode": False},
    "pipes": {"style": "pipeDelimited"},
    "ssv": {"style": "spaceDelimited", "explode": False},
}
ASKED = {"type": "ANY", "permissions": ["bell:ring:add", "bell:ring:all"]}


def named(node: Any, prefix: str) -> Any:
    """Let every `$ref` lead to where a dialect keeps its schemas."""
    text = json.dumps(node).replace('"$ref": "', f'"$ref": "{prefix}')
    return json.loads(text)


def swagger() -> dict[str, Any]:
    """Return a document in Swagger 2.0."""
    bell = {**BELL["properties"], "label": {"type": "string", "x-nullable": True}}  # type: ignore[dict-item]
    body = {"in": "body", "name": "body", "required": True}
    tower = {**body, "schema": {"$ref": "TOWER"}}
    many = {"in": "query", "name": "many", "type": "array", "items": {"type": "string"}}
    document = {
        "swagger": "2.0",
        "info": {"title": "Bells", "version": "1"},
        "host": "bells.example.com",
        "basePath": "/base/v1/",
        "schemes": ["http", "https"],
        "consumes": ["application/json"],
        "paths": {
            "/bells/{bellId}": {
                "parameters": [{"in": "path", "name": "bellId", "type": "string", "required": True}],
                "get": {
                    "operationId": "getBell",
                    "parameters": [
                        {**many, "name": "one", "collectionFormat": "csv"},
                        {**many, "collectionFormat": "multi"},
                        {**many, "name": "piped", "collectionFormat": "pipes"},
                        {**many, "name": "spaced", "collectionFormat": "ssv"},
                    ],
                    "responses": {"200": {"description": "It.", "schema": {"$ref": "BELL"}}},
                },
                "post": {
                    "operationId": "ringBell",
                    "parameters": [{**body, "schema": {"$ref": "BELL"}}],
                    "responses": {"202": {"description": "It rings."}},
                    "x-inin-requires-permissions": ASKED,
                },
            },
            "/towers": {
                "post": {
                    "operationId": "addTower",
                    "parameters": [tower],
                    "responses": {"201": {"description": "Added."}},
                },
                "put": {"parameters": [tower], "responses": {"200": {"description": "Put."}}},
            },
            "/forms": {
                "post": {
                    "operationId": "sendForm",
                    "consumes": ["application/x-www-form-urlencoded"],
                    "parameters": [{"in": "formData", "name": "a", "type": "string", "required": True}],
                    "responses": {"200": {"description": "Taken."}},
                }
            },
        },
        "definitions": {"BELL": {**BELL, "properties": bell}, "TOWER": TOWER},
    }  # fmt: skip
    found: dict[str, Any] = named(document, "#/definitions/")
    return found


def openapi() -> dict[str, Any]:
    """Return the same in OpenAPI 3.0."""
    old = swagger()
    bell = {**BELL["properties"], "label": {"type": "string", "nullable": True}}  # type: ignore[dict-item]
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
        ("/bells/{bellId}", "post", "BELL"),
        ("/towers", "post", "TOWER"),
        ("/towers", "put", "TOWER"),
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
        "servers": [{"url": "https://bells.example.com/base/v1"}],
        "paths": paths,
        "components": {"schemas": {"BELL": {**BELL, "properties": bell}, "TOWER": TOWER}},
    }  # fmt: skip
    found: dict[str, Any] = named(document, "#/components/schemas/")
    return found
