"""Count how many operations of an API document work, from the listing to a request to the sandbox.

    python tools/contract_coverage.py DOCUMENT...

For every operation that accepts JSON or a form: is it in `operations`; does `operations NAME --skeleton`
print a body, does `validate` accept it, does `send --dry-run` build the request, and does `send` to a
sandbox that was started with the document end with exit code 0? Each step is the real command, in a
process that is forked from one with everything loaded. The reasons of those that do not work
are printed. Exit code 1 if fewer than 98 % work.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import tempfile
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import find, strategies

from cxcall.cli.main import run
from cxcall.contracts.contract import Contract, load_user_contract
from cxcall.contracts.operation import Operation
from cxcall.contracts.sample_values import sample_value
from cxcall.sandbox.server import Sandbox, start_sandbox

LEAST = 0.98
STEPS = ("operations", "skeleton", "validate", "dry-run", "send")
SHOWN = 12


def main(documents: list[str]) -> int:
    """Print the counts of each document; return 1 if one of them has too few operations that work."""
    if not documents:
        print(__doc__)
        return 2
    return max([measure(Path(each).resolve()) for each in documents])


def measure(document: Path) -> int:
    """Print how many operations of one document work, and why the others do not."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CXCALL_STATE_DIR"] = os.environ["CXCALL_CONFIG_DIR"] = folder
        os.environ.pop("CXCALL_CACHE_DIR", None)
        contract = load_user_contract(str(document))
        with start_sandbox([contract], rate_allowed=1_000_000) as sandbox:
            results = Measurement(contract, document, sandbox, Path(folder)).results()
    counted = [name for name, step, _ in results if step == "counted"]
    failed = {name: (step, why) for name, step, why in results if step != "counted"}
    share = 1 - len(failed) / max(len(counted), 1)
    print(
        f"{document.name}: {len(counted) - len(failed)} of {len(counted)} operations work ({share:.1%})"
    )
    for step in STEPS:
        if lost := Counter(why for each, why in failed.values() if each == step):
            print(f"  {step}: {sum(lost.values())} fail")
            for why, count in lost.most_common(SHOWN):
                names = [name for name, found in failed.items() if found == (step, why)]
                print(f"    {count} x {why}  (such as {names[0]})")
    return 0 if share >= LEAST else 1


@cache
def matching_text(pattern: str) -> str:
    """Return a short text that matches a pattern."""
    return find(
        strategies.from_regex(re.compile(pattern, re.ASCII), fullmatch=True), lambda _: True
    )


class Measurement:
    """The commands for the operations of one document, with a folder for their files."""

    def __init__(self, contract: Contract, document: Path, sandbox: Sandbox, folder: Path) -> None:
        self._contract, self._document, self._folder = contract, document, folder
        self._environment = {
            "CXCALL_CONTRACT": str(document),
            "CXCALL_BASE_URL": sandbox.base_url,
            "CXCALL_TOKEN_URL": f"{sandbox.base_url}/oauth/token",
            "CXCALL_CLIENT_ID": sandbox.client_id,
            "CXCALL_CLIENT_SECRET": sandbox.client_secret,
            "CXCALL_USERNAME": sandbox.client_id,
            "CXCALL_PASSWORD": sandbox.client_secret,
            "CXCALL_API_KEY": sandbox.client_secret,
        }

    def results(self) -> list[tuple[str, str, str]]:
        """Return (operation, step, reason) for each failure, and (operation, "counted", "") for each operation."""
        found = []
        listed = self._command("operations", "-o", "json")
        names = {each["name"] for each in listed.get("data", {}).get("operations", ())}
        unusable = {name for each in self._contract.problems for name in each["operations"]}
        for name in sorted(unusable):
            found += [(name, "counted", ""), (name, "operations", "its request is invalid")]
        for operation in self._contract.operations:
            if operation.takes_body:
                found.append((operation.name, "counted", ""))
                step, why = self._try(operation, is_listed=operation.name in names)
                found += [(operation.name, step, why)] if step else []
        return found

    def _try(self, operation: Operation, *, is_listed: bool) -> tuple[str, str]:
        """Return the first step that fails, and why; empty texts if none does."""
        if not is_listed:
            return "operations", "not listed"
        shown = self._command("operations", operation.name, "--skeleton", "-o", "json")
        if shown["exitCode"]:
            return "skeleton", reason(shown)
        body = self._folder / "body.json"
        body.write_text(
            json.dumps(shown["data"]["skeleton"] and json.loads(shown["data"]["skeleton"]))
        )
        given = ["-f", str(body), *self._parameters(operation), "--again", "-o", "json"]
        for step, words in (
            ("validate", ["validate", str(body), "--operation", operation.name, "-o", "json"]),
            ("dry-run", ["send", operation.name, *given, "--dry-run"]),
            ("send", ["send", operation.name, *given, "--yes"]),
        ):
            done = self._command(*words)
            if done["exitCode"]:
                return step, reason(done)
        return "", ""

    def _parameters(self, operation: Operation) -> list[str]:
        words = []
        for each in operation.parameters:
            if each.required:
                value = sample_value(self._contract, each.schema)
                if pattern := self._contract.resolve(each.schema).get("pattern"):
                    value = matching_text(str(pattern))
                # A parameter without a type is a text, of which null would be a placeholder.
                items = value if isinstance(value, list) else ["a" if value is None else value]
                texts = [item if isinstance(item, str) else json.dumps(item) for item in items]
                text = (
                    ",".join(texts).replace("/", "-")
                    if each.location == "path"
                    else ",".join(texts)
                )
                words += ["--param", f"{each.name}={text or 'a'}"]
        return words

    def _command(self, *words: str) -> dict[str, Any]:
        """Run one command in a fork of this process, and return its envelope."""
        out = self._folder / "out.json"
        child = os.fork()
        if not child:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.environ.update(self._environment)
            os.chdir(self._folder)
            for descriptor, name in ((1, out), (2, os.devnull)):
                os.dup2(os.open(name, os.O_CREAT | os.O_TRUNC | os.O_WRONLY), descriptor)
            code = run(words)
            sys.stdout.flush()
            os._exit(code)
        _, status = os.waitpid(child, 0)
        try:
            found: dict[str, Any] = json.loads(out.read_text())
        except ValueError:
            return {"exitCode": os.waitstatus_to_exitcode(status) or 1, "findings": []}
        return found


def reason(envelope: dict[str, Any]) -> str:
    """Return the first error of an envelope in one line."""
    errors = [each for each in envelope["findings"] if each["severity"] == "error"]
    first = next(iter(errors), {"code": "?", "message": f"exit code {envelope['exitCode']}"})
    return f"{first['code']}: {first['message'][:140]}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
