"""A program may log the objects of the Python API: they show no whole phone number, and no API key."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cxcall import Client, check
from helpers.platform_server import Reply

if TYPE_CHECKING:
    from helpers.platform_server import Platform

NUMBER = "+12025550123"
PARAMETERS = {"phoneNumber": "path", "callbackNumber": "query", "X-Phone": "header"}
VALUES = dict.fromkeys(PARAMETERS, NUMBER)
KEY = "k3y/9f8e7d6c5b4a39281706"
DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Voice", "version": "1"},
    "components": {
        "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Voice"}}
    },
    "security": [{"key": []}],
    "paths": {
        "/calls/{phoneNumber}": {
            "post": {
                "operationId": "createCall",
                "parameters": [
                    {"name": name, "in": place, "required": True, "schema": {"type": "string"}}
                    for name, place in PARAMETERS.items()
                ],
                "requestBody": {
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "properties": {"to": {"type": "string"}, "note": {}},
                            }
                        }
                    }
                },
            }
        }
    },
}


def respond(body: Any, _count: int) -> Reply:
    """Repeat the number in the response; refuse one note."""
    status = 400 if body.get("note") == "refused" else 201
    answer = {"id": "e-1", "message": f"bad {NUMBER}"}
    return Reply(status, answer, {"Location": f"/calls/{NUMBER}", "X-Phone": NUMBER})


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the API key of the document."""
    monkeypatch.setenv("CXCALL_API_KEY", KEY)


@pytest.mark.slow
@pytest.mark.usefixtures("platform")
def test_no_object_of_a_delivery_shows_a_number_or_a_key() -> None:
    Path("voice.json").write_text(json.dumps(DOCUMENT), "utf-8")
    with Client(contract="voice.json") as client:
        built = client.build("createCall", {"to": NUMBER}, VALUES)
        deliveries = [
            client.send("createCall", {"to": NUMBER, "note": note}, VALUES, yes=True)
            for note in ("accepted", "refused")
        ]
        explained = [each for delivery in deliveries for each in client.explain(delivery)]
    exchanges = [each.exchange for each in deliveries]
    numbers = built.checked_numbers
    for shown in (built, built.request, *numbers, *deliveries, *exchanges, *explained):
        for text in (repr(shown), str(shown)):
            assert NUMBER[-7:] not in text
            assert KEY not in text
    sent = [each.request.headers for each in exchanges if each]
    assert [each["X-Voice"] for each in sent] == ["****"] * 2
    assert KEY.encode() not in pickle.dumps(sent)
    assert "'X-Phone': '+*******0123'" in repr(built)


@pytest.mark.slow
def test_no_result_of_a_row_shows_a_number(platform: Platform) -> None:
    Path("voice.json").write_text(json.dumps(DOCUMENT), "utf-8")
    notes = ("accepted", "refused", "accepted")
    rows = [{**VALUES, "to": NUMBER, "note": note} for note in notes]
    with (
        Client(contract="voice.json") as client,
        client.batch("createCall", rows, confirm=2) as batch,
    ):
        results = list(batch)
    assert [str(each.outcome) for each in results] == ["accepted", "refused", "skipped"]
    for result in results:
        for shown in (result, result.row, result.report, result.delivery, result.findings):
            assert NUMBER[-7:] not in repr(shown)
    assert platform.rung


def test_no_verdict_shows_the_number_of_a_correction() -> None:
    verdict = check({"phone_number": "+1 202 555 0123"}, "execute")
    assert any(NUMBER in each.text for found in verdict.findings for each in found.edits)
    assert NUMBER[-7:] not in repr(verdict)
