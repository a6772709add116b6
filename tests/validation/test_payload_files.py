"""Which files `cxcall validate` checks, and what it says of those that it cannot read."""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING

import pytest

from helpers.command import CONTACT

if TYPE_CHECKING:
    from helpers.command import Cxcall

GOOD = {"contactId": CONTACT, "reasonCode": "follow_up"}


@pytest.mark.slow
def test_stdin_json_lines_and_folders(cxcall: Cxcall) -> None:
    assert cxcall("validate", "-", stdin=json.dumps(GOOD), code=0).out.startswith("-: valid")
    lines = "\n".join([json.dumps(GOOD), "", json.dumps({**GOOD, "contactId": "7"}), "{oops"])
    ran = cxcall("validate", cxcall.file("many.jsonl", lines), code=3)
    assert "many.jsonl:1: valid as personal-connection" in ran.out
    assert "--> many.jsonl:3:15  /contactId" in ran.out
    assert "--> many.jsonl:4:2  body" in ran.out
    cxcall.file("folder/a.json", GOOD)
    cxcall.file("folder/deep/b.ndjson", json.dumps(GOOD))
    cxcall.file("folder/readme.txt", "no payload")
    ran = cxcall("validate", "folder", code=0)
    assert [line.split(":")[0] for line in ran.out.splitlines()] == [
        "folder/a.json",
        "folder/deep/b.ndjson",
    ]


@pytest.mark.slow
def test_tables_of_a_folder_are_counted_and_checked_if_they_are_named(cxcall: Cxcall) -> None:
    cxcall.file("folder/a.json", GOOD)
    cxcall.file("folder/deep/a.CSV", "contact-id,reason-code\nnone,x\n")
    cxcall.file("folder/b.tsv", f"contact-id\treason-code\n{GOOD['contactId']}\tx\n")
    words = ("--operation", "personal-connection")
    ran = cxcall("validate", "folder", *words, code=0)
    assert ran.out.splitlines()[0] == "folder/a.json: valid as personal-connection"
    assert "note[usage]: 2 tables in `folder` were not checked" in ran.out + ran.err
    annotations = cxcall("validate", "folder", *words, "-o", "github", code=0).out
    assert "::notice title=usage  folder::2 tables in `folder` were not checked" in annotations
    assert "cxcall: 1 of 1 payload valid" in annotations
    named = re.search("name the files: `cxcall validate (.*)`", ran.out + ran.err)
    assert named
    ran = cxcall("validate", *shlex.split(named[1]), *words, code=3)
    assert "folder/b.tsv:2: valid" in ran.out
    assert "--> folder/deep/a.CSV:2:1" in ran.out
    (cxcall.folder / "folder/a.json").unlink()
    only = cxcall("validate", "folder", code=2)
    assert "to check tables, name the files: `cxcall validate " in only.out


def test_table_of_a_folder_that_a_pattern_assigns_is_checked(cxcall: Cxcall) -> None:
    cxcall.file(".cxcall.toml", '[operations]\n"calls/*.csv" = "personal-connection"\n')
    cxcall.file("calls/a.csv", "contact-id,reason-code\nnone,x\n")
    for more in ((), ("--assigned",)):
        ran = cxcall("validate", "calls", *more, code=3)
        assert "--> calls/a.csv:2:1" in ran.out
        assert "not checked" not in ran.out + ran.err


def test_each_file_of_a_folder_is_checked_once(cxcall: Cxcall) -> None:
    cxcall.file("f/sub.json/a.json", GOOD)
    (cxcall.folder / "f" / "broken.json").symlink_to("missing")
    ran = cxcall("validate", "f", "f/sub.json/a.json", "./f", "--operation", "personal-connection")
    [valid, note, *_] = ran.out.splitlines()
    assert (valid, ran.code) == ("f/sub.json/a.json: valid as personal-connection", 0)
    assert note == "note[usage]: `f/broken.json` was not checked"
    ran = cxcall("validate", "f/*.json", "f/sub.json/*.json")
    assert note in ran.out


def test_unreadable_file_does_not_hide_the_others(cxcall: Cxcall) -> None:
    good, bad = cxcall.file("good.json", GOOD), cxcall.file("bad.json", "{")
    ran = cxcall("validate", bad, "missing.json", good, code=2)
    assert "error[body-malformed]" in ran.out
    assert "missing.json" in ran.out
    assert "good.json: valid" in ran.out


@pytest.mark.parametrize(
    ("content", "code", "message"),
    [
        (b"", 3, "empty"),
        (b" \n\t ", 3, "empty"),
        (json.dumps(GOOD).encode("utf-16"), 3, "UTF-16"),
        (b'{"contactId": "\xe9"}', 3, "0xe9"),
        (b'{"a": 1, "a": 2}', 3, "`a`"),
        (b"{'a': 1}", 3, "single quotes"),
        (b'{"a": 1,}', 3, "comma"),
        (b'{"a": NaN}', 3, "NaN"),
        (b'{"a": 1} x', 3, "after"),
        (b"[" * 5000, 3, "deep"),
    ],
)
def test_unreadable_payload_says_why(
    cxcall: Cxcall, content: bytes, code: int, message: str
) -> None:
    ran = cxcall("validate", cxcall.file("p.json", content), code=code)
    assert "error[body-malformed]" in ran.out
    assert message in ran.out


@pytest.mark.parametrize("text", ["contact-id,reason-code\n", '"contact-id";"x"\n', "sep=\ta"])
@pytest.mark.slow
def test_table_from_stdin_is_refused_as_a_table(cxcall: Cxcall, text: str) -> None:
    words = ("validate", "-", "--operation", "personal-connection")
    assert "tables are read only from files" in cxcall(*words, stdin=text, code=3).out
    for body in ('"contactId": "x", "reasonCode": 1', "{'contactId', 1}", '["a", 1'):
        assert "tables" not in cxcall(*words, stdin=body, code=3).out


def test_yaml_is_named(cxcall: Cxcall) -> None:
    ran = cxcall("validate", cxcall.file("p.yaml", b"contactId: 1\n"), code=3)
    assert "YAML is not supported" in ran.out


@pytest.mark.parametrize("operation", [(), ("--operation", "execute")])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("p.csv", ""),
        ("p.csv", "contact-id\n"),
        ("p.tsv", "\n"),
        ("p.jsonl", ""),
        ("p.ndjson", "\n \n"),
    ],
)
def test_file_without_a_payload_is_not_valid(
    cxcall: Cxcall, name: str, content: str, operation: tuple[str, ...]
) -> None:
    file = cxcall.file(name, content)
    ran = cxcall("validate", file, *operation, "-o", "json", code=3)
    (finding,) = ran.envelope["findings"]
    assert finding["message"] == f"`{file}` contains no payload"
    assert ran.envelope["data"]["counts"] == {
        "payloads": 1,
        "valid": 0,
        "invalid": 1,
        "codes": {"body-malformed": 1},
    }


def test_byte_order_mark_is_a_warning(cxcall: Cxcall) -> None:
    ran = cxcall(
        "validate", cxcall.file("p.json", b"\xef\xbb\xbf" + json.dumps(GOOD).encode()), code=0
    )
    assert "warning[body-malformed]" in ran.out


@pytest.mark.slow
def test_files_that_cannot_be_read(cxcall: Cxcall) -> None:
    (cxcall.folder / "empty").mkdir()
    for name in ("missing.json", "empty"):
        ran = cxcall("validate", name, code=2)
        assert f"{name}: not read" in ran.out
        assert "hint: " in ran.out
        counts = cxcall("validate", name, "-o", "json", code=2).envelope["data"]["counts"]
        assert (counts["payloads"], counts["invalid"]) == (0, 0)
        assert "cxcall: no payload was read" in cxcall("validate", name, "-o", "github", code=2).out
