"""Parameters of a user's document are sent in the styles of OpenAPI, or refused before anything is sent."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from cxcall.contracts.contract import load_user_contract
from cxcall.findings.errors import UsageError
from cxcall.payloads.schema_check import check_parameters
from helpers.cases import each_case

if TYPE_CHECKING:
    from helpers.command import Cxcall

INTEGERS = {"type": "array", "items": {"type": "integer"}}
TEXTS = {"type": "array", "items": {"type": "string"}}
OBJECT = {"type": "object", "properties": {"to": {"type": "string"}, "page": {"type": "integer"}}}


def parameter(name: str, place: str, schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": name, "in": place, "required": place == "path", "schema": schema, **more}


def document(*parameters: dict[str, Any]) -> dict[str, Any]:
    """Return a document with one operation that has these parameters."""
    slots = "".join(f"/{{{each['name']}}}" for each in parameters if each["in"] == "path")
    get = {
        "operationId": "getIt",
        "parameters": list(parameters),
        "responses": {"200": {"description": "It."}},
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Styles", "version": "1"},
        "servers": [{"url": "https://styles.example"}],
        "components": {"schemas": {"Integers": INTEGERS}},
        "paths": {f"/it{slots}": {"get": get}},
    }


@pytest.fixture
def contract(cxcall: Cxcall) -> str:
    """Write a document with a parameter of each kind."""
    reference = {"$ref": "#/components/schemas/Integers"}
    parameters = (
        parameter("list", "path", reference),
        parameter("plain", "path", TEXTS),
        parameter("filter", "query", OBJECT, style="deepObject"),
        {"name": "json", "in": "query", "content": {"application/json": {"schema": OBJECT}}},
        parameter("ids", "query", reference, explode=False),
        parameter("status", "query", TEXTS),
        parameter("one", "query", {"type": "string"}),
        parameter("X-Box", "header", OBJECT, explode=True),
    )
    return cxcall.file("own.json", document(*parameters))


def words(contract: str, *more: str) -> tuple[str, ...]:
    path = ("--list", "1,2", "--plain", "a/b,c")
    return ("send", "getIt", "--contract", contract, *path, *more)


QUERY = (
    *("--param", 'filter={"to": "a b", "page": 3}', "--json", '{"to":"x"}', "--ids", "1,2"),
    *("--param", 'X-Box={"page":1,"to":"x"}'),
)


def test_parameters_are_written_in_their_styles(cxcall: Cxcall, contract: str) -> None:
    ran = cxcall(*words(contract, *QUERY, "-n", "-o", "json"), code=0)
    path, _, query = ran.envelope["request"]["url"].partition("?")
    assert path == "https://styles.example/it/1,2/a%2Fb,c"
    assert query.split("&") == [
        "filter%5Bpage%5D=3",
        "filter%5Bto%5D=a%20b",
        "json=%7B%22to%22%3A%22x%22%7D",
        "ids=1%2C2",
    ]
    assert ran.envelope["request"]["headers"]["X-Box"] == "page=1,to=x"


@pytest.mark.slow
def test_sandbox_reads_each_style(cxcall: Cxcall, contract: str) -> None:
    cxcall(*words(contract, *QUERY, "--sandbox"), code=0)
    ran = cxcall(*words(contract, "--ids", "1,x", "--force", "--sandbox"), code=5)
    assert "Value [1] not valid" in ran.out


@pytest.mark.parametrize(
    ("given", "status", "message"),
    [
        (("--one", "a", "--one", "b"), 2, "`--one` is given 2 times"),
        (("--param", "one=a", "--param", "one=b"), 2, "`--param one` is given 2 times"),
        (("--filter", '{"to": {"a": 1}}'), 2, "OpenAPI does not define"),
        (("--ids", "1,x"), 3, "`ids` in the query must be an integer; got `x`"),
        (("--filter", "to"), 3, "write JSON: `--param 'filter={"),
        (("--filter", '{"page": "x"}'), 3, "`page` of `filter` in the query must be an integer"),
    ],
)
def test_value_that_cannot_be_sent_is_refused(
    cxcall: Cxcall, contract: str, given: tuple[str, ...], status: int, message: str
) -> None:
    assert message in cxcall(*words(contract, *given, "-n"), code=status).err


def test_repeated_list_sends_each_value(cxcall: Cxcall, contract: str) -> None:
    given = ("--status", "a,b", "--status", '["c,d"]', "--status", "e")
    ran = cxcall(*words(contract, *given, "-n", "-o", "json"), code=0)
    query = ran.envelope["request"]["url"].partition("?")[2]
    assert query == "status=a&status=b&status=c%2Cd&status=e"
    ran = cxcall(*words(contract, *given, "--param", "status=e", "-n"), code=2)
    assert "`--status` and `--param status` set the same parameter" in ran.err


def test_repeated_number_is_refused(cxcall: Cxcall) -> None:
    given = ("--phone-number", "+12025550100", "--phone-number", "+12025550101")
    ran = cxcall("execute", "CAMPAIGN", *given, "--sandbox", code=2)
    assert "`--phone-number` is given 2 times, but has one value" in ran.err


@pytest.mark.slow
def test_parameters_with_one_name_have_values_of_their_own(cxcall: Cxcall) -> None:
    text = {"type": "string"}
    places = [parameter("to", place, text) for place in ("query", "path", "header")]
    own = document(*places)
    own["paths"]["/it/{to}"]["post"] = own["paths"]["/it/{to}"].pop("get")
    words = ("send", "getIt", "--contract", cxcall.file("own.json", own))
    assert "--query-to" in cxcall(*words, "--help", code=0).out
    for more, query, header in (
        ((), "", None),
        (("--query-to", "b", "--param", "header:to=c"), "?to=b", "c"),
    ):
        ran = cxcall(*words, "--to", "a", *more, "-n", "-o", "json", code=0).envelope["request"]
        assert ran["url"] == f"https://styles.example/it/a{query}"
        assert ran["headers"].get("to") == header
    cxcall(*words, "--to", "a", "--query-to", "b", "--sandbox", code=0)
    ran = cxcall(*words, "--to", "a", "--query-to", "911", "-n", code=3)
    assert "`911` is an emergency number" in ran.err


@pytest.mark.slow
def test_flag_of_several_parameters_is_that_of_the_plain_name(cxcall: Cxcall) -> None:
    names = ["StartTime<", "StartTime>", "StartTime"]
    for count, code in ((2, 2), (3, 0)):
        declared = [parameter(name, "query", {"type": "string"}) for name in names[:count]]
        words = ("send", "getIt", "--contract", cxcall.file("own.json", document(*declared)), "-n")
        ran = cxcall(*words, "--start-time", "1", "--param", "StartTime>=2", code=code)
        assert (ran.code == 2) or "/it?StartTime%3E=2&StartTime=1\n" in ran.out


@pytest.mark.slow
def test_guards_find_numbers_in_objects(cxcall: Cxcall) -> None:
    own = document(parameter("call", "query", OBJECT, style="deepObject"))
    own["paths"]["/it"]["post"] = own["paths"]["/it"].pop("get")
    file = cxcall.file("own.json", own)
    ran = cxcall("send", "getIt", "--contract", file, "--call", '{"to": "911"}', "-n", code=3)
    assert "`911` is an emergency number" in ran.err


@pytest.mark.slow
def test_unsupported_styles_are_listed(cxcall: Cxcall) -> None:
    xml: dict[str, Any] = {"content": {"application/xml": {"schema": {}}}}
    parameters = (
        parameter("one", "query", {"type": "string"}, style="matrix"),
        {"name": "two", "in": "query", **xml},
        parameter("three", "cookie", {"type": "string"}),
    )
    file = cxcall.file("own.json", document(*parameters))
    listed = cxcall("operations", "--problems", "--contract", file, "-o", "json", code=0).envelope
    messages = [each["message"] for each in listed["findings"]]
    assert messages == [
        "the parameter `three` is in a cookie, and cxcall sends only credentials in cookies",
        "the style `matrix` is not supported in the query",
        "the parameter `two` is `application/xml`: only JSON and text are supported",
    ]
    ran = cxcall("send", "getIt", "--contract", file, "-n", "-o", "json", code=0)
    assert ran.envelope["request"]["url"].endswith("/it")
    for style in ("label", "matrix"):
        own = document(parameter("v", "path", TEXTS, style=style))
        ran = cxcall("send", "getIt", "--contract", cxcall.file("own.json", own), code=2)
        assert f"the style `{style}` is not supported in the path" in ran.err
    text = {"name": "two", "in": "query", "content": {"text/plain": {"schema": {}}}}
    file = cxcall.file("own.json", document(text))
    assert cxcall("send", "getIt", "--contract", file, "--two", "a", "-n", code=0).out.startswith(
        "GET https://styles.example/it?two=a"
    )
    needed = document({"name": "two", "in": "query", "required": True, **xml})
    file = cxcall.file("own.json", needed)
    assert (
        "only JSON and text are supported"
        in cxcall("send", "getIt", "--contract", file, code=2).err
    )


FORMS: list[tuple[dict[str, Any], str, str]] = [
    (parameter("v", "path", OBJECT), '{"to":"x","page":1}', "/page,1,to,x"),
    (parameter("v", "query", OBJECT), '{"to":"x","page":1}', "?page=1&to=x"),
    (parameter("v", "query", OBJECT, explode=False), '{"to":"x"}', "?v=to%2Cx"),
    (parameter("v", "query", OBJECT, style="deepObject"), "{}", ""),
    (parameter("v", "query", TEXTS, style="pipeDelimited", explode=False), "a,b", "?v=a%7Cb"),
    (parameter("v", "query", {"type": ["array", "null"]}), "a,b", "?v=a&v=b"),
    (parameter("v", "query", {"allOf": [TEXTS]}), '["a,b"]', "?v=a%2Cb"),
    (
        {"name": "v", "in": "query", "content": {"application/json": {"schema": INTEGERS}}},
        "1,2",
        "?v=%5B1%2C2%5D",
    ),
    (
        {"name": "v", "in": "query", "content": {"text/json": {"schema": {"type": "string"}}}},
        "a",
        "?v=%22a%22",
    ),
    (
        {
            "name": "v",
            "in": "query",
            "content": {"text/json": {"schema": {"anyOf": [{"type": "string"}, {"type": "null"}]}}},
        },
        "8",
        "?v=%228%22",
    ),
]


@pytest.mark.slow
@each_case("declared, value, expected", FORMS)
def test_form_of_each_style(
    tmp_path: Any, declared: dict[str, Any], value: str, expected: str
) -> None:
    file = tmp_path / "own.json"
    file.write_text(json.dumps(document(declared)))
    (operation,) = load_user_contract(str(file)).operations
    assert operation.url("https://x.example", {"v": value}) == f"https://x.example/it{expected}"


def test_undefined_forms_are_refused(tmp_path: Any) -> None:
    file = tmp_path / "own.json"
    for declared, value, what in (
        (parameter("v", "query", TEXTS, style="deepObject"), "a,b", "`deepObject` for an array"),
        (parameter("v", "path", OBJECT), '{"to":["a","b"]}', "an item of `v` has `,`"),
    ):
        file.write_text(json.dumps(document(declared)))
        (operation,) = load_user_contract(str(file)).operations
        with pytest.raises(UsageError, match=what):
            operation.url("https://x.example", {"v": value})


def test_tabs_of_swagger_separate_items(cxcall: Cxcall) -> None:
    tabs = {"name": "v", "in": "query", **TEXTS, "collectionFormat": "tsv"}
    get = {"operationId": "getIt", "parameters": [tabs], "responses": {}}
    own = {"swagger": "2.0", "host": "x.example", "paths": {"/it": {"get": get}}}
    words = ("send", "getIt", "--contract", cxcall.file("own.json", own), "--v", "a,b", "-n")
    ran = cxcall(*words, "-o", "json", code=0)
    assert ran.envelope["request"]["url"] == "https://x.example/it?v=a%09b"


JOINED = [
    (parameter("v", "query", TEXTS, explode=False), '["a,b","c"]', ","),
    (parameter("v", "query", OBJECT, explode=False), '{"to":"a,b"}', ","),
    (parameter("v", "query", TEXTS, style="pipeDelimited", explode=False), "a|b", "|"),
    (parameter("v", "header", OBJECT, explode=True), '{"to":"a,b"}', ","),
]


@pytest.mark.slow
@each_case("declared, value, separator", JOINED)
def test_item_with_the_separator_of_its_style_is_refused(
    cxcall: Cxcall, declared: dict[str, Any], value: str, separator: str
) -> None:
    file = cxcall.file("own.json", document(declared))
    ran = cxcall("send", "getIt", "--contract", file, "--v", value, "-n", code=2)
    assert f"an item of `v` has `{separator}`, which separates its items" in ran.err


def test_empty_list_in_the_path_is_refused(cxcall: Cxcall) -> None:
    file = cxcall.file("own.json", document(parameter("v", "path", TEXTS)))
    ran = cxcall("send", "getIt", "--contract", file, "--v", "[]", "-n", code=2)
    assert "`v` in the path" in ran.err


@each_case(
    "given, is_refused",
    [("7", False), ("7.0", True), ("1e3", True), (" 7", True), ("7,8.0", True), ("[7,8]", False)],
    quick=6,
)
def test_integer_in_the_query_has_one_spelling(
    tmp_path: Any, given: str, *, is_refused: bool
) -> None:
    schema = INTEGERS if "," in given else {"type": "integer"}
    file = tmp_path / "own.json"
    file.write_text(json.dumps(document(parameter("v", "query", schema))))
    (operation,) = load_user_contract(str(file)).operations
    codes = [each.code for each in check_parameters(operation, {"v": given})]
    assert codes == ["value-not-allowed"] * is_refused


@each_case(
    "given, is_valid",
    [
        ("a,b", True),
        ('["a,b", "c"]', True),
        ("[1, true]", True),
        ("[draft],b", True),
        ('["a", null]', False),
        ('["a", {"k": 1}]', False),
    ],
    quick=6,
)
def test_list_in_json_is_checked_as_it_is(tmp_path: Any, given: str, *, is_valid: bool) -> None:
    file = tmp_path / "own.json"
    file.write_text(json.dumps(document(parameter("v", "query", TEXTS))))
    (operation,) = load_user_contract(str(file)).operations
    is_refused = bool(check_parameters(operation, {"v": given}))
    assert is_refused is not is_valid
