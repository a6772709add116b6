"""Calls that are sent as a form get the same checks, guards, and records as those in JSON."""

from __future__ import annotations

import json
import shlex
import subprocess
from datetime import UTC, datetime

import pytest

from cxcall.contracts.contract import load_user_contract
from cxcall.sandbox.server import start_sandbox
from helpers.command import Cxcall
from helpers.vendor_documents import ACCOUNT, FORM_API, multipart_api

pytestmark = pytest.mark.slow

TO, FROM = "+12025550123", "+12025550100"


@pytest.fixture
def contract(cxcall: Cxcall) -> str:
    """Return the path of the document."""
    return cxcall.file("calls.yaml", FORM_API)


def words(contract: str, *more: str, to: str = TO) -> tuple[str, ...]:
    call = ("send", "CreateCall", "--contract", contract, "--account-sid", ACCOUNT)
    return (*call, "--set", f'/To="{to}"', "--set", f'/From="{FROM}"', *more)


def test_dry_run_and_curl_show_the_form_as_it_is_sent(cxcall: Cxcall, contract: str) -> None:
    form = "To=%2B12025550123&From=%2B12025550100"
    shown = cxcall(*words(contract, "-n"), code=0).out
    assert shown.startswith(
        f"POST https://api.voice.example.com/2010/Accounts/{ACCOUNT}/Calls.json\n"
    )
    assert "Content-Type: application/x-www-form-urlencoded\n" in shown
    assert shown.endswith(f"\n\n{form}\n")
    curl = shlex.split(cxcall(*words(contract, "--curl"), code=0).out)
    assert curl[curl.index("--data-raw") + 1] == form


def test_form_is_checked_by_its_schema(cxcall: Cxcall, contract: str) -> None:
    ran = cxcall(*words(contract, "-n", "--set", "/Record=7", "-o", "json"), code=3)
    assert ran.codes[0] == "type-mismatch"
    skeleton = cxcall("operations", "CreateCall", "--skeleton", "--contract", contract, code=0).out
    checked = ("validate", "-", "--operation", "CreateCall", "--contract", contract)
    cxcall(*checked, stdin=skeleton, code=0)


def test_guards_find_the_number_of_a_form(cxcall: Cxcall, contract: str) -> None:
    listed = cxcall.file("dnc.txt", f"{TO}\n")
    ran = cxcall(*words(contract, "-n", "--do-not-call", listed, "-o", "json"), code=7)
    assert [(each["code"], each["where"]) for each in ran.envelope["findings"]] == [
        ("do-not-call", "/To")
    ]
    assert TO not in ran.out
    assert "phone-kind" in cxcall(*words(contract, "-n", "-o", "json", to="911"), code=3).codes
    # A minute that is not the current one in any time zone: zones differ by quarters of an hour.
    minute = (datetime.now(UTC).minute + 8) % 59
    hours = ("--hours", f"00:{minute:02}-00:{minute + 1:02}")
    assert "outside-hours" in cxcall(*words(contract, "-n", *hours, "-o", "json"), code=0).codes


def test_form_reaches_the_sandbox_once(cxcall: Cxcall, contract: str) -> None:
    with start_sandbox([load_user_contract(str(cxcall.folder / contract))]) as sandbox:
        client = {
            "CXCALL_BASE_URL": sandbox.base_url,
            "CXCALL_USERNAME": sandbox.client_id,
            "CXCALL_PASSWORD": sandbox.client_secret,
        }
        first = cxcall(*words(contract, "--yes", "-o", "json"), env=client, code=0)
        assert TO not in first.out
        # The same fields in another order, and a value with the same bytes, are the same call.
        other = ("send", "CreateCall", "--contract", contract, "--account-sid", ACCOUNT, "--yes")
        sets = ("--set", f'/From="{FROM}"', "--set", f'/To="{TO}"')
        assert cxcall(*other, *sets, "-o", "json", env=client, code=7).codes == ["already-sent"]
        (sent,) = [each for each in sandbox.received if each.operation]
        assert sent.body == b"To=%2B12025550123&From=%2B12025550100"
        assert sent.numbers == ("+*******0123", "+*******0100")
        shown = cxcall("history", "list", "-o", "json", code=0).out
        assert TO not in shown
        assert sent.accepted
        missing = ("send", "CreateCall", "--contract", contract, "--account-sid", ACCOUNT, "--yes")
        cxcall(*missing, "--set", f'/To="{TO}"', "--force", env=client, code=5)


def test_multipart_form_is_sent_and_read_back(cxcall: Cxcall) -> None:
    contract = cxcall.file("fax.json", multipart_api())
    call = ("send", "dialFax", "--contract", contract, "--set", f'/to="{TO}"')
    more = ("--set", '/tags=["a", "b"]', "--set", '/attachment="%PDF"')
    shown = cxcall(*call, *more, "-n", code=0).out
    assert 'Content-Disposition: form-data; name="attachment"; filename="attachment"' in shown
    assert shown.count('name="tags"') == 2
    curl = cxcall(*call, *more, "--curl", code=0).out
    script = cxcall.file("script.sh", f'curl() {{ printf %s "${{@: -3:1}}"; }}\n{curl}')
    run = subprocess.run(
        ["bash", str(cxcall.folder / script)], input=b"yes\n", capture_output=True, check=True
    )
    assert run.stdout.partition(b"--")[2].replace(b"\r", rb"\r").decode() in shown
    assert run.stdout.endswith(b"--\r\n")
    cxcall(*call, *more, "--sandbox", code=0)
    assert "phone-kind" in cxcall(*call[:-1], '/to="911"', "-n", "-o", "json", code=3).codes


def test_multipart_form_with_another_file_is_another_call(cxcall: Cxcall) -> None:
    contract = cxcall.file("fax.json", multipart_api())
    call = (
        "send",
        "dialFax",
        "--contract",
        contract,
        "--set",
        f'/to="{TO}"',
        "--yes",
        "-o",
        "json",
    )
    with start_sandbox([load_user_contract(str(cxcall.folder / contract))]) as sandbox:
        client = {
            "CXCALL_BASE_URL": sandbox.base_url,
            "CXCALL_ACCESS_TOKEN": sandbox.new_user_token(),
        }
        cxcall(*call, "--set", '/attachment="%PDF-1"', env=client, code=0)
        again = cxcall(*call, "--set", '/attachment="%PDF-1"', env=client, code=7)
        assert again.codes == ["already-sent"]
        cxcall(*call, "--set", '/attachment="%PDF-2"', env=client, code=0)
        assert len([each for each in sandbox.received if each.operation]) == 2


def test_batch_sends_a_form_for_each_row(cxcall: Cxcall, contract: str) -> None:
    rows = cxcall.file(
        "rows.csv", f"AccountSid,/To,/From\n{ACCOUNT},{TO},{FROM}\n{ACCOUNT},{TO},{FROM}\n"
    )
    batch = ("batch", rows, "--operation", "CreateCall", "--contract", contract, "--sandbox")
    ran = cxcall(*batch, "--confirm", "1", "-o", "jsonl")
    outcomes = [json.loads(line).get("outcome") for line in ran.out.splitlines()[:2]]
    assert sorted(outcomes) == ["accepted", "skipped"]
