"""Time a vendor's own document against the shipped contracts: python tests/bench/contract.py [PAIRS].

The document is a generated Swagger 2.0 file of 30 MB with 8,000 operations. Its first use, which
converts it, is timed separately; the rows after that are as in `python tests/bench`. It asserts nothing.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from pairs import compare, environment_in, heading, run

CXCALL = str(Path(sys.executable).with_name("cxcall"))
OPERATIONS = 8000
TOGETHER = 80
"""The number of models that one body refers to; the most in Genesys Cloud's document of 2018 is 77."""
WORDS = "What it is for, what it may hold, and who may change it is told at some length here. " * 2


def thing(number: int) -> dict[str, Any]:
    """Return a model of twelve properties, two of which lead to other models."""
    kinds: list[dict[str, Any]] = [
        {"type": "string"},
        {"type": "integer"},
        {"type": "array", "items": {"type": "string"}},
    ]
    properties: dict[str, Any] = {
        f"field{each}": {**kinds[each % 3], "description": WORDS} for each in range(8)
    }
    properties["phoneNumber"] = {"type": "string"}
    properties[f"only{number}"] = {"type": "boolean"}
    start = number - number % TOGETHER
    for name, other in (("next", number + 1), ("far", number * 7 + 3)):
        properties[name] = {"$ref": f"#/definitions/Thing{start + other % TOGETHER}"}
    return {"type": "object", "required": [f"only{number}"], "properties": properties}


def operation(number: int) -> dict[str, Any]:
    """Return an operation whose body is that model."""
    schema = {"$ref": f"#/definitions/Thing{number}"}
    answers = {
        str(status): {"description": WORDS} for status in (400, 401, 403, 404, 413, 429, 500)
    }
    return {
        "operationId": f"addThing{number}",
        "summary": f"Add thing {number}.",
        "description": WORDS,
        "parameters": [{"in": "body", "name": "body", "required": True, "schema": schema}],
        "responses": {"200": {"description": "Added.", "schema": schema}, **answers},
    }


def document() -> dict[str, Any]:
    """Return the whole document."""
    return {
        "swagger": "2.0",
        "info": {"title": "Things", "version": "1"},
        "host": "api.mypurecloud.com",
        "schemes": ["https"],
        "paths": {f"/api/v2/things{each}": {"post": operation(each)} for each in range(OPERATIONS)},
        "definitions": {f"Thing{each}": thing(each) for each in range(OPERATIONS)},
    }


def main() -> None:
    """Print the first use, and the table."""
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    with tempfile.TemporaryDirectory() as folder:
        environment = environment_in(Path(folder))
        own, body, call, curl = (Path(folder, name) for name in ("own", "body", "call", "curl"))
        own.write_text(json.dumps(document()), "utf-8")
        body.write_text(json.dumps({"only77": True, "phoneNumber": "+12025550100"}), "utf-8")
        call.write_text(json.dumps({"phoneNumber": "+12025550100"}), "utf-8")
        to = "curl -H 'Content-Type: application/json' https://api.mypurecloud.com/api/v2"
        curl.write_text(f"{to}/conversations/calls -d '{call.read_text()}'", "utf-8")
        theirs = Path(folder, "theirs")
        theirs.write_text(f"{to}/things77 -d '{body.read_text()}'", "utf-8")
        with_own = ["--contract", str(own)]
        megabytes = own.stat().st_size / 1e6
        first = run([CXCALL, "operations", "addThing77", *with_own], 0, environment)
        print(f"first use of {megabytes:.0f} MB, {OPERATIONS} operations: {first / 1e3:.1f} s")
        heading("ours: that document; peer: those shipped")
        for label, ours, shipped in (
            (
                "send --dry-run",
                ["send", "addThing77", "-n", "-f", str(body)],
                ["send", "place-call", "-n", "-f", str(call)],
            ),
            (
                "validate --operation",
                ["validate", "--operation", "addThing77", str(body)],
                ["validate", "--operation", "place-call", str(call)],
            ),
            (
                "validate, the operation to be found",
                ["validate", str(body)],
                ["validate", str(call)],
            ),
            ("explain", ["explain", str(theirs)], ["explain", str(curl)]),
            ("operations NAME", ["operations", "addThing77"], ["operations", "place-call"]),
            ("operations, all of them", ["operations"], ["operations"]),
        ):
            compare(label, [CXCALL, *ours, *with_own], [CXCALL, *shipped], pairs, environment)


if __name__ == "__main__":
    main()
