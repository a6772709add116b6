"""Which shipped operations may place a call: all but reads and a reviewed list of exceptions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cxcall.contracts.contract import load_shipped_contracts
from cxcall.contracts.openapi_document import values_with_risk
from cxcall.contracts.operation import Operation

if TYPE_CHECKING:
    from helpers.command import Cxcall

CONTRACTS = {each.name: each for each in load_shipped_contracts()}
OPERATIONS = {
    operation.name: operation for each in CONTRACTS.values() for operation in each.operations
}
GENESYS_EXCEPTIONS = Path(__file__).parents[2] / "tools" / "genesys_cloud" / "places_no_call.tsv"
CXONE_EXCEPTIONS = Path(__file__).parent / "facts" / "nice-cxone-places-no-call.tsv"
READS = ("GET", "HEAD")

MAY_PLACE_A_CALL = """
    execute personal-connection place-call place-callback-call create-callback start-campaign update-campaign
    tune-campaign recycle-campaign add-contacts update-contact post-outbound-contactlist-contacts-bulk-update
    update-contact-list post-outbound-contactlists-bulk-update post-outbound-campaignrules
    put-outbound-campaignrule put-outbound-callabletimeset put-outbound-attemptlimit put-outbound-ruleset
    put-outbound-contactlistfilter put-outbound-callanalysisresponseset patch-outbound-settings
    put-outbound-wrapupcodemappings patch-conversation-participant patch-conversations-call-participant
    patch-conversations-call-participant-user-user-id patch-conversations-call-participant-communication
    patch-conversations-callback-participant patch-conversations-callback-participant-communication
    patch-conversations-call-conference post-conversation-participant-digits
    post-conversation-participant-transfer
    cxone-dial-phone cxone-start-script cxone-upload-call-list cxone-start-session cxone-set-state cxone-accept
    cxone-signal cxone-create-work-item cxone-create-persistent-work-item cxone-update-persistent-contact
    cxone-send-dtmf cxone-snooze cxone-conference-calls cxone-transfer-calls cxone-update-skill
    cxone-update-skill-schedule-settings cxone-update-skill-time-zones cxone-update-skill-cadence
    cxone-update-skill-retry-settings cxone-update-skill-general-settings cxone-update-skill-list-management
    cxone-update-skill-cpa-settings cxone-update-skill-delivery-preferences cxone-update-skill-xs-settings
    clear-dnc-numbers delete-outbound-dnclist delete-outbound-attemptlimit delete-outbound-callabletimeset
    cxone-remove-dnc-records cxone-remove-scrubbed-skill cxone-delete-suppressed-contact
"""
PLACES_NO_CALL = """
    list-campaigns stop-campaign create-contact-list delete-outbound-contactlist post-outbound-rulesets
    post-outbound-contactlist-contacts-search post-outbound-contactlist-export add-dnc-numbers
    change-dnc-numbers hang-up end-conversation set-attributes
    put-conversation-tags post-conversations-emails post-conversations-messages
    post-analytics-conversations-details-query cxone-get-skill cxone-stop-skill cxone-create-skills
    cxone-end-call cxone-hold cxone-add-dnc-records cxone-search-dnc cxone-get-token
"""


def changing_operations(name: str) -> list[Operation]:
    return [each for each in CONTRACTS[name].operations if each.method not in READS]


def exceptions(file: Path) -> set[tuple[str, ...]]:
    """Return the names in a table; each line has a reason in its last column."""
    lines = [line.split("\t") for line in file.read_text("utf-8").splitlines()[1:]]
    assert all(len(reason) > len("why") for *_, reason in lines)
    found = {tuple(place) for *place, _ in lines}
    assert len(found) == len(lines)
    return found


def test_operations_that_can_lead_to_a_call_are_marked() -> None:
    assert [each for each in MAY_PLACE_A_CALL.split() if not OPERATIONS[each].can_place_call] == []


def test_reads_and_configuration_are_not_marked() -> None:
    assert [each for each in PLACES_NO_CALL.split() if OPERATIONS[each].can_place_call] == []
    assert [
        n for n, each in OPERATIONS.items() if each.method in READS and each.can_place_call
    ] == []


def test_every_operation_of_genesys_cloud_is_marked_unless_it_was_reviewed() -> None:
    unmarked = {
        (each.method, each.path)
        for each in changing_operations("genesys-cloud")
        if not each.can_place_call
    }
    assert unmarked == exceptions(GENESYS_EXCEPTIONS)


def test_every_operation_of_nice_cxone_is_marked_unless_it_was_reviewed() -> None:
    unmarked = {
        (each.name,) for each in changing_operations("nice-cxone") if not each.can_place_call
    }
    assert unmarked == exceptions(CXONE_EXCEPTIONS)


def test_values_that_may_lead_to_a_call_are_allowed_ones() -> None:
    marked = {n: values_with_risk(each.declared) for n, each in OPERATIONS.items()}
    found = {name: values for name, values in marked.items() if values}
    others = {"cxone-update-dnc-group", "cxone-update-suppressed-contact"}
    patches = {"change-dnc-numbers", "patch-outbound-dnclist-customexclusioncolumns"}
    assert set(found) == patches | others
    for name, places in ((each, found[each]) for each in patches):
        for place, values in places.items():
            assert set(values) < set(OPERATIONS[name].schema_at(place)["enum"])


@pytest.mark.parametrize(
    "body",
    [
        {"action": "Remove "},
        {"action": "REMOVE"},
        {"action": ["Remove"]},
        {"Action": "Remove"},
        {"action": "Add", "deleteAll": True},
    ],
)
def test_force_does_not_take_people_off_a_do_not_call_list_unasked(
    cxcall: Cxcall, body: dict[str, Any]
) -> None:
    cxcall.environment |= {"CXCALL_BASE_URL": "http://127.0.0.1:9", "CXCALL_ACCESS_TOKEN": "t" * 9}
    file = cxcall.file("body.json", {**body, "phoneNumbers": ["+12025550123"]})
    words = ("--param", "dncListId=3fa2c9d4-7b1e-4c55-9e0a-1d2f3a4b5c6d", "-f", file, "--force")
    is_asked = body.get("action") != "Add"
    ran = cxcall("send", "change-dnc-numbers", *words, code=2 if is_asked else 6)
    assert ("`--yes` is required" in ran.err) == is_asked


@pytest.mark.slow
@pytest.mark.parametrize("action", ["Add", "Remove"])
def test_only_who_takes_people_off_a_do_not_call_list_is_asked(cxcall: Cxcall, action: str) -> None:
    number, id_ = "+12025550123", "3fa2c9d4-7b1e-4c55-9e0a-1d2f3a4b5c6d"
    cxcall.environment |= {"CXCALL_BASE_URL": "http://127.0.0.1:9", "CXCALL_ACCESS_TOKEN": "t" * 9}
    is_asked, more = action == "Remove", ("--param", f"dncListId={id_}")
    sets = (f'/action="{action}"', f'/phoneNumbers=["{number}"]')
    words = ("send", "change-dnc-numbers", *more, *(f"--set={each}" for each in sets))
    ran = cxcall(*words, code=2 if is_asked else 6)
    assert ("`--yes` is required" in ran.err) == is_asked
    file = cxcall.file(
        "rows.csv", f"/action,/phoneNumbers/0\nAdd,+12025550124\n{action},{number}\n"
    )
    ran = cxcall(
        "batch", file, "--operation", "change-dnc-numbers", *more, code=2 if is_asked else 9
    )
    assert ("`--confirm 2` is required" in ran.err) == is_asked
