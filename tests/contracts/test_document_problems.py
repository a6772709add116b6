"""Errors in a user's document are listed, and block only the operations that use them."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from cxcall import check
from helpers.calling_api import posting, wrap
from helpers.small_api import swagger
from helpers.user_documents import names

if TYPE_CHECKING:
    from helpers.command import Cxcall


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("swagger: '2.0'\npaths: [\n", "is not YAML: did not find expected node content"),
        ("- no\n- document\n", "is not an OpenAPI"),
        ({"swagger": "1.2", "paths": {}}, "or Swagger 2.0 document"),
        (
            {"openapi": "3.2.0", "paths": {"/x": {"post": {"parameters": 7}}}},
            "has an integer where an array is required",
        ),
    ],
)
def test_unusable_document_is_reported(cxcall: Cxcall, content: Any, message: str) -> None:
    ran = cxcall("operations", "--contract", cxcall.file("own.json", content), "-o", "json", code=2)
    (finding,) = ran.envelope["findings"]
    assert message in finding["message"]
    assert finding["fix"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lead", "message"),
    [
        ({"$ref": "#/definitions/LEAD"}, "back to itself"),
        (None, "which is not in it"),
        ({"$ref": "other.json#/x"}, "which is not in it"),
        ({"properties": {"rank": 7}}, "has an integer where an object is required"),
    ],
)
def test_invalid_schema_blocks_only_the_requests_that_use_it(
    cxcall: Cxcall, lead: Any, message: str
) -> None:
    definitions = {"GROUP": {"type": "object"}, **({"LEAD": lead} if lead else {})}
    file = cxcall.file("own.json", {**swagger(), "definitions": definitions})
    # It is in the body of `callLead`, and in a response of `getLead`.
    usable = names(cxcall, file)
    assert {"getLead", "addGroup", "sendForm"} <= usable
    assert "callLead" not in usable
    listed = cxcall("operations", "--problems", "--contract", file, "-o", "json", code=3).envelope
    assert listed["data"]["unusable"] == ["callLead"]
    assert any(message in each["message"] for each in listed["findings"])
    ran = cxcall("send", "callLead", "--contract", file, "-n", "-o", "json", code=2)
    (finding,) = ran.envelope["findings"]
    assert finding["message"].startswith("`callLead` cannot be used: ")
    assert message in finding["message"]
    cxcall("send", "addGroup", "--contract", file, "--set", "/rank=1", "-n", code=0)


@pytest.mark.slow
def test_schemas_that_double_block_only_the_requests_that_use_them(cxcall: Cxcall) -> None:
    document = swagger()
    levels = ["LEAD", *(f"L{number}" for number in range(24))]  # 2 to the power of 24 schemas
    for outer, inner in pairwise(levels):
        document["definitions"][outer] = {"allOf": [{"$ref": f"#/definitions/{inner}"}] * 2}
    document["definitions"][levels[-1]] = {"type": "object"}
    file = cxcall.file("own.json", document)
    ran = cxcall("send", "callLead", "--contract", file, "-n", "--set", "/a=1", code=2)
    assert "combines more than 100,000 other schemas" in ran.err
    assert "sendForm" in names(cxcall, file)


@pytest.mark.slow
@pytest.mark.parametrize("word", ["allOf", "not"])
def test_schemas_in_a_long_chain_block_only_the_requests_that_use_them(
    cxcall: Cxcall, word: str
) -> None:
    document = swagger()
    levels = ["LEAD", *(f"L{number}" for number in range(500))]
    for outer, inner in pairwise(levels):
        reference = {"$ref": f"#/definitions/{inner}"}
        document["definitions"][outer] = {word: reference if word == "not" else [reference]}
    document["definitions"][levels[-1]] = {"type": "object"}
    file = cxcall.file("own.json", document)
    for words in (("send", "callLead", "-n", "--set", "/a=1"), ("operations", "callLead")):
        ran = cxcall(*words, "--contract", file, code=2)
        assert "combines others in more than 400 steps" in ran.err
    assert "sendForm" in names(cxcall, file)


@pytest.mark.slow
def test_array_of_itself_is_shown(cxcall: Cxcall) -> None:
    document = swagger()
    document["definitions"]["LEAD"] = {"type": "array", "items": {"$ref": "#/definitions/LEAD"}}
    shown = cxcall(
        "operations", "callLead", "--contract", cxcall.file("own.json", document), code=0
    )
    assert f"{'array of ' * 5}array" in shown.out


@pytest.mark.slow
@pytest.mark.parametrize("word", ["$ref", "properties"])
def test_schemas_that_lead_through_thousands_of_others_are_used(cxcall: Cxcall, word: str) -> None:
    document = swagger()
    names = ["LEAD", *(f"L{number}" for number in range(1200))]
    for outer, inner in pairwise(names):
        reference = {"$ref": f"#/definitions/{inner}"}
        document["definitions"][outer] = reference if word == "$ref" else {word: {"a": reference}}
    document["definitions"][names[-1]] = {"type": "object", "required": ["phone"]}
    file = cxcall.file("own.json", document)
    words = ("send", "callLead", "--contract", file, "-n", "--lead-id", "7")
    ran = cxcall(*words, "--set", '/a={"a": {}}', code=3 if word == "$ref" else 0)
    assert ("`phone` is missing" in ran.err) == (word == "$ref")


@pytest.mark.slow
def test_duplicate_names_of_a_document_are_listed(cxcall: Cxcall) -> None:
    paths = '"/a": {"get": {"operationId": "%s", "responses": {}}}'
    twice = ",\n".join(paths % name for name in ("one", "two"))
    text = f'{{"openapi": "3.1.0", "info": {{}}, "paths": {{\n{twice}\n}}}}'
    for file in (cxcall.file("own.json", text), cxcall.file("own.yaml", f"# YAML\n{text}")):
        words = ("operations", "--problems", "--contract", file, "-o", "json")
        (finding,) = cxcall(*words, code=0).envelope["findings"]
        assert "duplicate name `/a`" in finding["message"]
        assert finding["where"] == f"{file}:{'4' if 'yaml' in file else '3'}:1"
        assert names(cxcall, file) & {"one", "two"} == {"two"}
        unknown = cxcall("send", "one", "--contract", file, "-n", code=2).err
        assert "the document has errors: `cxcall operations --problems" in unknown


@pytest.mark.slow
def test_operations_with_one_name_are_called_by_method_and_path(cxcall: Cxcall) -> None:
    document = swagger()
    document["paths"]["/other"] = {"get": {"operationId": "getLead", "responses": {}}}
    file = cxcall.file("own.json", document)
    words = ("operations", "--problems", "--contract", file, "-o", "json")
    assert [each["message"] for each in cxcall(*words, code=0).envelope["findings"]] == [
        "several operations are called `getLead`, so GET /leads/{leadId} is called `get-leads-leadId`",
        "several operations are called `getLead`, so GET /other is called `get-other`",
    ]
    ran = cxcall("send", "getLead", "--contract", file, "--lead-id", "7", "-n", code=2)
    assert "`get-leads-leadId` (GET /leads/{leadId}) or `get-other` (GET /other)" in ran.err
    cxcall("send", "get-other", "--contract", file, "-n", code=0)


@pytest.mark.slow
def test_invalid_keyword_is_ignored_and_listed(cxcall: Cxcall) -> None:
    document = swagger()
    document["definitions"]["LEAD"]["properties"]["rank"]["required"] = True
    document["definitions"]["LEAD"]["properties"]["label"]["type"] = "text"
    file = cxcall.file("own.json", document)
    listed = cxcall("operations", "--problems", "--contract", file, "-o", "json", code=0).envelope
    places = {each["where"].partition("#")[2] for each in listed["findings"]}
    assert places == {
        f"/definitions/LEAD/properties/{each}" for each in ("rank/required", "label/type")
    }
    words = ("validate", "-", "--operation", "callLead", "--contract", file)
    cxcall(*words, stdin='{"rank": 1, "label": 5}', code=0)
    cxcall(*words, stdin='{"rank": "1"}', code=3)


UNSUPPORTED = "because it is not supported"
NO_PATTERN = "its regular expression cannot be used"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("keywords", "place", "why"),
    [
        ({"pattern": "^([A-Z]{1,999}-?){1,999}$"}, "/pattern", NO_PATTERN),
        (
            {"patternProperties": {"(": {}}, "additionalProperties": False},
            "/patternProperties/(",
            NO_PATTERN,
        ),
        (
            {"items": {"$dynamicRef": "http://127.0.0.1:9/x.json"}},
            "/items/$dynamicRef",
            UNSUPPORTED,
        ),
        ({"dependencies": {"y": ["z"]}, "minimum": 10**400}, "/dependencies", UNSUPPORTED),
    ],
)
def test_keyword_that_cannot_be_used_is_ignored_and_listed(
    cxcall: Cxcall, keywords: dict[str, Any], place: str, why: str
) -> None:
    document = posting("op", {"rank": {"type": "integer"}, "x": keywords}, required=("x",))
    file = cxcall.file("own.json", document)
    listed = cxcall("operations", "--problems", "--contract", file, "-o", "json", code=0).envelope
    problems = [(each["where"], each["message"]) for each in listed["findings"]]
    assert len(problems) == 1
    for where, message in problems:
        assert where.endswith(f"/schema/properties/x{place}")
        assert why in message
    own = cxcall.folder / file
    assert check({"rank": 1, "x": {"y": 1}}, "op", contract=own).valid
    assert not check({"rank": "1"}, "op", contract=own).valid
    cxcall("operations", "op", "--contract", file, "--skeleton", code=0)


UNKNOWN_PLACE = "which is not supported as the place of a parameter"


@pytest.mark.parametrize(
    ("place", "declared", "is_usable", "message"),
    [
        ("body", {"required": True}, False, UNKNOWN_PLACE),
        ("querystring", {}, True, UNKNOWN_PLACE),
    ],
)
def test_parameter_in_an_unknown_place_is_not_dropped_without_a_word(
    cxcall: Cxcall, place: str, declared: dict[str, Any], message: str, *, is_usable: bool
) -> None:
    parameter = {"name": "tenant", "in": place, "schema": {"type": "string"}, **declared}
    post = {"operationId": "callLead", "parameters": [parameter], "responses": {}}
    paths = {"/calls": {"post": post}, "/other": {"get": {"operationId": "o", "responses": {}}}}
    file = cxcall.file("own.json", wrap("3.1.0", paths))
    problems = ("operations", "--problems", "--contract", file, "-o", "json")
    (finding,) = cxcall(*problems, code=0 if is_usable else 3).envelope["findings"]
    assert message in finding["message"]
    cxcall("send", "callLead", "--contract", file, "-n", code=0 if is_usable else 2)


@pytest.mark.parametrize(
    ("name", "is_usable"),
    [
        ("host", True),
        ("Content-Length", True),
        ("x_http_method_override", False),
        ("X-Forwarded-Host", False),
    ],
)
def test_header_that_controls_the_message_or_its_target_is_no_parameter(
    cxcall: Cxcall, name: str, *, is_usable: bool
) -> None:
    header = {"name": name, "in": "header", "required": True, "schema": {"type": "string"}}
    document = posting("callLead", {"phone": {}}, parameters=[header])
    file, code = cxcall.file("own.json", document), 0 if is_usable else 2
    words = ("send", "callLead", "--contract", file, "-n")
    assert name not in cxcall(*words, "--set", '/phone="x"', code=code).out
    ran = cxcall(*words, "--set", '/phone="x"', "--param", f"{name}=evil.example", code=2)
    assert "unknown parameter" in ran.err or f"the header `{name}` would give" in ran.err
    problems = cxcall("operations", "--problems", "--contract", file, code=0 if is_usable else 3)
    assert f"the header `{name}`" in problems.out


@pytest.mark.slow
def test_stray_body_parameter_beside_a_request_body_blocks_nothing(cxcall: Cxcall) -> None:
    stray = {"name": "lead", "in": "body", "required": True, "schema": {}}
    document = posting("callLead", {"phone": {"type": "string"}}, parameters=[stray])
    file = cxcall.file("own.json", document)
    assert "warning" in cxcall("operations", "--problems", "--contract", file, code=0).out
    cxcall("send", "callLead", "--contract", file, "--set", '/phone="x"', "-n", code=0)


@pytest.mark.slow
@pytest.mark.parametrize("path", ["@evil.example/x", "{h}/x"])
def test_path_without_a_slash_cannot_change_the_host(cxcall: Cxcall, path: str) -> None:
    document = posting("dial", {"to": {}}, path)
    document["paths"]["/list"] = {"get": {"operationId": "list", "responses": {}}}
    file = cxcall.file("own.json", document)
    words = ("send", "dial", "--contract", file, "--base-url", "https://api.example.com")
    for more in ("-n", "--curl"):
        ran = cxcall(*words, more, "--set", '/to="+12025550123"', code=2)
        assert f"the path `{path}` does not begin with a slash" in ran.err
    listed = cxcall("operations", "--problems", "--contract", file, "-o", "json", code=3)
    assert listed.envelope["data"]["unusable"] == ["dial"]


@pytest.mark.parametrize("server", ["@evil.example/v2", ":9902/v2"])
@pytest.mark.parametrize("dialect", ["2.0", "3.1.0"])
def test_relative_server_without_a_slash_cannot_change_the_host(
    cxcall: Cxcall, dialect: str, server: str
) -> None:
    document = posting("dial", {"to": {}})
    if dialect == "2.0":
        body = {"in": "body", "name": "body", "schema": {"properties": {"to": {}}}}
        declared = {"operationId": "dial", "parameters": [body], "responses": {}}
        document = {"swagger": "2.0", "basePath": server, "paths": {"/dial": {"post": declared}}}
    else:
        document["servers"] = [{"url": server}]
    file = cxcall.file("own.json", {"info": {"title": "x", "version": "1"}, **document})
    words = ("send", "dial", "--contract", file, "--base-url", "https://api.example.com", "-n")
    ran = cxcall(*words, "--set", '/to="+12025550123"', code=0)
    assert f"POST https://api.example.com/{server}/dial" in ran.out
