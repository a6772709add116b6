"""Tell what kind of value the platforms expect under a name: a UUID, an integer, a phone number, or other text.

Sources of `value_kinds.json`: the models of the vendor's SDKs and its specification for Genesys Cloud
(docs/platforms/genesys-cloud.md), the specification for NICE CXone (docs/platforms/nice-cxone.md). `uuid` is for
Genesys Cloud only, `integer` for NICE CXone only.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

from cxcall.explaining.operations.known_operations import CXONE, GENESYS
from cxcall.runtime.patterns import is_uuid

_ID_NAME = re.compile(r"(?:[a-z]Ids?|_ids?|^id|ID)$")


@cache
def _names_by_kind() -> dict[str, frozenset[str]]:
    kinds = json.loads(Path(__file__).with_name("value_kinds.json").read_text("utf-8"))
    return {kind: frozenset(map(_fold, names)) for kind, names in kinds.items()}


def _fold(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


def kind_of(name: str, platform: str) -> str:
    """Return `uuid`, `integer`, `phone`, or `other` for a known name, `id` for another name of an ID, or an empty text.

    A name is known in any case, and with underscores or hyphens. Without a platform, a name that is a UUID
    on one platform and an integer on the other is an `id`.
    """
    kinds, folded = _names_by_kind(), _fold(name)
    if folded in kinds["phone"]:
        return "phone"
    if platform != GENESYS and folded in kinds["integer"]:
        return "integer" if platform == CXONE else "id"
    if platform != CXONE and folded in kinds["uuid"]:
        return "uuid" if platform == GENESYS else "id"
    if folded in kinds["other"]:
        return "other"
    return "id" if _ID_NAME.search(name) else ""


def describe_wrong_id(kind: str, value: str) -> tuple[str, str]:
    """Return (problem, correction) for a value that cannot be an ID of this kind; empty if it may be one."""
    if kind == "uuid" and not (is_uuid(value) or value == "*"):
        return f"`{value}` is not a UUID", "copy the exact ID, as the platform shows it"
    if kind == "integer" and not value.isdigit():
        return f"`{value}` is not a number", "use the ID, which is a number, not a name"
    return "", ""
