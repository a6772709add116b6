"""Start the command by a fork of a process that has loaded it: a real process, without the time of loading.

`helpers/forked_commands.py` is what tests use of it. A test that is marked `real_start`, and each test that makes its
own process, starts the installed program instead.
"""

from __future__ import annotations

import ctypes
import fcntl
import gc
import importlib
import json
import os
import pkgutil
import runpy
import selectors
import signal
import socket
import subprocess
import sys
import termios
import time
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

LIBRARIES = (
    "configparser", "dotenv", "encodings.idna", "encodings.utf_16_be", "encodings.utf_16_le", "encodings.utf_8_sig",
    "http.client", "jaraco.classes.properties", "jaraco.context", "jaraco.functools", "jmespath", "jsonschema_rs", "msgspec.json", "phonenumbers", "phonenumbers.timezone",
    "platformdirs", "requests", "rich.console", "rich.table", "rich.text", "sqlite3", "tomlkit", "typer",
    "typer._click.decorators", "urllib3", "waitress", "yaml",
)  # fmt: skip
LARGE_PAGE = 1 << 21
"""Bytes of a large page of x86 and of most ARM machines."""
MADV_COLLAPSE = 25
FAILED_REQUEST = """POST https://api.mypurecloud.com/api/v2/conversations/calls HTTP/1.1
Authorization: Bearer x

{"phoneNumber": "+12025550100"}

HTTP/1.1 400 Bad Request

{"code": "bad.request", "message": "x"}
"""


class ForkServer:
    """A process that has loaded the command. It forks for each worker that connects to it."""

    def __init__(self) -> None:
        self.name = f"cxcall-tests-{os.getpid()}"
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(f"\0{self.name}")
            listener.listen()
            self._process = subprocess.Popen(
                [sys.executable, __file__, str(listener.fileno())],
                stdin=subprocess.PIPE,  # pipes, as each run has: a stream knows whether it can seek
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=[listener.fileno()],
                start_new_session=True,
            )

    def stop(self) -> None:
        """End the process, which waits for its stdin to be closed, and any command that hangs."""
        try:
            self._process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.communicate()


def load() -> None:
    """Load the libraries and the whole command, and build all commands.

    The keyring is left out, because it reads variables when it is loaded, but not what it needs; and what only the
    server of MCP needs, because a fork copies what is loaded.
    """
    import cxcall

    for name in LIBRARIES:
        importlib.import_module(name)
    for module in pkgutil.walk_packages(cxcall.__path__, "cxcall."):
        is_main = module.name.endswith(("__main__", "pytest_plugin"))
        if not is_main and not any(name in module.name for name in ("keyring_store", "mcp_server")):
            importlib.import_module(module.name)
    importlib.import_module("cxcall.__main__")
    from cxcall.cli.root_command import RootGroup

    commands = RootGroup()
    for name in commands.list_commands(None):
        commands.get_command(None, name)
    fill_caches()
    gc.collect()
    count_no_references()
    gc.freeze()
    if sys.platform == "linux":
        join_pages()


def count_no_references() -> None:
    """Give all objects the count of references that Python gives to None: it never changes, and they are never freed.

    A fork then copies no page of memory only because it uses an object there. Before 3.12, Python has no such count.
    """
    count = ctypes.c_uint32.from_address  # the lower half of it, on all machines with large pages
    immortal = count(id(None)).value
    if immortal < 1 << 31:
        return
    kept: dict[int, object] = {}
    found = gc.get_objects()
    while found:
        fresh = {number: each for each in found if (number := id(each)) not in kept}
        kept |= fresh
        found = gc.get_referents(*fresh.values())
    for number in kept:
        count(number).value = immortal


def join_pages() -> None:
    """Ask Linux to keep the memory of this process in large pages: a fork then copies a few entries, not 20,000.

    A system that has none refuses, and each fork takes a millisecond longer.
    """
    advise = ctypes.CDLL(None).madvise
    advise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    for line in Path("/proc/self/maps").read_text("utf-8").splitlines():
        span, access, _, _, inode, *name = line.split()
        if access == "rw-p" and inode == "0" and name in ([], ["[heap]"]):
            start, end = (int(each, 16) for each in span.split("-"))
            start, end = -(-start // LARGE_PAGE) * LARGE_PAGE, end // LARGE_PAGE * LARGE_PAGE
            if start < end:
                advise(start, end - start, MADV_COLLAPSE)


def fill_caches() -> None:
    """Compile the patterns and read the contracts that most commands use: a third of the time of a short one.

    These are functions of their arguments alone: they keep nothing that one command could see of another.
    """
    from cxcall import check, explain
    from cxcall.contracts.acting_words import changes_do_not_call_list
    from cxcall.contracts.call_risk import shipped_routes
    from cxcall.contracts.contract import load_shipped_contracts
    from cxcall.documents.json_spans import find_spans
    from cxcall.payloads.csv_columns import declared_delimiter
    from cxcall.payloads.payload import Payload
    from cxcall.phone.number_masking import mask_text
    from cxcall.phone.response_masking import response_masker
    from cxcall.phone.typed_numbers import mask_typed_numbers
    from cxcall.responses.refusals.reason_choice import find_cause_of_text
    from cxcall.runtime.patterns import LazyPattern
    from cxcall.runtime.secrets.known_secrets import redact
    from cxcall.runtime.secrets.likely_secrets import masked_headers
    from cxcall.runtime.secrets.random_texts import is_long_token
    from cxcall.runtime.text_decoding import decodings
    from cxcall.sending.numbers_in_request import find_numbers
    from cxcall.sending.people_in_request import find_possible_people

    for each in gc.get_objects():
        if isinstance(each, LazyPattern):
            each.match("")
    explain(FAILED_REQUEST)
    for contract in load_shipped_contracts():
        for operation in contract.operations:
            _ = [each.flag for each in operation.parameters], operation.scopes
            if operation.command and operation.takes_body:
                check(operation.example, operation.name)
                numbers = find_numbers(operation, {}, Payload(operation.example), with_digits=True)
                find_possible_people(operation, numbers, (), "https://api.example.com")
                changes_do_not_call_list(operation.path)
    convert_a_document()
    declared_delimiter("sep=;")
    shipped_routes(load_shipped_contracts())
    check({"contactId": "<id>", "phone-number": "+12025550100"})
    explain(
        FAILED_REQUEST.replace("400 Bad Request", "500 X").replace("bad.request", "call C-7 placed")
    )
    find_cause_of_text("no such reason (no.such.code)")
    masked_headers({"X-Id": "1"})
    is_long_token("x")
    find_spans("{}")
    response_masker("+12025550100")("+12025550100")
    redact(mask_text("POST https://user:password@host/+12025550100"))
    mask_typed_numbers(["+12025550100"])
    list(decodings("=41 %41 \\u0041 +AEE-"))


def convert_a_document() -> None:
    """Convert a document of a user, which reads the published routes: most of the time of a command that converts one."""
    from cxcall.contracts.call_risk import set_call_risk
    from cxcall.contracts.contract import load_shipped_contracts
    from cxcall.contracts.conversion.convert import convert

    body = {"schema": {"type": "object", "properties": {"text": {"type": "string"}}}}
    query = {"name": "q", "in": "query", "schema": {"type": "string"}}
    post = {"operationId": "write", "requestBody": {"content": {"application/json": body}}}
    operation = {**post, "parameters": [query], "responses": {}}
    document = {"openapi": "3.0.3", "info": {}, "paths": {"/texts": {"post": operation}}}
    set_call_risk(convert(document, "own.json", []), load_shipped_contracts())


def listen(listener: socket.socket) -> None:
    """Fork for each worker that connects, until stdin is closed and all of them have ended."""
    with selectors.DefaultSelector() as selector:
        selector.register(listener, selectors.EVENT_READ)
        selector.register(sys.stdin, selectors.EVENT_READ)
        while all(key.fileobj is listener for key, _ in selector.select()):
            channel, _ = listener.accept()
            if not os.fork():
                listener.close()
                serve(channel)
                os._exit(0)
            channel.close()
    with suppress(ChildProcessError):
        while True:
            os.wait()


def serve(channel: socket.socket) -> None:
    """Fork for each request, until nobody can ask any more."""
    while True:
        size, descriptors, _, _ = socket.recv_fds(channel, 4, 3)
        if not size:
            return
        request = b""
        while len(request) < int.from_bytes(size):
            request += channel.recv(1 << 16)
        arguments, cwd, environment, runs_beside, has_terminal = json.loads(request)
        child = os.fork()
        if not child:
            channel.close()
            become(arguments, cwd, environment, descriptors, has_terminal=has_terminal)
        for descriptor in descriptors:
            os.close(descriptor)
        if runs_beside:
            handle = os.pidfd_open(child)
            socket.send_fds(channel, [child.to_bytes(4)], [handle])
            os.close(handle)
        _, status = os.waitpid(child, 0)
        with suppress(OSError):
            channel.sendall(os.waitstatus_to_exitcode(status).to_bytes(4, signed=True))


def become(
    arguments: list[str],
    cwd: str,
    environment: dict[str, str],
    descriptors: list[int],
    *,
    has_terminal: bool,
) -> NoReturn:
    """Be the command, or a script of the tests: its arguments, its folder, its environment, its streams."""
    for stream, descriptor in enumerate(descriptors):
        os.dup2(descriptor, stream)
        os.close(descriptor)
    if has_terminal:
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr] # as Python itself does
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    sys.argv = arguments
    signal.signal(signal.SIGINT, signal.default_int_handler)
    from cxcall.__main__ import main

    try:
        if arguments[0].endswith(".py"):
            runpy.run_path(arguments[0], run_name="__main__")
            sys.exit()
        sys.exit(main())  # type: ignore[func-returns-value] # as the installed script does
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - as Python itself does at the end
        sys.excepthook(*sys.exc_info())
        code = 1
    with suppress(OSError):
        sys.stdout.flush()
    os._exit(code)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    load()
    listen(socket.socket(fileno=int(sys.argv[1])))
