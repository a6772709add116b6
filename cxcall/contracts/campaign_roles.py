"""The roles of a contract's operations for a campaign, as `x-cxcall-campaign` declares them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxcall.contracts.contract import load_shipped_contracts
from cxcall.contracts.json_schema import merged_schema
from cxcall.contracts.openapi_document import CAMPAIGN
from cxcall.contracts.operation import JSON, Operation
from cxcall.documents.json_pointer import split_pointer
from cxcall.findings.errors import UsageError
from cxcall.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from cxcall.contracts.contract import Contract
from cxcall.contracts.json_schema import JsonSchema

COLUMNS = "x-cxcall-columns"
"""The extension for the object in the body whose member a column sets, if the column sets nothing else."""
_SAME_AS = "x-cxcall-same-as"


class RoleOperation(NamedTuple):
    """An operation with the values of its `x-cxcall-campaign`: its role, and places in its bodies."""

    operation: Operation
    declared: Mapping[str, Any]

    @property
    def id_parameter(self) -> str:
        """The name of the parameter for the ID: the first one in the path."""
        parameters = self.operation.parameters
        return next((each.name for each in parameters if each.location == "path"), "")

    def place(self, name: str) -> str:
        """Return a place in a body; empty if none is declared."""
        return str(self.declared.get(name, ""))


def find_roles(contract: Contract) -> dict[str, RoleOperation]:
    """Return the operations of a contract by their role for a campaign."""
    return {
        str(each.declared[CAMPAIGN]["role"]): RoleOperation(each, each.declared[CAMPAIGN])
        for each in contract.find_extended(CAMPAIGN)
    }


def require_role(platform: str, role: str) -> RoleOperation:
    """Return the operation of a platform with a role; raises UsageError if none is declared."""
    for contract in load_shipped_contracts():
        found = find_roles(contract) if contract.platform == platform else {}
        if role in found:
            return found[role]
    raise UsageError(
        f"no known published operation of `{platform}` can `{role}`",
        where="campaign",
        fix="search for one: `cxcall operations --search campaign`",
    )


def most_contacts(load: RoleOperation) -> int:
    """Return the most contacts of one request, from the schema of its body or the extension."""
    declared = load.operation.schema_at("").get("maxItems")
    return int(load.declared.get("rows", declared or 1))


def contact_operation(
    load: RoleOperation, columns: Sequence[str] = (), phone_columns: Collection[str] = ()
) -> Operation:
    """Return the operation that would send one contact, so that a row is checked as a body of its own.

    `columns` are the columns of the list, if they are known: a contact may not have other members.
    """
    operation = load.operation
    at = load.place("columns")
    schema, example = _contact_schema(load)
    resolve = operation.contract.resolve
    schema = _with_columns(resolve, schema, split_pointer(at), columns, phone_columns)
    body = {"required": True, "content": {JSON: {"schema": schema, "example": example}}}
    declared = {**operation.declared, "requestBody": body, COLUMNS: at}
    return Operation(operation.contract, operation.method, operation.path, declared)


def _contact_schema(load: RoleOperation) -> tuple[JsonSchema, Any]:
    """Return the schema of one contact and an example: an item of the body, or a record of a file in it."""
    operation = load.operation
    if "file" in load.declared:
        return {"type": "object", "additionalProperties": {"type": "string"}}, {}
    items = operation.schema_at("").get("items", {})
    return operation.contract.resolve(items), (operation.example or [{}])[0]


def _with_columns(
    resolve: Any,
    schema: JsonSchema,
    path: Sequence[str],
    columns: Sequence[str],
    phone_columns: Collection[str],
) -> JsonSchema:
    """Return a schema in which the object at `path` has these members and no others."""
    schema = merged_schema(resolve, schema)
    if path:
        name, *rest = path
        properties = dict(schema.get("properties", {}))
        properties[name] = _with_columns(
            resolve, properties.get(name, {}), rest, columns, phone_columns
        )
        return {**schema, "properties": properties}
    if not columns:
        return schema
    phone = {"type": "string", "format": "phone"}
    members = {each: phone if each in phone_columns else {"type": "string"} for each in columns}
    return {**schema, "properties": members, "additionalProperties": False}


def values_from_path(operation: Operation, values: Mapping[str, str]) -> dict[str, str]:
    """Return the members of a body that repeat a parameter of the path (`x-cxcall-same-as`), with their values."""
    found = {}
    for name, schema in operation.schema_at("").get("properties", {}).items():
        where, _, parameter = str(schema.get(_SAME_AS, "")).partition(":")
        if where == "path" and parameter in values:
            found[name] = values[parameter]
    return found
