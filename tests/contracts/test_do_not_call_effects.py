"""Requests that take people off a do-not-call list are asked about, and are not counted as calls to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cxcall.contracts.acting_words import changes_do_not_call_list
from helpers.calling_api import wrap
from helpers.cases import each_case
from helpers.command import CAMPAIGN
from helpers.own_operation import parameter, risk

if TYPE_CHECKING:
    from pathlib import Path

    from helpers.command import Cxcall

UUID = "3fa2c9d4-7b1e-4c55-9e0a-1d2f3a4b5c6d"
SUPPRESSED = (
    "cxone-update-suppressed-contact",
    "--param=suppressedContactId=7",
    '--set=/suppressedContactData/value="+12025550123"',
)
GROUP = ("cxone-update-dnc-group", "--param=groupId=7")


def test_paths_of_do_not_call_lists() -> None:
    lists = "/v1/dnc-groups/{g}/records /DNCLists /suppressed-contact/{call} /do-not-call /opt-outs".split()
    others = "/dnc/{id}/call /calls/dnc /leads /callsuppressor /opt /start/dnc".split()
    assert [each for each in lists if not changes_do_not_call_list(each)] == []
    assert [each for each in others if changes_do_not_call_list(each)] == []


@each_case(
    "words, is_asked",
    [
        ((*GROUP, "--is-active", "false"), True),
        ((*GROUP, "--is-active", "False", "--force"), True),
        ((*GROUP, "--is-active", "no", "--force"), True),
        ((*GROUP, "--is-active", "true"), False),
        ((*GROUP, "--dnc-group-name", "false"), False),
        ((*SUPPRESSED, '--set=/suppressedContactData/endDate="2026-01-01"'), True),
        (SUPPRESSED, False),
        (("setList", "--id", "7", "--set", "/enabled=false"), True),
        (("setGroup", "--id", "7", "--active", "false"), True),
        (("setGroup", "--id", "7", "--set", "/level=0"), True),
        (("setGroup", "--id", "7", "--set", "/level=0.0"), True),
        (("setGroup", "--id", "7", "--active", "true", "--set", "/level=1"), False),
        (("getEntries", "--action", "remove"), True),
        (("getEntries", "--active", "false"), False),
    ],
    quick=3,
)
def test_who_ends_a_protection_is_asked(
    cxcall: Cxcall, words: tuple[str, ...], *, is_asked: bool
) -> None:
    answer: dict[str, Any] = {"responses": {"200": {"description": "-"}}}
    body = {"requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}}}
    path = {**parameter("id"), "in": "path", "required": True}
    id_, group = {"parameters": [path]}, {"parameters": [path, parameter("active")]}
    with_values = {"query:active": [False], "/level": [0]}
    stated = {"x-cxcall-rings": False}
    marks = {**stated, "x-cxcall-rings-with": with_values}
    query = {"parameters": [parameter("action"), parameter("active")]}
    paths = {
        "/groups/{id}": {"put": {"operationId": "setGroup", **group, **body, **marks, **answer}},
        "/dnc-lists/{id}": {"put": {"operationId": "setList", **id_, **body, **stated, **answer}},
        "/dnc/entries": {
            "get": {"operationId": "getEntries", "summary": "List", **query, **answer}
        },
    }
    cxcall.environment |= {"CXCALL_BASE_URL": "http://127.0.0.1:9", "CXCALL_ACCESS_TOKEN": "t" * 9}
    cxcall.environment["CXCALL_CONTRACT"] = cxcall.file("own.json", wrap("3.1.0", paths))
    ran = cxcall("send", *words, code=2 if is_asked else 6)
    assert ("`--yes` is required" in ran.err) == is_asked


@pytest.mark.usefixtures("folder")
def test_own_do_not_call_list_is_not_deleted_unasked(folder: Path) -> None:
    stated: dict[str, Any] = {"x-cxcall-rings": False}
    assert risk(folder, "3.1.0", "DELETE", "/api/v1/dnc-lists/{id}")
    assert risk(folder, "3.1.0", "DELETE", "/api/v1/dnc-lists/{id}", **stated)
    assert not risk(folder, "3.1.0", "DELETE", "/api/v1/contact-lists/{id}", **stated)


@pytest.mark.slow
@pytest.mark.usefixtures("sandbox")
def test_number_that_was_taken_off_a_list_was_not_called(live: Cxcall) -> None:
    limit, number = ("--yes", "--max-attempts", "1/day"), "+12025550123"
    for list_id in (UUID, UUID.replace("3", "4")):  # neither limits the other
        sets = ('--set=/action="Remove"', f'--set=/phoneNumbers=["{number}"]')
        ran = live("send", "change-dnc-numbers", f"--param=dncListId={list_id}", *sets, *limit)
        assert ran.code == 0, ran
    words = ("execute", CAMPAIGN, "--phone-number", number, "--contact-id")
    live(*words, "12345678-1234-4234-8234-000000000001", *limit, code=0)
    live(*words, "12345678-1234-4234-8234-000000000002", *limit, code=7)
