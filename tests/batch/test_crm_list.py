"""One command sends a whole CRM export, and the sandbox's log agrees with the summary."""

from __future__ import annotations

import csv
import io
import json
import os
from collections import Counter
from random import Random
from subprocess import DEVNULL
from typing import TYPE_CHECKING, NamedTuple

import pytest

from cxcall.ledger.ledger import Ledger
from helpers.command import CAMPAIGN
from helpers.platform_server import Platform

if TYPE_CHECKING:
    from cxcall.sandbox.server import Sandbox
    from helpers.command import Cxcall

ROWS = int(os.environ.get("CXCALL_CRM_ROWS", "30"))
"""The number of rows of an export; a release is tested with 5,000."""
KILLED_EXPORTS = int(os.environ.get("CXCALL_KILLED_EXPORTS", "1"))
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


@pytest.mark.slow
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


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(KILLED_EXPORTS))
def test_killed_export_is_resumed_without_a_double_or_forbidden_call(
    cxcall: Cxcall, seed: int
) -> None:
    export, random = Export(40, 6, 5, 4), Random(seed)
    write_export(cxcall, export)
    words = (*BATCH, *READING, "--rate", "300/s", "--concurrency", str(THREADS))
    with Platform() as platform:
        cxcall.environment |= platform.environment
        for attempt in range(KILLS):
            more = ("--confirm", str(left_to_send(cxcall, export)), *["--resume"] * (attempt > 0))
            with cxcall.begin(*words, *more, out=DEVNULL, err=DEVNULL) as process:
                platform.wait_for_rings(platform.rung + random.randrange(1, 10), timeout=20)
                process.kill()
        left = str(left_to_send(cxcall, export))
        if process.returncode:  # it was not faster than the signal
            assert (
                "error[already-sent]" in cxcall(*words, "-o", "text", "--confirm", left, code=7).err
            )
        ran = cxcall(*words, "--resume", "--confirm", left)
    *rows, last = map(json.loads, ran.out.splitlines())
    assert last["data"]["skipped"] == {"do-not-call": 6, "invalid-number": 5, "duplicate": 4}
    unknown = last["data"]["outcomes"].get("unknown", 0)
    assert unknown <= KILLS * THREADS
    assert ran.code == (9 if unknown else 0)
    assert set(platform.dials.values()) == {1}
    dialed = {sent["contactSpec"]["contactData"]["phoneNumber"] for sent in platform.order}
    first, end = export.listed + export.invalid, export.rows - export.duplicates
    allowed = {e164(number) for number in range(first, end)}
    assert dialed <= allowed
    assert len(allowed - dialed) <= unknown
    assert len(rows) == export.rows


def left_to_send(cxcall: Cxcall, export: Export) -> int:
    """Return how many requests are neither sent nor possibly sent."""
    with Ledger.open(cxcall.folder / "state") as ledger:
        return export.to_send - sum(record.may_be_processed for record in ledger.records())
