"""`--resume` needs the options that change the requests of the rows."""

from __future__ import annotations

import json
from hashlib import sha256
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pytest

from cxcall.batch.input.column_mapping import ColumnMap
from cxcall.batch.input.rows import RowFile, RowFormat
from cxcall.batch.job import Job
from cxcall.contracts.contract import load_operation
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
WINDOWS = ("--encoding", "windows-1252")


def first_only(body: Any, _count: int) -> Reply:
    is_first = body["contactId"].endswith("1")
    return Reply() if is_first else Reply(429, {}, {"Retry-After": "900"})


@pytest.mark.slow
def test_resume_needs_the_same_options(cxcall: Cxcall) -> None:
    cxcall.file("crm.csv", TABLE)
    others = (("--map", "phone-number=Home", *COUNTRY), (*PHONE, *COUNTRY, *WINDOWS))
    with Platform(first_only) as platform:
        cxcall.environment |= platform.environment
        cxcall(*WORDS, "2", *PHONE, *COUNTRY, code=9)
        platform.answer = lambda _body, _count: Reply()
        for other in others:
            ran = cxcall(*WORDS, "2", *other, "--resume", code=2)
            assert "the batch to resume had another `--set`" in ran.err
        assert "run the command that began it" in cxcall(*WORDS, "2", *other, code=7).err
        cxcall(*WORDS, "1", *PHONE, *COUNTRY, "--resume", code=0)
    assert [*platform.dials.values()] == [1, 1]


def test_options_have_the_digest_of_older_records(tmp_path: Path) -> None:
    operation = load_operation("execute")
    settings = load_settings({"base_url": "http://127.0.0.1:1"}, operation.contract)
    path = tmp_path / "crm.csv"
    path.write_bytes(TABLE.encode("windows-1252"))
    row_format = RowFormat(
        "windows-1252", columns=ColumnMap(MappingProxyType({"phone-number": "Work Phone"}))
    )
    text = json.dumps(
        {"columns": {"phone-number": "Work Phone"}, "encoding": "windows-1252"}, sort_keys=True
    )
    recorded = sha256(json.dumps([[("campaignId", "x")], text, "US"]).encode()).hexdigest()
    with RowFile(str(path), row_format) as rows:
        job = Job(operation, rows, settings, {"campaignId": "x"}, (), "US")
        assert job.identity[3] == recorded
