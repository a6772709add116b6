"""A user's document with one operation, and whether it may place a call."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cxcall.contracts.contract import load_user_contract
from helpers.calling_api import wrap

if TYPE_CHECKING:
    from pathlib import Path


DIALECTS = ("2.0", "3.0.3", "3.1.0")


def risk(
    folder: Path,
    dialect: str,
    method: str,
    path: str,
    host: str = "api.example.com",
    **declared: Any,
) -> bool:
    """Return whether the one operation of a document may place a call."""
    operation = {"responses": {"200": {"description": "-"}}, **declared}
    own = wrap(dialect, {path: {method.lower(): operation}}, host)
    file = folder / "own.json"
    file.write_text(json.dumps(own), "utf-8")
    return load_user_contract(str(file)).operations[0].can_place_call


def parameter(name: str, **schema: Any) -> dict[str, Any]:
    """Return a query parameter in a form that every dialect reads."""
    schema = {"type": "string", **schema}
    return {"name": name, "in": "query", **schema, "schema": schema}
