"""A small API that places calls, as a user's document: Swagger 2.0, OpenAPI 3.0, and OpenAPI 3.1."""

from __future__ import annotations

from typing import Any

BODY: dict[str, Any] = {
    "type": "object",
    "properties": {
        "whom": {"type": "string", "format": "e164"},
        "phoneNumber": {"type": "string"},
        "callerId": {"type": "string"},
        "note": {"type": "string"},
        "parties": {
            "type": "array",
            "items": {"type": "object", "properties": {"address": {"type": "string"}}},
        },
        "columns": {"type": "object", "additionalProperties": True},
    },
}
PARAMETERS = (("line", "path", True), ("to", "query", False), ("X-Callee", "header", False))


def document(dialect: str, **operation: Any) -> dict[str, Any]:
    """Return the document; `operation` replaces members of its one operation, `callPerson`."""
    is_swagger = dialect == "2.0"
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": place, "required": required}
        | ({"type": "string"} if is_swagger else {"schema": {"type": "string"}})
        for name, place, required in PARAMETERS
    ]
    declared: dict[str, Any] = {
        "operationId": "callPerson",
        "responses": {"200": {"description": "-"}},
    }
    if is_swagger:
        declared["parameters"] = [*parameters, {"in": "body", "name": "body", "schema": BODY}]
    else:
        declared["parameters"] = parameters
        declared["requestBody"] = {"content": {"application/json": {"schema": BODY}}}
    return wrap(dialect, {"/lines/{line}/calls": {"post": declared | operation}})


def wrap(dialect: str, paths: dict[str, Any], host: str = "api.example.com") -> dict[str, Any]:
    """Return a document with these paths, whose server is `host`."""
    info = {"title": "Calls", "version": "1"}
    if dialect == "2.0":
        return {"swagger": dialect, "info": info, "host": host, "paths": paths}
    servers = [{"url": f"https://{host}"}]
    return {"openapi": dialect, "info": info, "servers": servers, "paths": paths}


def posting(
    name: str,
    properties: dict[str, Any],
    path: str = "/dial",
    *,
    required: tuple[str, ...] = (),
    host: str = "own.example",
    **more: Any,
) -> dict[str, Any]:
    """Return a document with one POST operation without security; `more` are its other members."""
    schema = {"type": "object", "required": [*required], "properties": properties}
    post = {
        "operationId": name,
        "security": [],
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": {},
        **more,
    }
    return wrap("3.1.0", {path: {"post": post}}, host)
