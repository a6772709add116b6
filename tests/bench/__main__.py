"""Time whole commands against what a user would run instead: python tests/bench [PAIRS].

Each row runs A B A B ... in one go and prints the median of the ratios of the pairs, so that the
speed of the machine, and what else it is doing, cancels out. It asserts nothing.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from pairs import compare

HERE = Path(__file__).parent
CONTACT = "12345678-1234-1234-1234-123456789012"


def main() -> None:
    """Print the table."""
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    python, cxcall = sys.executable, str(Path(sys.executable).with_name("cxcall"))
    with tempfile.TemporaryDirectory() as folder:
        payload = Path(folder, "payload.json")
        payload.write_text(json.dumps({"contactId": CONTACT, "reasonCode": "follow_up"}), "utf-8")
        environment = {
            name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
        }
        environment |= {
            "CXCALL_STATE_DIR": f"{folder}/state",
            "CXCALL_CONFIG_DIR": f"{folder}/config",
            "CXCALL_ACCESS_TOKEN": "t",
        }
        with subprocess.Popen(
            [python, str(HERE / "server.py")], stdout=subprocess.PIPE, text=True
        ) as server:
            assert server.stdout is not None
            url = f"http://127.0.0.1:{server.stdout.readline().strip()}"
            script = [python, str(HERE / "six_lines.py"), url, str(payload)]
            sent = [
                cxcall,
                "personal-connection",
                "-f",
                str(payload),
                "--set",
                '/reasonCode="r{i}"',
                "--base-url",
                url,
                "--yes",
            ]
            print(f"{'whole process, ms':<44}{'ours':>8}{'peer':>8}{'ratio':>8}   range")
            compare("checked, recorded send : six-line script", sent, script, pairs, environment)
            compare(
                "--version : python -c pass",
                [cxcall, "--version"],
                [python, "-c", "pass"],
                pairs,
                environment,
            )
            compare("--help : six-line script", [cxcall, "--help"], script, pairs, environment)
            compare(
                "validate one file : six-line script",
                [cxcall, "validate", str(payload)],
                script,
                pairs,
                environment,
            )
            peer = shutil.which("check-jsonschema", path=str(Path(python).parent))
            if peer:
                schema = Path(folder, "schema.json")
                shown = subprocess.run(
                    [cxcall, "operations", "personal-connection", "-o", "json"],
                    capture_output=True,
                    check=True,
                    env=environment,
                )
                schema.write_text(
                    json.dumps(json.loads(shown.stdout)["data"]["bodySchema"]), "utf-8"
                )
                compare(
                    "validate one file : check-jsonschema",
                    [cxcall, "validate", str(payload)],
                    [peer, "--schemafile", str(schema), str(payload)],
                    pairs,
                    environment,
                )
            server.terminate()


if __name__ == "__main__":
    main()
