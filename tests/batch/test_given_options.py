"""`--resume` needs the options that change the requests of the rows, in whatever encoding the file is saved."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from cxcall.batch.input.column_mapping import ColumnMap
from cxcall.batch.input.rows import RowFile, RowFormat
from cxcall.batch.job import Job, find_differences
from cxcall.contracts.contract import load_operation
from cxcall.ledger.record_types import Batch
from cxcall.settings.settings import load_settings
from helpers.command import CAMPAIGN
from helpers.platform_server import Platform, Reply

if TYPE_CHECKING:
    from pathlib import Path

    from helpers.command import Cxcall

CONTACT = "12345678-1234-4234-8234-00000000000"
TABLE = f"Customer ID,Work Phone,Home,/contactSpec/contactData/firstName\n{CONTACT}1,2025550101,2125550101,Zoë\n{CONTACT}2,2025550102,2125550102,Ada\n"
WORDS = (
    "batch", "crm.csv", "--operation", "execute", "--param", f"campaignId={CAMPAIGN}", "--rate", "500/s", "--concurrency", "1",
    "--map", "contact-id=Customer ID", "--ignore-extra-columns", "--confirm",
)  # fmt: skip
PHONE, COUNTRY = ("--map", "phone-number=Work Phone"), ("--default-country", "US")
UNUSED = (False, "", "execute", "")
"""Whether a batch is finished, its profile, its operation, and its target."""
WINDOWS = ("--encoding", "windows-1252")


def first_only(body: Any, _count: int) -> Reply:
    is_first = body["contactId"].endswith("1")
    return Reply() if is_first else Reply(429, {}, {"Retry-After": "900"})


@pytest.mark.slow
def test_resume_names_the_option_that_differs(cxcall: Cxcall) -> None:
    cxcall.file("crm.csv", TABLE)
    others = {
        "`--map phone-number`": ("--map", "phone-number=Home", *COUNTRY),
        "`--default-country`": (*PHONE, "--default-country", "CA"),
        "`--default-country` (not given now)": PHONE,
        "`--encoding` (not given then)": (*PHONE, *COUNTRY, *WINDOWS),
    }
    with Platform(first_only) as platform:
        cxcall.environment |= platform.environment
        cxcall(*WORDS, "2", *PHONE, *COUNTRY, code=9)
        platform.answer = lambda _body, _count: Reply()
        for name, other in others.items():
            ran = cxcall(*WORDS, "2", *other, "--resume", code=2)
            assert f"had a different {name}, so its rows were different requests" in ran.err
        assert "run the command that began it" in cxcall(*WORDS, "2", *other, code=7).err
        cxcall(*WORDS, "1", *PHONE, *COUNTRY, "--encoding", "utf-8", "--resume", code=0)
    assert [*platform.dials.values()] == [1, 1]


@pytest.mark.slow
def test_file_saved_in_another_encoding_is_resumed(cxcall: Cxcall) -> None:
    flags = (*PHONE, *COUNTRY)
    cxcall.file("crm.csv", TABLE.encode("windows-1252"))
    with Platform(first_only) as platform:
        cxcall.environment |= platform.environment
        cxcall(*WORDS, "2", *flags, *WINDOWS, code=9)
        cxcall.file("crm.csv", TABLE.replace("5550102", "5550103").encode("utf-8-sig"))
        ran = cxcall(*WORDS, "1", *flags, *WINDOWS, "--resume", code=2)
        assert "leave out `--encoding`" in ran.err
        assert "add `--resume`" in cxcall(*WORDS, "2", *flags, code=7).err
        platform.answer = lambda _body, _count: Reply()
        cxcall(*WORDS, "1", *flags, "--resume", code=0)
    bodies = map(json.loads, platform.dials)
    numbers = [body["contactSpec"]["contactData"]["phoneNumber"] for body in bodies]
    assert numbers == ["+12025550101", "+12025550103"]
    assert platform.rung == 2


def test_options_in_an_older_record_are_recognized(tmp_path: Path) -> None:
    """Older versions recorded one digest of all options, with the name of the encoding."""
    operation = load_operation("execute")
    settings = load_settings({"base_url": "http://127.0.0.1:1"}, operation.contract)
    headers = ColumnMap({"phone-number": "Work Phone"})
    path = tmp_path / "crm.csv"

    def differs(encoding: str, named: str, recorded: str) -> bool:
        path.write_bytes(TABLE.encode(encoding))
        with RowFile(str(path), RowFormat(named, columns=headers)) as rows:
            job = Job(operation, rows, settings, {"campaignId": "x"}, (), "US")
            batch = Batch("b", datetime.now(UTC), *UNUSED, recorded, "", begun)
            return bool(find_differences(job, batch))

    begun = sha256(TABLE.encode("windows-1252")).hexdigest()
    text = json.dumps(
        {"columns": {"phone-number": "Work Phone"}, "encoding": "windows-1252"}, sort_keys=True
    )
    recorded = sha256(json.dumps([[("campaignId", "x")], text, "US"]).encode()).hexdigest()
    assert not differs("windows-1252", "windows-1252", recorded)
    assert differs("windows-1252", "latin-1", recorded)
    assert not differs("utf-8-sig", "", recorded)
    assert differs("utf-8-sig", "", recorded[1:])
