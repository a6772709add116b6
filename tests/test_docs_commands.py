"""The commands and scripts on the pages do what the pages say, against the sandbox."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from helpers.page_blocks import find_blocks, read_commands, run_command, run_python, write_files
from helpers.platform_server import Platform, Reply

if TYPE_CHECKING:
    from helpers.command import Cxcall

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
GENERATED = {"docs/explain.md", "docs/own-documents.md"}
"""Pages whose blocks a generator in tools/ runs: tests/test_docs.py compares them."""
PAGES = [
    name
    for path in (ROOT / "README.md", *sorted(ROOT.glob("docs/*.md")))
    if (name := path.relative_to(ROOT).as_posix()) not in GENERATED
    and re.search(r"^```(?:console|python)$", path.read_text("utf-8"), re.MULTILINE)
]


def unknown_delivery(cxcall: Cxcall) -> str:
    """Leave a delivery whose outcome is unknown; returns its ID."""
    with Platform(lambda _body, _count: Reply(0)) as platform:
        address = {"CXCALL_BASE_URL": platform.base_url, "CXCALL_ACCESS_TOKEN": "t"}
        words = ("personal-connection", "-f", "payload.json", "--yes", "-o", "json")
        sent = cxcall(*words, env=address, code=8)
    return str(sent.envelope["deliveryId"])


@pytest.mark.parametrize("name", PAGES)
def test_blocks_of_a_page_do_what_it_says(name: str, live: Cxcall) -> None:
    page = (ROOT / name).read_text("utf-8")
    write_files(live)
    unknown = unknown_delivery(live) if "DELIVERY_ID" in page else ""
    for block in find_blocks(page, "console"):
        for command in [] if "venv" in block else read_commands(block):
            text = command.text.replace("--confirm 250", "--confirm 1")
            ended = run_command(text.replace("DELIVERY_ID", unknown), live)
            assert ended.code == command.code, (command, ended)
            assert "Traceback" not in ended.err
            if command.text.startswith("ID="):
                assert re.fullmatch(r"engagement \S+\n", ended.out)
    for block in find_blocks(page, "python"):
        ended = run_python(block, live)
        assert ended.code == 0, ended
