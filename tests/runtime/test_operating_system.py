"""Only one module calls functions that a system lacks, and its Windows branch works in a simulation."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from helpers.command import CONTACT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpers.command import Cxcall

PACKAGE = Path(__file__).parents[2] / "cxcall"
MODULE = PACKAGE / "runtime" / "operating_system.py"
LACKING = """
fcntl grp msvcrt posix pty pwd resource syslog termios tty winreg _winapi

os: O_BINARY O_CLOEXEC O_DIRECTORY O_NOFOLLOW O_NONBLOCK WNOHANG chown chroot fchmod fchown fork forkpty getegid geteuid
 getgid getgroups getloadavg getpgid getpgrp getuid killpg lchown mkfifo mknod name nice openpty posix_fadvise posix_spawn
 pread pwrite register_at_fork sched_getaffinity sendfile set_blocking setgid setpgid setsid setuid startfile statvfs
 tcgetpgrp ttyname uname wait wait3 wait4
signal: CTRL_C_EVENT ITIMER_REAL SIGALRM SIGCHLD SIGCONT SIGHUP SIGKILL SIGPIPE SIGQUIT SIGSTOP SIGTSTP SIGTTOU SIGUSR1
 SIGUSR2 SIGWINCH SIG_BLOCK SIG_SETMASK SIG_UNBLOCK alarm pause pthread_kill pthread_sigmask setitimer siginterrupt
 sigpending sigwait
time: CLOCK_BOOTTIME CLOCK_MONOTONIC CLOCK_REALTIME clock_gettime tzset
socket: AF_UNIX socketpair
select: epoll kqueue poll select
"""
"""Modules and members that a system lacks, or that work there only with sockets."""
MODULES = set(LACKING.partition("\n\n")[0].split())
MEMBERS = {
    module: set(names.split())
    for module, names in re.findall(r"^(\w+):((?: .*\n)+)", LACKING, re.MULTILINE)
}


def foreign_names(tree: ast.AST) -> Iterator[str]:
    """Yield each name in a module that some system lacks, also if it is only tested with `hasattr`."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from {each.name for each in names} & MODULES
            case ast.ImportFrom(module=str(module), names=names):
                yield from {module} & MODULES
                yield from {each.name for each in names} & MEMBERS.get(module, set())
            case ast.Attribute(value=ast.Name(id=module), attr=name) if name in MEMBERS.get(
                module, ()
            ):
                yield f"{module}.{name}"
            case ast.Call(
                func=ast.Name(id="hasattr" | "getattr"),
                args=[ast.Name(id=module), ast.Constant(value=str(name)), *_],
            ) if name in MEMBERS.get(module, ()):
                yield f"{module}.{name}"


@pytest.mark.slow
def test_no_other_module_uses_what_a_system_lacks() -> None:
    imported = re.compile(
        rf"^ *(?:import|from) (?:{'|'.join({*MODULES, *MEMBERS})})\b", re.MULTILINE
    )
    found = {
        f"{path.relative_to(PACKAGE)}: {name}"
        for path in PACKAGE.rglob("*.py")
        if path != MODULE and imported.search(text := path.read_text("utf-8"))
        for name in foreign_names(ast.parse(text))
    }
    assert not found


def test_foreign_names_are_found() -> None:
    assert set(foreign_names(ast.parse(MODULE.read_text("utf-8")))) >= {
        "fcntl",
        "msvcrt",
        "os.getuid",
        "signal.pthread_sigmask",
    }


MSVCRT = """
import fcntl
LK_NBLCK = 2
def locking(descriptor, mode, length):
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
"""
PROGRAM = """
import json, os, subprocess, sys  # `subprocess` must not meet the module of Windows
from pathlib import Path
sys.path.insert(0, "windows")
real, sys.platform = sys.platform, "win32"
from cxcall.runtime import operating_system as system
sys.platform = real
folder = Path(sys.argv[1])
first, second = system.open_lock(folder), system.open_lock(folder)
locks = [system.try_lock(first), system.try_lock(second)]
from cxcall.settings.profile_changes import change_profile
change_profile(folder / "config" / "config.toml", "a", {"timeout": 20})
print(json.dumps({"locks": locks, "timer": system.call_later(0, print)}), flush=True)
from cxcall.cli.main import run
os._exit(run(sys.argv[2:]))
"""


@pytest.mark.slow
def test_commands_run_on_the_branch_for_windows(cxcall: Cxcall) -> None:
    """`sys.platform` is `win32` while the module is loaded; locks are those of this system with Windows' names."""
    cxcall.file("windows/msvcrt.py", MSVCRT)
    line = f"personal-connection --sandbox --quiet --reason-code a --contact-id {CONTACT}"
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM, cxcall.folder, *line.split()],
        check=False,
        capture_output=True,
        text=True,
        env=cxcall.environment,
        cwd=cxcall.folder,
    )
    assert (result.returncode, result.stderr) == (0, "")
    first, engagement_id = result.stdout.splitlines()
    assert json.loads(first) == {"locks": [True, False], "timer": False}
    assert str(UUID(engagement_id)) == engagement_id
