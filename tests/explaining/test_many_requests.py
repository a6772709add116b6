"""A file with many requests is explained as each of them alone: what is kept from one never decides another."""

from __future__ import annotations

import json
import sys
from random import Random
from typing import Any
from uuid import UUID

import pytest

from cxcall import explain
from helpers.echo_encodings import ENCODINGS
from helpers.planted_faults import OPERATIONS, correct_body, plant

ENTRIES = 50
HOSTS = ("api.mypurecloud.com", "api.mypurecloud.ie", "api-na1.niceincontact.com", "example.com")
TOKENS = ("", "short1", "<token>", "q8Zr5TnW2kLx7VbC3mYd", "cAnArY-1/aB+cD_eF~gH=jKlMnOpQrStUvWxYz")
MESSAGES = (
    "Bad Request", "Invalid contactId", "contact is not callable", "token expired", "",
    "Value [zebra] is not a valid property for object [X]", "call failed to +12025550123",
    "You are missing the following permission(s): outbound:campaign:edit", "diagnostic settings",
)  # fmt: skip
CODES = ("bad.request", "not.found", "missing.permissions", "invalid.value", "")


def make_entry(random: Random, number: int) -> dict[str, Any]:
    """Return a call with faults of any kind in its path, headers, body, and response."""

    def uuid() -> str:
        return str(UUID(int=random.getrandbits(128), version=4))

    operation, token = random.choice(OPERATIONS), random.choice(TOKENS) or f"a-token-of-{number}"
    body = plant(operation, random).body if random.random() < 0.7 else correct_body(operation, random)  # fmt: skip
    if isinstance(body, dict) and random.random() < 0.3:
        body = {**body, "contactId": uuid(), "note": f"+120255501{number % 100:02}"}
    path = "/".join(uuid() if part[:1] == "{" else part for part in operation.path.split("/"))
    cut = random.randrange(len(path)) if random.random() < 0.3 else len(path)
    echo = ENCODINGS[random.choice([*ENCODINGS])](token).decode("utf-8", "replace")
    message = random.choice(MESSAGES) + (f" {echo}" if random.random() < 0.3 else "")
    answer = {"message": message, "code": random.choice(CODES), "contextId": uuid()}
    text = json.dumps(body)
    return {
        "request": {
            "method": operation.method,
            "url": f"https://{random.choice(HOSTS)}{path[:cut]}{path[cut + 1 :]}",
            "headers": [
                {"name": "Authorization", "value": f"Bearer {token}"},
                {"name": "Content-Type", "value": random.choice(["application/json", "text/plain"])},
            ],
            "postData": {"text": text[: -1 if random.random() < 0.1 else len(text)]},
        },
        "response": {
            "status": random.choice([400, 400, 400, 401, 403, 404, 409, 429, 500, 200]),
            "headers": [{"name": "ININ-Correlation-Id", "value": random.choice([uuid(), token])}],
            "content": {"text": json.dumps(answer)},
        },
    }  # fmt: skip


def explain_all(entries: list[dict[str, Any]]) -> list[Any]:
    """Return what `explain` says about each entry of a HAR file."""
    found = explain(json.dumps({"log": {"entries": entries}}))
    return [(each.findings, each.ticket, {**each.as_dict(), "origin": ""}) for each in found]


def forget() -> None:
    """Empty each bounded cache of the package, as in a new process; what never changes stays."""
    for module in [sys.modules[name] for name in sys.modules if name.startswith("cxcall.")]:
        for member in vars(module).values():
            parameters = getattr(member, "cache_parameters", None)
            if parameters is not None and parameters()["maxsize"] is not None:
                member.cache_clear()


@pytest.mark.slow
def test_each_request_of_a_file_is_explained_as_alone() -> None:
    random = Random(7)
    entries = [make_entry(random, number) for number in range(ENTRIES)]
    together = explain_all(entries + entries[::-1])
    assert together[:ENTRIES] == together[: ENTRIES - 1 : -1]
    for entry, expected in zip(entries, together, strict=False):
        forget()
        assert explain_all([entry]) == [expected]
