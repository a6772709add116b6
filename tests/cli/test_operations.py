"""`cxcall operations`: lists by platform and group, searches, and one operation with all its parts."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from cxcall.cli.actions.operation_details import show_operation
from cxcall.cli.commands.operations import MOST_LISTED, list_operations
from cxcall.contracts.contract import Contract, load_catalog
from cxcall.findings.errors import UsageError
from cxcall.output.layouts import Entry, Section, lay_out
from cxcall.output.report import Report
from cxcall.output.terminal_text import cell_width
from helpers.calling_api import posting
from helpers.command import Cxcall, screen, terminal


def lines_of(report: Report, columns: int | None) -> list[str]:
    """Return what a report prints at a width."""
    text = "\n".join(lay_out(report.sections or (), columns, lambda _style, text: text))
    return text.splitlines()


def names_of(report: Report) -> list[str]:
    """Return the names of the operations in a list."""
    return [entry["name"] for entry in report.data["operations"]]


@pytest.mark.slow
def test_pipe_has_one_name_per_line(cxcall: Cxcall) -> None:
    ran = cxcall("operations", "--search", "contact lists", "--method", "get", code=0)
    assert "get-contact-list" in ran.out.splitlines()
    assert "create-contact-list" not in ran.out.splitlines()
    assert all(len(line.split()) == 1 for line in ran.out.splitlines())
    assert "`--search` is empty" in cxcall("operations", "--search", "", code=2).err
    assert "`--own` requires a document" in cxcall("operations", "--own", code=2).err
    nothing = cxcall("operations", "--search", "qwertz", code=0)
    assert (nothing.out, nothing.err) == ("", "no operation matches; see `cxcall operations`\n")
    assert "leave one of them out" in cxcall("operations", "execute", "--tag", "x", code=2).err


@pytest.mark.slow
def test_terminal_has_groups_with_counts_in_color(cxcall: Cxcall) -> None:
    with terminal(cxcall, "operations", "--search", "call", columns=80) as child:
        shown = screen(child)
    assert "\x1b[1m" in shown
    assert "\x1b[1;36mplace-call\x1b[0m" in shown


def test_search_finds_words_in_name_group_path_and_summary() -> None:
    known = load_catalog()
    assert "create-contact-list" in names_of(
        list_operations(known, "Contact-Lists create", None, None)
    )
    assert "get-campaign" in names_of(list_operations(known, "outbound {campaignId}", None, "GET"))
    assert "hang-up" in names_of(list_operations(known, "end a call", None, None))
    tagged = list_operations(known, None, "Agent Sessions", None)
    assert {each["tag"] for each in tagged.data["operations"]} == {"agent-sessions"}
    with pytest.raises(UsageError, match="no operation has the tag `outbund`") as caught:
        list_operations(known, None, "outbund", None)
    assert caught.value.findings[0].fix == "the most similar tag is `outbound`"


def many(tags: int) -> Contract:
    """Return a document with more operations than are listed one by one."""
    paths: dict[str, Any] = {
        f"/api/v3/things/{number}": {
            "get": {
                "operationId": f"get-{'long-' * (number % 20)}{number}",
                "tags": [f"Tag {number % tags}"],
                "summary": "Get something.",
                "responses": {"200": {"description": ""}},
            }
        }
        for number in range(MOST_LISTED + 1)
    }
    head = {"openapi": "3.1.0", "info": {"title": "Many", "version": "1"}}
    return Contract("many", {**head, "paths": paths})


def test_long_list_has_counts_and_a_group_has_all() -> None:
    known = many(3).operations
    lines = lines_of(list_operations(known, None, None, None), 80)
    assert lines[0] == f"Many ({len(known)} operations)"
    assert [line.split()[:3] for line in lines[2:5]] == [
        ["Tag", "0", "(41)"],
        ["Tag", "1", "(40)"],
        ["Tag", "2", "(40)"],
    ]
    assert len(lines) < 12
    group = lines_of(list_operations(known, None, "tag 1", None), 80)
    assert sum("GET" in line for line in group) == 40


@pytest.mark.slow
@pytest.mark.parametrize("columns", [40, 80, 200])
def test_operation_fits_the_terminal(columns: int) -> None:
    for operation in load_catalog()[::12]:
        for line in lines_of(show_operation(operation), columns):
            held = re.sub("`[^`]+`", "literal", line)  # is never broken, so that it can be copied
            # A long word, such as a permission, stays beside its name.
            assert cell_width(held) <= columns or len(held.split()) <= 2, line


def test_operation_shows_parameters_body_responses_and_errors(cxcall: Cxcall) -> None:
    shown = cxcall("operations", "update-contact-list", code=0).out
    for heading in ("PARAMETERS", "BODY", "RESPONSE 200", "ERRORS"):
        assert f"\n{heading}\n" in shown
    assert "  contactListId  path, UUID, required" in shown
    assert "NUMERIC | TEXT | TIMESTAMP" in shown
    assert "  409  " in shown
    data = cxcall("operations", "update-contact-list", "-o", "json", code=0).envelope["data"]
    assert data["responses"]["200"]["schema"]["$ref"].endswith("/ContactList")
    assert data["bodySchema"]


@pytest.mark.slow
def test_every_property_of_a_body_is_shown() -> None:
    for operation in load_catalog()[::12]:
        shown = {
            line.split()[0] for line in lines_of(show_operation(operation), None) if line.strip()
        }
        names = {
            pointer.rpartition("/")[2] for pointer in operation.pointers if pointer.count("/") == 1
        }
        assert {name for name in names if not name.isdigit()} <= shown, operation.name


def test_recursive_model_ends() -> None:
    node = {
        "type": "object",
        "properties": {
            "child": {"$ref": "#/components/schemas/Node"},
            "size": {"type": "integer", "maximum": 9},
            "part": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
            "code": {"type": "string", "pattern": "^[a-z]$"},
        },
    }
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Node"}}}}
    operation = {
        "operationId": "grow",
        "requestBody": body,
        "responses": {"2XX": {"description": "Grown."}},
    }
    document = {
        "openapi": "3.1.0",
        "paths": {"/nodes": {"post": operation}},
        "components": {"schemas": {"Node": node}},
    }
    lines = lines_of(show_operation(Contract("own", document).operations[0]), 80)
    assert "  child  object" in lines
    assert "  size   integer, at most 9" in lines
    assert "  part   number, more than 0, less than 1" in lines
    assert "  code   string, pattern `^[a-z]$`" in lines
    assert "RESPONSE 2XX" in lines


def test_body_of_millions_of_properties_is_shown_from_the_top() -> None:
    links = {f"p{at}": {"$ref": f"#/components/schemas/S{at}"} for at in range(9)}
    schemas = {f"S{at}": {"type": "object", "properties": links} for at in range(9)}
    document = {**posting("grow", links), "components": {"schemas": schemas}}
    lines = lines_of(show_operation(Contract("own", document).operations[0]), 80)
    assert "  too many properties to show them all; `-o json` has the whole schema" in lines
    assert {("p0", "object"), ("p8", "object")} <= {tuple(line.split()) for line in lines}
    assert len(lines) < 1100


def test_layout_escapes_and_folds_behind_the_name() -> None:
    section = Section("T\x1b", entries=[Entry("n" * 50, "word " * 20), Entry("a", "b\nc", 1)])
    lines = "\n".join(lay_out([section], 60, lambda _style, text: text)).splitlines()
    assert lines[0] == "T\\x1b"
    assert lines[2].startswith(" " * 24 + "word")
    assert lines[-1].endswith("b\\nc")
    assert json.dumps(lines).isascii()


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_completed_summary_of_a_document_has_no_control_character(
    cxcall: Cxcall, shell: str
) -> None:
    own = cxcall.file("own.json", posting("ownCall", {}, summary="Place\x1b[31m a call"))
    variables = {"_CXCALL_COMPLETE": shell, "_CXCALL_WORD": "ownC", "CXCALL_CONTRACT": own}
    assert "Place\\x1b[31m a call" in cxcall("send", env=variables).out


@pytest.mark.slow
def test_document_of_a_profile_is_used_by_each_command_that_sends_nothing(cxcall: Cxcall) -> None:
    document = cxcall.file(
        "own.json", posting("start", {"to": {"type": "string"}}, required=("to",))
    )
    cxcall("config", "set", "contract", str(cxcall.folder / document), "-p", "own", code=0)
    assert "POST /dial" in cxcall("operations", "start", "-p", "own", code=0).out
    assert cxcall("operations", "--own", "-p", "own", code=0).out == "start\n"
    payload = cxcall.file("payload.json", {"x": 1})
    ran = cxcall("validate", payload, "--operation", "start", "-p", "own", code=3)
    assert "`to` is missing from the body of `start`" in ran.out
    ran = cxcall("-p", "own", "explain", "-", stdin="POST https://own.example/dial\n\n{}", code=3)
    assert "property-missing" in ran.out
    assert "unknown profile `nope`" in cxcall("operations", "-p", "nope", code=2).err
