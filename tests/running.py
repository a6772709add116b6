"""The installed command, run as a user would, in a world of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cxcall.sandbox import Sandbox


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
        found: dict[str, Any] = json.loads(self.out)
        return found

    @property
    def codes(self) -> list[str]:
        return [finding["code"] for finding in self.envelope["findings"]]


class Cxcall:
    """The installed `cxcall`, run as a user would in a folder and an environment of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
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
        }

    def __call__(
        self,
        *args: str,
        stdin: str | bytes = "",
        code: int | None = None,
        env: dict[str, str] | None = None,
    ) -> Ran:
        given = stdin.encode() if isinstance(stdin, str) else stdin
        done = subprocess.run(
            [str(CXCALL), *args],
            input=given,
            capture_output=True,
            cwd=self.folder,
            env={**self.environment, **(env or {})},
            timeout=60,
            check=False,
        )
        ran = Ran(args, done.returncode, done.stdout.decode(), done.stderr.decode())
        assert "Traceback" not in ran.err, ran
        if code is not None:
            assert ran.code == code, ran
        return ran

    def file(self, name: str, content: Any) -> str:
        """Write a file into the folder: text or bytes as they are, anything else as JSON."""
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
