"""One command sends a whole CRM export, and the sandbox's log agrees with the summary."""

from __future__ import annotations

import csv
import io
import json
import os
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import pytest

from helpers.command import CAMPAIGN

if TYPE_CHECKING:
    from cxcall.sandbox.server import Sandbox
    from helpers.command import Cxcall

pytestmark = pytest.mark.slow

ROWS = int(os.environ.get("CXCALL_CRM_ROWS", "30"))
"""The number of rows of an export; a release is tested with 5,000."""
KILLS, THREADS = 2, 3


class Export(NamedTuple):
    """The number of rows of an export, and of those that must not be called."""

    rows: int
    listed: int
    invalid: int
    duplicates: int

    @property
    def to_send(self) -> int:
        """The number of requests that are sent."""
        return self.rows - self.listed - self.invalid - self.duplicates


def phone(number: int) -> str:
    """Return a valid number of New York that is not reserved for fiction, in the format of a CRM."""
    return f"(212) {736 + number // 10000}-{number % 10000:04}"


def e164(number: int) -> str:
    return f"+1212{736 + number // 10000}{number % 10000:04}"


def write_export(cxcall: Cxcall, export: Export) -> None:
    people = [
        [
            f"12345678-1234-4234-8234-{number:012}",
            f"Zoë {number}",
            phone(number),
            'Main St 1, "NY"',
            "x;y",
        ]
        for number in range(export.rows - export.duplicates)
    ]
    listed, invalid = people[: export.listed], people[export.listed :][: export.invalid]
    for index, row in enumerate(invalid):
        row[2] = ("", "call me", "(212) 555-01", "(111) 111-1111", "911")[index % 5]
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow(["Customer ID", "First Name", "Work Phone", "Address", "Notes"])
    for position, row in enumerate(people, 1):
        writer.writerow(row)
        if position > len(people) - export.duplicates:
            writer.writerow(row)
    cxcall.file("crm.csv", out.getvalue().encode("windows-1252"))
    cxcall.file("dnc.txt", "".join(f"+1 {row[2]}\n" for row in listed))


READING = (
    "--encoding", "windows-1252", "--map", "contact-id=Customer ID", "--map", "phone-number=Work Phone",
    "--map", "/contactSpec/contactData/firstName=First Name", "--ignore-extra-columns",
    "--default-country", "US", "--do-not-call", "dnc.txt", "-o", "jsonl",
)  # fmt: skip
BATCH = ("batch", "crm.csv", "--operation", "execute", "--param", f"campaignId={CAMPAIGN}")


def test_crm_export_is_sent_by_one_command(live: Cxcall, sandbox: Sandbox) -> None:
    export = Export(ROWS, ROWS // 7, ROWS // 6, ROWS // 10)
    write_export(live, export)
    words = (*BATCH, *READING, "--rate", "2000/s")
    with live.begin(*words) as process:
        out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    *rows, last = map(json.loads, out.splitlines())
    reasons = {
        "do-not-call": export.listed,
        "invalid-number": export.invalid,
        "duplicate": export.duplicates,
    }
    assert last["data"]["skipped"] == reasons
    assert last["data"]["outcomes"] == {
        "accepted": export.to_send,
        "skipped": export.rows - export.to_send,
    }
    found = Counter(row["data"].get("skipped", "sent") for row in rows)
    assert found == {"sent": export.to_send, **reasons}
    accepted = {row["engagementId"] for row in rows if row["outcome"] == "accepted"}
    assert len(accepted) == export.to_send
    # The sandbox's log.
    bodies = [json.loads(entry.body) for entry in sandbox.rings]
    assert len(bodies) == export.to_send
    assert len({body["contactId"] for body in bodies}) == export.to_send
    first, end = export.listed + export.invalid, export.rows - export.duplicates
    expected = {e164(number) for number in range(first, end)}
    assert {body["contactSpec"]["contactData"]["phoneNumber"] for body in bodies} == expected
    assert {row["data"]["row"] for row in rows} == set(range(1, export.rows + 1))
