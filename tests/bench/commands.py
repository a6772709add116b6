"""Time whole commands against alternatives that a user could run: python tests/bench/commands.py [PAIRS].

`check-jsonschema` and `ajv` are taken from PATH, and left out if they are missing.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from lines import schema_of
from pairs import compare, environment_in, heading

HERE = Path(__file__).parent
CXCALL = str(Path(sys.executable).with_name("cxcall"))
CONTACT = "12345678-1234-1234-1234-123456789012"


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
        sent = [
            CXCALL,
            "personal-connection",
            "--file",
            str(payload),
            "--set",
            '/reasonCode="r{i}"',
            "--base-url",
            url,
            "--yes",
        ]
        heading("whole process")
        compare("checked, recorded send : six-line script", sent, script, pairs, environment)
        compare(
            "--version : python -c pass",
            [CXCALL, "--version"],
            [python, "-c", "pass"],
            pairs,
            environment,
        )
        compare("--help : six-line script", [CXCALL, "--help"], script, pairs, environment)
        completing = {**environment, "_CXCALL_COMPLETE": "zsh", "_CXCALL_WORD": ""}
        compare(
            "completion of an operation : six-line script",
            [CXCALL, "send"],
            script,
            pairs,
            completing,
        )
        validate = [CXCALL, "validate", str(payload)]
        compare("validate one file : six-line script", validate, script, pairs, environment)
        schema = schema_of(folder, "personal-connection", environment)
        if checker := shutil.which("check-jsonschema"):
            compare(
                "validate one file : check-jsonschema",
                validate,
                [checker, "--schemafile", schema, str(payload)],
                pairs,
                environment,
            )
        if ajv := shutil.which("ajv"):
            ajv_command = [
                ajv,
                "validate",
                "--spec=draft2020",
                "--strict=false",
                "-c",
                "ajv-formats",
                "-s",
                schema,
                "-d",
                str(payload),
            ]
            compare("validate one file : ajv", validate, ajv_command, pairs, environment)
        server.terminate()


if __name__ == "__main__":
    main()
