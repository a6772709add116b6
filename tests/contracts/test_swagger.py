"""A vendor's own document with `--contract`: Swagger 2.0 and OpenAPI 3.0, converted once, never stale."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import sqlite3
import sys
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zlib import crc32

import pytest

from cxcall.contracts.cached_document import FILES_KEPT
from helpers.small_api import openapi, swagger

if TYPE_CHECKING:
    from helpers.command import Cxcall


@pytest.fixture(params=[swagger, openapi], ids=["swagger-2.0", "openapi-3.0"])
def contract(request: pytest.FixtureRequest, cxcall: Cxcall) -> str:
    """Write a user's document in each old dialect."""
    return cxcall.file("own.json", request.param())


@pytest.mark.slow
def test_operations_are_listed_with_their_requirements(cxcall: Cxcall, contract: str) -> None:
    shown = cxcall("operations", "callLead", "--contract", contract, "-o", "json", code=0).envelope
    assert shown["data"]["permissions"] == [["lead:call:add"], ["lead:call:all"]]
    assert shown["data"]["rings"] is True
    read = cxcall("operations", "getLead", "--contract", contract, "-o", "json", code=0).envelope
    assert read["data"]["rings"] is False
    listed = cxcall("operations", "--contract", contract, code=0).out.splitlines()
    assert "put-groups" in listed  # it has no operationId


def test_request_is_built_as_declared(cxcall: Cxcall, contract: str) -> None:
    lists = ("--one", "1,2", "--many", "1,2", "--piped", "1,2", "--spaced", "1,2")
    given = ("--lead-id", "a/b", *lists)
    ran = cxcall("send", "getLead", "--contract", contract, *given, "-n", "-o", "json", code=0)
    assert (
        ran.envelope["request"]["url"]
        == "https://leads.example.com/base/v1/leads/a%2Fb?one=1%2C2&many=1&many=2&piped=1%7C2&spaced=1%202"
    )


@pytest.mark.parametrize(
    ("operation", "body", "codes"),
    [
        ("callLead", {"rank": 1, "label": None, "owner": {"rank": 2}}, []),
        ("callLead", {"rank": 0}, ["value-not-allowed"]),
        ("callLead", {"rank": 1, "owner": {"rank": "x"}}, ["type-mismatch"]),
        ("callLead", {"rank": 1, "owner": None}, ["type-mismatch"]),
        ("addGroup", {"rank": 1, "volume": 2.5}, []),
        ("addGroup", {"rank": 1}, ["property-missing"]),
        ("put-groups", {"volume": 1}, ["property-missing"]),
    ],
)
def test_bodies_are_checked_against_the_document(
    cxcall: Cxcall, contract: str, operation: str, body: Any, codes: list[str]
) -> None:
    file = cxcall.file("body.json", body)
    asked = ("validate", file, "--operation", operation, "--contract", contract, "-o", "json")
    ran = cxcall(*asked, code=3 if codes else 0)
    found = [each["code"] for each in ran.envelope["findings"] if each["severity"] == "error"]
    assert found == codes


def test_operation_of_a_body_is_found(cxcall: Cxcall, contract: str) -> None:
    ran = cxcall("validate", "-", "--contract", contract, stdin='{"rank": 1, "volume": 2}', code=0)
    assert ran.out == "-: valid as put-groups or addGroup\n"


def test_sandbox_accepts_operation_of_the_document(cxcall: Cxcall, contract: str) -> None:
    file = cxcall.file("body.json", {"rank": 3})
    words = ("send", "callLead", "--contract", contract, "--lead-id", "7", "-f", file, "--sandbox")
    assert cxcall(*words, "-o", "json", code=0).envelope["response"]["status"] == 202


def test_request_to_the_documents_host_is_explained(cxcall: Cxcall, contract: str) -> None:
    curl = "curl https://leads.example.com/base/v1/groups -H 'Content-Type: application/json' -d '{\"rank\": 1}'"
    ran = cxcall("explain", "-", "--contract", contract, "-o", "json", stdin=curl)
    missing = [each for each in ran.envelope["findings"] if each["code"] == "property-missing"]
    assert [each["where"] for each in missing] == ["/volume"]


def test_form_parameters_are_sent_as_a_form(cxcall: Cxcall, contract: str) -> None:
    shown = cxcall("operations", "sendForm", "--contract", contract, code=0).out
    assert "object, sent as application/x-www-form-urlencoded\n  a  string, required" in shown
    words = ("send", "sendForm", "--contract", contract, "-n")
    (finding,) = cxcall(*words, "-o", "json", code=2).envelope["findings"]
    assert finding["message"] == "no body was given"
    shown = cxcall(*words, "--set", '/a="1 & 2"', code=0).out
    assert "Content-Type: application/x-www-form-urlencoded\n\na=1+%26+2\n" in shown


def test_undeclared_property_is_a_warning(cxcall: Cxcall, contract: str) -> None:
    body = '{"rank": 1, "lable": "a", "owner": {"rank": 1, "loud": true}}'
    asked = ("validate", "-", "--operation", "callLead", "--contract", contract, "-o", "json")
    findings = cxcall(*asked, stdin=body, code=0).envelope["findings"]
    found = [(each["severity"], each["code"], each["where"]) for each in findings]
    assert found == [
        ("warning", "property-unknown", "/lable"),
        ("warning", "property-unknown", "/owner/loud"),
    ]
    assert findings[0]["fix"] == "rename `lable` to `label`"
    cxcall(*asked, "--strict", stdin=body, code=3)


@pytest.mark.parametrize("rest", [True, {"type": "string"}])
def test_property_of_an_open_object_is_no_warning(cxcall: Cxcall, rest: Any) -> None:
    document = swagger()
    document["definitions"]["LEAD"]["additionalProperties"] = rest
    file = cxcall.file("own.json", document)
    asked = ("validate", "-", "--operation", "callLead", "--contract", file, "-o", "json")
    ran = cxcall(*asked, stdin='{"rank": 1, "lable": "a"}', code=0)
    assert ran.envelope["findings"] == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("swagger: '2.0'\npaths: [\n", "is not YAML: did not find expected node content"),
        ("- no\n- document\n", "is not an OpenAPI"),
        ({"swagger": "1.2", "paths": {}}, "or Swagger 2.0 document"),
        ({"swagger": "2.0", "paths": []}, "has an array where an object is required"),
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
        ({"$ref": "https://example.com/x"}, "which is not in it"),
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
    assert {"getLead", "addGroup", "sendForm"} <= names(cxcall, file)
    assert "callLead" not in names(cxcall, file)
    listed = cxcall("operations", "--problems", "--contract", file, "-o", "json", code=3).envelope
    assert listed["data"]["unusable"] == ["callLead"]
    assert any(message in each["message"] for each in listed["findings"])
    ran = cxcall("send", "callLead", "--contract", file, "-n", "-o", "json", code=2)
    (finding,) = ran.envelope["findings"]
    assert finding["message"].startswith("`callLead` cannot be used: ")
    assert message in finding["message"]
    cxcall("send", "addGroup", "--contract", file, "--set", "/rank=1", "-n", code=0)


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


@pytest.mark.parametrize("word", ["allOf", "oneOf", "not"])
def test_schemas_in_a_long_chain_block_only_the_requests_that_use_them(
    cxcall: Cxcall, word: str
) -> None:
    document = swagger()
    levels = ["LEAD", *(f"L{number}" for number in range(1500))]
    for outer, inner in pairwise(levels):
        reference = {"$ref": f"#/definitions/{inner}"}
        document["definitions"][outer] = {word: reference if word == "not" else [reference]}
    document["definitions"][levels[-1]] = {"type": "object"}
    file = cxcall.file("own.json", document)
    for words in (("send", "callLead", "-n", "--set", "/a=1"), ("operations", "callLead")):
        ran = cxcall(*words, "--contract", file, code=2)
        assert "combines others in more than 400 steps" in ran.err
    assert "sendForm" in names(cxcall, file)


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
    names = ["LEAD", *(f"L{number}" for number in range(3000))]
    for outer, inner in pairwise(names):
        reference = {"$ref": f"#/definitions/{inner}"}
        document["definitions"][outer] = reference if word == "$ref" else {word: {"a": reference}}
    document["definitions"][names[-1]] = {"type": "object", "required": ["phone"]}
    file = cxcall.file("own.json", document)
    words = ("send", "callLead", "--contract", file, "-n", "--lead-id", "7")
    ran = cxcall(*words, "--set", '/a={"a": {}}', code=3 if word == "$ref" else 0)
    assert ("`phone` is missing" in ran.err) == (word == "$ref")


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


YAML = """\
# In the style of vendors: unquoted statuses, dates, an anchor, and words that YAML 1.1 reads as booleans.
openapi: 3.2.0
info: {title: Leads, version: 2024-10-01}
servers: [{url: https://leads.example.com}]
paths:
  /leads/{leadId}:
    query:
      operationId: queryLead
      responses: {200: {description: OK}}
    additionalOperations:
      RING:
        operationId: ringLead
        responses: {200: {description: OK}}
  /leads:
    post:
      operationId: callLead
      parameters:
        - in: querystring
          name: all
          content:
            application/x-www-form-urlencoded:
              schema: {properties: {page: &number {type: integer}, size: *number}}
      requestBody:
        content:
          application/json:
            schema: {properties: {answer: {enum: [yes, no, on]}, when: {enum: [2024-10-01]}}}
      responses: {200: {description: OK}}
"""


def test_yaml_document_of_openapi_3_2(cxcall: Cxcall) -> None:
    file = cxcall.file("own.yaml", YAML)
    assert {"callLead", "queryLead", "ringLead"} <= names(cxcall, file)
    words = ("send", "callLead", "--contract", file, "--page", "2", "-n", "-o", "json")
    given = ("--set", '/answer="no"', "--set", '/when="2024-10-01"')
    assert cxcall(*words, *given, code=0).envelope["request"]["url"].endswith("/leads?page=2")
    cxcall(*words, "--set", "/answer=false", code=3)
    shown = cxcall("send", "ringLead", "--contract", file, "--lead-id", "7", "-n", code=0).out
    assert shown.startswith("RING https://leads.example.com/leads/7")


def kept(cxcall: Cxcall) -> list[Path]:
    return sorted(Path(cxcall.environment["CXCALL_STATE_DIR"], "cache").glob("*.sqlite"))


def names(cxcall: Cxcall, contract: str) -> set[str]:
    listed = cxcall("operations", "--contract", contract, code=0).out.splitlines()
    return set(listed)


@pytest.mark.slow
def test_document_is_converted_once_and_again_when_it_changes(cxcall: Cxcall) -> None:
    file = cxcall.file("own.json", swagger())
    for _ in range(3):
        assert "callLead" in names(cxcall, file)
        assert len(kept(cxcall)) == 1
    changed = swagger()
    changed["paths"]["/groups"]["post"]["operationId"] = "addSpire"
    cxcall.file("own.json", changed)
    assert "addSpire" in names(cxcall, file)
    assert "addGroup" not in names(cxcall, file)
    assert len(kept(cxcall)) == 2
    cxcall.file("own.json", swagger())
    assert "addGroup" in names(cxcall, file)
    assert len(kept(cxcall)) == 2


@pytest.mark.slow
@pytest.mark.parametrize("damage", [b"", b"no database", None])
def test_damaged_cached_document_is_written_again(cxcall: Cxcall, damage: bytes | None) -> None:
    file = cxcall.file("own.json", swagger())
    names(cxcall, file)
    (converted,) = kept(cxcall)
    content = converted.read_bytes()
    # None: bytes of a row are changed, and SQLite does not notice.
    spoilt = content.replace(b"callLead", b"skipLead") if damage is None else damage
    assert spoilt != content
    converted.write_bytes(spoilt)
    found = names(cxcall, file)
    assert "callLead" in found
    assert "skipLead" not in found


@pytest.mark.slow
def test_cached_file_of_another_document_is_not_used(cxcall: Cxcall) -> None:
    changed = swagger()
    changed["paths"]["/groups"]["post"]["operationId"] = "addSpire"
    names(cxcall, cxcall.file("own.json", swagger()))
    (first,) = kept(cxcall)
    file = cxcall.file("changed.json", changed)
    names(cxcall, file)
    (second,) = set(kept(cxcall)) - {first}
    shutil.copyfile(first, second)
    assert "addSpire" in names(cxcall, file)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no POSIX permissions")
@pytest.mark.parametrize("place", ["folder", "file"])
def test_cached_document_that_others_can_write_is_not_used(cxcall: Cxcall, place: str) -> None:
    file = cxcall.file("own.json", swagger())
    names(cxcall, file)
    (cached,) = kept(cxcall)
    assert cached.parent.stat().st_mode & 0o077 == 0
    with closing(sqlite3.connect(cached)) as connection, connection:
        connection.execute("UPDATE part SET json = replace(json, 'callLead', 'skipLead')")
        connection.create_function("crc32", 1, lambda text: crc32(text.encode()))
        connection.execute("UPDATE part SET checksum = crc32(json)")
    assert "skipLead" in names(cxcall, file)  # the change is not noticed as damage
    (cached if place == "file" else cached.parent).chmod(0o777)
    assert "callLead" in names(cxcall, file)


@pytest.mark.slow
def test_oldest_cached_files_and_leftovers_of_killed_writers_are_removed(cxcall: Cxcall) -> None:
    folder = Path(cxcall.environment["CXCALL_STATE_DIR"], "cache")
    folder.mkdir(mode=0o700, parents=True)
    for number in range(FILES_KEPT + 2):
        (folder / f"tmp{number}.sqlite").write_bytes(b"cut")
        os.utime(folder / f"tmp{number}.sqlite", (number, number))
    names(cxcall, cxcall.file("own.json", swagger()))
    assert len(kept(cxcall)) == FILES_KEPT
    assert not {"tmp0.sqlite", "tmp1.sqlite", "tmp2.sqlite"} & {file.name for file in kept(cxcall)}
    assert len(list(folder.iterdir())) == FILES_KEPT


def test_document_is_used_without_a_cache_folder(cxcall: Cxcall) -> None:
    blocked = cxcall.file("blocked", "")
    file = cxcall.file("own.json", swagger())
    ran = cxcall(
        "operations",
        "--contract",
        file,
        env={"CXCALL_CACHE_DIR": str(cxcall.folder / blocked)},
        code=0,
    )
    assert "callLead" in ran.out
    assert not kept(cxcall)


@pytest.mark.slow
def test_document_may_be_compressed_or_piped(cxcall: Cxcall) -> None:
    packed = cxcall.folder / "own.json.gz"
    packed.write_bytes(gzip.compress(json.dumps(swagger()).encode()))
    assert "callLead" in names(cxcall, str(packed))
    packed.write_bytes(packed.read_bytes()[:-9])
    assert "damaged" in cxcall("operations", "--contract", str(packed), code=2).err
    piped = cxcall("operations", "--contract", "-", stdin=json.dumps(openapi()), code=0)
    assert "callLead" in piped.out


@pytest.mark.slow
def test_many_processes_may_convert_at_once(cxcall: Cxcall) -> None:
    file = cxcall.file("own.json", swagger())
    running = [cxcall.begin("operations", "--contract", file) for _ in range(6)]
    outs = {process.communicate(timeout=60)[0] for process in running}
    assert [process.returncode for process in running] == [0] * 6
    assert len(outs) == 1
    assert len(kept(cxcall)) == 1


def test_document_of_a_vendor_works_in_every_region(cxcall: Cxcall) -> None:
    document = {**swagger(), "host": "api.mypurecloud.com", "basePath": "/"}
    file = cxcall.file("own.json", document)
    words = ("send", "getLead", "--contract", file, "--lead-id", "7", "-n", "-o", "json")
    ran = cxcall(*words, env={"CXCALL_REGION": "eu-west-1"}, code=0)
    assert ran.envelope["request"]["url"] == "https://api.mypurecloud.ie/leads/7"


@pytest.mark.slow
def test_operation_among_thousands_is_found_by_name_and_by_body(cxcall: Cxcall) -> None:
    document = swagger()
    for number in range(2000):
        known = {
            "type": "object",
            "required": [f"only{number}"],
            "properties": {f"only{number}": {"type": "integer"}, "rank": {"type": "string"}},
        }
        document["paths"][f"/things{number}"] = {
            "post": {
                "operationId": f"addThing{number}",
                "parameters": [{"in": "body", "name": "body", "schema": known}],
                "responses": {"200": {"description": "-"}},
            }
        }
    file = cxcall.file("own.json", document)
    ran = cxcall("validate", "-", "--contract", file, stdin='{"only1234": 1}', code=0)
    assert ran.out == "-: valid as addThing1234\n"
    words = ("send", "addThing77", "--contract", file, "--set", "/only77=1", "-n", "-o", "json")
    assert cxcall(*words, code=0).envelope["operation"] == "addThing77"
    assert (
        "the most similar name is `addThing77`"
        in cxcall("send", "adThing77", "--contract", file).err
    )
