"""Load a long file into the sandbox's list: memory, requests, and a resume after SIGKILL.

python tests/bench/campaign.py [CONTACTS]; prints figures and asserts nothing.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from multiprocessing import Pipe, Process
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from cxcall.contracts.contract import load_shipped_contracts
from cxcall.sandbox.server import start_sandbox
from helpers.tenant import Tenant

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

CXCALL = str(Path(sys.executable).with_name("cxcall"))
CONTACTS = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
PER_MINUTE = 300
SMALL = 1000
KILL_AT = 0.4


def serve(pipe: Connection) -> None:
    """Run a sandbox in its own process; print the number of loaded contacts, and of 429 responses."""
    with start_sandbox(load_shipped_contracts(), rate_allowed=PER_MINUTE) as sandbox:
        tenant = Tenant(sandbox)
        pipe.send((sandbox.base_url, tenant.new_list()))
        while pipe.recv() == "count":
            pipe.send(sum(each.accepted and each.method == "POST" for each in sandbox.received))
        contacts = next(iter(sandbox._app.stored._lists.values())).order  # noqa: SLF001 - no read returns so many at once
        names = [each.data["Name"] for each in contacts]
        limited = sum(each.status == 429 for each in sandbox.received)
        pipe.send((len(names), len(set(names)), limited))


def write_rows(path: Path, count: int, letter: str) -> None:
    """Write contacts with unique numbers and names; no number causes a fault."""
    with path.open("w", encoding="utf-8") as file:
        file.write("Phone,Name\n")
        file.writelines(
            f"+1{303 + place // 10**6}{2_000_000 + place % 10**6:07},{letter}{place}\n"
            for place in range(count)
        )


def run(
    words: list[str], environment: dict[str, str], pipe: Connection | None, kill_at: int
) -> tuple[int, float, int]:
    """Run a load, and kill it after so many requests; return its exit code, seconds, and peak memory in MiB."""
    began, peak = time.monotonic(), 0
    with subprocess.Popen(
        words, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    ) as process:
        status = Path(f"/proc/{process.pid}/status")
        while process.poll() is None:
            time.sleep(0.2)
            lines: list[str] = status.read_text().splitlines() if status.exists() else []
            peak = max(
                [peak, *(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))]
            )
            if pipe is not None and _count(pipe) >= kill_at:
                process.kill()
    return process.returncode, time.monotonic() - began, peak // 1024


def _count(pipe: Connection) -> int:
    pipe.send("count")
    return int(pipe.recv())


def main() -> None:
    """Load a short file, then a long one that is killed and resumed."""
    here, there = Pipe()
    server = Process(target=serve, args=(there,), daemon=True)
    server.start()
    base_url, list_id = here.recv()
    with tempfile.TemporaryDirectory() as folder:
        environment: dict[str, Any] = {
            **os.environ,
            "CXCALL_STATE_DIR": f"{folder}/state",
            "CXCALL_CONFIG_DIR": f"{folder}/config",
            "CXCALL_BASE_URL": base_url,
            "CXCALL_CLIENT_ID": "sandbox",
            "CXCALL_CLIENT_SECRET": "sandbox-secret",
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        }
        short, long = Path(folder) / "short.csv", Path(folder) / "long.csv"
        write_rows(short, SMALL, "S")
        write_rows(long, CONTACTS, "P")
        words = [
            CXCALL,
            "campaign",
            "load",
            "--contact-list",
            list_id,
            "--rate",
            f"{PER_MINUTE}/m",
            "-q",
        ]
        _, seconds, small = run([*words, str(short), "--again"], environment, None, 0)
        print(f"{SMALL} contacts: {seconds:.1f} s, peak {small} MiB")
        target = 1 + int(KILL_AT * CONTACTS / 1000)
        code, seconds, peak = run([*words, str(long)], environment, here, target)
        print(
            f"killed after {_count(here) - 1} requests: exit {code}, {seconds:.1f} s, peak {peak} MiB ({peak / small:.2f} of the small one)"
        )
        code, seconds, peak = run([*words, str(long), "--resume"], environment, None, 0)
        print(
            f"resumed: exit {code}, {seconds:.1f} s, peak {peak} MiB ({peak / small:.2f} of the small one)"
        )
    here.send("end")
    loaded, distinct, limited = here.recv()
    print(
        f"in the list: {loaded - SMALL} of {CONTACTS}; distinct names: {distinct - SMALL}; 429s: {limited}"
    )


if __name__ == "__main__":
    main()
