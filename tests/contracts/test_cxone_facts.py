"""The NICE CXone contract declares what the public copy of the vendor's specifications declares.

`facts/nice-cxone-models.json` has the parameters, body, and statuses of each operation in that copy (OAS
in docs/platforms/nice-cxone.md). DIFFERENCES names the source of each intended difference.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cxcall.contracts import contract, json_schema

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cxcall.contracts.operation import Operation

FACTS: dict[str, Any] = json.loads(
    (Path(__file__).parent / "facts" / "nice-cxone-models.json").read_text("utf-8")
)["operations"]
OPERATIONS = {each.name: each for each in contract.find_platform_contract("nice-cxone").operations}
NOT_IN_COPY = {
    "cxone-create-skills": "known from CJ and MCP",
    "cxone-list-skills": "known from CJ and MCP",
    "cxone-keep-alive": "known from the SDK",
    "cxone-get-token": "its body is a form with alternatives (OAS)",
    "cxone-get-token-by-key": "known from DEV, TAP, and MCP",
    "cxone-refresh-token": "known from TAP",
}
"""Operations of the contract that are not in the facts."""

_PORTAL = "PORTAL"
DIFFERENCES = {
    ("cxone-start-session", "stationId", "required"): "a phone number may stand instead (PORTAL)",
    ("cxone-start-session", "asAgentId", "type"): "text in cxone-join-session",
    ("cxone-join-session", "asAgentId", "required"): "optional (SDK sends an empty text)",
    ("cxone-join-session", "asAgentId", "type"): "a number in cxone-start-session",
    ("cxone-dial-phone", "phoneNumber", "required"): "needed in practice (SDK)",
    ("cxone-dial-phone", "skillId", "required"): "needed in practice (SDK)",
    ("cxone-dial-phone", "callerId", "name"): "SDK",
    ("cxone-dial-phone", "interactionId", "name"): "SDK",
    ("cxone-dial-agent", "targetAgentId", "required"): _PORTAL,
    ("cxone-consult-agent", "targetAgentId", "required"): _PORTAL,
    ("cxone-dial-skill", "skillId", "required"): _PORTAL,
    ("cxone-end-call", "contactId", "type"): "declared twice, once as text",
    ("cxone-amd-override", "type", "required"): "required with a default",
    ("cxone-amd-override", "type", "enum"): "the SDK has badNumber, too",
    ("cxone-create-call-list", "destinationMappings", "required"): "400 without it (PORTAL)",
    ("cxone-create-call-list", "destinationMappings/fieldName", "required"): _PORTAL,
    ("cxone-create-call-list", "destinationMappings/fieldValue", "required"): _PORTAL,
    ("cxone-remove-prospects", "prospectsToRemove", "type"): "nothing is removed without a list",
    (
        "cxone-remove-prospects",
        "prospectsToRemove",
        "required",
    ): "nothing is removed without a list",
    ("cxone-remove-prospects", "prospectsToRemove/externalId", "type"): "often text (MCP)",
    ("cxone-remove-prospects", "prospectsToRemove/externalId", "required"): "it names the record",
    (
        "cxone-start-script",
        "scriptId",
        "required",
    ): "a path may stand instead (a client that works)",
    ("cxone-start-script", "scriptPath", "required"): "an ID may stand instead",
    ("cxone-schedule-callback", "phoneNumber", "required"): _PORTAL,
    ("cxone-schedule-callback", "skillId", "required"): _PORTAL,
    ("cxone-schedule-callback", "scheduleDate", "required"): _PORTAL,
    ("cxone-set-contact-disposition", "dispositionInfo", "required"): "the body is required",
    ("cxone-upload-call-list", "404", "status"): _PORTAL,
    ("cxone-change-callback", "404", "status"): _PORTAL,
}
"""(operation, name, what) of each difference, with the reason (sources: docs/platforms/nice-cxone.md)."""


def flat(members: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    """Return declared members by path: `dispositionInfo/notes`, without a step for the items of a list."""
    found = {f"{above}{name}": each for name, each in members.items()}
    for name, each in members.items():
        found |= flat(each.get("properties", {}), f"{above}{name}/")
    return found


def declared(operation: Operation) -> dict[str, Any]:
    """Return what a contract declares about the parameters and the body, in the form of the facts."""
    parameters = {
        each.name: {**each.schema, "required": each.required} for each in operation.parameters
    }
    schema = operation.declared_body_schema
    resolve = operation.contract.resolve
    return parameters | flat(_members(resolve, schema))


def _members(resolve: Any, schema: Any) -> dict[str, Any]:
    merged = json_schema.merged_schema(resolve, schema)
    if "items" in merged:
        return _members(resolve, merged["items"])
    needed = merged.get("required", ())
    return {
        name: {
            **json_schema.merged_schema(resolve, each),
            "required": name in needed,
            "properties": _members(resolve, each),
        }
        for name, each in merged.get("properties", {}).items()
    }


def types(entry: Mapping[str, Any]) -> set[str]:
    """Return the types of a fact (`number|null`) or of a schema."""
    kind = entry.get("type", [])
    return set(kind.split("|") if isinstance(kind, str) else kind)


def differences(name: str) -> Iterator[tuple[str, str, str]]:
    """Yield (operation, name, what) for each difference between the contract and the facts."""
    fact, here = FACTS[name], declared(OPERATIONS[name])
    there = flat({**fact.get("path", {}), **fact.get("query", {}), **fact.get("body", {})})
    there = {known.replace("agentId|userId", "agentId"): each for known, each in there.items()}
    yield from ((name, each, "name") for each in here.keys() ^ there.keys())
    for each in sorted(here.keys() & there.keys()):
        ours, theirs = here[each], there[each]
        if types(ours) != types(theirs) and (name, each) != ("cxone-get-agent-skills", "agentId"):
            yield name, each, "type"
        if bool(ours.get("required")) != bool(theirs.get("required")):
            yield name, each, "required"
        if "enum" in theirs and set(ours.get("enum", ())) - {None} != set(theirs["enum"]):
            yield name, each, "enum"
        for bound in ("minimum", "maximum", "maxLength", "pattern"):
            if bound in theirs and ours.get(bound) != theirs[bound]:
                yield name, each, bound
    is_closed = OPERATIONS[name].declared_body_schema.get("x-cxcall-closed", False)
    if is_closed != fact.get("closed", False):
        yield name, "body", "closed"
    statuses = OPERATIONS[name].declared["responses"].keys() - {"default"}
    # Each operation that needs a token may refuse it, even if it does not declare that.
    yield from ((name, each, "status") for each in (statuses ^ set(fact["statuses"])) - {"401"})


def test_contract_declares_what_the_vendor_declares() -> None:
    found = {each for name in FACTS for each in differences(name)}
    assert found == DIFFERENCES.keys()


def test_every_operation_is_in_the_facts_or_known_not_to_be() -> None:
    assert OPERATIONS.keys() ^ FACTS.keys() == NOT_IN_COPY.keys()
    assert OPERATIONS.keys() > FACTS.keys()
