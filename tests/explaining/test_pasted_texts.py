"""What is read of texts as people paste them into forums, tickets, and chats."""

from __future__ import annotations

import pytest

from cxcall.explaining.readers.detect import read
from helpers.pasted_texts import TEXTS


@pytest.mark.parametrize("name", TEXTS)
def test_pasted_text_is_read(name: str) -> None:
    pasted = TEXTS[name]
    found = list(read(pasted.text, "text"))[-1]
    shown = {"method": found.method, "host": found.host, "path": found.path, "status": found.status}
    wanted = {key: value for key in shown if (value := getattr(pasted, key)) is not None}
    assert {key: shown[key] for key in wanted} == wanted
    if pasted.body is not None:
        assert pasted.body in (found.body or "")
    if "curl: (" in pasted.text:
        assert [each.code for each in found.findings] == ["undelivered"]
    if pasted.response is not None:
        assert found.response is not None
        assert pasted.response in found.response.body.decode()
