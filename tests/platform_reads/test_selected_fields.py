"""`--query` and `--fields` select parts of responses and pages."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from urllib.parse import parse_qsl, urlsplit

import jmespath
import pytest

from cxcall.cli.actions.response_reading import Reading
from cxcall.cli.shared_options import ReadOptions
from cxcall.contracts.contract import Contract, load_catalog
from cxcall.contracts.paging import Paging, find_paging
from cxcall.findings.errors import UsageError
from helpers.cases import each_case
from helpers.command import CONTACT, CXCALL, Cxcall, screen, terminal
from helpers.paged_lists import (
    DOCUMENT,
    ITEMS,
    OPERATIONS,
    answer,
    run,
)
from helpers.platform_server import Platform, Reply


@pytest.mark.slow
def test_expression_is_applied_to_each_page_as_jmespath_does(lists: Cxcall) -> None:
    expression = "entities[?id != '2'].{id: id, label: deep.label}"
    ran, _ = run(lists, answer, "numbered", "--query", expression, "--all")
    expected = jmespath.search(expression, {"entities": ITEMS})
    assert [json.loads(line) for line in ran.out.splitlines()] == expected
    ran, _ = run(lists, answer, "numbered", "--query", "entities[].id", "--all")
    assert ran.out.split() == [item["id"] for item in ITEMS]
    ran, _ = run(lists, answer, "numbered", "--query", "length(entities)")
    assert ran.out == "3\n"
    assert "this is one page" in ran.err
    ran, _ = run(lists, answer, "numbered", "--query", "entities[0]", "-o", "json")
    assert ran.envelope["data"] == {"result": ITEMS[0]}
    ran, _ = run(lists, answer, "numbered", "--query", "id", "--all")
    assert (ran.out, ran.err.count("selects nothing")) == ("", 1)


@pytest.mark.slow
def test_fields_of_each_item_are_printed(lists: Cxcall) -> None:
    ran, _ = run(lists, answer, "offsets", "--fields", "id, deep.label", "--all")
    assert json.loads(ran.out.splitlines()[6]) == {"id": "7", "deep.label": "l7"}
    ran, _ = run(lists, answer, "header", "--fields", "deep.lable", "-o", "jsonl")
    assert json.loads(ran.out.splitlines()[0]) == {"deep.lable": None}
    ran, _ = run(lists, answer, "header", "--fields", "deep.lable")
    assert "the most similar field is `deep.label`" in ran.err


REFUSED = [
    ("numbered", ("--query", "entities["), "it is incomplete"),
    ("numbered", ("--query", "a b"), "unexpected `b` at character 3"),
    ("numbered", ("--query", "nope(id)"), "unknown function `nope`"),
    ("numbered", ("--query", "entities[?nope(id)]"), "unknown function `nope`"),
    ("numbered", ("--query", "length(id, id)"), "Expected 1 argument"),
    ("numbered", ("--query", "length()"), "Expected 1 argument"),
    ("numbered", ("--query", ""), "cannot be empty"),
    ("numbered", ("--query", "'x"), "Unclosed ' delimiter"),
    ("numbered", ("--query", "(" * 3000), "nested too deeply"),
    ("numbered", ("--query", "id", "--fields", "id"), "cannot be combined with `--query`"),
    ("numbered", ("--fields", "id,,name"), "not a list of names"),
    ("one", ("--all",), "does not return a list in pages"),
]


@each_case("name, words, says", REFUSED)
def test_unusable_flag_is_refused(name: str, words: tuple[str, ...], says: str) -> None:
    given = dict(zip(words, (*words[1:], ""), strict=True))
    options = ReadOptions("--all" in given, given.get("--query"), given.get("--fields"))
    with pytest.raises(UsageError) as caught:
        Reading.of(OPERATIONS[name], options)
    finding = caught.value.findings[0]
    assert says in f"{finding.message} {finding.why}"
    assert not finding.message.endswith((":", "."))


@pytest.mark.slow
def test_pages_are_read_only_by_a_get(lists: Cxcall) -> None:
    ran, paths = run(lists, answer, "change", "--all", code=2)
    assert "this operation is not a GET" in ran.err
    assert paths == []


@pytest.mark.slow
def test_invalid_expression_is_refused_before_anything_is_sent(lists: Cxcall) -> None:
    ran, paths = run(lists, answer, "numbered", "--query", "entities[", code=2)
    assert "--query" in ran.err
    assert paths == []


@pytest.mark.slow
def test_expression_that_fails_on_the_response_is_reported(lists: Cxcall) -> None:
    for more in ((), ("--all",)):
        ran, _ = run(lists, answer, "numbered", "--query", "sum(entities[].id)", *more, code=2)
        assert "cannot be applied to the response: In function sum()" in ran.err


@pytest.mark.slow
def test_selection_never_changes_the_end_of_a_change(live: Cxcall) -> None:
    call = (
        "send",
        "place-call-for-user",
        "--user-id",
        CONTACT,
        "--set",
        '/phoneNumber="+12025550100"',
        "--yes",
    )
    assert live(*call, "--query", "sum(id)", code=0).err.count("error[selection]") == 1
    ran = live(*call, "--again", "--query", "id", code=0)
    assert len(ran.out.split()) == 1


@pytest.mark.slow
def test_numbers_are_masked_in_what_is_selected(lists: Cxcall) -> None:
    page = {"entities": [{"id": "1", "phone": "+12025550100"}]}
    for words in (
        ("--all",),
        ("--query", "entities[0].phone"),
        ("--fields", "phone", "-o", "json"),
        ("--all", "-o", "json"),
    ):
        ran, _ = run(lists, lambda *_: Reply(200, page), "links", *words)
        assert "+*******0100" in ran.out
        assert "2025550100" not in ran.out + ran.err


@pytest.mark.slow
def test_control_characters_stay_json_and_harmless(lists: Cxcall) -> None:
    page = {"entities": [{"id": "a\x9b1m\u202e"}]}
    ran, _ = run(lists, lambda *_: Reply(200, page), "links", "--all")
    assert (json.loads(ran.out), ran.out) == (page["entities"][0], '{"id": "a\\u009b1m\\u202e"}\n')


@pytest.mark.slow
def test_table_of_fields_on_a_terminal(live: Cxcall) -> None:
    with terminal(live, "send", "list-campaigns", "--fields", "name,contactList.id") as child:
        shown = screen(child)
    assert "contactList.id" in shown
    assert "Follow-up 5" in shown


@pytest.mark.slow
def test_interrupt_ends_between_whole_lines(lists: Cxcall) -> None:
    def endless(path: str, _count: int) -> Reply:
        here = int(dict(parse_qsl(urlsplit(path).query)).get("cursor", "0"))
        if here == 20:
            os.kill(command.pid, signal.SIGINT)
        return Reply(
            200,
            {
                "entities": [{"id": f"{here}-{each}"} for each in range(100)],
                "cursor": str(here + 1),
            },
        )

    with Platform(reads=endless) as platform:
        env = {**lists.environment, **platform.environment}
        words = [str(CXCALL), "send", "cursors", "--all"]
        command = subprocess.Popen(words, env=env, cwd=lists.folder, stdout=-1, stderr=-1)
        out, err = command.communicate(timeout=60)
    assert command.returncode == 130, err
    lines = out.decode().splitlines()
    assert len(lines) >= 2000
    assert all(json.loads(line) for line in lines)
    assert b"incomplete: " in err


def test_lists_are_found_by_their_schema_alone() -> None:
    shipped = {each.name: each for each in load_catalog()}
    assert find_paging(shipped["list-campaigns"]) == Paging(
        "pageNumber", "pageSize", "", "", "/entities"
    )
    assert find_paging(shipped["get-campaign"]) is None
    renamed = json.loads(json.dumps(DOCUMENT).replace('"numbered"', '"zzz"'))
    found = {each.name: find_paging(each) for each in Contract("own", renamed).operations}
    assert found["zzz"] == Paging("pageNumber", "pageSize", "", "", "/entities")
    assert (found["one"], found["change"]) == (None, None)
