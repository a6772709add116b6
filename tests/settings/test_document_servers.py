"""The server of a user's document: its variables, and `--region`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from helpers.command import Cxcall

VARIABLES = {
    "version": {"default": "v1"},
    "region": {"default": "eu", "enum": ["eu", "us"]},
}


def document(url: str, variables: dict[str, Any]) -> dict[str, Any]:
    get = {"operationId": "getIt", "responses": {}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Own", "version": "1"},
        "servers": [{"url": url, "variables": variables}],
        "paths": {"/it": {"get": get}},
    }


@pytest.mark.parametrize(
    ("region", "host"), [("us", "https://us.own.example/v1/it"), ("", "https://eu.own.example/")]
)
def test_region_is_the_variable_of_the_server(cxcall: Cxcall, region: str, host: str) -> None:
    file = cxcall.file("own.json", document("https://{region}.own.example/{version}", VARIABLES))
    words = ("send", "getIt", "--contract", file, "-n")
    shown = cxcall(*words, code=0, env={"CXCALL_REGION": region}).out
    assert shown.startswith(f"GET {host}")


@pytest.mark.parametrize("variable", [VARIABLES["region"], {"default": "eu"}])
def test_region_of_a_platform_does_not_move_requests(
    cxcall: Cxcall, variable: dict[str, Any]
) -> None:
    file = cxcall.file("own.json", document("https://{region}.own.example", {"region": variable}))
    env = {"GENESYSCLOUD_REGION": "us-east-1"}
    shown = cxcall("send", "getIt", "--contract", file, "-n", code=0, env=env).out
    assert shown.startswith("GET https://eu.own.example/it")


@pytest.mark.parametrize(
    ("variables", "given", "message"),
    [
        (VARIABLES, "mars", "`region` cannot be `mars` in the server of the API document"),
        ({"region": {"default": "eu"}}, "x.example/", "use letters, digits, and hyphens"),
        ({}, "us", "the server of `own.json` has no variable `region`"),
    ],
)
def test_region_without_effect_is_refused(
    cxcall: Cxcall, variables: dict[str, Any], given: str, message: str
) -> None:
    file = cxcall.file("own.json", document("https://{region}.own.example", variables))
    words = ("send", "getIt", "--contract", file, "--region", given, "-n")
    assert message in cxcall(*words, code=2).err


def test_region_of_a_document_gets_no_secret(cxcall: Cxcall) -> None:
    own = document("https://{region}.own.example/{version}", VARIABLES)
    own["security"] = [{"key": []}]
    key = {"type": "apiKey", "in": "header", "name": "X-Key"}
    own["components"] = {"securitySchemes": {"key": key}}
    words = ("send", "getIt", "--contract", cxcall.file("own.json", own), "--region", "us")
    ran = cxcall(*words, env={"CXCALL_API_KEY": "k3y-9f8e7d6c5b4a39281706"}, code=4)
    assert "us.own.example" in ran.err


@pytest.mark.parametrize(
    ("server", "path"),
    [("/api/v2", "/api/v2"), ("v2", "/v2"), ("//own.example/v1", "/v1"), ("@v2/", "/@v2")],
)
def test_relative_server_is_named(cxcall: Cxcall, server: str, path: str) -> None:
    file = cxcall.file("own.json", document(server, {}))
    error = cxcall("send", "getIt", "--contract", file, "-n", code=2).err
    assert f"declares only the relative server `{server}`" in error
    assert f"add `--base-url https://HOST{path}`" in error
