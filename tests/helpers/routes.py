"""Routes of published operations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.explaining.operations.known_operations import (
    CXONE,
    GENESYS,
)
from cxcall.findings.finding import Severity

if TYPE_CHECKING:
    from cxcall.explaining.explanation import Explanation


HOSTS = {GENESYS: "api.mypurecloud.com", CXONE: "api-na1.niceincontact.com"}
QUEUE = "8d2c1f7e-50f3-4c8b-9a61-0b7f3f1f2a10"
ACD = "/inContactAPI/services/v34.0"


def problems(found: Explanation) -> list[str]:
    return [
        f"{each.code} {each.where}: {each.message}"
        for each in found.findings
        if each.severity is not Severity.NOTE
    ]
