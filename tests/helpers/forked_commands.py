"""Commands that the process of `helpers/fork_server.py` forks, to their end or beside the test."""

from __future__ import annotations

import fcntl
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import IO, NamedTuple, Self

from pexpect import fdpexpect

LONGEST_INPUT = 1 << 19
"""Bytes of stdin that fit into a pipe, so that no thread must write it: a larger one is allowed to each user."""
PIPE_SIZE = 1 << 16


PROGRAM = """#!{python} -IS
import _socket, json, os, sys
channel = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
channel.connect("\\0{name}")
words = [["{command}", *sys.argv[1:]], os.getcwd(), dict(os.environ), False, False]
request = json.dumps(words).encode()
streams = (_socket.SOL_SOCKET, _socket.SCM_RIGHTS, b"".join(n.to_bytes(4, "little") for n in range(3)))
channel.sendmsg([len(request).to_bytes(4)], [streams])
channel.sendall(request)
os._exit(int.from_bytes(channel.recv(4), signed=True) & 255)
"""


class Ended(NamedTuple):
    """The exit code and the output of a process."""

    returncode: int
    stdout: bytes
    stderr: bytes


class Forks:
    """The commands of one worker, forked by the server of a name."""

    def __init__(self, name: str) -> None:
        self._lock, self._name = Lock(), name
        self._connect()

    def _connect(self) -> None:
        self._channel = socket.socket(socket.AF_UNIX)
        self._channel.connect(f"\0{self._name}")

    def can_run(self, given: bytes, environment: dict[str, str]) -> bool:
        """Return whether a run needs no special start: the variables that Python reads at its start are as usual.

        The folder of this file is on the path of the process that forks.
        """
        names = {name for name in environment if name.startswith(("PYTHON", "COV"))}
        if environment.get("PYTHONPATH") == str(Path(__file__).parent):
            names.remove("PYTHONPATH")
        return len(given) <= LONGEST_INPUT and names <= {"PYTHON_KEYRING_BACKEND"}

    def run(
        self, arguments: list[str], given: bytes, cwd: str, environment: dict[str, str]
    ) -> Ended:
        """Run the command to its end."""
        if not self._lock.acquire(blocking=False):
            return self._run_beside_another(arguments, given, cwd, environment)
        try:
            ours, theirs = zip(*(os.pipe() for _ in range(2)), strict=True)
            read_end = pipe_with(given)
            request = json.dumps([arguments, cwd, environment, False, False]).encode()
            socket.send_fds(self._channel, [len(request).to_bytes(4)], [read_end, *theirs])
            for descriptor in (read_end, *theirs):
                os.close(descriptor)
            self._channel.sendall(request)
            out, err = read_all(ours, timeout=60)
            return Ended(int.from_bytes(self._channel.recv(4), signed=True), out, err)
        except BaseException:
            # The exit code that is still to come must not be that of the next command.
            self._channel.close()
            self._connect()
            raise
        finally:
            self._lock.release()

    def _run_beside_another(
        self, arguments: list[str], given: bytes, cwd: str, environment: dict[str, str]
    ) -> Ended:
        """Run the command to its end while another thread runs one."""
        read_end = pipe_with(given)
        process = self.start(arguments, cwd, environment, given=read_end)
        os.close(read_end)
        out, err = process.communicate(60)
        return Ended(process.wait(), out.encode(), err.encode())

    def start(
        self,
        arguments: list[str],
        cwd: str,
        environment: dict[str, str],
        out: int = subprocess.PIPE,
        err: int = subprocess.PIPE,
        *,
        given: int = subprocess.DEVNULL,
        has_terminal: bool = False,
    ) -> ForkedProcess:
        """Start a command, or a script of the tests, beside the test, with streams as for `subprocess`.

        With `has_terminal`, the streams are a terminal, which becomes that of the command.
        """
        channel = socket.socket(socket.AF_UNIX)
        channel.connect(f"\0{self._name}")
        request = json.dumps([arguments, cwd, environment, True, has_terminal]).encode()
        return ForkedProcess(channel, request, out, err, given)

    def write_program(self, path: Path, command: str) -> None:
        """Write a program for shells that lets the server fork the command with its streams, but no other descriptors."""
        path.parent.mkdir(exist_ok=True)
        path.write_text(PROGRAM.format(python=sys.executable, name=self._name, command=command))
        path.chmod(0o755)

    def stop(self) -> None:
        """End the process that waits for the next request."""
        self._channel.close()


class ForkedProcess:
    """A command that runs beside the test, as `subprocess.Popen`; the process that forked it reports its exit code."""

    def __init__(
        self, channel: socket.socket, request: bytes, out: int, err: int, given: int
    ) -> None:
        self.returncode: int | None = None
        self._channel = channel
        out, self.stdout = open_stream(out)
        err, self.stderr = open_stream(err, out)
        stdin, self.stdin = open_input(given)
        descriptors = [stdin, out, err]
        socket.send_fds(channel, [len(request).to_bytes(4)], descriptors)
        channel.sendall(request)
        for descriptor in descriptors:
            os.close(descriptor)
        number, (self._descriptor,), _, _ = socket.recv_fds(channel, 4, 1)
        self.pid = int.from_bytes(number)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end, and return its exit code."""
        if self.returncode is None:
            self._channel.settimeout(timeout)
            try:
                code = self._channel.recv(4)
            except (TimeoutError, BlockingIOError):
                raise subprocess.TimeoutExpired("cxcall", timeout or 0) from None
            assert len(code) == 4, "the process that forks has ended"
            self.returncode = int.from_bytes(code, signed=True)
            self._channel.close()
            os.close(self._descriptor)
        return self.returncode

    def poll(self) -> int | None:
        """Return the exit code, or None while it runs."""
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """Read its output until it ends; returns both texts."""
        end = monotonic() + (60 if timeout is None else timeout)
        if self.stdin is not None:
            with suppress(BrokenPipeError):
                self.stdin.close()
        streams = [each for each in (self.stdout, self.stderr) if each is not None]
        try:
            found = read_all(tuple(os.dup(each.fileno()) for each in streams), end - monotonic())
        except TimeoutError:
            raise subprocess.TimeoutExpired("cxcall", timeout or 60) from None
        for stream in streams:
            stream.close()
        self.wait(max(0, end - monotonic()))
        texts = iter([data.decode() for data in found])
        return ("" if self.stdout is None else next(texts)), (
            "" if self.stderr is None else next(texts)
        )

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it still runs."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._descriptor, number)

    def kill(self) -> None:
        """Kill it."""
        self.send_signal(signal.SIGKILL)

    def __enter__(self) -> Self:
        """Return it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the streams, and wait for its end."""
        for stream in (self.stdin, self.stdout, self.stderr):
            if stream is not None:
                stream.close()
        self.wait()


class ForkedTerminal(fdpexpect.fdspawn):  # type: ignore[type-arg] # it is not generic at run time
    """A command on a terminal of its own, as `pexpect.spawn`."""

    def __init__(
        self,
        forks: Forks,
        arguments: list[str],
        cwd: str,
        environment: dict[str, str],
        columns: int,
    ) -> None:
        import termios

        ours, theirs = os.openpty()
        termios.tcsetwinsize(theirs, (40, columns))
        self.process = forks.start(
            arguments, cwd, environment, theirs, theirs, given=theirs, has_terminal=True
        )
        os.close(theirs)
        super().__init__(ours, timeout=60, encoding="utf-8")

    def sendintr(self) -> None:
        """Type Ctrl-C."""
        self.send("\3")

    def wait(self) -> int:
        """Wait for its end, and return its exit code."""
        return self.process.wait(60)

    def close(self, *, force: bool = False) -> None:
        """Close the terminal, and wait for the end of the command; with `force`, kill it."""
        super().close()
        if force:
            self.process.kill()
        self.exitstatus = self.wait()


def pipe_with(given: bytes) -> int:
    """Return the end to read of a pipe that has the bytes."""
    read_end, write_end = os.pipe()
    if len(given) > PIPE_SIZE:
        fcntl.fcntl(write_end, fcntl.F_SETPIPE_SZ, len(given))
    assert os.write(write_end, given) == len(given)
    os.close(write_end)
    return read_end


def open_input(kind: int) -> tuple[int, IO[str] | None]:
    """Return the end of stdin for a command, and that for the test if `kind` is a pipe; otherwise it is empty."""
    if kind == subprocess.PIPE:
        theirs, ours = os.pipe()
        return theirs, open(ours, "w", encoding="utf-8")
    return os.open(os.devnull, os.O_RDONLY) if kind == subprocess.DEVNULL else os.dup(kind), None


def open_stream(kind: int, out: int = -1) -> tuple[int, IO[str] | None]:
    """Return the end of a stream for a command, and that for the test if `kind` is a pipe, as for `subprocess`."""
    if kind == subprocess.PIPE:
        ours, theirs = os.pipe()
        return theirs, open(ours, encoding="utf-8")
    if kind == subprocess.DEVNULL:
        return os.open(os.devnull, os.O_WRONLY), None
    return os.dup(out if kind == subprocess.STDOUT else kind), None


def read_all(descriptors: tuple[int, ...], timeout: float) -> list[bytes]:
    """Read pipes to their ends, all at once, and close them."""
    found = dict.fromkeys(descriptors, b"")
    end = monotonic() + timeout
    with selectors.DefaultSelector() as selector:
        for descriptor in descriptors:
            selector.register(descriptor, selectors.EVENT_READ)
        try:
            while selector.get_map():
                ready = selector.select(max(0, end - monotonic()))
                if not ready:
                    raise TimeoutError(f"the command did not end within {timeout:g} s")
                for key, _ in ready:
                    block = os.read(key.fd, 1 << 16)
                    found[key.fd] += block
                    if not block:
                        selector.unregister(key.fd)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
    return list(found.values())
