"""The sandbox checks a request to a user's document by the schema of its media type and by the styles of its parameters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cxcall.contracts.contract import Contract
from cxcall.sandbox.server import start_sandbox
from helpers.calling_api import posting
from helpers.cases import each_case
from helpers.sandbox_client import Client

URLENCODED, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data; boundary=B"
PROPERTIES = {
    "to": {"type": "string"},
    "prio": {"type": "integer"},
    "tags": {"type": "array", "items": {"type": "string"}},
    "x": {},
}
SCHEMA = {"type": "object", "required": ["to", "prio"], "properties": PROPERTIES}
CONTENT = {
    "application/json": {"schema": SCHEMA},
    "application/vnd.a+json": {"schema": {"type": "object", "required": ["zz"]}},
    URLENCODED: {"schema": SCHEMA},
    "multipart/form-data": {"schema": SCHEMA},
    "application/xml": {"schema": SCHEMA},
}
OBJECT = {
    "type": "object",
    "required": ["n"],
    "properties": {"n": {"type": "integer"}, "m": {"type": "string"}},
    "additionalProperties": False,
}
QUERIES: dict[str, dict[str, Any]] = {
    "form": {"explode": True},
    "joined": {"explode": False},
    "deep": {"style": "deepObject", "explode": True},
}
GOOD = b'{"to": "+12025550100", "prio": 1}'


def part(name: str, text: str) -> str:
    return f'--B\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    """Start a sandbox for operations with several media types, and with objects as parameters."""
    document = posting("dial", PROPERTIES, requestBody={"required": True, "content": CONTENT})
    declared = [{"name": "o", "in": "query", "schema": OBJECT, **more} for more in QUERIES.values()]
    declared += [{"name": "X-O", "in": "header", "schema": OBJECT}]
    for name, entry in zip((*QUERIES, "header"), declared, strict=True):
        get = {"operationId": name, "security": [], "responses": {}, "parameters": [entry]}
        document["paths"][f"/{name}"] = {"get": get}
    in_path = {"name": "o", "in": "path", "required": True, "schema": OBJECT}
    get = {"operationId": "path", "security": [], "responses": {}, "parameters": [in_path]}
    document["paths"]["/path/{o}"] = {"get": get}
    with start_sandbox([Contract("own", document)]) as sandbox:
        yield Client(sandbox)


@each_case(
    "media_type, body, is_accepted",
    [
        ("application/json", GOOD, True),
        ("application/vnd.a+json", GOOD, False),
        ("application/vnd.a+json", b'{"zz": 1}', True),
        (URLENCODED, b"to=%2B12025550100&prio=1&tags=a&tags=b&x=", True),
        (URLENCODED, b"to=%2B12025550100&prio=a", False),
        (MULTIPART, f"{part('to', '+1')}{part('prio', '1')}--B--\r\n".encode(), True),
        (MULTIPART, f"{part('to', '+1')}--B--\r\n".encode(), False),
        ("application/xml", b"<a/>", True),
        ("application/json", b"\xef\xbb\xbf" + GOOD, True),
        ("application/json", b'{"to": "+1", "prio": "a", "prio": 1}', True),
        ("application/json", b'{"to": "+1", "prio": 1, "x": 1e999}', False),
        ("application/json", b'{"to": "+1", "prio": 1, "x": "\\ud800"}', False),
        ("application/json", GOOD[:-1] + b', "x": %b1%b}' % (b"[" * 200, b"]" * 200), False),
        ("application/json", GOOD[:-1] + b', "x": "%b"}' % (b"a" * 600_000), True),
    ],
    ids=[str(number) for number in range(14)],
    quick=14,
)
def test_body_is_checked_by_the_schema_of_its_media_type(
    client: Client, media_type: str, body: bytes, *, is_accepted: bool
) -> None:
    assert (client.post("/dial", body, Content_Type=media_type).status < 300) is is_accepted


@each_case(
    "path, header, is_accepted",
    [
        ("/form?n=1&m=a", "", True),
        ("/form?n=x", "", False),
        ("/form?m=a", "", False),
        ("/form", "", True),
        ("/joined?o=n,1", "", True),
        ("/joined?o=n,x", "", False),
        ("/deep?o[n]=1", "", True),
        ("/deep?o[n]=x", "", False),
        ("/deep?o[n]=1&o[z]=2", "", False),
        ("/header", "n,1", True),
        ("/header", "n,x", False),
        ("/path/n,1", "", True),
        ("/path/n,x", "", False),
        ("/path/m,a", "", False),
    ],
    quick=14,
)
def test_object_is_checked_in_the_style_of_its_parameter(
    client: Client, path: str, header: str, *, is_accepted: bool
) -> None:
    headers: dict[str, Any] = {"X_O": header} if header else {}
    reply = client.send("GET", path, Authorization=f"Bearer {client.token}", **headers)
    assert (reply.status < 300) is is_accepted
