"""A project's file assigns operations to payload files by patterns."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from glob import glob
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxcall.contracts.contract import load_catalog
from cxcall.findings.errors import UsageError
from cxcall.validation.pattern_file import OperationPatterns, find_patterns, matches
from helpers.cases import each_case
from helpers.command import CONTACT
from helpers.work import time_limit

if TYPE_CHECKING:
    from helpers.command import Cxcall

GOOD = {"contactId": CONTACT, "reasonCode": "follow_up"}
NEW = """
[tool.cxcall.operations]
"payloads/route/*.json" = "personal-connection-contact"
"payloads/**/*.json" = "personal-connection"
"""


def test_the_first_pattern_that_matches_wins(cxcall: Cxcall) -> None:
    cxcall.file("pyproject.toml", NEW)
    for name in ("payloads/a.json", "payloads/x/y/b.json", "payloads/route/c.json", "d.json"):
        cxcall.file(name, GOOD)
    ran = cxcall("validate", "payloads", "d.json", code=0)
    assert ran.out.splitlines() == [
        "payloads/a.json: valid as personal-connection (by `payloads/**/*.json` in pyproject.toml)",
        "payloads/route/c.json: valid as personal-connection-contact (by `payloads/route/*.json` in pyproject.toml)",
        "payloads/x/y/b.json: valid as personal-connection (by `payloads/**/*.json` in pyproject.toml)",
        "d.json: valid as personal-connection or personal-connection-contact",
    ]


def test_a_payload_for_another_operation_is_refused_and_told_of(cxcall: Cxcall) -> None:
    cxcall.file(".cxcall.toml", '[operations]\n"*.json" = "execute"')
    ran = cxcall("validate", cxcall.file("p.json", GOOD), "-o", "json", code=3)
    assert ran.codes[0] == "operation-mismatch"
    (payload,) = ran.envelope["data"]["payloads"]
    assert payload["assignedBy"] == {"pattern": "*.json", "file": ".cxcall.toml"}
    assert payload["operations"] == ["execute"]


@pytest.mark.slow
def test_the_flag_wins_and_then_nothing_is_read(cxcall: Cxcall) -> None:
    cxcall.file(".cxcall.toml", "no TOML at all")
    name = cxcall.file("p.json", GOOD)
    ran = cxcall("validate", name, "--operation", "personal-connection", code=0)
    assert ran.out == "p.json: valid as personal-connection\n"
    cxcall("validate", name, code=2)


@pytest.mark.slow
def test_the_nearest_file_up_to_the_repository_is_taken(cxcall: Cxcall) -> None:
    root = cxcall.folder
    (root / "repo" / ".git").mkdir(parents=True)
    (root / "repo" / "deep" / "er").mkdir(parents=True)
    cxcall.file("pyproject.toml", '[tool.cxcall.operations]\n"**" = "execute"')
    cxcall.file("repo/deep/er/p.json", GOOD)
    cxcall.folder = root / "repo" / "deep" / "er"
    assert "(by" not in cxcall("validate", "p.json", code=0).out
    cxcall.file(
        "../../pyproject.toml", '[tool.cxcall.operations]\n"deep/**" = "personal-connection"'
    )
    for name in ("p.json", "../er/p.json", str(cxcall.folder / "p.json")):
        assert "(by `deep/**` in pyproject.toml)" in cxcall("validate", name, code=0).out
    cxcall.file("../../../outside.json", GOOD)
    assert "(by" not in cxcall("validate", "../../../outside.json", code=0).out
    cxcall.file("../pyproject.toml", "[tool.other]\nname = 'cxcall'")
    assert "`deep/**`" in cxcall("validate", "p.json", code=0).out
    cxcall.file("../.cxcall.toml", '[operations]\n"er/*" = "personal-connection-contact"')
    assert "(by `er/*` in .cxcall.toml)" in cxcall("validate", "p.json", code=0).out


def test_without_a_repository_only_the_working_directory_counts(cxcall: Cxcall) -> None:
    cxcall.file("pyproject.toml", '[tool.cxcall.operations]\n"**" = "execute"')
    cxcall.file("below/p.json", GOOD)
    cxcall.folder /= "below"
    assert "(by" not in cxcall("validate", "p.json", code=0).out


@pytest.mark.slow
def test_stdin_and_a_broken_file_of_others_are_left_alone(cxcall: Cxcall) -> None:
    cxcall.file("pyproject.toml", NEW)
    assert "(by" not in cxcall("validate", "-", stdin=json.dumps(GOOD), code=0).out
    cxcall.file("pyproject.toml", "[project\nname =")
    cxcall("validate", cxcall.file("p.json", GOOD), code=0)


@pytest.mark.parametrize(
    ("name", "text", "line", "message"),
    [
        (".cxcall.toml", "[operations\n", "1:12", "not valid TOML"),
        ("pyproject.toml", "[tool.cxcall.operations\n", "1:24", "not valid TOML"),
        (".cxcall.toml", "[operation]\n'*' = 'execute'\n", "1", "unknown setting `operation`"),
        (
            "pyproject.toml",
            "[tool]\ncxcall = 1\n",
            "2",
            "`tool.cxcall` must be a table, not a number",
        ),
        (".cxcall.toml", "operations = []\n", "1", "`operations` must be a table, not a list"),
        (".cxcall.toml", "[operations]\n'*' = 7\n", "2", "must be a string, not a number"),
        (
            ".cxcall.toml",
            "[operations]\n'*' = 'exceute'\n",
            "2",
            "unknown operation `exceute`",
        ),
        (".cxcall.toml", b"\xff", "", "not UTF-8"),
    ],
)
def test_a_wrong_file_says_what_and_where(
    cxcall: Cxcall, name: str, text: str | bytes, line: str, message: str
) -> None:
    cxcall.file(name, text)
    ran = cxcall("validate", cxcall.file("p.json", GOOD), "-o", "json", code=2)
    (finding,) = ran.envelope["findings"]
    assert message in finding["message"]
    assert finding["where"].endswith(f"{name}:{line}" if line else name)
    assert finding["fix"]


@each_case("pattern", ["", "/p/*.json", "p/../*.json", "p//*.json", r"p\*.json", "p/**.json", "p"])
def test_pattern_that_cannot_match_a_file_is_refused(tmp_path: Path, pattern: str) -> None:
    (tmp_path / "p").mkdir(exist_ok=True)
    file = tmp_path / ".cxcall.toml"
    file.write_text(f"[operations]\n'{pattern}' = 'execute'", "utf-8")
    with pytest.raises(UsageError) as raised:
        find_patterns(tmp_path, load_catalog())
    (finding,) = raised.value.findings
    assert finding.where.endswith(".cxcall.toml:2")
    assert finding.fix.startswith("write")


@each_case("pattern", ["./p/*.json", "./p/", "p/", "p/**"])
def test_pattern_may_begin_with_the_folder_and_end_with_a_slash(
    tmp_path: Path, pattern: str
) -> None:
    patterns = {pattern: load_catalog().find_operation("execute")}
    assigned = OperationPatterns(tmp_path / ".cxcall.toml", patterns)
    assert assigned.of(str(tmp_path / "p" / "a.json"))
    assert not assigned.of(str(tmp_path / "q" / "a.json"))


def test_skipping_every_file_is_reported(cxcall: Cxcall) -> None:
    cxcall.file(".cxcall.toml", '[operations]\n"p/*.json" = "execute"')
    ran = cxcall("validate", "--assigned", cxcall.file("q.json", GOOD), code=0)
    assert "no file was checked" in ran.out


@pytest.mark.slow
def test_quoted_patterns_are_expanded(cxcall: Cxcall) -> None:
    for name in ("p/a.json", "p/q/b.json", "p/q/readme.txt", "p/[c].json"):
        cxcall.file(name, GOOD)
    ran = cxcall("validate", "p/**/*.json", code=0)
    assert [line.partition(":")[0] for line in ran.out.splitlines()] == [
        "p/[c].json",
        "p/a.json",
        "p/q/b.json",
    ]
    assert cxcall("validate", "p/[c].json", code=0).out.startswith("p/[c].json: valid")
    absolute = str(cxcall.folder / "p" / "?.json")
    assert len(cxcall("validate", absolute, code=0).out.splitlines()) == 1


def test_a_pattern_that_matches_nothing_is_told_and_hides_nothing(cxcall: Cxcall) -> None:
    cxcall.file("a.json", GOOD)
    ran = cxcall("validate", "none/*.json", "*.json", code=2)
    assert "error[usage]: `none/*.json` matches no file" in ran.out
    assert "a.json: valid" in ran.out


SEGMENT = st.sampled_from(["a", "b", "ab", "a.json", "*", "**", "?", "a*", "[ab]", "*.json"])


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write files three folders deep, of a few names each."""
    root = tmp_path_factory.mktemp("tree")
    for first in ("a", "b", "ab"):
        for second in ("a", "b"):
            folder = root / first / second
            folder.mkdir(parents=True)
            for place in (folder, folder.parent):
                (place / "a.json").touch()
                (place / "x.json").touch()
    return root


@pytest.mark.slow
@given(pattern=st.lists(SEGMENT, min_size=1, max_size=4))
def test_a_pattern_matches_what_the_shell_would_expand_it_to(
    tree: Path, pattern: list[str]
) -> None:
    files = [path.relative_to(tree) for path in tree.rglob("*.json")]
    expanded = set(glob("/".join(pattern), root_dir=tree, recursive=True))  # noqa: PTH207 - what the command uses
    assert {str(file) for file in files if matches(file.parts, pattern)} == {
        str(file) for file in files if str(file) in expanded
    }


@given(
    st.lists(st.sampled_from(["a", "b", "**", "*", "a*"]), max_size=6),
    st.lists(st.sampled_from(["a", "b", "ab"]), max_size=6),
)
def test_the_matcher_is_as_its_definition(pattern: list[str], path: list[str]) -> None:
    def is_match(path: list[str], pattern: list[str]) -> bool:
        if not pattern:
            return not path
        if pattern[0] == "**":
            starts = range(len(path) + 1)
            return bool(path) and any(is_match(path[start:], pattern[1:]) for start in starts)
        fits = bool(path) and fnmatchcase(path[0], pattern[0])
        return fits and is_match(path[1:], pattern[1:])

    assert matches(path, pattern) == is_match(path, pattern)


def test_many_folders_in_a_pattern_take_no_exponential_time() -> None:
    with time_limit():
        assert not matches(["a"] * 40, [*["**"] * 40, "b"])
        assert not matches(["a"] * 40, [*["**", "a"] * 18, "b"])
