"""Operations that cannot be sent are listed as such, and refused by a dry run as by a send."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from helpers.command import Cxcall

pytestmark = pytest.mark.slow

DIGEST = "cxcall does not support `http digest`"


def operation(name: str, **more: Any) -> dict[str, Any]:
    return {"operationId": name, "responses": {"200": {"description": "It."}}, **more}


@pytest.fixture
def contract(cxcall: Cxcall) -> str:
    """Write a document with digest authentication and with bodies of XML."""
    xml: dict[str, Any] = {"application/xml": {"schema": {}}}
    schemes = {"digest": {"type": "http", "scheme": "digest"}}
    own = {
        "openapi": "3.1.0",
        "info": {"title": "Own", "version": "1"},
        "servers": [{"url": "https://own.example"}],
        "components": {"securitySchemes": schemes},
        "paths": {
            "/digest": {"get": operation("digestRead", security=[{"digest": []}])},
            "/xml": {
                "post": operation("xmlCall", requestBody={"required": True, "content": xml}),
                "put": operation("xmlOrNone", requestBody={"content": xml}),
            },
        },
    }
    return cxcall.file("own.json", own)


def test_unsupported_operations_are_listed(cxcall: Cxcall, contract: str) -> None:
    ran = cxcall("operations", "--problems", "--contract", contract, "-o", "json", code=3)
    assert ran.envelope["data"]["unusable"] == ["digestRead", "xmlCall"]
    assert ran.envelope["data"]["usable"] == 1
    assert [each["message"] for each in ran.envelope["findings"]] == [
        "cxcall does not support the credentials `http digest`",
        "a body of type `application/xml` is required, which cxcall does not send",
    ]


def test_dry_run_refuses_unsupported_credentials(cxcall: Cxcall, contract: str) -> None:
    words = ("send", "digestRead", "--contract", contract)
    assert DIGEST in cxcall(*words, "--base-url", "http://127.0.0.1:9", code=4).err
    for option in ("-n", "--curl"):
        assert DIGEST in cxcall(*words, option, code=4).err


def test_body_of_another_type_is_named(cxcall: Cxcall, contract: str) -> None:
    own = ("--contract", contract)
    error = cxcall("operations", "xmlOrNone", "--skeleton", *own, code=2).err
    assert "the body of `xmlOrNone` is `application/xml`, which cxcall does not send" in error
    shown = cxcall("operations", "xmlCall", *own, code=0).out
    assert "BODY\n  application/xml, which cxcall does not send\n" in shown
