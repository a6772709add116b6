"""The file `.env` of the working directory: parsing and errors."""

from __future__ import annotations

import os

import pytest

from helpers.command import Cxcall
from helpers.settings_world import SECRET, World
from helpers.vendor_documents import secured_api


def test_dotenv_values_are_not_expanded(world: World) -> None:
    text = f"\n\nexport CXCALL_CLIENT_SECRET='{SECRET}${{HOME}}'\r\nOTHER\nCXCALL_CLIENT_ID=a # b\n"
    loaded = world.dotenv(text).load()
    assert loaded.client_secret == f"{SECRET}${{HOME}}"
    assert loaded.values["client_secret"].source == ".env:3 CXCALL_CLIENT_SECRET"
    assert loaded.values["client_id"][:2] == ("a", ".env:5 CXCALL_CLIENT_ID")
    assert "CXCALL_CLIENT_SECRET" not in os.environ


def test_multiline_dotenv_value_keeps_line_numbers_correct(world: World) -> None:
    loaded = world.dotenv('A="1\n2\n3"\n\n# c\n\nCXCALL_TIMEOUT=7\n').load()
    assert loaded.values["timeout"][:2] == ("7", ".env:7 CXCALL_TIMEOUT")


def test_dotenv_of_a_parent_directory_is_ignored(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.dotenv("CXCALL_TIMEOUT=7\n")
    below = world.work / "below"
    below.mkdir()
    monkeypatch.chdir(below)
    assert world.load().timeout == 30


def test_folder_named_dotenv_is_ignored(world: World) -> None:
    (world.work / ".env").mkdir()
    assert world.load().timeout == 30


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (f"\nA=1\nCXCALL_CLIENT_SECRET='{SECRET}\n", "3", "a line of `.env` cannot be read"),
        (f"CXCALL_CLIENT_SECRET={SECRET}\n\n=x\n", "3", "cannot be read"),
        ("A=1\n\nCXCALL_BASEURL=http://127.0.0.1:1\n", "3", "unknown setting `CXCALL_BASEURL`"),
        ("CXCALL_STATE_DIR=/x\n", "1", "`CXCALL_STATE_DIR` has no effect here"),
        ("CXCALL_ONLY_SANDBOX=\n", "1", "`CXCALL_ONLY_SANDBOX` has no effect here"),
        ("\nCXCALL_TIMEOUT\n", "2", "`CXCALL_TIMEOUT` has no value"),
        ("CXCALL_TIMEOUT=soon\n", "1", "`timeout` is `soon`"),
        ("# c\nGENESYSCLOUD_REGION=moon\n", "2", "`moon` is neither"),
        (f"\nCXCALL_BASE_URL=https://u:{SECRET}@host\n", "2", "without a user name or password"),
    ],
)
def test_invalid_dotenv_line_is_located_and_not_quoted(
    world: World, text: str, line: str, words: str
) -> None:
    error = world.dotenv(text).refusal()
    assert error.findings[0].where == f".env:{line}"
    assert words in error.findings[0].message
    assert SECRET not in repr(error.findings)


def test_unknown_dotenv_variable_suggests_the_closest_name(world: World) -> None:
    found = world.dotenv("CXCALL_BASEURL=x\n").refusal().findings[0]
    assert found.fix == "the most similar name is `CXCALL_BASE_URL`"


def test_misspelled_environment_variable_is_a_warning(world: World) -> None:
    conflicts = world.env(CXCALL_BASEURL="x", CXCALL_E2E_RUN="1").load().conflicts
    assert [found.message for found in conflicts] == [
        "unknown setting `CXCALL_BASEURL`, which is ignored"
    ]


@pytest.mark.slow
def test_worker_has_its_own_credentials_for_rows_that_are_queued(cxcall: Cxcall) -> None:
    """A folder may choose the host and the profile of such rows; that SQLite has no queue is found later."""
    document = cxcall.file("own.json", secured_api({"token": {"type": "http", "scheme": "bearer"}}))
    cxcall("config", "set", "timeout", "20", "--profile", "other", code=0)
    rows = cxcall.file("rows.csv", "to\n+12025550123\n")
    words = ("batch", rows, "--operation", "dial", "--map", "/to=to", "--confirm", "1", "--queue")
    chosen = "CXCALL_PROFILE=other\nCXCALL_BASE_URL=http://127.0.0.1:1"
    for text, contract, code in (
        (chosen, ("--contract", document), 2),
        (f"CXCALL_CONTRACT={document}", (), 4),
    ):
        cxcall.file(".env", text)
        assert ("PostgreSQL" in cxcall(*words, *contract, code=code).err) is (code == 2)
