"""The clock since the start of the machine, also on systems without one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cxcall.ledger import boot_clock
from cxcall.ledger.boot_clock import BootTime, read_boot_clock

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("content", [None, "\u00e9"])
def test_start_is_unknown_without_a_readable_id(
    content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "boot_id"
    if content is not None:
        path.write_text(content, "utf-8")
    monkeypatch.setattr(boot_clock, "_BOOT_ID", path)
    assert read_boot_clock() == BootTime("", 0.0)


def test_seconds_are_known_only_since_the_same_start() -> None:
    now = BootTime("a", 20.0)
    assert now.seconds_since("a", 5.0) == 15.0
    assert now.seconds_since("b", 5.0) is None
    assert BootTime("", 20.0).seconds_since("", 5.0) is None
