"""An operation of a user's document that has the name of a shipped one is never taken for it, or the other way round."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from helpers.user_documents import names

if TYPE_CHECKING:
    from helpers.command import Cxcall

CAMPAIGN = "7c1c9d3e-6b1a-4f0e-9f57-3e4a1c0b2d11"
ROUTE = "/api/v2/outbound/campaigns/{campaignId}/executions"


def document(path: str, base: str = "") -> dict[str, Any]:
    """Return a document whose only operation is called `execute`, with a base path in its server's URL."""
    schema = {"type": "object", "required": ["to"], "properties": {"to": {"type": "string"}}}
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    post = {"operationId": "execute", "requestBody": body, "responses": {}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Own", "version": "1"},
        "servers": [{"url": f"https://own.example{base}"}],
        "paths": {path: {"post": post}},
    }


@pytest.fixture
def contract(cxcall: Cxcall) -> str:
    """Write a document with another `execute`."""
    return cxcall.file("own.json", document("/go"))


@pytest.mark.slow
def test_shared_name_is_refused_with_both_names(cxcall: Cxcall, contract: str) -> None:
    own = ("--contract", contract)
    body = cxcall.file("body.json", {"to": "+12025550100"})
    for words in (
        ("send", "execute", "-f", body, "-n"),
        ("operations", "execute"),
        ("validate", body, "--operation", "execute"),
        ("batch", body, "--operation", "execute", "-n"),
    ):
        error = cxcall(*words, *own, code=2).err
        assert "`execute` is ambiguous: a shipped operation and one of `own.json`" in error
        assert "write `post-go` for that of the document, or `community:execute`" in error
    assert {"post-go", "execute"} <= names(cxcall, contract)


@pytest.mark.slow
def test_each_name_sends_its_operation(cxcall: Cxcall, contract: str) -> None:
    cxcall.environment["CXCALL_CONTRACT"] = contract
    number = ("--set", '/to="+12025550100"')
    assert "POST https://own.example/go\n" in cxcall("send", "post-go", *number, "-n", code=0).out
    flags = ("--contact-id", CAMPAIGN, "--phone-number", "+12025550100")
    for command in (
        ("execute", CAMPAIGN),
        ("send", "community:execute", "--campaign-id", CAMPAIGN),
    ):
        shown = cxcall(*command, *flags, "-n", code=0).out
        assert f"/outbound/campaigns/{CAMPAIGN}/executions\n" in shown
    listed = cxcall("operations", "--problems", code=0).out
    assert "so POST /go is called `post-go`" in listed


@pytest.mark.parametrize("base", ["", "/api/v2"])
def test_same_route_keeps_its_name(cxcall: Cxcall, base: str) -> None:
    file = cxcall.file("own.json", document(ROUTE.removeprefix(base), base))
    words = ("send", "execute", "--contract", file, "--campaign-id", CAMPAIGN, "-n")
    shown = cxcall(*words, "--set", '/to="+12025550100"', code=0).out
    assert "POST https://own.example/api/v2/outbound/campaigns/" in shown


def test_corrected_request_names_the_shipped_operation(cxcall: Cxcall, contract: str) -> None:
    url = f"https://api.mypurecloud.com/api/v2/outbound/campaigns/{CAMPAIGN}/executions"
    body = f'{{"contactId": "{CAMPAIGN}", "phoneNumber": "12025550100"}}'
    curl = f"curl -X POST {url} -H 'Authorization: Bearer x' -H 'Content-Type: application/json' -d '{body}'"
    shown = cxcall("explain", "-", "--fix", "--contract", contract, stdin=curl).out
    assert "cxcall send community:execute --campaign-id " in shown
