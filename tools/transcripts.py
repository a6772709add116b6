"""Draw a picture of a terminal session from real runs against the sandbox: python tools/transcripts.py.

The result, `docs/transcripts.svg`, is checked in. A test compares it with the current output.
"""

from __future__ import annotations

import io
import re
import sys
import tempfile
from pathlib import Path

import pexpect
from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

PICTURE = Path(__file__).parent.parent / "docs" / "transcripts.svg"
WIDTH = 96
FILES = {
    "payload.json": '{\n  "contactId": "12345",\n  "reasonCod": "follow_up"\n}\n',
    "failed.txt": "curl -X POST https://api.mypurecloud.ie/api/v2/conversation/calls \\\n"
    "  -H 'Content-Type: application/json' \\\n"
    '  -d \'{"phoneNumber": "+12025550123"}\'\n\nHTTP/1.1 404 Not Found\n',
}
COMMANDS = (
    "validate payload.json --operation personal-connection",
    "personal-connection --sandbox --contact-id 12345678-1234-1234-1234-123456789012 --reason-code x",
    "explain failed.txt",
)
# The picture has its own background, so that it is readable on light and dark pages.
THEME = TerminalTheme(
    (24, 26, 31),
    (220, 223, 228),
    [
        (24, 26, 31),
        (255, 123, 114),
        (126, 231, 135),
        (242, 204, 96),
        (121, 192, 255),
        (210, 168, 255),
        (118, 227, 234),
        (220, 223, 228),
    ],
)
# The format of rich without its web fonts, which a page would have to download.
FORMAT = """<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, Menlo, Consolas, monospace; font-size: {char_height}px; line-height: {line_height}px; font-variant-east-asian: full-width; }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal"><rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" /></clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def run_in_terminal(command: str, folder: Path) -> str:
    """Return what a command writes to a terminal with colors."""
    environment = {
        "CXCALL_STATE_DIR": str(folder / "state"),
        "CXCALL_CONFIG_DIR": str(folder / "config"),
        "TERM": "xterm-256color",
        "PATH": "",
    }
    child = pexpect.spawn(
        sys.executable,
        ["-m", "cxcall", *command.split()],
        cwd=str(folder),
        env=environment,
        dimensions=(40, WIDTH),
        timeout=60,
        encoding="utf-8",
    )
    child.expect(pexpect.EOF)
    child.close()
    return str(child.before).replace("\r\n", "\n").rstrip()


def replace_variable_parts(text: str) -> str:
    """Return text with fixed values in place of IDs and times, which differ between runs."""
    text = re.sub(
        r"(?<![0-9a-f])(?!12345678)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        "e74c4904-c985-4abe-a8e6-ad26f560aaf3",
        text,
    )
    text = re.sub(r"(?<![0-9A-Z])01[0-9A-Z]{16}\b", "01M83YG4CN9P59G00Y", text)
    return re.sub(r"\d+ ms", "2 ms", text)


def draw_picture() -> str:
    """Run the commands and return the picture as SVG."""
    console = Console(
        record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, legacy_windows=False
    )
    with tempfile.TemporaryDirectory() as name:
        for file, content in FILES.items():
            Path(name, file).write_text(content, "utf-8")
        for command in COMMANDS:
            console.print(Text("$ ", "bold green") + Text(f"cxcall {command}", "bold"))
            console.print(
                Text.from_ansi(replace_variable_parts(run_in_terminal(command, Path(name))))
            )
            console.print()
    return console.export_svg(
        title="cxcall", theme=THEME, code_format=FORMAT, unique_id="cxcall"
    ).replace("\xa0", "&#160;")


if __name__ == "__main__":
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(draw_picture(), "utf-8")
