"""Extensions (`x-cxcall-*`) of a user's document that are wrong are listed and ignored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cxcall.contracts.conversion.convert import convert
from cxcall.findings.errors import UsageError
from helpers.calling_api import posting

if TYPE_CHECKING:
    from helpers.command import Cxcall

EXTENSIONS = [
    ("", "platform", "nice-cxone"),
    ("", "renamed", {"a": ["b", "c"]}),
    ("", "rings", "no"),
    ("op", "command", {"name": "my-call"}),
    ("op", "engagement-id", "body:/id"),
    ("op", "reads", True),
    ("op", "rings", "false"),
    ("op", "track", {"id": "id", "over": "/over", "state": "/state"}),
    ("schema", "conditions", "x"),
    ("schema", "person", 1),
    ("schema", "persons", True),
    ("server", "regions", {"eu": "eu.example.com"}),
]


@pytest.mark.slow
def test_wrong_extension_is_ignored_and_listed(cxcall: Cxcall) -> None:
    document = posting("op", {"to": {"type": "string"}})
    (operation,) = (each["post"] for each in document["paths"].values())
    (media,) = operation["requestBody"]["content"].values()
    nodes = {
        "": document,
        "op": operation,
        "schema": media["schema"],
        "server": document["servers"][0],
    }
    for kind, name, value in EXTENSIONS:
        nodes[kind][f"x-cxcall-{name}"] = value
    file = cxcall.file("own.json", document)
    listed = cxcall("operations", "--problems", "--contract", file, "-o", "json", code=0).envelope
    places = sorted(each["where"].rpartition("/x-cxcall-")[2] for each in listed["findings"])
    assert places == sorted(name for _, name, _ in EXTENSIONS)
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
