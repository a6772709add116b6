"""The server of a user's document: the defaults of its variables, and `--region`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from helpers.command import Cxcall

VARIABLES = {
    "version": {"default": "v1"},
    "region": {"default": "eu"},
}


def document(url: str, variables: dict[str, Any]) -> dict[str, Any]:
    get = {"operationId": "getIt", "responses": {}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Own", "version": "1"},
        "servers": [{"url": url, "variables": variables}],
        "paths": {"/it": {"get": get}},
    }


def test_region_of_a_platform_does_not_move_requests(cxcall: Cxcall) -> None:
    file = cxcall.file("own.json", document("https://{region}.own.example/{version}", VARIABLES))
    words = ("send", "getIt", "--contract", file, "-n")
    shown = cxcall(*words, code=0, env={"GENESYSCLOUD_REGION": "us-east-1"}).out
    assert shown.startswith("GET https://eu.own.example/v1/it")


@pytest.mark.slow
def test_region_without_effect_is_refused(cxcall: Cxcall) -> None:
    message = "`region` has no effect on the server of `own.json`"
    file = cxcall.file("own.json", document("https://{region}.own.example/{version}", VARIABLES))
    words = ("send", "getIt", "--contract", file, "-n")
    assert message in cxcall(*words, "--region", "us", code=2).err
    assert message in cxcall(*words, env={"CXCALL_REGION": "us"}, code=2).err
    cxcall.file("own.json", document("https://own.example", {}))
    assert message in cxcall(*words, "--region", "us", code=2).err
    cxcall(*words, env={"CXCALL_REGION": "us-east-1"}, code=0)  # may be meant for a platform


@pytest.mark.parametrize(
    ("server", "path"),
    [("/api/v2", "/api/v2"), ("v2", "/v2"), ("//own.example/v1", "/v1"), ("@v2/", "/@v2")],
)
def test_relative_server_is_named(cxcall: Cxcall, server: str, path: str) -> None:
    file = cxcall.file("own.json", document(server, {}))
    error = cxcall("send", "getIt", "--contract", file, "-n", code=2).err
    assert f"declares only the relative server `{server}`" in error
    assert f"add `--base-url https://HOST{path}`" in error
