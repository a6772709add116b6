"""Each place that `x-cxcall-campaign` names is in a schema of its operation, and each role of a command has an operation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cxcall.contracts.campaign_roles import (
    contact_operation,
    find_roles,
    most_contacts,
    require_role,
    values_from_path,
)
from cxcall.contracts.contract import load_shipped_contracts
from cxcall.contracts.json_schema import member_schema, merged_schema
from cxcall.contracts.paging import success_schema
from cxcall.documents.json_pointer import split_pointer
from cxcall.findings.errors import UsageError
from cxcall.payloads.csv_columns import find_column

if TYPE_CHECKING:
    from cxcall.contracts.campaign_roles import RoleOperation
    from cxcall.contracts.json_schema import JsonSchema

COMMANDS = {"load", "list", "campaign", "start", "stop", "results"}
IN_REQUEST = {"file", "fileName", "campaign", "page", "size"}
IN_ITEM = {"id", "columns", "calls", "complete", "cancelled"}
ROLES = [
    (contract.platform, role, found)
    for contract in load_shipped_contracts()
    for role, found in find_roles(contract).items()
]


def has_place(found: RoleOperation, schema: JsonSchema, pointer: str) -> bool:
    """Return whether a schema declares a member at a pointer, or leaves it open."""
    resolve = found.operation.contract.resolve
    node = merged_schema(resolve, schema)
    for token in split_pointer(pointer):
        if "items" in node and not token.isdecimal():
            node = merged_schema(resolve, node["items"])
        declared = token in node.get("properties", {})
        if not declared and node.get("additionalProperties") in (None, False):
            return False
        node = merged_schema(resolve, member_schema(node, token))
    return True


@pytest.mark.parametrize("platform", ["genesys-cloud", "nice-cxone"])
def test_each_command_has_a_published_operation(platform: str) -> None:
    roles = {role: found for owner, role, found in ROLES if owner == platform}
    assert roles.keys() >= COMMANDS
    assert {found.operation.provenance for found in roles.values()} == {"published"}
    assert roles["load"].operation.can_place_call
    assert roles["start"].operation.can_place_call
    assert not roles["stop"].operation.can_place_call


def test_each_place_is_in_a_schema() -> None:
    for _, role, found in ROLES:
        operation = found.operation
        sent, received = operation.schema_at(""), success_schema(operation)
        for name, place in found.declared.items():
            if not (isinstance(place, str) and place.startswith("/")):
                continue
            in_item = name in IN_ITEM and "items" in found.declared
            start = found.place("items") if in_item else ""
            is_sent = role in ("load", "create-list", "create-campaign") or name in IN_REQUEST
            is_sent = is_sent and not (role == "results" and name not in ("page", "size"))
            schema = sent if is_sent and name != "id" and role != "list" else received
            if name == "column":
                start = found.place("phoneColumns")
            assert has_place(found, schema, start + place), (operation.name, name, place)


def test_a_contact_is_checked_with_the_columns_of_its_list() -> None:
    load = next(
        each for platform, role, each in ROLES if (platform, role) == ("genesys-cloud", "load")
    )
    assert most_contacts(load) == 1000
    open_list, known = contact_operation(load), contact_operation(load, ["Phone"], ["Phone"])
    assert find_column("Fax", open_list) is not None
    assert find_column("Fax", known) is None
    column = find_column("Phone", known)
    assert column is not None
    assert (column.pointer, column.is_open) == ("/data/Phone", False)
    assert known.schema_at("/data/Phone")["format"] == "phone"
    assert values_from_path(known, {"contactListId": "7"}) == {"contactListId": "7"}


def test_a_platform_without_the_operation_is_named() -> None:
    with pytest.raises(UsageError, match="no known published operation of `elsewhere`"):
        require_role("elsewhere", "load")
