"""Time `validate` on many lines against alternatives: python tests/bench/lines.py [PAIRS].

Peers are taken from PATH (`check-jsonschema`, `node`) and from NODE_PATH (`ajv`, `ajv-formats`); a missing
one is left out. It asserts nothing.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path

from pairs import Command, compare, environment_in, heading

HERE = Path(__file__).parent
CXCALL = str(Path(sys.executable).with_name("cxcall"))
LINES = 200_000
# In its own small process, because a child's peak includes that of the process it was forked from.
PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def payload(dice: random.Random, number: int, *, has_number: bool) -> dict[str, str]:
    """Return a body of about 250 bytes as a line."""
    some = str(uuid.UUID(int=dice.getrandbits(128), version=4))
    if has_number:
        digits = f"+1{dice.choice(['202', '212', '312', '415', '503'])}{dice.randrange(2000000, 9999999)}"
        return {
            "phoneNumber": digits,
            "callFromQueueId": some,
            "label": "a word " * dice.randrange(20),
        }
    return {"contactId": some, "reasonCode": f"row {number} " + "a word " * dice.randrange(38)}


def write(file: Path, count: int, *, has_number: bool = False, wrong: int = 0) -> str:
    """Write lines, every `wrong`-th of which is not valid; returns the path."""
    dice = random.Random(4)
    with file.open("w", encoding="utf-8") as out:
        for number in range(count):
            body = payload(dice, number, has_number=has_number)
            if wrong and number % wrong == 0:
                body["contactId"] = "12345"
            out.write(json.dumps(body) + "\n")
    return str(file)


def schema_of(folder: Path, operation: str, environment: dict[str, str]) -> str:
    """Write the schema of an operation's body; returns the path."""
    shown = subprocess.run(
        [CXCALL, "operations", operation, "-o", "json"],
        capture_output=True,
        check=True,
        env=environment,
    )
    file = folder / f"{operation}.schema.json"
    file.write_text(json.dumps(json.loads(shown.stdout)["data"]["bodySchema"]), "utf-8")
    return str(file)


def as_array(folder: Path, schema: str, file: str) -> tuple[str, str]:
    """Write the lines of a file as one array, and the schema of that array; returns both paths."""
    whole, array = folder / "whole.json", folder / "array.schema.json"
    whole.write_text(f"[{','.join(Path(file).read_text('utf-8').splitlines())}]", "utf-8")
    body = json.loads(Path(schema).read_text("utf-8"))
    items = {"type": "array", "items": {"$ref": body.pop("$ref")}}
    array.write_text(json.dumps({**body, **items}), "utf-8")
    return str(array), str(whole)


def peak(command: Command, environment: dict[str, str]) -> int:
    """Return the most memory that a command takes, in KiB."""
    result = subprocess.run(
        [sys.executable, "-c", PEAK, *command], env=environment, capture_output=True, check=True
    )
    return int(result.stdout)


def main() -> None:
    """Print the table."""
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    checker, node = shutil.which("check-jsonschema"), shutil.which("node")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = environment_in(folder)
        plain = write(folder / "plain.jsonl", LINES)
        dialed = write(folder / "dialed.jsonl", LINES, has_number=True)
        wrong = write(folder / "wrong.jsonl", LINES, wrong=5)

        def ours(file: str, operation: str = "personal-connection", jobs: int = 1) -> Command:
            return [CXCALL, "validate", file, "--operation", operation, "--jobs", str(jobs)]

        heading(f"{LINES:,} JSON lines, one process")
        for label, file, operation in (
            ("IDs and texts", plain, "personal-connection"),
            ("phone numbers", dialed, "place-call"),
        ):
            schema = schema_of(folder, operation, environment)
            if node and os.environ.get("NODE_PATH"):
                ajv = [node, str(HERE / "ajv_lines.mjs"), schema, file]
                compare(f"{label} : ajv", ours(file, operation), ajv, pairs, environment)
            if checker:
                peer = [checker, "--schemafile", *as_array(folder, schema, file)]
                compare(
                    f"{label} : check-jsonschema, one array",
                    ours(file, operation),
                    peer,
                    3,
                    environment,
                )
        small, large = write(folder / "s.jsonl", 10_000), write(folder / "l.jsonl", 1_000_000)
        for label, file, operation in (
            ("phone numbers", dialed, "place-call"),
            ("IDs and texts", plain, "personal-connection"),
            ("IDs and texts, 1,000,000 lines", large, "personal-connection"),
            ("one in five wrong", wrong, "personal-connection"),
        ):
            compare(
                f"{label}, two processes : one",
                ours(file, operation, 2),
                ours(file, operation),
                min(pairs, 5),
                environment,
            )
        first, last = (peak(ours(file), environment) for file in (small, large))
        print(
            f"\npeak memory, 10^4 lines {first / 1024:.1f} MiB, 10^6 lines {last / 1024:.1f} MiB: {last / first:.2f}"
        )


if __name__ == "__main__":
    main()
