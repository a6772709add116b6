"""The engagement ID of an operation of a user's document whose place is not declared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from helpers.command import Cxcall

pytestmark = pytest.mark.slow


def send(cxcall: Cxcall, response: dict[str, Any]) -> tuple[str, ...]:
    """Return the words that send a call to the sandbox, which gets this response."""
    schema = {"type": "object", "properties": {"to": {"type": "string", "format": "phone"}}}
    post = {
        "operationId": "placeCall",
        "requestBody": {"content": {"application/json": {"schema": schema}}},
        "responses": {"201": {"description": "Created.", **response}},
    }
    own = {
        "openapi": "3.1.0",
        "info": {"title": "Own", "version": "1"},
        "servers": [{"url": "https://own.example"}],
        "paths": {"/calls": {"post": post}},
    }
    file = cxcall.file("own.json", own)
    number = ("--set", '/to="+12025550100"')
    return ("send", "placeCall", "--contract", file, *number, "--sandbox", "--quiet")


def test_missing_id_is_noted(cxcall: Cxcall) -> None:
    ran = cxcall(*send(cxcall, {}), code=0)
    assert ran.out == ""
    assert "accepted, but no engagement ID was found in the response" in ran.err
    assert "name its place: `--engagement-id header:NAME`" in ran.err


def test_sandbox_fills_the_declared_location(cxcall: Cxcall) -> None:
    location = {"headers": {"Location": {"schema": {"type": "string"}}}}
    ran = cxcall(*send(cxcall, location), code=0)
    assert len(ran.out.strip()) == 36
    assert "engagement ID" not in ran.err


def test_published_operation_without_a_call_needs_no_engagement_id(cxcall: Cxcall) -> None:
    skeleton = cxcall("operations", "create-contact-list", "--skeleton", code=0).out
    words = ("send", "create-contact-list", "--file", "-", "--sandbox", "-o", "json")
    assert cxcall(*words, stdin=skeleton, code=0).codes == []
