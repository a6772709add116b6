"""Time whole commands against what a user would run instead: python tests/bench/commands.py [PAIRS].

`check-jsonschema` and `ajv` are taken from PATH, and left out where they are not there.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from lines import schema_of
from pairs import compare, environment_in, heading

HERE = Path(__file__).parent
CXCALL = str(Path(sys.executable).with_name("cxcall"))
CONTACT = "12345678-1234-1234-1234-123456789012"
COPIES = 24


def large_document() -> dict[str, Any]:
    """Return a Swagger 2.0 document of more than 30 MB: the shipped contract's operations, many times over."""
    contracts = HERE.parent.parent / "cxcall" / "contracts"
    known = json.loads((contracts / "genesys-cloud.json").read_text("utf-8"))
    text = json.dumps(known["components"]["schemas"]).replace("#/components/schemas/", "#/definitions/")  # fmt: skip
    found: dict[str, Any] = {
        "swagger": "2.0",
        "info": {"title": "Many", "version": "1"},
        "host": "api.mypurecloud.com",
        "schemes": ["https"],
        "paths": {},
        "definitions": {},
    }
    body = known["paths"]["/api/v2/conversations/calls"]["post"]["requestBody"]["content"]["application/json"]["schema"]["$ref"]  # fmt: skip
    name = body.rpartition("/")[2]
    for copy in range(COPIES * 24):
        for each, schema in json.loads(text.replace("#/definitions/", f"#/definitions/V{copy}")).items():  # fmt: skip
            found["definitions"][f"V{copy}{each}"] = schema
        for number in range(COPIES):
            schema = {"$ref": f"#/definitions/V{copy}{name}"}
            found["paths"][f"/api/v{copy}/calls/{number}"] = {
                "post": {
                    "operationId": f"placeCall{copy}x{number}",
                    "parameters": [{"in": "body", "name": "body", "schema": schema}],
                    "responses": {"200": {"description": "Placed."}},
                }
            }
    return found


def main() -> None:
    """Print the tables."""
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    python = sys.executable
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = environment_in(folder)
        payload = folder / "payload.json"
        payload.write_text(json.dumps({"contactId": CONTACT, "reasonCode": "follow_up"}), "utf-8")
        server = subprocess.Popen(
            [python, str(HERE / "server.py")], stdout=subprocess.PIPE, text=True
        )
        assert server.stdout is not None
        url = f"http://127.0.0.1:{server.stdout.readline().strip()}"
        script = [python, str(HERE / "six_lines.py"), url, str(payload)]
        sent = [CXCALL, "personal-connection", "-f", str(payload), "--set", '/reasonCode="r{i}"', "--base-url", url, "--yes"]  # fmt: skip
        heading("whole process")
        compare("checked, recorded send : six-line script", sent, script, pairs, environment)
        compare("--version : python -c pass", [CXCALL, "--version"], [python, "-c", "pass"], pairs, environment)  # fmt: skip
        compare("--help : six-line script", [CXCALL, "--help"], script, pairs, environment)
        completing = {**environment, "_CXCALL_COMPLETE": "zsh", "_CXCALL_WORD": ""}
        compare("completion of an operation : six-line script", [CXCALL, "send"], script, pairs, completing)  # fmt: skip
        validate = [CXCALL, "validate", str(payload)]
        compare("validate one file : six-line script", validate, script, pairs, environment)
        schema = schema_of(folder, "personal-connection", environment)
        if checker := shutil.which("check-jsonschema"):
            compare("validate one file : check-jsonschema", validate, [checker, "--schemafile", schema, str(payload)], pairs, environment)  # fmt: skip
        if ajv := shutil.which("ajv"):
            told = [ajv, "validate", "--spec=draft2020", "--strict=false", "-c", "ajv-formats", "-s", schema, "-d", str(payload)]  # fmt: skip
            compare("validate one file : ajv", validate, told, pairs, environment)
        document = folder / "swagger.json"
        document.write_text(json.dumps(large_document()), "utf-8")
        call = folder / "call.json"
        call.write_text(json.dumps({"phoneNumber": "+12025550123"}), "utf-8")
        heading(f"a Swagger 2.0 document of {document.stat().st_size >> 20} MiB")
        dry = ["-f", str(call), "--dry-run"]
        built_in = [CXCALL, "send", "place-call", *dry]
        own = [CXCALL, "send", "placeCall7x3", "--contract", str(document), *dry]
        first = {**environment, "CXCALL_CACHE_DIR": "/dev/null/none"}
        compare("send --dry-run, first use : built-in contract", own, built_in, 3, first)
        compare("send --dry-run, afterwards : built-in contract", own, built_in, pairs, environment)
        server.terminate()


if __name__ == "__main__":
    main()
