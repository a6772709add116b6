"""Contact lists and campaigns of the sandbox: loaded contacts are dialed at a rate, and outcomes depend on the contact."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
import requests

from cxcall.cli.commands.sandbox import SandboxOptions, describe_sandbox
from cxcall.contracts.contract import load_shipped_contracts
from cxcall.findings.errors import UsageError
from cxcall.sandbox.campaign_dialer import DialPlan
from cxcall.sandbox.server import start_sandbox
from helpers.cases import each_case
from helpers.command import CAMPAIGN, Cxcall
from helpers.tenant import CAMPAIGNS, LISTS, Tenant


class Clock:
    """A clock that a test controls."""

    now = 1_000_000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


def dial_all() -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Load five contacts, dial them, and return the calls, and the reads in the middle and at the end."""
    clock = Clock()
    plan = DialPlan.parse(2, None)
    found: dict[str, Any] = {}
    with start_sandbox(load_shipped_contracts(), clock=clock, dial_plan=plan) as sandbox:
        tenant = Tenant(sandbox)
        list_id = tenant.new_list()
        made = tenant.new_campaign(list_id)
        numbers = ("+12025550160", "+12025550161", "+12025550162", "+12025550170", "+12025550171")
        sent = tenant.load(list_id, *numbers)
        assert len({each["id"] for each in sent}) == len(numbers)
        assert tenant("GET", f"{LISTS}/{list_id}")["size"] == len(numbers)
        assert tenant("GET", f"{CAMPAIGNS}/{made}")["campaignStatus"] == "off"
        tenant("POST", f"{CAMPAIGNS}/{made}/start", status=204)
        clock.now += 1
        found["middle"] = tenant("GET", f"{CAMPAIGNS}/{made}/progress")
        found["running"] = tenant("GET", f"{CAMPAIGNS}/{made}")["campaignStatus"]
        clock.now += 10
        found["end"] = tenant("GET", f"{CAMPAIGNS}/{made}/progress")
        found["ended"] = tenant("GET", f"{CAMPAIGNS}/{made}")["campaignStatus"]
        sandbox._on_tick()  # noqa: SLF001 - what the loop of the server does
        events = requests.get(f"{sandbox.base_url}/sandbox/events", timeout=10).text
        assert not sandbox.rings  # no request of a campaign places a call itself
        search = {"pageNumber": 2, "pageSize": 3}
        found["page"] = tenant("POST", f"{LISTS}/{list_id}/contacts/search", search)
    return [json.loads(line) for line in events.splitlines()], found


@pytest.mark.slow
def test_a_campaign_dials_its_list_at_its_pace_and_its_outcomes_are_the_same_each_time() -> None:
    calls, found = dial_all()
    assert found["middle"]["numberOfContactsCalled"] == 2
    assert found["middle"]["percentage"] == 40
    assert (found["running"], found["ended"]) == ("on", "complete")
    assert found["end"]["numberOfContactsCalled"] == found["end"]["totalNumberOfContacts"] == 5
    assert [call["outcome"] for call in calls[:3]] == ["connected", "no-answer", "busy"]
    times = [datetime.fromisoformat(call["at"]).timestamp() for call in calls]
    assert times == [1_000_000.5 + place / 2 for place in range(5)]
    entities = found["page"]["entities"]
    assert [each["data"]["Phone"] for each in entities] == ["+12025550170", "+12025550171"]
    assert set(entities[0]["callRecords"]["Phone"]) == {"lastAttempt", "lastResult"}
    assert (found["page"]["total"], found["page"]["pageCount"]) == (5, 2)
    again, _ = dial_all()
    assert [call["outcome"] for call in again] == [call["outcome"] for call in calls]


def test_a_campaign_that_was_not_created_shows_the_list_that_was_loaded_last() -> None:
    clock = Clock()
    with start_sandbox(load_shipped_contracts(), clock=clock) as sandbox:
        tenant = Tenant(sandbox)
        other = f"{CAMPAIGNS}/{CAMPAIGN[:-1]}0"
        for action, seconds, called, status in (
            ("start", 0.25, 2, "on"),
            ("stop", 1, 2, "off"),
            ("start", 1, 4, "complete"),
        ):
            tenant("POST", f"{other}/{action}", status=204)
            clock.now += seconds
            shown = tenant("GET", f"{other}/progress")
            assert (shown["numberOfContactsCalled"], shown["totalNumberOfContacts"]) == (called, 4)
            assert tenant("GET", other)["campaignStatus"] == status
        list_id = tenant.new_list()
        tenant.load(list_id, "+12025550160", "+12025550161")
        found = tenant("GET", f"{CAMPAIGNS}/{CAMPAIGN}")
        assert (found["campaignStatus"], found["contactList"]["id"]) == ("off", list_id)
        assert tenant("GET", f"{CAMPAIGNS}/{CAMPAIGN}/progress")["totalNumberOfContacts"] == 2


def test_a_contact_with_a_column_that_its_list_does_not_have_is_refused() -> None:
    with start_sandbox(load_shipped_contracts()) as sandbox:
        tenant = Tenant(sandbox)
        list_id = tenant.new_list()
        assert "Fax" in tenant.load(list_id, "+12025550170", status=400, column="Fax")["message"]
        assert tenant("GET", f"{LISTS}/{list_id}")["size"] == 0
        assert not sandbox.rings


@each_case("text", ["answered=1", "busy", "busy=0", "busy=x"], quick=2)
def test_an_outcome_that_is_not_known_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="outcome"):
        DialPlan.parse(1, text)


@pytest.mark.slow
def test_printed_lines_point_a_shell_at_the_sandbox_for_both_platforms(cxcall: Cxcall) -> None:
    own, *_ = contracts = load_shipped_contracts()
    file = cxcall.file("leads.csv", "name,phoneNumber\nAda,+12025550160\n")
    with start_sandbox(contracts, dial_plan=DialPlan(1000.0)) as running:
        lines = describe_sandbox(running, own, SandboxOptions()).text.splitlines()
        pairs = (line.removeprefix("export ").split("=", 1) for line in lines)
        cxcall.environment |= dict(pairs)
        cxcall("campaign", "load", file, "--contact-list", CAMPAIGN, "--yes", code=0)
        cxcall.environment["CXCALL_PLATFORM"] = "nice-cxone"
        values = ("--set", '/expirationDate="2027-01-31"', "--set", "/skillId=4711")
        cxcall("campaign", "load", file, "--contact-list", "1001", *values, "--yes", code=0)
        cxcall("campaign", "start", "4711", "--yes", code=0)
        for name in ("CXCALL_ACCESS_KEY_ID", "CXCALL_ACCESS_KEY_SECRET"):
            del cxcall.environment[name]
        err = cxcall("campaign", "start", "4711", "--yes", code=4).err
        assert "CXCALL_ACCESS_KEY_SECRET`; or log in as a user: `cxcall auth login --web`" in err
