"""Eight workers in separate network namespaces, killed 20 times, and a database that crashes twice.

    python tests/bench/many_machines.py [--rows 5400] [--rate 30] [--kills 20] [--restarts 2] [--seed 1]

Needs root, `ip`, and a PostgreSQL server. Prints the rate, the refusals, and the results of the rows; ends with
an error if a row was called twice or lost.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from random import Random
from threading import Thread
from typing import Self

sys.path.insert(0, str(Path(__file__).parents[1]))

from helpers.certificates import Certificate, make_certificate
from helpers.command import Cxcall, Start
from helpers.platform_server import Bucket, Platform, Reply
from helpers.postgres import PostgresServer, find_programs
from helpers.workers import check_calls, queue_rows, rows_of, running_workers

NETWORK, HOST = "10.213.77", "10.213.77.1"
BRIDGE = "cxbench"
WORKERS, THREADS = 8, 4


class DistantPlatform(Platform):
    """A platform on the address of the bridge, with TLS; it records the time of each call."""

    def __init__(self, certificate: Certificate, bucket: Bucket) -> None:
        super().__init__(bucket=bucket)
        self._certificate = certificate
        self.times: list[float] = []

    def __enter__(self) -> Self:
        super().__enter__()
        local = self._server
        self._distant = type(local)((HOST, 0), local.RequestHandlerClass)
        self._distant.socket = self._certificate.context().wrap_socket(
            self._distant.socket, server_side=True, do_handshake_on_connect=False
        )
        Thread(target=self._distant.serve_forever, daemon=True).start()
        self.base_url = f"https://{HOST}:{self._distant.server_port}"
        return self

    def __exit__(self, *error: object) -> None:
        self._distant.shutdown()
        self._distant.server_close()
        super().__exit__(*error)

    def reply(self, raw: bytes, token: str) -> Reply:
        """Respond to one request, and record its time unless it was refused."""
        at = time.monotonic()
        reply = super().reply(raw, token)
        if reply.status < 400:
            self.times.append(at)
        return reply


def run(*words: str) -> None:
    """Run a program that must succeed."""
    subprocess.run(words, check=True, capture_output=True)


@contextmanager
def namespaces(count: int) -> Iterator[list[str]]:
    """Make network namespaces, each with an address on one bridge."""
    names = [f"{BRIDGE}{number}" for number in range(count)]
    run("ip", "link", "add", BRIDGE, "type", "bridge")
    try:
        run("ip", "addr", "add", f"{HOST}/24", "dev", BRIDGE)
        run("ip", "link", "set", BRIDGE, "up")
        for number, name in enumerate(names):
            run("ip", "netns", "add", name)
            run(
                "ip",
                "link",
                "add",
                f"cxv{number}",
                "type",
                "veth",
                "peer",
                "name",
                "eth0",
                "netns",
                name,
            )
            run("ip", "link", "set", f"cxv{number}", "master", BRIDGE, "up")
            inside = ("ip", "netns", "exec", name, "ip")
            run(*inside, "addr", "add", f"{NETWORK}.{number + 10}/24", "dev", "eth0")
            run(*inside, "link", "set", "eth0", "up")
            run(*inside, "link", "set", "lo", "up")
        yield names
    finally:
        for number, name in enumerate(names):
            subprocess.run(["ip", "link", "del", f"cxv{number}"], capture_output=True, check=False)
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)
        run("ip", "link", "del", BRIDGE)


@contextmanager
def database() -> Iterator[PostgresServer]:
    """Run a durable PostgreSQL server that the namespaces reach."""
    programs = find_programs()
    assert programs, "PostgreSQL is not installed"
    server = PostgresServer(programs, is_durable=True, address=HOST)
    try:
        with (server.folder / "data" / "pg_hba.conf").open("a") as rules:
            rules.write(f"host all all {NETWORK}.0/24 trust\n")
        server.start()
        yield server
    finally:
        server.close()


def measure(given: argparse.Namespace) -> None:
    """Run the workers, and print the results."""
    chance = Random(given.seed)
    folder = Path(tempfile.mkdtemp(prefix="cxcall-bench-"))
    cxcall = Cxcall(folder, Start.PROGRAM)
    certificate = make_certificate(folder / "tls", hosts=f"IP:{HOST}")
    with (
        namespaces(WORKERS) as names,
        database() as server,
        DistantPlatform(certificate, Bucket(given.rate, given.rate)) as platform,
    ):
        url = server.url(server.new_database(), by_socket=False)
        cxcall.environment |= {
            "CXCALL_BASE_URL": platform.base_url,
            "CXCALL_ACCESS_TOKEN": "token-of-the-bench",
            "CXCALL_LEDGER": url,
            "CXCALL_MAX_WAIT": "60",
            "REQUESTS_CA_BUNDLE": str(certificate.path),
        }
        batch = queue_rows(cxcall, rows_of(given.rows), "--rate", f"{given.rate}/s")
        prefixes = [
            (
                "ip",
                "netns",
                "exec",
                name,
                "env",
                f"CXCALL_STATE_DIR={folder}/{name}",
                f"CXCALL_CONFIG_DIR={folder}/{name}/config",
            )
            for name in names
        ]
        words = (
            "--until-empty",
            "--timeout",
            "10",
            "--lease",
            "15",
            "--concurrency",
            str(THREADS),
            "--max-failures",
            "100%",
            "--max-failures",
            "1000000",
        )
        kills = [given.rows * turn // (given.kills + 1) for turn in range(1, given.kills + 1)]
        restarts = [
            given.rows * turn // (given.restarts + 1) for turn in range(1, given.restarts + 1)
        ]
        outages = []
        with running_workers(cxcall, WORKERS, *words, prefixes=prefixes) as workers:
            for count, is_kill in sorted(
                [*((each, True) for each in kills), *((each, False) for each in restarts)]
            ):
                assert platform.wait_for_rings(count, timeout=30), "no more calls come"
                if is_kill:
                    workers.kill(chance.randrange(WORKERS))
                else:
                    began = time.monotonic()
                    server.restart()
                    outages.append((began, time.monotonic()))
            codes = workers.wait(300)
        outcomes = check_calls(cxcall, batch, platform.dials, given.rows)
    print_figures(platform, outages, given)
    print(f"outcomes: {dict(outcomes)}; exit codes of the last workers: {codes}")
    (folder / "times.json").write_text(json.dumps(platform.times))


def print_figures(
    platform: DistantPlatform, outages: list[tuple[float, float]], given: argparse.Namespace
) -> None:
    """Print the rate while rows were left, with and without the outages, and the share of refusals.

    At the end, the rows of killed workers wait for their leases.
    """
    times = sorted(platform.times)[: -WORKERS * 2 * THREADS]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    span, total = times[-1] - times[0], len(times) - 1
    outage = sum(
        next(later for later in times if later > end) - max(at for at in times if at < began)
        for began, end in outages
    )
    print(f"{total} calls in {span:.1f} s: {total / span:.2f}/s of {given.rate}/s permitted")
    running = (total - len(outages)) / (span - outage)
    print(f"without {len(outages)} outages of {outage:.1f} s in all: {running:.2f}/s")
    print(f"shortest gap: {min(gaps) * 1e3:.1f} ms; longest: {max(gaps) * 1e3:.0f} ms")
    print(f"429: {platform.limited} of {platform.limited + len(platform.times)} responses")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name, usual in (("rows", 5400), ("rate", 30), ("kills", 20), ("restarts", 2), ("seed", 1)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    measure(parser.parse_args())
