"""The command to resume that a batch prints works word for word."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Any

import pytest

from helpers.batch_files import FAST, PERSONAL, at, body, write_lines
from helpers.command import CONTACT
from helpers.platform_server import Platform, Reply

if TYPE_CHECKING:
    from helpers.command import Cxcall, Ran

pytestmark = pytest.mark.slow

BUSY = Reply(429, {}, {"Retry-After": "900"})
REFUSAL = Reply(
    403, {"code": "not.authorized", "message": "You are not authorized to perform this."}
)


def resume_words(ran: Ran) -> list[str]:
    """Return the words of the printed command, without `cxcall`, as a shell reads them."""
    found = re.search(r"with `--resume`: `(.*?)`", ran.err)
    assert found, ran
    return shlex.split(found[1])[1:]


def refuse_first(sent: Any, _count: int) -> Reply:
    return REFUSAL if sent == body(1) else BUSY


def test_printed_command_to_resume_works_after_rejects(cxcall: Cxcall) -> None:
    option = "--rejects=r.jsonl"
    words = ("batch", write_lines(cxcall, 2), *PERSONAL, *FAST, "--concurrency", "1", option)
    with Platform(refuse_first) as platform:
        at(cxcall, platform)
        first = cxcall(*words, "--confirm", "2", code=9)
        platform.answer = lambda _body, _count: Reply()
        cxcall(*resume_words(first), "--confirm", "1", code=9)
    written = [(cxcall.folder / name).read_text("utf-8") for name in ("r.jsonl", "r-2.jsonl")]
    assert written[0] == written[1] != ""


def test_command_to_resume_is_not_printed_with_secrets_and_numbers(cxcall: Cxcall) -> None:
    words = ["batch", "-", "--operation", "execute", "--param", f"campaignId={CONTACT}", *FAST]
    for name, value in (
        ("phoneNumber", "+12025550101"),
        ("password", "s3cr3t-9"),
        ("token", "s3cr3t 8"),
    ):
        words += ["--set", f'/contactSpec/contactData/{name}="{value}"']
    words[-2:] = [f"--set={words[-1]}"]
    with Platform(lambda _body, _count: BUSY) as platform:
        at(cxcall, platform)
        rows = f"contact-id\n{CONTACT}\n"
        shown = cxcall(*words, "--confirm", "1", stdin=rows, code=9).err
    assert "run the same command with `--resume` and the same standard input\n" in shown
    assert "s3cr3t" not in shown
    assert "5550101" not in shown
