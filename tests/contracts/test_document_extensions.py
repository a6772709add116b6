"""Extensions (`x-cxcall-*`) of a user's document that are wrong are listed and ignored."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cxcall.contracts import contract
from cxcall.contracts.conversion.convert import PROBLEMS, convert
from cxcall.findings.errors import UsageError
from helpers.calling_api import posting

if TYPE_CHECKING:
    from helpers.command import Cxcall

EXTENSIONS = [
    ("", "platform", 7),
    ("", "rules", "x"),
    ("", "renamed", {"a": ["b", "c"]}),
    ("op", "command", "mycall"),
    ("op", "engagement-id", "body:/id"),
    ("op", "reads", True),
    ("op", "rings", "false"),
    ("op", "track", {"role": "call"}),
    ("op", "conditions", [{"then": {"pattern": "("}, "says": "x", "source": "y"}]),
    ("schema", "conditions", "x"),
    ("schema", "mistakes", {"a": 1}),
    ("schema", "persons", True),
    ("server", "regions", ["eu"]),
]
OTHERS = [("op", "command", {"name": "x", "flags": {"a": {}}})]


@pytest.mark.slow
@pytest.mark.parametrize("extensions", [EXTENSIONS, OTHERS])
def test_wrong_extension_is_ignored_and_listed(
    cxcall: Cxcall, extensions: list[tuple[str, str, Any]]
) -> None:
    document = posting("op", {"to": {"type": "string"}})
    (operation,) = (each["post"] for each in document["paths"].values())
    (media,) = operation["requestBody"]["content"].values()
    nodes = {
        "": document,
        "op": operation,
        "schema": media["schema"],
        "server": document["servers"][0],
    }
    for kind, name, value in extensions:
        nodes[kind][f"x-cxcall-{name}"] = value
    file = cxcall.file("own.json", document)
    listed = cxcall("operations", "--problems", "--contract", file, "-o", "json", code=0).envelope
    places = sorted(each["where"].rpartition("/x-cxcall-")[2] for each in listed["findings"])
    assert places == sorted(name for _, name, _ in extensions)
    for each in listed["findings"]:
        assert "the extension is ignored: " in each["message"]
    cxcall("send", "op", "--contract", file, "--set", '/to="+12025550123"', "-n", code=0)
    cxcall("personal-connection", "--help", env={"CXCALL_CONTRACT": file}, code=0)


def test_operation_is_left_out_if_the_values_that_call_are_wrong() -> None:
    """Without the extension, such a value would be sent unasked."""
    document = posting("op", {"to": {"type": "string"}})
    (operation,) = (each["post"] for each in document["paths"].values())
    wrong: list[Any] = ["off", {"/mode": "off"}, {"/mode": [{}]}]
    for value in wrong:
        operation["x-cxcall-rings-with"] = value
        with pytest.raises(UsageError) as raised:  # the document has no other operation
            convert(document, "own.json")
        assert raised.value.findings[0].where.endswith("/x-cxcall-rings-with")


@pytest.mark.slow
def test_shipped_documents_have_no_wrong_extension() -> None:
    folder = Path(contract.__file__).parent
    for file in (*folder.glob("*.json"), *(folder / "published").glob("*.json")):
        converted = convert(json.loads(file.read_text("utf-8")), file.name)
        problems = [each["message"] for each in converted.head[PROBLEMS]]
        assert not [each for each in problems if "called `" not in each], file.name
