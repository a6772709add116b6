"""Small API documents in the style of vendors: YAML, forms, and each kind of security."""

from __future__ import annotations

from typing import Any

HOST = "https://api.voice.example.com"

FORM_API = f"""\
# Calls as a form, Basic credentials, IDs by a pattern, and the ID in the body.
openapi: 3.0.1
info: {{title: Forms, version: '2024-10-01'}}
servers: [{{url: {HOST}}}]
security: [{{account: []}}]
components:
  securitySchemes:
    account: {{type: http, scheme: basic}}
  schemas:
    Account: {{type: string, pattern: '^AC[0-9a-fA-F]{{32}}$', minLength: 34, maxLength: 34}}
    Call:
      type: object
      properties: {{sid: {{type: string, pattern: '^CA[0-9a-f]{{32}}$'}}, status: {{enum: [queued]}}}}
paths:
  /2010/Accounts/{{AccountSid}}/Calls.json:
    parameters:
      - {{name: AccountSid, in: path, required: true, schema: {{$ref: '#/components/schemas/Account'}}}}
    post:
      operationId: CreateCall
      summary: Create a call
      requestBody:
        content:
          application/x-www-form-urlencoded:
            schema:
              title: CreateCallRequest
              type: object
              required: [To, From]
              properties:
                To: {{type: string, format: endpoint}}
                From: {{type: string, format: endpoint}}
                Record: {{type: boolean}}
                StatusCallbackEvent: {{type: array, items: {{type: string}}}}
            encoding:
              StatusCallbackEvent: {{style: form, explode: true}}
      responses:
        201: {{description: Created, content: {{application/json: {{schema: {{$ref: '#/components/schemas/Call'}}}}}}}}
"""

ACCOUNT = "AC" + "0" * 32


def multipart_api() -> dict[str, Any]:
    """Return a document in Swagger 2.0 with a multipart form."""
    fields: list[dict[str, Any]] = [
        {"name": "to", "type": "string", "required": True},
        {"name": "tags", "type": "array", "items": {"type": "string"}, "collectionFormat": "multi"},
        {"name": "attachment", "type": "file"},
    ]
    return {
        "swagger": "2.0",
        "info": {"title": "Parts", "version": "1"},
        "host": "api.voice.example.com",
        "schemes": ["https"],
        "paths": {
            "/fax": {
                "post": {
                    "operationId": "dialFax",
                    "consumes": ["multipart/form-data"],
                    "parameters": [{**each, "in": "formData"} for each in fields],
                    "responses": {"200": {"description": "OK"}},
                }
            }
        },
    }


def secured_api(*alternatives: dict[str, Any], server: str = HOST) -> dict[str, Any]:
    """Return a document in OpenAPI 3.1 whose one call takes these alternatives of security schemes."""
    schemes = {name: scheme for each in alternatives for name, scheme in each.items()}
    schema = {
        "type": "object",
        "required": ["to"],
        "properties": {"to": {"type": "string"}},
    }
    operation = {
        "operationId": "dial",
        "parameters": [{"name": "page", "in": "query", "schema": {"type": "string"}}],
        "requestBody": {"content": {"application/json": {"schema": schema}}},
        "responses": {"200": {"description": "OK"}},
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Secured", "version": "1"},
        "servers": [{"url": server}],
        "security": [{name: [] for name in each} for each in alternatives],
        "components": {"securitySchemes": schemes},
        "paths": {"/calls": {"post": operation}},
    }
