"""Time `cxcall validate` on long files against peers: python tests/bench/validate_lines.py [PAIRS].

Whole processes are run A B A B ..., and the median of the ratios of the pairs is printed. A peer
that is not there is named and left out: orjson in this Python, check-jsonschema on the PATH, node
with ajv and ajv-formats where NODE_PATH says. It asserts nothing.
"""

from __future__ import annotations

import json
import os
import random
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any, NamedTuple

CXCALL = str(Path(sys.executable).with_name("cxcall"))
LINES = 200_000
ORJSON = "import orjson, sys\nfor line in open(sys.argv[1], 'rb'): orjson.loads(line)"
AJV = """
const Ajv = require('ajv/dist/2020'), lines = require('readline'), fs = require('fs')
const ajv = new Ajv({strict: false, allErrors: true})
require('ajv-formats')(ajv)
const check = ajv.compile(JSON.parse(fs.readFileSync(process.argv[1])))
let wrong = 0
lines.createInterface({input: fs.createReadStream(process.argv[2])})
  .on('line', line => { wrong += !check(JSON.parse(line)) })
  .on('close', () => process.exit(wrong ? 1 : 0))
"""
NAMES = ["Ada", "Grace", "Zoë", "Jürgen", "Łucja", "Mary Ann", "O'Neil", "李"]
PREFIXES = {"+1202555": 4, "+4915123": 6, "+447400": 6, "+336123": 5, "+61412": 6, "+81901234": 4}


class Run(NamedTuple):
    """What a whole process took: wall time in seconds, peak memory in MiB."""

    seconds: float
    peak: float


def run(command: list[str]) -> Run:
    """Run a whole process; findings are no failure."""
    # A child's peak counts the memory of what it was forked from: this process stays small.
    began = time.perf_counter()
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as child:
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode not in (0, 3):
            assert child.stderr
            sys.exit(f"{command[0]} ended with {child.returncode}:\n{child.stderr.read().decode()}")
    return Run(seconds, usage.ru_maxrss / 1024)


def runs(probe: list[str]) -> bool:
    """Tell whether a peer is there."""
    return not subprocess.run(probe, capture_output=True, check=False).returncode


def compare(label: str, first: list[str], second: list[str], pairs: int, bar: str) -> None:
    """Print one row: both medians, and the median of first / second, with its range."""
    run(first), run(second)
    times = [(run(first).seconds, run(second).seconds) for _ in range(pairs)]
    ratios = sorted(one / other for one, other in times)
    one, other = (statistics.median(column) for column in zip(*times, strict=True))
    middle = statistics.median(ratios)
    print(
        f"{label:<52}{one:>8.2f}{other:>8.2f}{middle:>8.2f}   {ratios[0]:.2f}-{ratios[-1]:.2f}  {bar}"
    )


def plain(dice: random.Random) -> Any:
    """Return a body of 250 bytes without a number."""
    words = " ".join(dice.choice(NAMES) for _ in range(24))
    return {"contactId": identity(dice), "reasonCode": f"{dice.randrange(10**6)} {words}"[:170]}


def numbered(dice: random.Random) -> Any:
    """Return a body of 250 bytes with a number in it, one in six regions."""
    contact = identity(dice)
    prefix = dice.choice([*PREFIXES])
    digits = PREFIXES[prefix]
    data = {
        "phoneNumber": f"{prefix}{dice.randrange(10**digits):0{digits}d}",
        "name": dice.choice(NAMES),
        "note": f"order {dice.randrange(10**6)}, second try",
    }
    return {"contactId": contact, "contactSpec": {"contactId": contact, "contactData": data}}


def mixed(dice: random.Random) -> Any:
    """Return a body of one of two operations, its members in any order; one in a hundred is wrong."""
    body = dice.choice([plain, numbered])(dice)
    members = list(body.items())
    dice.shuffle(members)
    body = dict(members)
    if "contactSpec" in body:
        data = body["contactSpec"]["contactData"]
        for _ in range(dice.randrange(3)):
            data[dice.choice(["city", "street", "email", "age"])] = dice.choice(NAMES)
    if not dice.randrange(100):
        body["contactId"] = body["contactId"][:-1]
    return body


def identity(dice: random.Random) -> str:
    """Return an ID."""
    return str(uuid.UUID(int=dice.getrandbits(128), version=4))


def write(folder: Path, make: Any, count: int) -> str:
    """Write so many lines."""
    dice = random.Random(count)
    path = folder / f"{make.__name__}{count}.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for _ in range(count):
            file.write(json.dumps(make(dice), ensure_ascii=False) + "\n")
    return str(path)


def schema_of(folder: Path, operation: str) -> str:
    """Write the schema of an operation's body."""
    words = [CXCALL, "operations", operation, "-o", "json"]
    shown = subprocess.run(words, capture_output=True, check=True)
    path = folder / "schema.json"
    path.write_text(json.dumps(json.loads(shown.stdout)["data"]["bodySchema"]), "utf-8")
    return str(path)


def as_array(folder: Path, lines: str) -> str:
    """Write the lines of a file as one array, for a peer that knows no lines."""
    path = folder / "array.json"
    path.write_text(f"[{','.join(Path(lines).read_text('utf-8').splitlines())}]", "utf-8")
    return str(path)


def ours(file: str, jobs: int, operation: str = "") -> list[str]:
    """Return a run of `validate`."""
    named = ["--operation", operation] if operation else []
    return [CXCALL, "validate", file, "--jobs", str(jobs), *named]


def against_orjson(folder: Path, pairs: int) -> None:
    """Print what a check costs more than to read JSON alone."""
    if not runs([sys.executable, "-c", "import orjson"]):
        print("orjson.loads: left out, it is not installed for this Python")
        return
    for label, make, name, bar in (
        ("schema alone, one process : orjson.loads", plain, "personal-connection", "<= 2.0"),
        ("schema and numbers, one process : orjson.loads", numbered, "execute", "<= 4.0"),
        ("two operations, forms mixed, 1 % wrong : orjson.loads", mixed, "", ""),
    ):
        file = write(folder, make, LINES)
        peer = [sys.executable, "-c", ORJSON, file]
        compare(label, ours(file, 1, name), peer, pairs, bar)


def against_validators(folder: Path, pairs: int) -> None:
    """Print how many times longer other validators take, with formats checked."""
    schema = schema_of(folder, "personal-connection")
    file = write(folder, plain, LINES)
    node = shutil.which("node")
    probe = "require('ajv/dist/2020'); require('ajv-formats')"
    if node and runs([node, "-e", probe]):
        peer = [node, "-e", AJV, schema, file]
        mine = ours(file, 1, "personal-connection")
        compare("ajv, JSON.parse a line : schema alone, one process", peer, mine, pairs, ">= 1.5")
    else:
        print("ajv: left out, node does not find ajv and ajv-formats (set NODE_PATH)")
    peer_path = shutil.which("check-jsonschema")
    if not peer_path:
        print("check-jsonschema: left out, it is not on the PATH")
        return
    array = as_array(folder, file)
    one = json.loads(Path(schema).read_text("utf-8"))
    parts = one.pop("components", {})
    whole = folder / "whole.json"
    whole.write_text(json.dumps({"type": "array", "items": one, "components": parts}), "utf-8")
    peer = [peer_path, "--schemafile", str(whole), array]
    mine = ours(file, 1, "personal-connection")
    label = "check-jsonschema, one array : schema alone, one process"
    compare(label, peer, mine, min(pairs, 3), ">= 20")


def on_cores(folder: Path, pairs: int) -> None:
    """Print how much faster more processes are, and what the machine has to give: one process for each quarter."""
    for label, make, count in (
        ("known forms", numbered, 10 * LINES),
        ("forms mixed, 1 % wrong", mixed, LINES),
    ):
        file, quarter = write(folder, make, count), write(folder, make, count // 4)
        one, few = ours(file, 1), min(pairs, 5)
        for jobs, bar in ((2, ""), (4, ">= 2.5")):
            text = f"{label}, {count:,} lines, 1 : {jobs} jobs"
            compare(text, one, ours(file, jobs), few, bar)
        beside = " & ".join(shlex.join(ours(quarter, 1)) for _ in range(4))
        compare("  1 : 4 commands side by side", one, ["sh", "-c", f"{beside} & wait"], few, "")


def memory(folder: Path) -> None:
    """Print the peak of the process that grows most, and the ratio to that of the shortest file."""
    for jobs in (1, 4):
        peaks = {
            count: run(ours(write(folder, mixed, count), jobs)).peak
            for count in (10_000, 100_000, 1_000_000)
        }
        least = peaks[10_000]
        told = ", ".join(f"{count:,} lines {peak:.1f} MiB" for count, peak in peaks.items())
        print(f"peak memory, {jobs} processes: {told}; {max(peaks.values()) / least:.2f} x  <= 1.2")


def main() -> None:
    """Print the table."""
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # users' shells cache bytecode
        os.environ |= {"CXCALL_STATE_DIR": f"{name}/state", "CXCALL_CONFIG_DIR": f"{name}/config"}
        os.chdir(name)
        print(f"{'A : B, seconds':<52}{'A':>8}{'B':>8}{'A / B':>8}   range      bar")
        against_orjson(folder, pairs)
        against_validators(folder, pairs)
        on_cores(folder, pairs)
        memory(folder)


if __name__ == "__main__":
    main()
