"""Files and stdin that cannot be read, or are not UTF-8: each says why."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cxcall.documents.json_document import DocumentError
from cxcall.documents.text_files import UnreadableError, read_text


@pytest.mark.parametrize("text", ['{"a": 1}', '{"a": "é"}'])
@pytest.mark.parametrize(
    ("encoding", "message"),
    [
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16LE"),
        ("utf-16-be", "UTF-16BE"),
        ("utf-32", "UTF-32"),
        ("utf-32-le", "UTF-32LE"),
        ("utf-32-be", "UTF-32BE"),
    ],
)
def test_utf16_and_utf32_are_named(tmp_path: Path, text: str, encoding: str, message: str) -> None:
    path = tmp_path / "a body.json"
    path.write_bytes(text.encode(encoding))
    with pytest.raises(DocumentError) as refused:
        read_text(str(path))
    (finding,) = refused.value.findings
    assert finding.message == f"`{path}` is not UTF-8: it is {message}"
    assert (
        finding.fix == f"iconv -f {message} -t UTF-8 '{path}' > '{path.with_suffix('')}.utf8.json'"
    )


def test_first_byte_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    path.write_bytes('{"a": "é"}'.encode("latin-1"))
    with pytest.raises(DocumentError) as refused:
        read_text(str(path))
    (finding,) = refused.value.findings
    assert finding.message.endswith("byte 0xe9 at offset 7")
    assert finding.fix.startswith("iconv -f LATIN1")


def test_unreadable_file_says_why(tmp_path: Path) -> None:
    for path, message in (
        (tmp_path / "none.json", "does not exist"),
        (tmp_path, "is a directory"),
        (f"{tmp_path}/x\0", "cannot be read: .*embedded null"),
        (tmp_path / ("x" * 400), "cannot be read: File name too long"),
    ):
        with pytest.raises(UnreadableError, match=message) as refused:
            read_text(str(path))
        assert refused.value.exit_code == 2


@pytest.fixture
def nobody() -> Iterator[None]:
    """Run as an unprivileged user, even if the tests run as root."""
    was = os.geteuid()
    if was == 0:
        os.seteuid(65534)
    yield
    os.seteuid(was)


def test_file_without_permission_says_so(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    path = tmp_path / "p.json"
    path.write_text("{}", "utf-8")
    path.chmod(0)
    request.getfixturevalue("nobody")
    with pytest.raises(UnreadableError, match="permission denied") as refused:
        read_text(str(path))
    assert "permissions" in refused.value.findings[0].fix


READ_STDIN = """
from cxcall.documents.text_files import read_text
from cxcall.findings.errors import CxcallError
try:
    print(ascii(read_text("-")))
except CxcallError as error:
    print(type(error).__name__, error.findings[0].message, "|", error.findings[0].fix)
"""


def from_stdin(redirection: str = "", data: bytes | None = None) -> str:
    result = subprocess.run(
        ["sh", "-c", f'exec "$0" -c "$1" {redirection}', sys.executable, READ_STDIN],
        input=data,
        capture_output=True,
        check=True,
        timeout=60,
    )
    return result.stdout.decode().strip()


@pytest.mark.slow
def test_stdin_is_read() -> None:
    assert from_stdin(data=b"{}\n") == r"'{}\n'"
    assert from_stdin(data="[1]".encode("utf-16-le")) == (
        "DocumentError `-` is not UTF-8: it is UTF-16LE | pipe it through `iconv -f UTF-16LE -t UTF-8`"
    )


@pytest.mark.slow
def test_closed_stdin_is_an_error() -> None:
    assert from_stdin("<&-").startswith("UnreadableError `-` reads stdin, but stdin is closed |")


@pytest.mark.slow
def test_unreadable_stdin_is_an_error(tmp_path: Path) -> None:
    output = from_stdin(f"0> '{tmp_path}/out'")
    assert output.startswith("UnreadableError `-` cannot be read")


@pytest.mark.slow
def test_terminal_as_stdin_is_an_error() -> None:
    ours, theirs = os.openpty()
    try:
        result = subprocess.run(
            [sys.executable, "-c", READ_STDIN],
            stdin=theirs,
            capture_output=True,
            check=True,
            timeout=60,
        )
    finally:
        os.close(ours)
        os.close(theirs)
    assert b"UnreadableError `-` reads stdin, but stdin is a terminal" in result.stdout


def test_stdin_is_checked_within_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(UnreadableError, match="stdin is closed"):
        read_text("-")
    with open(os.devnull, encoding="utf-8") as empty:
        monkeypatch.setattr("sys.stdin", empty)
        assert read_text("-") == ""
