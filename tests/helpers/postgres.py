"""A real PostgreSQL server in a temporary folder, on a Unix socket and a free loopback port."""

from __future__ import annotations

import fcntl
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread

import pytest

USER = "cxcall"
_ADDRESS = "127.0.0.1"
READY = "database system is ready to accept connections"
READY_TO_READ = "database system is ready to accept read-only connections"
START_TIMEOUT = 60.0
EMPTY = (
    "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
    "DROP SCHEMA IF EXISTS cxcall, public CASCADE; CREATE SCHEMA public AUTHORIZATION pg_database_owner; GRANT USAGE ON SCHEMA public TO PUBLIC",
)
"""Statements that make a database as it was when it was new: two transactions, because four take twice the time."""


def find_programs() -> Path | None:
    """Return the folder of the newest PostgreSQL server's programs; Debian keeps them off PATH."""
    on_path = shutil.which("initdb")
    debian = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3])
    )
    found = Path(on_path) if on_path else debian[-1] if debian else None
    return found.resolve().parent if found else None


def _owner() -> pwd.struct_passwd | None:
    """Return the user who runs the server, because it refuses to run as root; None for this user."""
    if os.geteuid() != 0:
        return None
    names = {each.pw_name: each for each in pwd.getpwall()}
    return names.get("postgres") or names["nobody"]


class PostgresServer:
    """One server. Without `is_durable` it writes faster, and loses data only if the machine fails.

    It begins with a copy of `files`, or makes its own, which takes ten times as long. It ends with the thread that
    started it, even when that is killed.
    """

    def __init__(
        self, programs: Path, files: Path | None = None, *, is_durable: bool = False
    ) -> None:
        self._programs, self._owner = programs, _owner()
        self._is_durable = is_durable
        self._names = count()
        self._empty: list[str] = []
        self._process: subprocess.Popen[str] | None = None
        self.folder = Path(
            tempfile.mkdtemp(prefix="cxpg")
        )  # short: the path of a socket is limited
        if self._owner:
            os.chown(self.folder, self._owner.pw_uid, self._owner.pw_gid)
        with socket.create_server((_ADDRESS, 0)) as free:
            self.port = free.getsockname()[1]
        if files is None:
            options = ("--no-sync", "--no-locale", "--encoding=UTF8", "--wal-segsize=1")
            self._run_to_end("initdb", *options, "--auth=trust", f"--username={USER}")
        else:
            copy_files(files, self.folder / "data")

    def _command(self, program: str, *arguments: str) -> list[str]:
        command = [str(self._programs / program), "-D", str(self.folder / "data"), *arguments]
        if self._owner is None:
            return command
        user = (f"--reuid={self._owner.pw_uid}", f"--regid={self._owner.pw_gid}", "--clear-groups")
        return ["setpriv", *user, "--pdeathsig=INT", *command]

    def _run_to_end(self, program: str, *arguments: str) -> None:
        command = self._command(program, *arguments)
        subprocess.run(command, check=True, capture_output=True, cwd="/", timeout=START_TIMEOUT)

    def start(self, ready: str = READY) -> None:
        """Start the server, also after a stop, and wait until it accepts connections."""
        options = {
            "unix_socket_directories": str(self.folder),
            "listen_addresses": _ADDRESS,
            "port": str(self.port),
            "fsync": "on" if self._is_durable else "off",
            "shared_buffers": "16MB",
            "max_connections": "200",
            "autovacuum": "off",
            "log_min_messages": "log",
            "logging_collector": "off",
        }
        arguments = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        self._process = subprocess.Popen(
            self._command("postgres", *arguments),
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            cwd="/",
            env={**os.environ, "LC_ALL": "C"},
        )
        lines: SimpleQueue[str] = SimpleQueue()
        Thread(target=self._read_log, args=(self._process, lines), daemon=True).start()
        output = ""
        try:
            while ready not in output:
                output += lines.get(timeout=START_TIMEOUT)
                if self._process.poll() is not None:
                    raise RuntimeError(f"PostgreSQL did not start: {output}")
        except Empty:
            raise RuntimeError(f"PostgreSQL is not ready: {output}") from None

    @staticmethod
    def _read_log(process: subprocess.Popen[str], lines: SimpleQueue[str]) -> None:
        assert process.stderr is not None
        with process.stderr as log:
            for line in log:
                lines.put(line)
        lines.put("(end of its log)")

    def stop(self, *, mode: str = "immediate") -> None:
        """Stop the server: `immediate` like a crash, `fast` with its clients disconnected."""
        if self._process is not None:
            self._run_to_end("pg_ctl", "stop", "-m", mode, "-w")
            self._process.wait(START_TIMEOUT)
            self._process = None

    def restart(self, *, mode: str = "immediate") -> None:
        """Stop the server, and start it again at the same addresses."""
        self.stop(mode=mode)
        self.start()

    def promote(self) -> None:
        """Start another timeline, like the promotion of a standby or a recovery."""
        self._recover("recovery.signal", READY)

    def stand_by(self) -> None:
        """Start as a hot standby, which only reads until `pg_promote()`."""
        self._recover("standby.signal", READY_TO_READ)

    def _recover(self, signal: str, ready: str) -> None:
        self.stop(mode="fast")
        with (self.folder / "data" / "postgresql.conf").open("a") as file:
            file.write("restore_command = 'false'\n")
        (self.folder / "data" / signal).touch()
        self.start(ready)

    def url(self, database: str, *, by_socket: bool = True) -> str:
        """Return the URL of a database, by the Unix socket or the port."""
        if by_socket:
            return f"postgresql://{USER}@/{database}?host={self.folder}&port={self.port}"
        return f"postgresql://{USER}@{_ADDRESS}:{self.port}/{database}"

    def new_database(self, template: str = "template0", options: str = "") -> str:
        """Create a database, and return its name; `options` is SQL such as `ENCODING 'UTF8'`."""
        import psycopg

        name = f"test{next(self._names)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} {options}")
        return name

    @contextmanager
    def empty_database(self) -> Iterator[str]:
        """Yield the name of an empty database: that of an earlier test, which takes a tenth of the time of a new one."""
        name = self._empty.pop() if self._empty else self.new_database()
        yield name
        if self._has_emptied(name):
            self._empty.append(name)

    def _has_emptied(self, name: str) -> bool:
        """End what still uses a database and drop all that is in it; returns False if it cannot be used again."""
        import psycopg

        try:
            with psycopg.connect(self.url(name), autocommit=True) as connection:
                for statement in EMPTY:
                    connection.execute(statement)
        except psycopg.Error:
            return False
        return True

    def close(self) -> None:
        """Stop the server and delete its folder."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def copy_files(files: Path, copy: Path) -> None:
    """Copy the files of a server, with their owner."""
    subprocess.run(["cp", "-a", str(files), str(copy)], check=True)


def shared_files(kept: Path) -> Path:
    """Return the files of a new server in the folder `kept`; the first process that asks makes them."""
    with open(kept.with_suffix(".lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            made = PostgresServer(find_programs_or_skip())
            copy_files(made.folder / "data", kept.with_suffix(".part"))
            made.close()
            kept.with_suffix(".part").rename(kept)
    return kept


def find_programs_or_skip() -> Path:
    """Return the folder of the server's programs; skips the test if PostgreSQL is not installed."""
    programs = find_programs()
    if programs is None:
        pytest.skip("needs a PostgreSQL server: no `initdb` on PATH or in /usr/lib/postgresql")
    return programs


@contextmanager
def running_postgres(
    files: Path | None = None, *, is_durable: bool = False
) -> Iterator[PostgresServer]:
    """Run a server; skips the test if PostgreSQL is not installed."""
    programs = find_programs_or_skip()
    server = PostgresServer(programs, files, is_durable=is_durable)
    try:
        server.start()
        yield server
    finally:
        server.close()
