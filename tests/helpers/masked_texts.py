"""Texts with secrets."""

from __future__ import annotations

from typing import Any

PATH = "/api/v2/conversations/calls"


def make_exchange(**more: Any) -> dict[str, Any]:
    call = {"method": "POST", "host": "api.mypurecloud.com", "path": PATH, "status": 400}
    return {**call, "body": {"phoneNumber": "+12025550123"}, **more}


URL = "https://api.mypurecloud.ie/api/v2/conversations/callbacks"
PASS = "hunterlongpassword"
