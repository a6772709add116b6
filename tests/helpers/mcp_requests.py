"""Requests of agents."""

from __future__ import annotations

from typing import Any

from helpers.command import CONTACT
from helpers.platform_server import Platform

TOKEN = "t0ken-for-the-agent"


def request(reason: str) -> dict[str, Any]:
    """Return the arguments of a request that can be sent."""
    body = {"contactId": CONTACT, "reasonCode": reason}
    return {"operation": "personal-connection", "body": body}


def count(platform: Platform) -> int:
    return sum(platform.dials.values())
