"""The installed command, run as a user would, in its own environment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, ClassVar

import pexpect

from helpers.forked_commands import Ended, ForkedProcess, ForkedTerminal, Forks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.sandbox.server import Sandbox


Running = subprocess.Popen[str] | ForkedProcess
"""A command that runs beside the test."""
CXCALL = Path(sys.executable).with_name("cxcall")
CONTACT = "12345678-1234-1234-1234-123456789012"
CAMPAIGN = "7c1c9d3e-6b1a-4f0e-9f57-3e4a1c0b2d11"


@dataclass(frozen=True)
class Ran:
    """What a command printed and how it ended."""

    args: tuple[str, ...]
    code: int
    out: str
    err: str

    @property
    def envelope(self) -> dict[str, Any]:
        """What it printed with --output json."""
        found: dict[str, Any] = json.loads(self.out)
        return found

    @property
    def codes(self) -> list[str]:
        """The codes of its findings, in order."""
        return [finding["code"] for finding in self.envelope["findings"]]


class Start(Enum):
    """How commands are started."""

    FORK = auto()
    """By a fork of a process that has loaded all commands."""
    FORK_LATER = auto()
    """The first run of each command starts the installed program; later ones are forks."""
    PROGRAM = auto()


class Cxcall:
    """The installed `cxcall`, run as a user would in its own folder and environment."""

    forks: ClassVar[Forks | None] = None
    """The forks that start the command, if available."""

    def __init__(self, folder: Path, start: Start = Start.FORK) -> None:
        self.folder = folder
        self.start = start
        self.starts = 0
        self._commands: set[str] = set()
        self.environment = {
            **{
                name: value
                for name, value in os.environ.items()
                if name.startswith(("COVERAGE", "COV_", "LANG", "PATH"))
            },
            "HOME": str(folder / "home"),
            "CXCALL_STATE_DIR": str(folder / "state"),
            "CXCALL_CONFIG_DIR": str(folder / "config"),
            "CXCALL_MAX_WAIT": "0.01",
            # The tests must not use the keyring of the person who runs them.
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        }

    def __call__(
        self,
        *args: str,
        stdin: str | bytes = "",
        code: int | None = None,
        env: dict[str, str] | None = None,
    ) -> Ran:
        """Run it; `code` is the exit code that it must end with."""
        given = stdin.encode() if isinstance(stdin, str) else stdin
        result = self.run([str(CXCALL), *args], given, {**self.environment, **(env or {})})
        ran = Ran(args, result.returncode, result.stdout.decode(), result.stderr.decode())
        assert "Traceback" not in ran.err, ran
        if code is not None:
            assert ran.code == code, ran
        return ran

    def run(self, command: list[str], given: bytes, environment: dict[str, str]) -> Ended:
        """Run a command line to its end, by a fork if this is equivalent."""
        forks = Cxcall.forks
        if forks is not None and self._may_fork(command) and forks.can_run(given, environment):
            return forks.run(command, given, str(self.folder), environment)
        result = subprocess.run(
            command,
            input=given,
            capture_output=True,
            cwd=self.folder,
            env=environment,
            timeout=60,
            check=False,
        )
        return Ended(result.returncode, result.stdout, result.stderr)

    def path_of_shells(self) -> str:
        """Return PATH for a shell whose commands may be forks: with streams alone, and without signals."""
        folder = CXCALL.parent
        if Cxcall.forks is not None:
            folder = self.folder / "programs"
            Cxcall.forks.write_program(folder / "cxcall", str(CXCALL))
        return f"{folder}{os.pathsep}{CXCALL.parent}{os.pathsep}{self.environment['PATH']}"

    def begin(
        self,
        *args: str,
        out: int = subprocess.PIPE,
        err: int = subprocess.PIPE,
        env: dict[str, str] | None = None,
    ) -> Running:
        """Start it beside the test, without input; `out` and `err` are as for `subprocess`."""
        command, forks = [str(CXCALL), *args], Cxcall.forks
        environment = {**self.environment, **(env or {})}
        if forks is not None and self._may_fork(command) and forks.can_run(b"", environment):
            return forks.start(command, str(self.folder), environment, out, err)
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            text=True,
            cwd=self.folder,
            env=environment,
        )

    def begin_on_terminal(
        self, command: list[str], columns: int, environment: dict[str, str]
    ) -> Any:
        """Start a command line on its own terminal, beside the test: what it returns is as `pexpect.spawn`."""
        variables = {**self.environment, "TERM": "xterm-256color", **environment}
        forks = Cxcall.forks if command[0] == str(CXCALL) and self._may_fork(command) else None
        if forks is not None and forks.can_run(b"", variables):
            return ForkedTerminal(forks, command, str(self.folder), variables, columns)
        child = pexpect.spawn(
            command[0],
            command[1:],
            cwd=str(self.folder),
            dimensions=(40, columns),
            timeout=60,
            encoding="utf-8",
            env=variables,
        )
        child.delayafterclose = child.delayafterterminate = 0.02
        return child

    def _may_fork(self, command: list[str]) -> bool:
        """Return whether this run may be a fork, and remember which command it is."""
        is_first = command[1] not in self._commands if len(command) > 1 else True
        self._commands.update(command[1:2])
        self.starts += 1
        return self.start is Start.FORK or (self.start is Start.FORK_LATER and not is_first)

    def file(self, name: str, content: Any) -> str:
        """Write a file into the folder: text or bytes unchanged, anything else as JSON."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
        return name

    def at(self, sandbox: Sandbox) -> Cxcall:
        """Point the command at a running sandbox, by its environment."""
        self.environment |= {
            "CXCALL_BASE_URL": sandbox.base_url,
            "CXCALL_CLIENT_ID": sandbox.client_id,
            "CXCALL_CLIENT_SECRET": sandbox.client_secret,
        }
        return self


def start_script(
    command: list[str], environment: dict[str, str], folder: Path | None = None
) -> Running:
    """Start a Python script with arguments beside the test, by a fork of a process that has loaded the package if possible."""
    pipe, folder = subprocess.PIPE, folder or Path.cwd()
    if Cxcall.forks is not None:
        return Cxcall.forks.start(command, str(folder), environment, given=pipe)
    return subprocess.Popen(
        [sys.executable, *command],
        text=True,
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
        env=environment,
        cwd=folder,
    )


def run_changed(cxcall: Cxcall, change: str, *words: str) -> Ran:
    """Run a command after a Python script has changed the program in its process."""
    script = f"{change}\n\nfrom cxcall.__main__ import main\n\nmain()\n"
    path = cxcall.folder / cxcall.file("changed.py", script)
    with start_script([str(path), *words], cxcall.environment, cxcall.folder) as process:
        out, err = process.communicate(timeout=60)
    return Ran(words, process.wait(), out, err)


@contextmanager
def terminal(
    cxcall: Cxcall,
    *arguments: str,
    columns: int = 80,
    program: str = str(CXCALL),
    **environment: str,
) -> Iterator[Any]:
    """Run the command in its own terminal, and yield it."""
    child = cxcall.begin_on_terminal([program, *arguments], columns, environment)
    try:
        yield child
    finally:
        child.close(force=True)


def screen(child: Any, again: str = "") -> str:
    """Wait for the end; returns all that was printed.

    `again` is typed a second time if the command does not end: a Ctrl-C right before a read does not end the read.
    """
    if again and child.expect([pexpect.EOF, pexpect.TIMEOUT], timeout=10):
        child.send(again)
    if not child.flag_eof:
        child.expect(pexpect.EOF)
    child.close()
    text: str = child.before.replace("\r\n", "\n")
    return text


class Stranger:
    """A loopback server that is not cxcall's sandbox: it may be a tunnel to a real API.

    It accepts every POST with 201, keeps the bodies in `taken`, and issues tokens with `scope`.
    """

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.scope = ""
        stranger = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(404, {})

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.path == "/oauth/token":
                    granted = {
                        "access_token": "granted",
                        "token_type": "bearer",
                        "expires_in": 3600,
                    }
                    self._answer(
                        200, {**granted, "scope": stranger.scope} if stranger.scope else granted
                    )
                else:
                    stranger.taken.append(body)
                    self._answer(201, {"id": "strange"})

            def _answer(self, status: int, body: dict[str, Any]) -> None:
                content = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        self.base_url = f"http://127.0.0.1:{self._server.server_port}"

    def stop(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
