"""Time `validate` on long files against other checkers: python tests/bench/validate_lines.py [LINES] [PAIRS].

orjson must be installed; check-jsonschema is timed where it is on the PATH, ajv where node finds it
(NODE_PATH). Every ratio is the median of pairs A B A B ... of one run; it asserts nothing.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import orjson

from cxcall.contract import find, operations
from cxcall.judge import Judge, Stretch
from cxcall.lines import LineCheck, cut

if TYPE_CHECKING:
    from collections.abc import Callable

CXCALL = str(Path(sys.executable).with_name("cxcall"))
# In a small process of its own: a child's peak counts that of the process it was forked from.
PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
AJV = """
const Ajv = require("ajv/dist/2020"), [schema, file] = process.argv.slice(1), fs = require("fs")
const ajv = new Ajv({strict: false}); require("ajv-formats")(ajv)
const valid = ajv.compile(JSON.parse(fs.readFileSync(schema, "utf8")))
let wrong = 0
require("readline").createInterface({input: fs.createReadStream(file)})
  .on("line", line => { wrong += !valid(JSON.parse(line)) }).on("close", () => process.exit(wrong))
"""


def bodies(kind: str, count: int) -> list[dict[str, Any]]:
    """Return bodies of about 250 bytes: with a number, with one long text, or a tenth of them wrong."""
    chance = random.Random(1)
    made = []
    for number in range(count):
        contact = str(uuid.UUID(int=chance.getrandbits(128), version=4))
        if kind == "text":
            told = f"order {number}: asked for a call back after the delivery was late; see ticket {number} in the other system and the notes of last week, agreed with the lead"
            made.append({"contactId": contact, "reasonCode": told})
            continue
        data = {"phoneNumber": f"+1212{chance.randrange(2000000, 9999999)}"}
        data |= {
            "firstName": chance.choice(["Ada", "Grace", "Édith"]),
            "lastName": "Lovelace",
            "account": number,
        }
        data |= {"note": f"renewal due this week, ask for Ms {number}"}
        if kind == "wrong" and number % 10 == 0:
            data["phoneNumber"] = "2025550123"
        made.append(
            {"contactId": contact, "contactSpec": {"contactId": contact, "contactData": data}}
        )
    return made  # fmt: skip


def write(folder: str, kind: str, count: int) -> str:
    """Write such bodies as JSON Lines; returns the path."""
    path = Path(folder, f"{kind}-{count}.jsonl")
    text = "".join(json.dumps(body, ensure_ascii=False) + "\n" for body in bodies(kind, count))
    path.write_text(text, "utf-8")
    return str(path)


def compare(
    label: str, bar: str, pairs: int, ours: Callable[[], object], peer: Callable[[], object]
) -> None:
    """Print one row: our median, the peer's (seconds), the median of the ratios and their range, and the bar."""
    ours(), peer()
    times = [(timed(ours), timed(peer)) for _ in range(pairs)]
    ratios = sorted(mine / theirs for mine, theirs in times)
    mine, theirs = (statistics.median(column) for column in zip(*times, strict=True))
    middle = statistics.median(ratios)
    print(
        f"{label:<58}{mine:>8.3f}{theirs:>8.3f}{middle:>8.3f}   {ratios[0]:.2f}-{ratios[-1]:.2f}   {bar}",
        flush=True,
    )


def timed(work: Callable[[], object]) -> float:
    """Return the wall time of some work, in seconds."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def load(path: str) -> None:
    """Do what every checker does at least: parse each line."""
    with open(path, "rb") as lines:
        for line in lines:
            orjson.loads(line)


def check(path: str) -> int:
    """Check each line in this process, as one core of ours does; returns how many are valid."""
    judge = LineCheck(path, Judge(operations()))
    with open(path, "rb") as file:
        found = [entry for part in cut(file, path, rereadable=True) for entry in judge(part)]
    return sum(entry.length if isinstance(entry, Stretch) else entry.valid for entry in found)


def run(*command: str) -> Callable[[], object]:
    """Return what runs a whole process; whether it finds something does not matter."""
    return lambda: subprocess.run(command, capture_output=True, check=False)


def peak(path: str) -> float:
    """Return the most memory of a run on a file, in MiB."""
    done = subprocess.run([sys.executable, "-c", PEAK, CXCALL, "validate", path], capture_output=True, text=True, check=True)  # fmt: skip
    return int(done.stdout) / 1024


def main() -> None:
    """Print the tables."""
    lines = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    pairs = int(sys.argv[2]) if sys.argv[2:] else 7
    print(
        f"{lines:,} lines, median of {pairs} pairs; {len(os.sched_getaffinity(0))} cores, load {os.getloadavg()[0]:.1f}"
    )
    print(f"{'seconds':<58}{'ours':>8}{'peer':>8}{'ratio':>8}   range       bar")
    with tempfile.TemporaryDirectory() as folder:
        text, path = write(folder, "text", lines), write(folder, "number", lines)
        loads, checks = partial(load, path), partial(check, path)
        with patch("cxcall.lines.undialable", lambda _: set()):
            compare("one core, schema alone : orjson.loads", "<= 2.0", pairs, checks, loads)
        compare(
            "one core, and the number's plausibility : orjson.loads", "<= 4.0", pairs, checks, loads
        )
        compare(
            "one core, one long text : orjson.loads",
            "<= 2.0",
            pairs,
            partial(check, text),
            partial(load, text),
        )
        of_peers(folder, path, pairs)
        for kind, count in (("number", lines), ("number", 5 * lines), ("wrong", lines // 4)):
            path = write(folder, kind, count)
            alone = run(CXCALL, "validate", "--jobs", "1", path)
            for jobs in ("2", "4"):
                label = f"{count:,} lines{', a tenth of them wrong' * (kind == 'wrong')}: {jobs} processes : 1"
                compare(
                    label,
                    "<= 0.40" if jobs == "4" else "",
                    max(pairs // 2, 3),
                    run(CXCALL, "validate", "--jobs", jobs, path),
                    alone,
                )
        few = peak(write(folder, "number", 10**4))
        for count in (10**5, 10**6):
            most = peak(write(folder, "number", count))
            print(
                f"peak memory, {count:,} lines : 10,000 lines (MiB)".ljust(58)
                + f"{most:>8.1f}{few:>8.1f}{most / few:>8.3f}   -           <= 1.20"
            )


def of_peers(folder: str, path: str, pairs: int) -> None:
    """Print the rows of other checkers, where they are at hand."""
    ours = run(CXCALL, "validate", path)
    schema = Path(folder, "schema.json")
    schema.write_text(json.dumps(find("execute", operations()).body_schema), "utf-8")
    if shutil.which("node") and not subprocess.run(["node", "-e", "require('ajv')"], capture_output=True, check=False).returncode:  # fmt: skip
        compare("whole process : ajv, compiled, line by line (node)", "<= 0.67", pairs, ours, run("node", "-e", AJV, str(schema), path))  # fmt: skip
    if peer := shutil.which("check-jsonschema"):
        array = Path(folder, "array.json")
        array.write_text(f"[{','.join(Path(path).read_text('utf-8').splitlines())}]", "utf-8")
        whole = Path(folder, "array-schema.json")
        one = json.loads(schema.read_text("utf-8"))
        parts = one.pop("components", {})
        whole.write_text(json.dumps({"type": "array", "items": one, "components": parts}), "utf-8")
        theirs = timed(run(peer, "--schemafile", str(whole), str(array)))
        mine = timed(ours)
        print(
            f"{'whole process : check-jsonschema, one array, once':<58}{mine:>8.3f}{theirs:>8.3f}{mine / theirs:>8.3f}   -           <= 0.05"
        )


if __name__ == "__main__":
    main()
