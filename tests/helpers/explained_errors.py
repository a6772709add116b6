"""Exchanges, and the errors that `explain` finds in them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cxcall import explain
from cxcall.findings.finding import Severity

GENESYS, CXONE = "api.mypurecloud.com", "api-na1.niceincontact.com"
LOGIN, ISSUER, AREA = "login.mypurecloud.com", "cxone.niceincontact.com", "na1.nice-incontact.com"
QUEUE = "8d2c1f7e-50f3-4c8b-9a61-0b7f3f1f2a10"
TOKEN = {"Authorization": "Bearer abc"}
CALL = {"phoneNumber": "+12025550123"}
FAMILY = "/inContactAPI/services/v31.0"


def make_exchange(
    method: str = "POST", path: str = "/api/v2/conversations/calls", **more: Any
) -> dict[str, Any]:
    return {"method": method, "host": GENESYS, "path": path, **more}


def errors(source: str | dict[str, Any]) -> dict[str, str]:
    """Return the places of the errors by their codes."""
    (found,) = explain(source)
    return {each.code: each.where for each in found.findings if each.severity is Severity.ERROR}


def problems(text: str, contract: Path | None = None) -> list[tuple[str, str]]:
    """Return (code, place) of each error and warning on the requests in a text, in order."""
    found = [each for request in explain(text, contract=contract) for each in request.findings]
    return [(each.code, each.where) for each in found if each.severity is not Severity.NOTE]


def codes_of(source: str | dict[str, Any]) -> set[str]:
    (found,) = explain(source)
    return {each.code for each in found.findings}
