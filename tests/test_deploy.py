"""The files in deploy/ name files and commands that exist; Docker itself is not needed."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from helpers.command import Cxcall

ROOT = Path(__file__).parent.parent
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text("utf-8"))
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text("utf-8").replace("\\\n", " ")


def test_compose_file_runs_commands_that_exist(cxcall: Cxcall) -> None:
    services = COMPOSE["services"]
    for name in ("sandbox", "worker"):
        command, *options = services[name]["command"]
        shown = cxcall(command, "--help", code=0).out
        assert not [flag for flag in options if flag.startswith("--") and flag not in shown], name
    worker = services["worker"]
    assert worker["network_mode"] == "service:sandbox"  # for a token without TLS
    assert worker["environment"]["CXCALL_BASE_URL"] == "http://127.0.0.1:8080"
    assert set(worker["depends_on"]) == {
        name for name, service in services.items() if "healthcheck" in service
    }
    ports = [port for service in services.values() for port in service.get("ports", ())]
    assert not [port for port in ports if not port.startswith("127.0.0.1:")]


def test_image_copies_files_that_exist_and_runs_without_root() -> None:
    lines = [shlex.split(line) for line in DOCKERFILE.splitlines() if line and line[0] != "#"]
    last = max(index for index, line in enumerate(lines) if line[0] == "FROM")
    sources = [
        name
        for instruction, *names in lines
        if instruction == "COPY" and not names[0].startswith("--from")
        for name in names[:-1]
    ]
    assert sources
    assert not [name for name in sources if not (ROOT / name).exists()]
    ignored = (ROOT / "deploy" / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
    assert {f"!{name}" for name in sources} == {line for line in ignored if line[0] == "!"}
    names = [line[0] for line in lines[last:]]
    assert ["USER", "10001"] in lines[last:]
    assert names.index("USER") < names.index("ENTRYPOINT")
    assert DOCKERFILE.rstrip().splitlines()[-2] == 'ENTRYPOINT ["cxcall"]'
