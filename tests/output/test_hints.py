"""People paste hints into a shell: a hint works with any user text in it."""

from __future__ import annotations

import gzip
import json
import re
import shlex
import subprocess
from itertools import cycle
from typing import TYPE_CHECKING

import pytest

from cxcall.findings.hinted_commands import complete_commands, forget_profile, set_target
from helpers.cases import each_case
from helpers.command import CAMPAIGN, CONTACT, screen, terminal

if TYPE_CHECKING:
    from cxcall.sandbox.server import Sandbox
    from helpers.command import Cxcall

HOSTILE = ["it's", "two words", "$(touch ran)", "`touch ran`", ";touch ran", 'a"b\\c', "-x"]


def hinted(text: str) -> str:
    """Return the first command in the first hint."""
    found = re.search(r"^hint: .*?`(.+)`", text, re.MULTILINE)
    assert found, text
    return found[1]


@pytest.mark.slow
@each_case("value", HOSTILE)
def test_set_value_in_a_hint_is_quoted(cxcall: Cxcall, value: str) -> None:
    words = ["execute", CAMPAIGN, "--dry-run", "--force", "-o", "json"]
    member = f"/contactSpec/contactData/{value}={value}"
    output = cxcall(*words[:-2], "--set", member, code=2).err
    again = f"cxcall {shlex.join(words)} {hinted(output)}"
    result = subprocess.run(
        ["sh", "-c", again],
        cwd=cxcall.folder,
        env={**cxcall.environment, "PATH": cxcall.path_of_shells()},
        capture_output=True,
        check=False,
        text=True,
    )
    assert f'"{value}"' in result.stdout.replace('\\"', '"').replace("\\\\", "\\"), result
    assert not (cxcall.folder / "ran").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("given", "environment", "expected"),
    [
        (["-p", "my prof"], {}, ["-p", "my prof"]),
        ([], {"CXCALL_PROFILE": "my prof"}, ["-p", "my prof"]),
        (["-p", "my prof"], {"CXCALL_CLIENT_ID": "x"}, ["-p", "my prof"]),
        ([], {}, []),
    ],
)
def test_login_hint_names_the_selected_profile(
    cxcall: Cxcall, given: list[str], environment: dict[str, str], expected: list[str]
) -> None:
    profile = 'base_url = "http://127.0.0.1:9"'
    cxcall.file(
        "config/config.toml", f'[profiles."my prof"]\n{profile}\n[profiles.default]\n{profile}\n'
    )
    ran = cxcall("auth", "status", *given, env=environment, code=4)
    hint = next(line for line in ran.err.splitlines() if line.startswith("hint: "))
    (login,) = [each for each in re.findall(r"`([^`]+)`", hint) if each.startswith("cxcall")]
    assert shlex.split(login) == ["cxcall", "auth", "login", *expected]
    cxcall.file(
        "config/config.toml", f'default_profile = "my prof"\n[profiles."my prof"]\n{profile}\n'
    )
    ran = cxcall("auth", "status", env=environment and {"CXCALL_CLIENT_ID": "x"}, code=4)
    assert "`cxcall auth login`" in ran.err


WIDE = "contact-id\treason-code\n1\tr\n".encode("utf-16")


@pytest.mark.parametrize(
    ("words", "name", "data", "hint"),
    [
        (["validate"], "calls.tsv", WIDE, "iconv -f UTF-16 -t UTF-8 calls.tsv > calls.utf8.tsv"),
        (["validate"], "calls.csv", WIDE, "iconv -f UTF-16 -t UTF-8 calls.csv > calls.utf8.csv"),
        (
            ["validate"],
            "calls.jsonl",
            WIDE,
            "iconv -f UTF-16 -t UTF-8 calls.jsonl > calls.utf8.jsonl",
        ),
        (
            ["validate"],
            "a b.csv",
            b"contact-id\n\xe9\n",
            "iconv -f LATIN1 -t UTF-8 'a b.csv' > 'a b.utf8.csv'",
        ),
    ],
)
def test_hint_converts_a_file_in_another_encoding(
    cxcall: Cxcall, words: list[str], name: str, data: bytes, hint: str
) -> None:
    ran = cxcall(*words, cxcall.file(name, data), "--operation", "personal-connection")
    assert ran.code in (2, 3), ran
    assert f"hint: {hint}\n" in ran.out + ran.err
    assert ("JSON must be UTF-8" in ran.out + ran.err) == name.endswith(".jsonl")
    subprocess.run(["sh", "-c", hint], cwd=cxcall.folder, check=True)
    assert "contact-id" in (cxcall.folder / shlex.split(hint)[-1]).read_text("utf-8")


def test_hint_works_for_a_file_named_like_a_flag(cxcall: Cxcall) -> None:
    name = cxcall.file("-lat.json", '{"a": "é"}'.encode("latin-1"))
    ran = cxcall("validate", "--", name, code=3)
    hint = "iconv -f LATIN1 -t UTF-8 -- -lat.json > -lat.utf8.json"
    assert f"hint: {hint}\n" in ran.out + ran.err
    subprocess.run(["sh", "-c", hint], cwd=cxcall.folder, check=True)


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["validate"], "utf8.json"),
        (["validate"], "utf8.jsonl"),
        (["validate"], "calls.utf8.csv"),
        (["batch", "--dry-run"], "utf8.jsonl"),
    ],
)
def test_encoding_hint_overwrites_no_file(cxcall: Cxcall, words: list[str], name: str) -> None:
    content = '{"contactId": "é"}\n'.encode("latin-1")
    cxcall.file(name, content)
    first, _, suffix = name.rpartition(".")
    mine = cxcall.file(f"{first}.utf8.{suffix}", "mine")
    for number in (2, 3):  # also if the hint was followed before
        ran = cxcall(*words, name, "--operation", "personal-connection")
        (hint,) = re.findall(r"\biconv .*", ran.out + ran.err)
        subprocess.run(["sh", "-c", hint], cwd=cxcall.folder, check=True)
        converted = cxcall.folder / f"{first}.utf8-{number}.{suffix}"
        assert converted.read_text("utf-8") == content.decode("latin-1")
        assert (cxcall.folder / name).read_bytes() == content
        assert (cxcall.folder / mine).read_text("utf-8") == "mine"


BINARY = {
    "gzip": (gzip.compress(b'{"contactId": "x"}'), "it is compressed by gzip"),
    "zip": (b"PK\x03\x04\x14\0\x06\0\x08\xff", "it is a ZIP archive, such as an Excel file"),
    "NULs": (b"\0\0\0\1\2\3abc", "it contains control characters"),
    "no-text": (b'{"a": "\xff\x01\x02"}\n', "it contains control characters"),
    "mark-alone": (b"\xff\xfe\x00\xd8\x01\x00", "it contains control characters"),
}


@pytest.mark.slow
@each_case(
    "content, suffix",
    [*zip(BINARY, cycle(["json", "jsonl", "csv"])), ("zip", "csv"), ("gzip", "jsonl")],
    quick=1,
)
def test_file_that_is_not_text_gets_no_encoding_hint(
    cxcall: Cxcall, content: str, suffix: str
) -> None:
    data, problem = BINARY[content]
    name = cxcall.file(f"calls.{suffix}", data)
    for words in (["validate"], ["batch", "--dry-run"]):
        ran = cxcall(*words, name, "--operation", "personal-connection", code=3)
        assert f"error[body-malformed]: `{name}` is not a text file: {problem}" in ran.out + ran.err
        assert "iconv" not in ran.out + ran.err
        assert "--encoding" not in ran.out + ran.err


def test_settings_that_are_not_text_get_no_encoding_hint(cxcall: Cxcall) -> None:
    cxcall.file(".env", gzip.compress(b"x"))
    ran = cxcall("config", "show", code=2)
    assert "error[usage]: `.env` is not a text file\n" in ran.err
    assert "iconv" not in ran.err


def test_letters_of_windows_are_converted_as_such(cxcall: Cxcall) -> None:
    name = cxcall.file("calls.json", '{"contactId": "\u2019"}'.encode("cp1252"))
    ran = cxcall("validate", name, code=3)
    (hint,) = re.findall(r"hint: (iconv .*)", ran.out)
    subprocess.run(["sh", "-c", hint], cwd=cxcall.folder, check=True)
    assert "\u2019" in (cxcall.folder / "calls.utf8.json").read_text("utf-8")


@pytest.mark.slow
def test_hint_of_a_batch_overwrites_no_report(cxcall: Cxcall) -> None:
    cxcall.file("report.html", "mine")
    cxcall.file("b.jsonl", json.dumps({"contactId": "a" * 8, "reasonCode": "x"}))
    words = ("batch", "b.jsonl", "--operation", "personal-connection", "--sandbox", "--force")
    assert "--format html > report-2.html`" in cxcall(*words).err


@pytest.mark.slow
def test_other_files_get_the_same_encoding_hint(cxcall: Cxcall) -> None:
    cxcall.file("list.txt", "+12025550123\n".encode("utf-16"))
    words = ("--dry-run", "--do-not-call", "list.txt", "--phone-number", "+12025550123")
    ran = cxcall("execute", CAMPAIGN, *words)
    assert "hint: iconv -f UTF-16 -t UTF-8 list.txt > list.utf8.txt\n" in ran.err
    assert "JSON" not in ran.err
    cxcall.file("config/config.toml", 'a = "é"'.encode("latin-1"))
    ran = cxcall("config", "show", code=2)
    path = cxcall.folder / "config" / "config.toml"
    new = path.with_name("config.utf8.toml")
    assert (
        f"hint: `iconv -f LATIN1 -t UTF-8 {path} > {new}`, then replace the file with `{new}`"
        in ran.err
    )


@pytest.mark.slow
def test_command_in_a_hint_asks_the_host_of_this_run(cxcall: Cxcall, sandbox: Sandbox) -> None:
    cxcall.file("config/config.toml", '[profiles."my prof"]\ntimeout = "9"\n')
    cxcall.environment |= {
        "CXCALL_ACCESS_KEY_ID": sandbox.client_id,
        "CXCALL_ACCESS_KEY_SECRET": sandbox.client_secret,
    }
    target = ["--profile", "my prof", "--platform", "nice-cxone", "--base-url", sandbox.base_url]
    for words in (["campaign", "start", "4711", *target], [*target, "campaign", "start", "4711"]):
        err = cxcall(*words, "--yes", "--again", code=0).err
        hint = next(line for line in err.splitlines() if line.startswith("follow it: "))
        follow = shlex.split(hint.partition("`")[2].rpartition("`")[0])
        more = ["--contact-list", "LIST_ID", "--watch"]  # a skill does not name its list
        assert follow == ["cxcall", "campaign", "status", "4711", *more, *target]
    follow = [each for each in follow if each not in more]
    assert cxcall(*follow[1:], code=0).out.startswith("campaign ")
    words = ["campaign", "start", "4711", "--platform", "nice-cxone", "--sandbox"]
    assert "follow it" not in cxcall(*words, code=0).err  # that sandbox has ended


ACCEPTED = {
    "operations": {"--contract"},
    "history": set(),
    "campaign": {"--profile", "--sandbox"},
    "auth": {"--profile"},
}


@each_case(
    "text, completed",
    [
        ("see `cxcall operations x` or `y`", "see `cxcall operations x --contract 'a b'` or `y`"),
        ("`cxcall history list`", "`cxcall history list`"),
        ("`cxcall campaign stop 1`", "`cxcall campaign stop 1 --profile p --sandbox`"),
        ("`cxcall campaign stop 1 -p q`", "`cxcall campaign stop 1 -p q --sandbox`"),
        ("`cxcall campaign --profile=q`", "`cxcall campaign --profile=q --sandbox`"),
        ("`cxcall auth login --web`", "`cxcall auth login --web --profile p`"),
        ("`cxcall operations x > y`", "`cxcall --contract 'a b' operations x > y`"),
        ("`cxcall operations -- -x`", "`cxcall --contract 'a b' operations -- -x`"),
        ("`cxcall operations --help`", "`cxcall operations --help`"),
        ("`cxcall operations '`touch ran`'`", "`cxcall operations '`touch ran`'`"),
        ("`cxcall --again campaign`", "`cxcall --again campaign`"),
    ],
    quick=2,
)
def test_hinted_command_gets_the_options_of_the_target_that_it_accepts(
    text: str, completed: str
) -> None:
    target = {"--profile": "p", "--contract": "a b", "--sandbox": None}
    set_target(target, lambda words: ACCEPTED[words[0]])
    try:
        assert complete_commands(text) == completed
        assert complete_commands(completed) == completed
        forget_profile()
        left = completed if "auth login" in text else completed.replace(" --profile p", "")
        assert complete_commands(text) == left
    finally:
        set_target({}, lambda _words: ())


@pytest.mark.slow
def test_commands_in_a_listing_are_complete(cxcall: Cxcall) -> None:
    info, paths = {"title": "t", "version": "1"}, {"/x": {"get": {"operationId": "getX"}}}
    cxcall.file("own.json", {"openapi": "3.1.0", "info": info, "paths": paths})
    with terminal(cxcall, "operations", "--contract", "own.json", columns=200) as child:
        assert "`cxcall operations NAME --contract own.json`" in screen(child)


@pytest.mark.slow
def test_findings_have_complete_commands_in_text_and_json(cxcall: Cxcall) -> None:
    words = ["campaign", "status", CAMPAIGN, "--base-url", "http://127.0.0.1:9"]
    command = "`cxcall auth login --base-url http://127.0.0.1:9`"
    assert command in cxcall(*words, code=4).err
    assert command in cxcall(*words, "-o", "json", code=4).envelope["findings"][0]["fix"]


CURL = ("personal-connection", "--contact-id", CONTACT, "--reason-code", "x", "--curl")


@pytest.mark.parametrize(
    ("words", "answer", "sent"),
    [(CURL, "yes\n", 1), (CURL, "y\n", 0), (CURL, "", 0), ((*CURL, "--sandbox"), "", 1)],
    ids=["yes", "another answer", "no answer", "sandbox"],
)
def test_curl_command_asks_before_it_places_a_real_call(
    cxcall: Cxcall, words: tuple[str, ...], answer: str, sent: int
) -> None:
    shown = cxcall(*words, code=0).out
    script = f"curl() {{ echo sent; }}\n{shown}"
    ran = subprocess.run(
        ["sh", "-c", script], input=answer, capture_output=True, text=True, check=False
    )
    assert ran.stdout.count("sent") == sent
    assert ran.returncode == int(not sent)


def test_curl_command_of_a_read_does_not_ask(cxcall: Cxcall) -> None:
    assert cxcall("send", "get-conversations-calls", "--curl", code=0).out.startswith("curl ")
