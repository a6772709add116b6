"""`--resume` needs the file as it was, because a changed row could call a person whom the batch has called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cxcall.ledger.ledger import Ledger
from cxcall.ledger.schema import UnsentKind
from helpers.command import CAMPAIGN
from helpers.platform_server import Platform, Reply

if TYPE_CHECKING:
    from helpers.command import Cxcall

CONTACT = "12345678-1234-4234-8234-00000000000"
WORDS = ("batch", "calls.csv", "--operation", "execute", "--param", f"campaignId={CAMPAIGN}")
ROWS = [f"{CONTACT}{row},+1202555010{row}" for row in range(3)]


def write(cxcall: Cxcall, *rows: str) -> None:
    cxcall.file("calls.csv", "\n".join(("contact-id,phone-number", *rows, "")))


@pytest.mark.slow
def test_changed_file_is_resumed_only_when_it_is_restored(cxcall: Cxcall) -> None:
    def answer(body: Any, _count: int) -> Reply:
        is_last = body["contactId"].endswith("2")
        return Reply(429, {}, {"Retry-After": "900"}) if is_last else Reply()

    write(cxcall, *ROWS)
    with Platform(answer) as platform:
        cxcall.environment |= platform.environment
        cxcall(*WORDS, "--concurrency", "1", "--confirm", "3", code=9)
        platform.answer = lambda _body, _count: Reply()
        write(cxcall, ROWS[0].replace("-", "_", 1), *ROWS[1:])
        refused = cxcall(*WORDS, "--resume", "--confirm", "2", code=2)
        assert "`calls.csv` was changed since batch" in refused.err
        assert "cxcall batch cancel" in refused.err
        assert "was not finished" in cxcall(*WORDS, "--confirm", "3", code=7).err
        write(cxcall, *ROWS)
        cxcall(*WORDS, "--resume", "--confirm", "1", code=0)
    assert [*platform.dials.values()] == [1, 1, 1]


@pytest.mark.slow
def test_batch_is_not_resumed_past_a_newer_one_of_the_file(cxcall: Cxcall) -> None:
    """The newer batch called the people of the rows that are left, by other requests."""
    write(cxcall, *ROWS)
    with Platform(lambda _body, _count: Reply(429, {}, {"Retry-After": "900"})) as platform:
        cxcall.environment |= platform.environment
        cxcall(*WORDS, "--concurrency", "1", "--confirm", "3", code=9)
        platform.answer = lambda _body, _count: Reply()
        corrected = [each.replace(CONTACT, f"{CONTACT[:-1]}1") for each in ROWS]
        write(cxcall, *corrected)
        with Ledger.open(cxcall.folder / "state") as ledger:
            (batch,) = ledger.batches.all()
        cxcall("batch", "cancel", batch.id, code=0)
        cxcall(*WORDS, "--confirm", "3", code=0)
        write(cxcall, *ROWS)
        refused = cxcall(*WORDS, "--resume", "--confirm", "3", code=7).err
        assert "a newer batch of `calls.csv`" in refused
    assert platform.rung == 3


def test_batch_that_0_2_0_resumed_with_another_file_is_not_resumed(cxcall: Cxcall) -> None:
    """The numbers of its rows may be those of another content, so they do not show who was called."""
    write(cxcall, *ROWS)
    with Platform(lambda _body, _count: Reply(429, {}, {"Retry-After": "900"})) as platform:
        cxcall.environment |= platform.environment
        cxcall(*WORDS, "--concurrency", "1", "--confirm", "3", code=9)
        with Ledger.open(cxcall.folder / "state") as ledger, ledger.writing():
            (batch,) = ledger.batches.all()
            texts = {"outcome": "skipped", "reason": "1", "message": "3", "key": "digest"}
            more = {"at": 0.0, "row": 0, "kind": UnsentKind.CONTENT}
            ledger.rows.insert("unsent", batch=batch.id, **texts, **more)
        refused = cxcall(*WORDS, "--resume", "--confirm", "3", code=2)
        assert "was changed since batch" in refused.err
        assert platform.rung == 0
