"""`cxcall campaign load` adds no contact a second time, even if the repeated command is written differently."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from cxcall.batch.input.rows import RowFile
from cxcall.batch.job import Job
from cxcall.batch.load.earlier_loads import stop_on_earlier_load
from cxcall.batch.resume import new_batch_guard
from cxcall.contracts.campaign_roles import contact_operation, require_role
from cxcall.findings.errors import StoppedError
from cxcall.sending.configured_ledger import open_ledger
from cxcall.settings.settings import load_settings
from helpers.tenant import Tenant

if TYPE_CHECKING:
    from cxcall.sandbox.server import Sandbox
    from helpers.command import Cxcall, Ran

CONTACTS = [f"+1303555{place:04},P{place}" for place in range(8)]


def write(live: Cxcall, *contacts: str, name: str = "leads.csv") -> str:
    """Write a file with these contacts, and return its name."""
    return live.file(name, "".join(f"{line}\n" for line in ("Phone,Name", *contacts)))


def load(live: Cxcall, file: str, list_id: str, *more: str, code: int = 0) -> Ran:
    return live(
        "campaign", "load", file, "--contact-list", list_id, "--rate", "500/s", *more, code=code
    )


def loads(sandbox: Sandbox) -> int:
    """Return the number of requests with contacts."""
    return sum(each.operation == "add-contacts" for each in sandbox.received)


def other_spellings(sandbox: Sandbox, list_id: str) -> list[tuple[str, ...]]:
    """Return the list and more words of commands that would load the same file into the same list."""
    local = sandbox.base_url.replace("127.0.0.1", "localhost")
    assert local != sandbox.base_url
    more = ("--set", "/callable=true", "--param", "priority=false", "--do-not-call", "dnc.txt")
    return [(list_id.upper(), *more), (list_id, "--base-url", f"{local}/", "--profile", "other")]


@pytest.mark.slow
def test_unknown_rows_stop_every_other_command_that_loads_them(
    live: Cxcall, sandbox: Sandbox
) -> None:
    list_id = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"  # of the sandbox, in either case
    live.file("dnc.txt", "+13035550001\n")
    (live.folder / "config").mkdir(exist_ok=True)
    (live.folder / "config" / "config.toml").write_text("[profiles.other]\n", "utf-8")
    live.environment["CXCALL_CONFIG_DIR"] = str(live.folder / "config")
    file = live.file("leads.csv", f"phoneNumber,name\n+12025550151,Lost\n{CONTACTS[1]}\n")
    load(live, file, list_id, code=9)
    for words in other_spellings(sandbox, list_id):
        stopped = load(live, file, *words, code=7)
        assert "error[outcome-unknown]: rows 1-2 of `leads.csv` may be in this list" in stopped.err
    load(live, file, *words, "--resume", code=9)
    assert loads(sandbox) == 1
    delivery = live("history", "list", "-o", "jsonl", code=0).envelope["id"]
    live("history", "resolve", delivery, "--placed", code=0)
    for words in other_spellings(sandbox, list_id):
        assert "error[already-sent]" in load(live, file, *words, code=7).err
    assert loads(sandbox) == 1


@pytest.mark.parametrize(
    "urls",
    [
        ("http://127.0.0.1:1", "http://localhost:1"),
        ("https://api-na1.niceincontact.com", "https://api-b32.nice-incontact.com"),
    ],
)
def test_of_two_loads_that_begin_at_once_only_the_first_goes_on(
    cxcall: Cxcall, monkeypatch: pytest.MonkeyPatch, urls: tuple[str, ...]
) -> None:
    for name in ("CXCALL_STATE_DIR", "CXCALL_CONFIG_DIR"):
        monkeypatch.setenv(name, cxcall.environment[name])
    operation = contact_operation(require_role("genesys-cloud", "load"))
    settings = [load_settings({"base_url": url}, operation.contract) for url in urls]
    file = cxcall.folder / write(cxcall, *CONTACTS)
    with RowFile(str(file)) as opened, open_ledger() as ledger:
        one, other = (
            Job(operation, opened, each, {"contactListId": "x"}, is_load=True) for each in settings
        )
        guards = [new_batch_guard(ledger, each) for each in (one, other)]
        list_y = Job(operation, opened, settings[0], {"contactListId": "y"}, is_load=True)
        into_other_list = new_batch_guard(ledger, list_y)
        stop_on_earlier_load(ledger, other)
        first = ledger.batches.begin(*one.identity, is_load=True, guard=guards[0])
        with pytest.raises(StoppedError, match="another process began a load of"):
            ledger.batches.begin(*other.identity, is_load=True, guard=guards[1])
        with pytest.raises(StoppedError, match="into this list"):
            stop_on_earlier_load(ledger, other)
        assert [each.id for each in ledger.batches.all()] == [first]
        into_other_list()


@pytest.mark.slow
def test_a_changed_file_loads_only_contacts_that_the_list_does_not_have(
    live: Cxcall, tenant: Tenant
) -> None:
    list_id, other_list = tenant.new_list(), tenant.new_list()
    load(live, write(live, *CONTACTS[:3]), list_id)
    changed = write(live, CONTACTS[4], CONTACTS[0], "+13035550002,Renamed")
    text = load(live, changed, list_id).err
    assert "2 contacts that may be in the list already, from a load of another file" in text
    assert tenant.names(list_id) == ["P0", "P1", "P2", "P4"]
    load(live, changed, list_id, "--resume")
    for kind in ("list", "report"):
        shown = live("batch", kind, "-o", "json", code=0).envelope["data"]
        counts = shown["batches"][0] if kind == "list" else shown
        assert (counts["rows"], counts["outcomes"]) == (3, {"accepted": 3}), kind
    load(live, changed, other_list)
    assert tenant.names(other_list) == ["P4", "P0", "Renamed"]
    load(live, changed, list_id, "--again")
    assert len(tenant.contacts(list_id)) == 7


@pytest.mark.slow
def test_contacts_of_a_refused_load_are_loaded_from_the_corrected_file(
    live: Cxcall, tenant: Tenant
) -> None:
    list_id = tenant.new_list()
    load(live, write(live, "+12025550140,Bad", *CONTACTS[:2]), list_id, code=9)
    load(live, write(live, *CONTACTS[:2]), list_id)
    assert tenant.names(list_id) == ["P0", "P1"]


@pytest.mark.slow
def test_contacts_that_share_a_number_in_one_file_are_loaded_once_unless_again(
    live: Cxcall, tenant: Tenant
) -> None:
    list_id = tenant.new_list()
    numbers = ("+13035550001", "+13035550001", "303 555 0001", "+442079460958", "02079460958")
    priorities = ("true", "true", "false", "true", "true")
    rows = [
        f"{each[0]},P{row},{each[1]}"
        for row, each in enumerate(zip(numbers, priorities, strict=True))
    ]
    file = live.file("leads.csv", "".join(f"{line}\n" for line in ("Phone,Name,priority", *rows)))
    shown = load(live, file, list_id, "--strict", code=3).err
    assert "the contact in row 1 has the same phone number" in shown
    text = load(live, file, list_id).err
    assert "3 duplicate" in text
    assert tenant.names(list_id) == ["P0", "P3"]
    load(live, file, list_id, "--resume")
    assert tenant.names(list_id) == ["P0", "P3"]
    load(live, file, list_id, "--again")
    assert len(tenant.contacts(list_id)) == 7
    shown = load(live, write(live, *CONTACTS[:1] * 2), tenant.new_list(), "--strict", code=3).err
    assert "the contact is the same as that of row 1" in shown
    assert "duplicate_window" not in shown


@pytest.mark.slow
def test_resume_loads_no_row_of_any_earlier_load_again(live: Cxcall, tenant: Tenant) -> None:
    list_id = tenant.new_list()
    live.file("dnc.txt", "+13035550000\n+13035550004\n")
    file = write(live, *CONTACTS)
    load(live, file, list_id)
    load(live, file, list_id, "--again", "--do-not-call", "dnc.txt")
    live.file("dnc.txt", "+13035559999\n")
    load(live, file, list_id, "--resume", "--do-not-call", "dnc.txt")
    names = tenant.names(list_id)
    assert (len(names), names.count("P0"), names.count("P4")) == (14, 1, 1)


@pytest.mark.slow
def test_resume_does_not_take_another_column_for_the_one_that_was_loaded(
    live: Cxcall, tenant: Tenant
) -> None:
    list_id = tenant.new_list()
    lines = ("Home,Work,Name", "+13035550001,+13035550011,A", "+13035550002,+13035550012,B")
    file = live.file("leads.csv", "".join(f"{line}\n" for line in lines))
    home, work = (
        ("--ignore-extra-columns", "--map", f"Phone={header}") for header in ("Home", "Work")
    )
    load(live, file, list_id, *home)
    text = load(live, file, list_id, *work, "--resume", code=2).err
    assert "row 1 is not the contact that the load to resume sent as row 1" in text
    load(live, file, list_id, *home, "--resume")
    assert len(tenant.contacts(list_id)) == 2
    load(live, file, list_id, *work, "--again")
    for column in (home, work):
        load(live, file, list_id, *column, "--resume")
    assert len(tenant.contacts(list_id)) == 4


@pytest.mark.slow
def test_resume_knows_a_number_with_and_without_its_country(live: Cxcall, tenant: Tenant) -> None:
    list_id = tenant.new_list()
    for number, *more in (("02079460958",), ("02079460959", "--default-country", "GB")):
        file = write(live, f"{number},A")
        load(live, file, list_id, *more)
        for words in ((), ("--default-country", "GB")):
            text = load(live, file, list_id, *words, "--resume").err
            assert "1 row (1 from an earlier run): 1 accepted" in text
    assert len(tenant.contacts(list_id)) == 2


@pytest.mark.slow
def test_a_load_is_known_after_pruning(live: Cxcall, tenant: Tenant) -> None:
    live.environment["CXCALL_DUPLICATE_WINDOW"] = "0.001"
    list_id = tenant.new_list()
    file = write(live, *CONTACTS)
    load(live, file, list_id)
    pruned = live("history", "prune", "--older-than", "0s", "--yes", code=0)
    assert pruned.out.startswith("deleted 0 ")
    assert "into this list began at" in load(live, file, list_id, code=7).err
    resumed = load(live, file, list_id, "--resume", "-o", "jsonl").out.splitlines()
    assert json.loads(resumed[-1])["data"]["resumed"] == len(CONTACTS)
    load(live, write(live, *CONTACTS[:5]), list_id)
    assert len(tenant.contacts(list_id)) == 8


@pytest.mark.slow
def test_contacts_whose_numbers_another_file_spells_in_another_way_are_not_loaded_again(
    live: Cxcall, tenant: Tenant
) -> None:
    spellings = {
        "02079460951": "+442079460951",
        "+442079460952": "0 20 7946-0952",
        "030901820": "+49 (0)30 901820",
        "+4930901821": "0049 30 901821",
        "02079460953": "2079460953",
        "0612345678": "+33612345678",
        "9876543210": "+919876543210",
    }
    list_id = tenant.new_list()
    load(live, write(live, *(f"{each},A" for each in spellings)), list_id)
    others = (f"{each},B" for each in (*spellings.values(), "+442079460959"))
    text = load(live, write(live, *others, name="other.csv"), list_id).err
    assert "7 contacts that may be in the list already, from a load of another file" in text
    assert tenant.names(list_id) == [*"AAAAAAA", "B"]
    assert tenant.contacts(list_id)[-1]["data"]["Phone"] == "+442079460959"
